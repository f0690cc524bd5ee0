/** A failed `Result` that also says what was found, for logs and for those who sent the sound. */
export interface Refused<Reason extends string> {
  readonly ok: false;
  readonly reason: Reason;
  /** One line, without secrets; absent when the reason says it all. */
  readonly detail?: string;
}

export function refused<Reason extends string>(reason: Reason, detail?: string): Refused<Reason> {
  return detail === undefined ? { ok: false, reason } : { ok: false, reason, detail };
}
