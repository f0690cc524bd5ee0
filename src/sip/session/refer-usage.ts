import type { AuthenticatedRequest } from '../auth/authenticated-request.ts';
import { headerValue } from '../message/headers.ts';
import type { HeaderField } from '../message/message.ts';
import { parameterValue } from '../message/parameters.ts';
import { parseReplaces } from '../message/replaces.ts';
import { parseUri, serializeUri, type Uri } from '../message/uri.ts';
import { cseqOf, referToOf } from '../message/views.ts';
import { reasonPhraseOf, responseTo } from '../response.ts';
import type { ClientTransactionUser } from '../transaction/client-transaction.ts';
import type { ServerTransaction } from '../transaction/server-transaction.ts';
import { TRANSACTION_TIMEOUT_MS } from '../transaction/timers.ts';
import type { SipTrunk } from '../trunk.ts';
import type { SipEvent, SipSessionId } from '../user-agent-events.ts';
import type { DialogClient } from './dialog-client.ts';
import { readNotification } from './refer-notification.ts';
import type { SessionHost, Timed } from './session-host.ts';

export interface ReferUsageUser {
  readonly id: SipSessionId;
  tell(event: SipEvent): void;
  handleBroken(by: 'remote', nowMs: number): void;
}

/** What a REFER of ours may say beside its target. */
export interface ReferParts {
  /** In angle brackets; absent: our own address in the call. */
  readonly referredBy?: string | undefined;
  readonly headers?: readonly HeaderField[];
}

/** The peer's REFER: waiting for our word, then told how it goes on. */
interface Received {
  readonly transaction: ServerTransaction;
  readonly sequence: number;
  isAccepted: boolean;
}

/**
 * Calls that one side of a dialog has the other one make, and the news of them.
 *
 * @see RFC 3515, RFC 6665 section 4
 */
export class ReferUsage implements Timed {
  readonly #host: SessionHost;
  readonly #client: DialogClient;
  readonly #trunk: SipTrunk;
  readonly #user: ReferUsageUser;
  #received: Received | undefined;
  /** Ours, until the last word about it. */
  #sent: AuthenticatedRequest | undefined;
  #hasNews = false;

  constructor(host: SessionHost, client: DialogClient, trunk: SipTrunk, user: ReferUsageUser) {
    this.#host = host;
    this.#client = client;
    this.#trunk = trunk;
    this.#user = user;
  }

  /** Has the peer call somebody else. What becomes of it is told, the last time as final. */
  refer(target: string, nowMs: number, parts: ReferParts): void {
    const session = this.#user.id;
    const refusal = this.#sent !== undefined ? 491 : isUsable(target) ? undefined : 416;
    if (refusal !== undefined) {
      this.#user.tell({ kind: 'refer-progress', session, statusCode: refusal, isFinal: true });
      return;
    }
    this.#hasNews = false;
    const headers = [
      this.#host.contact(this.#client.hop, this.#client.dialog.usesSips),
      { name: 'Refer-To', value: `<${target}>` },
      { name: 'Referred-By', value: parts.referredBy ?? this.#client.dialog.localParty },
      ...(parts.headers ?? []),
    ];
    this.#sent = this.#client.send('REFER', headers, undefined, this.#referee(), nowMs);
  }

  handleNotify(transaction: ServerTransaction, nowMs: number): void {
    const { request } = transaction;
    const sent = this.#sent;
    const notification = readNotification(request);
    if (
      sent === undefined ||
      notification === undefined ||
      !notification.isFor(cseqOf(sent.request).sequence)
    ) {
      this.#respond(transaction, 481, [], nowMs);
      return;
    }
    this.#respond(transaction, 200, [], nowMs);
    this.#hasNews = true;
    const { statusCode, isTerminated, expiresS } = notification;
    if (statusCode >= 200 || isTerminated) this.#conclude(statusCode >= 200 ? statusCode : 408);
    else {
      this.#host.schedule(this, nowMs + Math.min(expiresS, LONGEST_S) * 1000 + TRANSACTION_TIMEOUT_MS);
      this.#user.tell({ kind: 'refer-progress', session: this.#user.id, statusCode, isFinal: false });
    }
  }

  /** No news came. */
  handleTimeout(): void {
    this.#conclude(408);
  }

  handleRefer(transaction: ServerTransaction, nowMs: number): void {
    const { request } = transaction;
    const referTo = referToOf(request);
    if (!this.#trunk.mayRefer) this.#respond(transaction, 603, [], nowMs);
    else if (referTo === undefined) this.#respond(transaction, 400, [], nowMs);
    else if (this.#received !== undefined) this.#respond(transaction, 491, [], nowMs);
    else if (!asksForCall(referTo.uri)) this.#respond(transaction, 603, [], nowMs);
    else {
      this.#received = { transaction, sequence: cseqOf(request).sequence, isAccepted: false };
      this.#user.tell({
        kind: 'refer',
        session: this.#user.id,
        target: withoutHeaders(referTo.uri),
        replaces: replacesIn(referTo.uri),
        referredBy: headerValue(request, 'Referred-By'),
      });
    }
  }

  accept(nowMs: number): void {
    const received = this.#received;
    if (received === undefined || received.isAccepted) return;
    received.isAccepted = true;
    const { transaction } = received;
    // RFC 4488: who says so wants no news.
    const isSilent = headerValue(transaction.request, 'Refer-Sub')?.toLowerCase() === 'false';
    const headers = [this.#host.contact(transaction.source, this.#client.dialog.usesSips)];
    if (isSilent) headers.push({ name: 'Refer-Sub', value: 'false' });
    this.#respond(transaction, 202, headers, nowMs);
    if (isSilent) this.#received = undefined;
    // "the NOTIFY … MUST be sent immediately" (RFC 3515 section 2.4.4).
    else this.notify(100, nowMs);
  }

  reject(statusCode: number, nowMs: number): void {
    const received = this.#received;
    if (received === undefined || received.isAccepted) return;
    this.#received = undefined;
    this.#respond(received.transaction, statusCode, [], nowMs);
  }

  /** Tells the peer how the call it asked for fares; a final status is the last word. */
  notify(statusCode: number, nowMs: number): void {
    const received = this.#received;
    if (received?.isAccepted !== true) return;
    const isFinal = statusCode >= 200;
    if (isFinal) this.#received = undefined;
    const headers: HeaderField[] = [
      this.#host.contact(this.#client.hop, this.#client.dialog.usesSips),
      { name: 'Event', value: `refer;id=${received.sequence}` },
      {
        name: 'Subscription-State',
        value: isFinal ? 'terminated;reason=noresource' : `active;expires=${LONGEST_S}`,
      },
      { name: 'Content-Type', value: 'message/sipfrag;version=2.0' },
    ];
    const body = Buffer.from(`SIP/2.0 ${statusCode} ${reasonPhraseOf(statusCode)}\r\n`, 'utf8');
    this.#client.send('NOTIFY', headers, body, ignoring, nowMs);
  }

  close(nowMs: number): void {
    this.reject(487, nowMs);
    this.#received = undefined;
    this.#sent = undefined;
    this.#host.schedule(this, undefined);
  }

  #referee(): ClientTransactionUser {
    return {
      handleResponse: ({ statusCode }, _source, nowMs) => {
        if (statusCode < 200) return;
        if (statusCode === 481) this.#user.handleBroken('remote', nowMs);
        else if (statusCode >= 300) this.#conclude(statusCode);
        // Until the first news, which RFC 6665 section 4.1.2.4 gives 64 * T1; they may have come before this response.
        else if (!this.#hasNews && this.#sent !== undefined)
          this.#host.schedule(this, nowMs + TRANSACTION_TIMEOUT_MS);
      },
      handleFailure: (cause) => this.#conclude(cause === 'timeout' ? 408 : 503),
    };
  }

  #conclude(statusCode: number): void {
    if (this.#sent === undefined) return;
    this.#sent = undefined;
    this.#host.schedule(this, undefined);
    this.#user.tell({ kind: 'refer-progress', session: this.#user.id, statusCode, isFinal: true });
  }

  #respond(
    transaction: ServerTransaction,
    statusCode: number,
    headers: readonly HeaderField[],
    nowMs: number,
  ): void {
    const response = responseTo(transaction.request, statusCode, {
      headers: [...headers, ...this.#host.responseHeaders],
    });
    this.#host.servers.respond(transaction, response, nowMs);
  }
}

/** What may stand between angle brackets. */
function isUsable(target: string): boolean {
  const uri = parseUri(target);
  return uri !== undefined && uri.kind !== 'other' && !/[<>"]/.test(target);
}

/** "method=" in the URI may ask for something else than a call (RFC 3515 section 2.1). */
function asksForCall(uri: Uri): boolean {
  if (uri.kind === 'other') return false;
  return (parameterValue(uri.parameters, 'method') ?? 'INVITE').toUpperCase() === 'INVITE';
}

function withoutHeaders(uri: Uri): string {
  return serializeUri(uri.kind === 'sip' ? { ...uri, headers: undefined } : uri);
}

function replacesIn(uri: Uri): ReturnType<typeof parseReplaces> {
  if (uri.kind !== 'sip' || uri.headers === undefined) return undefined;
  const header = uri.headers.split('&').find((pair) => /^replaces=/i.test(pair));
  if (header === undefined) return undefined;
  try {
    return parseReplaces(decodeURIComponent(header.slice(header.indexOf('=') + 1)));
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}

/** A peer that does not take the news will ask, or not. */
const ignoring = { handleResponse: () => {}, handleFailure: () => {} };
/** Ours: how long a call is rung before it is given up. */
const LONGEST_S = 180;
