import type { AuthenticationRefusal } from '../auth/authenticated-request.ts';
import type { Dialog } from '../dialog/dialog.ts';
import type { Flow } from '../flow.ts';
import type { HeaderField, SipRequest } from '../message/message.ts';
import type { ClientTransactions } from '../transaction/client-transactions.ts';
import type { ServerTransaction } from '../transaction/server-transaction.ts';
import type { ServerTransactions } from '../transaction/server-transactions.ts';
import type { SipTrunk } from '../trunk.ts';
import type { SipEvent } from '../user-agent-events.ts';
import type { Session } from './session.ts';

/** Something that waits for a time. */
export interface Timed {
  handleTimeout(nowMs: number): void;
}

/** Who the requests of the peer within a dialog are for. */
export interface DialogUser {
  readonly trunk: SipTrunk;
  /** Whether requests of the peer may come from there without further proof. */
  isHome(source: Flow): boolean;
  handleRequest(transaction: ServerTransaction, nowMs: number): void;
  handleAck(ack: SipRequest, nowMs: number): void;
}

/** What a session needs of the user agent it belongs to. */
export interface SessionHost {
  readonly clients: ClientTransactions;
  readonly servers: ServerTransactions;
  emit(event: SipEvent): void;
  /** Counts a challenge that was not answered. */
  readonly noteRefusal: (reason: AuthenticationRefusal) => void;
  /** Where the peer sends its requests within a dialog: our address as seen over the flow, as a sips: URI or sip:. */
  contact(flow: Flow, usesSips: boolean): HeaderField;
  /** User-Agent of requests, Server of responses: none unless configured. */
  readonly requestHeaders: readonly HeaderField[];
  readonly responseHeaders: readonly HeaderField[];
  newTag(): string;
  /** 0 to 1. */
  random(): number;
  /** Requests within the dialog go to the user from now on, or no longer. */
  bind(dialog: Dialog, user: DialogUser): void;
  unbind(dialog: Dialog): void;
  /** Calls `handleTimeout` then; a new deadline replaces the old one, undefined none is left. */
  schedule(timed: Timed, deadlineMs: number | undefined): void;
  /** The session has nothing left to do. */
  forget(session: Session): void;
}
