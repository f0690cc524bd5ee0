/** The way to an app, by WebSocket or by HTTP: what is asked of it, what it is told, and what it answers. */
import type { Hook } from '../vocabulary/verbs.ts';

/** What an app is asked and answers with verbs, or with nothing. */
export interface AppRequest {
  readonly type: 'session:new' | 'session:redirect' | 'verb:hook';
  /** Absent for `session:new`, which goes where the app is. */
  readonly hook?: Hook | undefined;
  readonly data: AppData;
  /** Instead of the usual time, where the app was given more. */
  readonly timeoutMs?: number | undefined;
}

/** What it is told, and does not answer. */
export interface AppNotice {
  readonly type:
    | 'call:status'
    | 'verb:status'
    | 'jambonz:error'
    | 'tts:tokens-result'
    | 'tts:streaming-event';
  readonly data: AppData;
}

export type AppData = Readonly<Record<string, unknown>>;

export type AppAnswer =
  /** `body` is what stands in the answer, undefined where nothing does. */
  | { readonly ok: true; readonly body: unknown }
  | { readonly ok: false; readonly reason: LinkFailure; readonly detail: string };

export type LinkFailure = 'unreachable' | 'refused' | 'timed-out' | 'bad-response' | 'closed';

export interface AppLink {
  readonly kind: 'websocket' | 'webhook';
  /** Never rejects. */
  request(request: AppRequest): Promise<AppAnswer>;
  notify(notice: AppNotice): void;
  /** No more is asked or told; `failed`: because the app's answer was of no use. Resolves when all is delivered. */
  close(failed?: boolean): Promise<void>;
}

/** What an app sends unasked: a `command` message. */
export interface AppCommand {
  readonly command: string;
  /** The leg it is for, by its SID. */
  readonly callSid: string | undefined;
  readonly queueCommand: boolean;
  readonly data: unknown;
}

export function isAbsolute(url: string, schemes: 'http' | 'ws'): boolean {
  return new RegExp(`^${schemes}s?://`, 'i').test(url);
}
