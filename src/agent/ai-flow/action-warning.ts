/** What of an app's answer is not understood, or not what the protocol says. */
export interface ActionWarning {
  readonly field: string;
  /** As it is shown to a reader, and nowhere else: words or numbers of a caller may be in it. */
  readonly found: string;
  /** An unknown action's name, where it is one and cannot be what a caller said: the log may show it. */
  readonly actionType?: string;
  /** Absent where nothing would have been right. */
  readonly expected?: string;
  /** What happens now. */
  readonly consequence: string;
}

/** A warning as one readable line. */
export function warningLine({ field, found, expected, consequence }: ActionWarning): string {
  return `${field}: found ${found}${expected === undefined ? '' : `, expected ${expected}`}; ${consequence}`;
}
