import type { Clock, Timers } from '../../clock.ts';
import type { MediaCommand, MediaEvent } from '../../media/command.ts';
import { Leg } from '../../media/leg.ts';
import type { NegotiatedAudio } from '../../sdp/negotiated.ts';

export interface LineOptions {
  readonly clock: Clock & Timers;
  readonly onHouseEvent: (event: MediaEvent) => void;
  readonly onCallerEvent: (event: MediaEvent) => void;
}

/** A caller's leg and the house's, with a wire between them that loses nothing; both beat every 20 ms. */
export class Line {
  readonly #clock: Clock & Timers;
  readonly #ends: readonly [End, End];
  #nextTickMs: number;
  #cancelTick: () => void;

  constructor({ clock, onHouseEvent, onCallerEvent }: LineOptions) {
    this.#clock = clock;
    const nowMs = clock.nowMs();
    this.#ends = [new End('house', clock, onHouseEvent), new End('caller', clock, onCallerEvent)];
    this.#nextTickMs = nowMs + TICK_MS;
    this.#cancelTick = clock.schedule(TICK_MS, () => this.#tick());
  }

  sendHouse(command: MediaCommand): void {
    this.#ends[0].leg.handle(command, this.#clock.nowMs());
  }

  sendCaller(command: MediaCommand): void {
    this.#ends[1].leg.handle(command, this.#clock.nowMs());
  }

  close(): void {
    this.#cancelTick();
  }

  #tick(): void {
    const nowMs = this.#clock.nowMs();
    const [house, caller] = this.#ends;
    // A timer may be late; the beat may not.
    for (; this.#nextTickMs <= nowMs; this.#nextTickMs += TICK_MS) {
      house.tick(caller, this.#nextTickMs);
      caller.tick(house, this.#nextTickMs);
    }
    this.#cancelTick = this.#clock.schedule(this.#nextTickMs - nowMs, () => this.#tick());
    for (const end of this.#ends) end.tellEvents();
  }
}

class End {
  readonly leg: Leg;
  readonly #name: EndName;
  readonly #onEvent: (event: MediaEvent) => void;

  constructor(name: EndName, clock: Clock, onEvent: (event: MediaEvent) => void) {
    this.#name = name;
    this.#onEvent = onEvent;
    const nowMs = clock.nowMs();
    this.leg = new Leg(
      {
        symmetricRtp: false,
        silenceTimeoutMs: Number.POSITIVE_INFINITY,
        epochAtZeroMs: clock.wallMs() - nowMs,
        cname: name,
        random: Math.random,
      },
      nowMs,
    );
    this.leg.handle({ kind: 'negotiate', audio: towards(name === 'house' ? 'caller' : 'house') }, nowMs);
  }

  tick(peer: End, nowMs: number): void {
    this.leg.tick(nowMs);
    const { rtp } = this.leg;
    const { address, port } = places[this.#name];
    if (rtp !== undefined) peer.leg.receiveRtp(rtp, rtp.length, address, port, nowMs);
    this.leg.rest(nowMs);
  }

  tellEvents(): void {
    for (const event of this.leg.takeEvents() ?? []) this.#onEvent(event);
  }
}

type EndName = 'house' | 'caller';

/** Nothing is sent there: the wire is a function call. Addresses are those for documentation (RFC 5737). */
const places: Readonly<Record<EndName, { readonly address: string; readonly port: number }>> = {
  house: { address: '192.0.2.1', port: 10_000 },
  caller: { address: '192.0.2.2', port: 10_000 },
};

function towards(peer: EndName): NegotiatedAudio {
  const { address, port } = places[peer];
  return {
    codec: 'PCMU',
    payloadType: 0,
    telephoneEventPayloadType: 101,
    comfortNoisePayloadType: undefined,
    remoteAddress: address,
    remotePort: port,
    remoteRtcpPort: port + 1,
    rtcpMux: false,
    direction: 'sendrecv',
    remotePtimeMs: undefined,
  };
}

const TICK_MS = 20;
