import { type Dialog, dialogKey } from '../dialog/dialog.ts';
import type { SipRequest } from '../message/message.ts';
import { tagOf } from '../message/name-address.ts';
import type { Replaces } from '../message/replaces.ts';
import { callIdOf, fromOf, toOf } from '../message/views.ts';
import type { SipTrunk } from '../trunk.ts';
import type { SipSessionId } from '../user-agent-events.ts';
import { Session } from './session.ts';
import type { DialogUser, SessionHost } from './session-host.ts';

/** Every session by its id, and by the dialog that requests of the peer name. */
export class SessionRegistry {
  readonly #byId: Map<SipSessionId, Session> = new Map();
  readonly #byDialog: Map<string, DialogUser> = new Map();
  #nextId: SipSessionId = 1;

  get size(): number {
    return this.#byId.size;
  }

  /** A session with an id of its own, or with the one it had in another process. */
  create(host: SessionHost, trunk: SipTrunk, id: SipSessionId = this.#nextId): Session {
    this.#nextId = Math.max(this.#nextId, id + 1);
    const session = new Session(id, host, trunk);
    this.#byId.set(id, session);
    return session;
  }

  get(id: SipSessionId): Session | undefined {
    return this.#byId.get(id);
  }

  all(): Iterable<Session> {
    return this.#byId.values();
  }

  forget(session: Session): void {
    this.#byId.delete(session.id);
  }

  bind({ callId, localTag, remoteTag }: Dialog, user: DialogUser): void {
    this.#byDialog.set(dialogKey(callId, localTag, remoteTag), user);
  }

  unbind({ callId, localTag, remoteTag }: Dialog): void {
    this.#byDialog.delete(dialogKey(callId, localTag, remoteTag));
  }

  /** Whose dialog a request of the peer belongs to. @see RFC 3261 section 12.2.2 */
  find(request: SipRequest): DialogUser | undefined {
    const localTag = tagOf(toOf(request)) ?? '';
    const remoteTag = tagOf(fromOf(request)) ?? '';
    return this.#byDialog.get(dialogKey(callIdOf(request), localTag, remoteTag));
  }

  /** The session a Replaces means. @see RFC 3891 section 3 */
  findReplaced({ callId, toTag, fromTag }: Replaces): Session | undefined {
    const user = this.#byDialog.get(dialogKey(callId, toTag, fromTag));
    return user instanceof Session ? user : undefined;
  }
}
