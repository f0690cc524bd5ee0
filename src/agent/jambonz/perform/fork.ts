/** An audio socket of `listen`: opened by the media worker, while the verb runs or in the background. */
import type { AgentLineEnd } from '../../../audio/agent-line.ts';
import type { AgentEvent } from '../../agent.ts';
import { basic } from '../link/webhook-link.ts';
import type { ListenLineSettings } from '../listen-line.ts';
import type { ListenVerb } from '../vocabulary/verbs.ts';
import type { Performance, Stage } from './stage.ts';

export class Fork implements Performance {
  readonly #stage: Stage;
  readonly #verb: ListenVerb;
  readonly #onEnd: (reason: AgentLineEnd) => void;
  #lineId: number;
  #hasOpened = false;
  #isBare = false;
  #isOver = false;

  constructor(stage: Stage, verb: ListenVerb, onEnd: (reason: AgentLineEnd) => void) {
    this.#stage = stage;
    this.#verb = verb;
    this.#onEnd = onEnd;
    this.#lineId = stage.nextNumber();
  }

  start(): void {
    this.#open(SUBPROTOCOLS);
  }

  handle(event: AgentEvent): void {
    if (this.#isOver) return;
    if (event.kind === 'line-opened' && event.lineId === this.#lineId) this.#hasOpened = true;
    else if (event.kind === 'line-closed' && event.lineId === this.#lineId) this.#closed(event.reason);
  }

  stop(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#stage.submit({ kind: 'close-line', lineId: this.#lineId });
  }

  /** `listen:status`. */
  setStatus(status: 'pause' | 'silence' | 'resume'): void {
    if (!this.#isOver) this.#stage.submit({ kind: 'tell-line', lineId: this.#lineId, message: { status } });
  }

  #open(subprotocols: readonly string[]): void {
    const { url, auth, mixType, speaks } = this.#verb;
    const headers = auth === undefined ? {} : { authorization: basic(auth.username, auth.password) };
    this.#stage.submit({
      kind: 'open-line',
      lineId: this.#lineId,
      vital: false,
      options: {
        protocol: 'jambonz-listen',
        target: { kind: 'websocket', url, headers, ...(subprotocols.length > 0 && { subprotocols }) },
        connectTimeoutMs: CONNECT_TIMEOUT_MS,
        hears: ({ mono: 'caller', mixed: 'mixed', stereo: 'stereo' } as const)[mixType],
        speaks,
        settings: this.#settings(),
      },
    });
  }

  #settings(): ListenLineSettings {
    const { rateHz, speaksRateHz, mixType, streaming, speaks, passDtmf, metadata } = this.#verb;
    const { callSid, base } = this.#stage.facts;
    const { from, to, direction } = this.#stage.session;
    const call = { callSid, from, to, direction, callId: base['call_id'] };
    return {
      rateHz,
      speaksRateHz,
      streaming,
      speaks,
      passDtmf,
      introduction: { sampleRate: rateHz, mixType, ...call, ...metadata },
    };
  }

  /** Servers that know no subprotocol refuse those that are offered, or answer with none. */
  #closed(reason: AgentLineEnd): void {
    if (!this.#hasOpened && !this.#isBare && reason !== 'closed-by-us') {
      this.#isBare = true;
      this.#lineId = this.#stage.nextNumber();
      this.#open([]);
      return;
    }
    this.#isOver = true;
    this.#onEnd(reason);
  }
}

/** What is spoken, and what the documentation calls it. */
const SUBPROTOCOLS = ['audio.drachtio.org', 'audio.jambonz.org'];
const CONNECT_TIMEOUT_MS = 3_000;
