/** A call of ours that a flow is to hold: what is asked for. */
export interface CallOutRequest {
  /** By name. It calls from its own number, and must have one. */
  readonly flow: string;
  /** A number, which goes the way of the outbound routes, or a SIP URI that the configuration allows. */
  readonly to: string;
  /** How long it may ring; 60 s unless told. */
  readonly ringTimeoutMs?: number | undefined;
}
