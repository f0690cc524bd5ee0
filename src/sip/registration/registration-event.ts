/** How the registrations with trunks fare. */
export type RegistrationEvent =
  /** Until it is refreshed; told for the first time and whenever something about it has changed. */
  | {
      readonly kind: 'registered';
      readonly trunk: string;
      readonly registrar: string;
      /** Numeric, with its port. */
      readonly address: string;
      readonly expiresS: number;
      /** What requests over the trunk go along, in angle brackets (RFC 3608). */
      readonly serviceRoute: readonly string[];
    }
  /** Every registrar was tried, and will be again. */
  | {
      readonly kind: 'registration-failed';
      readonly trunk: string;
      /** The last one's; undefined where no name could be resolved, 408 and 503 where nobody answered. */
      readonly statusCode: number | undefined;
      readonly retryInMs: number;
    }
  | { readonly kind: 'unregistered'; readonly trunk: string };
