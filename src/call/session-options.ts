import type { SessionInfo } from '../agent/agent.ts';
import type { Clock, Timers } from '../clock.ts';
import type { Logger } from '../logger.ts';
import type { MediaCommand } from '../media/command.ts';
import type { ClipStore } from '../sound/clip-store.ts';
import type { Listener } from '../speech/listener.ts';
import type { Synthesizer } from '../speech/tts/synthesizer.ts';
import type { Backdrop } from './backdrop.ts';
import type { CallFlow } from './flow.ts';
import type { CallMetrics } from './metrics.ts';
import type { SessionCall } from './session-call.ts';

/** The parts of the house that every session shares. */
export interface SessionServices {
  readonly synthesizer: Synthesizer;
  /** Absent: nobody is listened to. */
  readonly listener?: Listener | undefined;
  readonly clips: ClipStore;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly metrics: CallMetrics;
  /** 0 to 1. */
  readonly random: () => number;
}

export interface SessionOptions extends SessionServices {
  readonly info: SessionInfo;
  /** The SIP Call-ID, for the log. */
  readonly callId: string;
  readonly flow: CallFlow;
  readonly rateHz: number;
  readonly log: Logger;
  readonly send: (command: MediaCommand) => void;
  /** What sounds behind the voice already; absent: it begins with the session. */
  readonly backdrop?: Backdrop | undefined;
  readonly call: SessionCall;
  /** The call waits for the agent's answer. */
  readonly isRinging: boolean;
  /** Something threw where no caller of ours would notice. What the timers run is guarded already. */
  readonly onBug: (error: unknown) => void;
}
