import type { AuthenticationRefusal } from '../auth/authenticated-request.ts';
import type { DigestClient } from '../auth/digest-client.ts';
import type { Flow } from '../flow.ts';
import type { HeaderField } from '../message/message.ts';
import type { Timed } from '../session/session-host.ts';
import type { ClientTransactions } from '../transaction/client-transactions.ts';
import type { RegistrationEvent } from './registration-event.ts';

export interface RegistrationOptions {
  /** By name; its password answers challenges. */
  readonly trunk: string;
  /** URIs, the one we would rather be with first. */
  readonly registrars: readonly string[];
  /** Whose calls we take: a URI. */
  readonly addressOfRecord: string;
  /** The user part of our Contact. */
  readonly contactUser: string;
  /** What is asked for; the registrar decides. */
  readonly expiresS: number;
  /** How often the way to the registrar is kept open over UDP; 0: not at all. */
  readonly keepAliveS: number;
}

/** What a registration needs of the user agent it belongs to. */
export interface RegistrationHost {
  readonly clients: ClientTransactions;
  readonly requestHeaders: readonly HeaderField[];
  readonly noteRefusal: (reason: AuthenticationRefusal) => void;
  digestOf(trunk: string): DigestClient | undefined;
  contactUri(flow: Flow, user: string, usesSips: boolean): string;
  newTag(): string;
  newCallId(): string;
  random(): number;
  schedule(timed: Timed, deadlineMs: number | undefined): void;
  transmit(flow: Flow, octets: Uint8Array): void;
  tell(event: RegistrationEvent): void;
  /** Asks where the server of a URI is; `handleLocated` is called with the answer. */
  locate(trunk: string, uri: string): void;
  forget(trunk: string): void;
}
