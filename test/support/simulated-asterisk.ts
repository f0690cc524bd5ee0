import { decodeL16, encodeL16 } from '../../codecs/l16.ts';
import { LinearPhone } from '../../src/media/linear-phone.ts';
import type { WaitingPhone } from '../../src/media/media-plane.ts';
import type { SimulatedLeg } from './simulated-media.ts';
import type { SimulatedSwitch } from './simulated-switch.ts';
import type { VirtualClock } from './virtual-clock.ts';
import type { VirtualNetwork } from './virtual-network.ts';

export interface SimulatedAsteriskOptions {
  readonly clock: VirtualClock;
  readonly network: VirtualNetwork;
  readonly house: SimulatedSwitch;
  readonly rateHz?: number;
}

/** A channel that an Asterisk hands over by AudioSocket, in virtual time: as of the media worker, sockets excepted. */
export class SimulatedAsterisk implements WaitingPhone {
  readonly uuid = '7c0e6a52-5d0b-4a0e-9a55-5b6a3f1d2c11';
  readonly remoteAddress = '192.0.2.70';
  readonly remotePort = 40_000;
  readonly codec: WaitingPhone['codec'];
  isRefused = false;
  readonly #options: SimulatedAsteriskOptions;
  readonly #phone: LinearPhone;
  readonly #rateHz: number;
  readonly #heard: number[] = [];
  #voice: Int16Array = new Int16Array(0);
  #said = 0;

  constructor(options: SimulatedAsteriskOptions) {
    const { clock, network, rateHz = 8000 } = options;
    this.#options = options;
    this.#rateHz = rateHz;
    this.#phone = new LinearPhone(rateHz);
    this.codec = this.#phone.codec;
    const octets = new Uint8Array(7680);
    const samples = new Int16Array(3840);
    network.bind({ address: this.remoteAddress, port: this.remotePort }, (datagram) => {
      const count = decodeL16(octets, 0, this.#phone.speak(datagram, octets, 0), samples, 0);
      this.#heard.push(...samples.subarray(0, count));
    });
    clock.schedule(FRAME_MS, () => this.#say());
  }

  call(flow: string): void {
    this.#options.house.switchboard.takePhone(this, flow, 'pbx');
  }

  refuse(): void {
    this.isRefused = true;
  }

  /** Said from now on, then silence. */
  speak(samples: Int16Array): void {
    this.#voice = samples;
    this.#said = 0;
  }

  press(digit: string): void {
    this.leg.options.onEvent({ kind: 'digit', digit, durationMs: 100 });
  }

  hangUp(reason: 'hung-up' | 'protocol-error' = 'hung-up'): void {
    this.leg.options.onEvent({ kind: 'phone-gone', reason });
  }

  /** Its leg; the call has to be taken. */
  get leg(): SimulatedLeg {
    return this.#options.house.media.legs.find(({ options }) => options.phone === this)!;
  }

  /** The last so many milliseconds of what it heard. */
  last(ms: number): Int16Array {
    return Int16Array.from(this.#heard.slice((-ms * this.#rateHz) / 1000));
  }

  #say(): void {
    const { clock, network, house } = this.#options;
    clock.schedule(FRAME_MS, () => this.#say());
    const leg = house.media.legs.find(({ options }) => options.phone === this);
    if (leg === undefined || leg.closed) return;
    const frame = new Int16Array((this.#rateHz * FRAME_MS) / 1000);
    frame.set(this.#voice.subarray(this.#said * frame.length, (this.#said + 1) * frame.length));
    this.#said += 1;
    const octets = new Uint8Array(frame.length * 2);
    encodeL16(frame, 0, frame.length, octets, 0);
    const from = { address: this.remoteAddress, port: this.remotePort };
    this.#phone.hear(octets, this.#rateHz, clock.nowMs(), (datagram) =>
      network.send(datagram, from, { address: leg.localAddress, port: leg.localPort }),
    );
  }
}

const FRAME_MS = 20;
