/** What the main thread and the listening worker say to each other. Plain data; nothing here is sent per window. */
import type { LogFields } from '../logger.ts';
import type { HearingEvent, ListenSettings } from './listener.ts';
import type { RecognitionSettings } from './stt/recognition-settings.ts';
import type { RecognizerStats } from './stt/recognizer.ts';
import type { EarRules } from './turns/ear.ts';

/** Names a caller who is listened to between the two threads. */
export type EarId = number;

/** Handed to the worker when it starts. */
export interface ListeningWorkerSettings {
  readonly rules: EarRules;
  readonly recognition: RecognitionSettings;
}

export type ListeningWorkerRequest =
  | {
      readonly kind: 'listen';
      readonly earId: EarId;
      readonly callId: string;
      readonly ring: SharedArrayBuffer;
      readonly settings: ListenSettings;
    }
  | { readonly kind: 'configure'; readonly earId: EarId; readonly settings: Partial<ListenSettings> }
  | { readonly kind: 'close'; readonly earId: EarId }
  /** Close every ear and end. */
  | { readonly kind: 'shut-down' };

export type ListeningWorkerReport =
  | { readonly kind: 'events'; readonly events: readonly EarEvent[] }
  | { readonly kind: 'totals'; readonly totals: ListeningTotals }
  | {
      readonly kind: 'log';
      readonly level: 'debug' | 'info' | 'warn' | 'error';
      readonly fields: LogFields;
      readonly message: string;
    };

export interface EarEvent {
  readonly earId: EarId;
  readonly event: HearingEvent;
}

/** The worker's counters since it started, told once a second while it listens. */
export interface ListeningTotals {
  readonly callers: number;
  readonly model: 'silero' | 'energy' | 'loading';
  /** Windows of 32 ms that were heard, and those of them that the model had to look at. */
  readonly windows: number;
  readonly modelWindows: number;
  /** How long the model took for all windows that were full at one time, in the last second. */
  readonly batchMs: { readonly p50: number; readonly p99: number; readonly max: number };
  /** Of the built-in recogniser. */
  readonly recognizer: RecognizerStats;
}
