/** A bug of ours, never bad input. Caught once, at the call's edge: that call ends, the process lives. */
export class InvariantError extends Error {
  override readonly name: string = 'InvariantError';
}

/** Throws unless `condition`; `why` says why it always holds. */
export function invariant(condition: unknown, why: string): asserts condition {
  if (!condition) throw new InvariantError(why);
}
