import { BlockList, createServer, type Server, type Socket } from 'node:net';
import type { AudioSocketListener, PhoneId } from '../media/worker-messages.ts';
import { type AudioSocketEnd, AudioSocketPhone, plainAddress } from './audio-socket-phone.ts';

/** A phone has said what it must, and waits for `take` or `refuse`. */
export type PhoneCalls = (phoneId: PhoneId, listener: number, phone: AudioSocketPhone) => void;

/** Where Asterisks call over AudioSocket: lets in whom it may, and keeps them until they have a leg. */
export class AudioSocketDoor {
  /** Connections that were cut off, or left before they had a leg, by reason. */
  readonly cut: Record<string, number> = {};
  readonly #onCalls: PhoneCalls;
  readonly #waiting = new Map<PhoneId, AudioSocketPhone>();
  #servers: Server[] = [];
  #lastPhoneId: PhoneId = 0;

  constructor(onCalls: PhoneCalls) {
    this.#onCalls = onCalls;
  }

  /** Listens there and nowhere else; resolves with what is in the way. Phones that are here stay. */
  async listen(listeners: readonly AudioSocketListener[]): Promise<string | undefined> {
    this.#stopListening();
    const failures = await Promise.all(listeners.map((listener, index) => this.#open(listener, index)));
    return failures.find((failure) => failure !== undefined);
  }

  /** Undefined when it has gone. */
  take(phoneId: PhoneId): AudioSocketPhone | undefined {
    const phone = this.#waiting.get(phoneId);
    this.#waiting.delete(phoneId);
    return phone;
  }

  refuse(phoneId: PhoneId): void {
    const phone = this.take(phoneId);
    if (phone === undefined) return;
    this.#count('refused');
    phone.close();
  }

  close(): void {
    this.#stopListening();
    for (const phone of this.#waiting.values()) phone.close();
    this.#waiting.clear();
  }

  #open({ address, port, shared, allow }: AudioSocketListener, index: number): Promise<string | undefined> {
    const welcome = allow && blockListOf(allow);
    const server = createServer((socket) => this.#letIn(socket, index, welcome));
    this.#servers.push(server);
    return new Promise((resolve) => {
      server.once('error', (error) => resolve(error.message));
      server.listen({ host: address, port, reusePort: shared, ipv6Only: false }, () => resolve(undefined));
      // Afterwards it tells of connections that could not be accepted: the next one may be.
      server.on('error', () => this.#count('not-accepted'));
    });
  }

  #letIn(socket: Socket, listener: number, welcome: BlockList | undefined): void {
    if (welcome !== undefined && !isIn(welcome, plainAddress(socket.remoteAddress ?? ''))) {
      this.#turnAway(socket, 'stranger');
      return;
    }
    if (this.#waiting.size >= MOST_WAITING) {
      this.#turnAway(socket, 'too-many');
      return;
    }
    this.#lastPhoneId += 1;
    const phoneId = this.#lastPhoneId;
    const phone = new AudioSocketPhone(socket, {
      calls: (calling) => this.#onCalls(phoneId, listener, calling),
      gone: (_, reason) => this.#gone(phoneId, reason),
    });
    this.#waiting.set(phoneId, phone);
  }

  #gone(phoneId: PhoneId, reason: AudioSocketEnd): void {
    const wasWaiting = this.#waiting.delete(phoneId);
    if (wasWaiting || reason !== 'hung-up') this.#count(reason);
  }

  #turnAway(socket: Socket, reason: string): void {
    this.#count(reason);
    socket.on('error', () => undefined);
    socket.destroy();
  }

  #stopListening(): void {
    for (const server of this.#servers.splice(0)) server.close();
  }

  #count(reason: string): void {
    this.cut[reason] = (this.cut[reason] ?? 0) + 1;
  }
}

function blockListOf(addresses: readonly string[]): BlockList {
  const list = new BlockList();
  for (const text of addresses) {
    const [address = '', bits] = text.split('/');
    const family = familyOf(address);
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return list;
}

function isIn(list: BlockList, address: string): boolean {
  return address !== '' && list.check(address, familyOf(address));
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return address.includes(':') ? 'ipv6' : 'ipv4';
}

/** Who has said nothing yet costs a socket: these are for 2 s each. */
const MOST_WAITING = 256;
