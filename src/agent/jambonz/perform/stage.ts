/** What verbs work with while they are performed, and what they give back. */
import type { Clock } from '../../../clock.ts';
import type { AgentCommand, AgentEvent, SessionInfo } from '../../agent.ts';
import type { CallFacts } from '../call-facts.ts';
import type { AppData } from '../link/app-link.ts';
import type { SessionSettings } from '../session-settings.ts';
import type { DelayAction, FillerNoise, Hook } from '../vocabulary/verbs.ts';
import type { Ears } from './ears.ts';

export interface Stage {
  readonly session: SessionInfo;
  readonly facts: CallFacts;
  readonly settings: SessionSettings;
  readonly ears: Ears;
  readonly clock: Clock;
  readonly isAnswered: boolean;
  /** For utterances, connections and lines alike: never the same twice. */
  nextNumber(): number;
  newSid(): string;
  submit(...batch: readonly AgentCommand[]): void;
  /** Runs `act` once; the function given back cancels it. */
  after(delayMs: number, act: () => void): () => void;
  /** `verb:status`, where the app wants it. */
  status(verb: Named, event: string, fields?: AppData): void;
  /** `call:status` of a call that `dial` made. */
  legStatus(data: AppData): void;
  /** A hook whose answer is not waited for. */
  tell(hook: Hook, data: AppData): void;
  error(msg: string, details: string, fields?: AppData): void;
}

/** Of what verb something is told. */
export interface Named {
  readonly verb: string;
  readonly id?: string | undefined;
}

/** A verb at work. */
export interface Performance {
  handle(event: AgentEvent): void;
  /** Takes back what is still to come of it; after this it tells nothing. */
  stop(): void;
}

/** How a verb ended: its hook is told `results`, and may answer with other verbs. */
export interface Ending {
  readonly hook?: Hook | undefined;
  readonly results?: AppData;
  /** What callers hear while the hook takes its time; undefined: as the session has it. */
  readonly delayAction?: DelayAction | undefined;
  readonly fillerNoise?: FillerNoise | undefined;
}

/** May be called at once, before the performance is given back. */
export type End = (ending?: Ending) => void;
