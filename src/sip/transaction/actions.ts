/**
 * What a transaction machine asks of its layer. The machines are the state diagrams of RFC 3261 section 17 as
 * corrected by RFC 6026 and hold no message: the layer keeps the request, the latest response and the ACK.
 */
export type ClientAction =
  | 'send-request'
  | 'send-ack'
  | 'pass-response'
  | 'report-timeout'
  | 'report-transport-error';

export type ServerAction = 'send-response' | 'pass-ack' | 'report-timeout' | 'report-transport-error';

export interface ClientMachine {
  readonly state: string;
  /** When to call `handleTimeout`; undefined when no timer runs. */
  readonly deadline: number | undefined;
  handleResponse(statusCode: number, nowMs: number): readonly ClientAction[];
  handleTimeout(nowMs: number): readonly ClientAction[];
  handleTransportError(): readonly ClientAction[];
}

export interface ServerMachine {
  readonly state: string;
  readonly deadline: number | undefined;
  /** The same request came in again. */
  handleRetransmission(): readonly ServerAction[];
  /** The transaction user responds. */
  respond(statusCode: number, nowMs: number): readonly ServerAction[];
  handleTimeout(nowMs: number): readonly ServerAction[];
  handleTransportError(): readonly ServerAction[];
}
