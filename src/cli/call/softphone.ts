import { randomInt } from 'node:crypto';
import { MediaPool } from '../../app/media-pool.ts';
import { SipStack } from '../../app/sip-stack.ts';
import { systemClock } from '../../clock.ts';
import { SwitchError } from '../../errors.ts';
import type { Logger } from '../../logger.ts';
import type { MediaCommand } from '../../media/command.ts';
import type { Flow } from '../../sip/flow.ts';
import { withBrackets } from '../../sip/message/host.ts';
import { escapeUser } from '../../sip/message/uri.ts';
import { CallScript } from './call-script.ts';
import type { Destination } from './destination.ts';
import { Observation } from './observation.ts';
import type { CallOptions } from './options.ts';
import { PhoneCall, type PhoneEnd, type PhoneEvent } from './phone-call.ts';

/** One call with everything around it: sockets, a media worker and what the caller does. */
export class Softphone {
  readonly observation: Observation = new Observation();
  readonly #options: SoftphoneOptions;
  readonly #sip: SipStack;
  readonly #over: PromiseWithResolvers<PhoneEnd> = Promise.withResolvers();
  #script: CallScript | undefined;
  #phone: PhoneCall | undefined;

  constructor(options: SoftphoneOptions) {
    this.#options = options;
    const { destination, call, log } = options;
    const { localAddress, transport } = destination;
    this.#sip = new SipStack({
      sip: {
        listen: [{ transport, address: localAddress, port: call.localPort }],
        userAgent: 'Patchbay',
        unknownSource: { answer: null },
        rateLimit: { perSecond: 100, burst: 200 },
      },
      trunks: [],
      clock: systemClock,
      log,
      onEvent: (event) => this.#phone?.handle(event),
      onMessage: (direction) => {
        if (direction === 'received') this.observation.responded = true;
      },
    });
  }

  /** Makes the call and resolves when it is over. Rejects with `SwitchError` `port-in-use` or `media-ports-exhausted`. */
  async run(): Promise<PhoneEnd> {
    const media = this.#mediaPool();
    try {
      await this.#listen();
      const { destination, call } = this.#options;
      this.#phone = new PhoneCall({
        media,
        command: (act) => this.#sip.signalling.command(act),
        clock: systemClock,
        flow: this.#flow(),
        target: destination.uri,
        from: `<sip:${escapeUser(call.from)}@${withBrackets(destination.localAddress)}>`,
        codecs: call.codec,
        onEvent: (event) => this.#handle(event),
      });
      this.#script = this.#scriptFor(this.#phone);
      await this.#phone.dial();
      const giveUp = setTimeout(() => this.#phone?.hangUp('unanswered'), call.answerWithin * 1000);
      const end = await this.#over.promise;
      clearTimeout(giveUp);
      return end;
    } finally {
      await Promise.all([this.#sip.stop(), media.close()]);
    }
  }

  hangUp(): void {
    this.#phone?.hangUp('asked');
  }

  async #listen(): Promise<void> {
    try {
      await this.#sip.start();
    } catch (cause) {
      const { localAddress, transport } = this.#options.destination;
      const detail = `${transport} ${localAddress} port ${this.#options.call.localPort}; choose another with --local-port`;
      throw cause instanceof SwitchError ? new SwitchError(cause.code, detail, { cause }) : cause;
    }
  }

  #mediaPool(): MediaPool {
    const { localAddress } = this.#options.destination;
    const address = { bind: localAddress, advertised: localAddress };
    const isIpv6 = localAddress.includes(':');
    // Anywhere in the range, so that what is still sent to the call before goes nowhere.
    const portMin = MEDIA_PORT_MIN + 2 * randomInt(MEDIA_PORT_PAIRS);
    return new MediaPool({
      workers: 1,
      portMin,
      portMax: portMin + MEDIA_PORTS - 1,
      ipv4: isIpv6 ? undefined : address,
      ipv6: isIpv6 ? address : undefined,
      silenceTimeoutMs: NO_MEDIA_MS,
      log: this.#options.log,
    });
  }

  #flow(): Flow {
    const { transport, address, port, localAddress } = this.#options.destination;
    const localPort = this.#sip.listening[0]!.port;
    return { transport, localAddress, localPort, remoteAddress: address, remotePort: port };
  }

  #scriptFor(phone: PhoneCall): CallScript {
    const { call, sounds } = this.#options;
    return new CallScript({
      phone,
      timers: systemClock,
      plays: sounds,
      digits: call.digits ?? [],
      digitGapMs: call.digitGapMs,
      digitsBy: call.digitsBy,
      durationMs: call.duration * 1000,
      onPressed: (digits, by) => this.observation.notePressed(digits, by),
    });
  }

  #handle(event: PhoneEvent): void {
    this.observation.note(event, systemClock.nowMs());
    if (event.kind === 'answered') this.#script?.begin(event.audio);
    if (event.kind !== 'ended') return;
    this.#script?.end();
    this.#over.resolve(event);
  }
}

export interface SoftphoneOptions {
  readonly destination: Destination;
  readonly call: CallOptions;
  /** What the leg is told at the answer: the sounds the caller makes. */
  readonly sounds: readonly MediaCommand[];
  readonly log: Logger;
}

const MEDIA_PORT_MIN = 40_000;
const MEDIA_PORT_PAIRS = 10_000;
const MEDIA_PORTS = 200;
/** An answered call that nothing comes from is given up after so long. */
const NO_MEDIA_MS = 10_000;
