import type { Socket } from 'node:net';
import { AudioSocketCaller, type AudioSocketWord } from '../agent/asterisk/audio-socket-caller.ts';
import { HEADER_OCTETS, serializeHangUp, writeAudioHeader } from '../agent/asterisk/audio-socket-frames.ts';
import type { PhoneEnd } from '../media/command.ts';
import { LinearPhone } from '../media/linear-phone.ts';

export type AudioSocketEnd = PhoneEnd | 'no-uuid' | 'not-taken';

export interface AudioSocketPhoneUser {
  /** It has said who it is, and at what rate it speaks. */
  calls(phone: AudioSocketPhone): void;
  /** Once; not told when we close it. */
  gone(phone: AudioSocketPhone, reason: AudioSocketEnd): void;
}

/** Whom a phone with a leg speaks to. */
export interface AudioSocketEar {
  receiveRtp(datagram: Uint8Array, address: string, port: number): void;
  digit(digit: string): void;
  gone(reason: PhoneEnd): void;
  /** A bug: the call cannot go on. */
  failed(error: unknown): void;
}

/**
 * An Asterisk's channel at the other end of a TCP connection: waits until it has said what it must, then is a leg's
 * phone.
 */
export class AudioSocketPhone {
  uuid = '';
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly #socket: Socket;
  readonly #user: AudioSocketPhoneUser;
  readonly #caller: AudioSocketCaller = new AudioSocketCaller(performance.now());
  #state: 'opening' | 'calling' | 'talking' | 'over' = 'opening';
  #linear: LinearPhone | undefined;
  #ear: AudioSocketEar | undefined;
  #timer: NodeJS.Timeout;
  /** Ticks in a row for which there was no room. */
  #stuckTicks = 0;

  constructor(socket: Socket, user: AudioSocketPhoneUser) {
    this.#socket = socket;
    this.#user = user;
    this.remoteAddress = plainAddress(socket.remoteAddress ?? '');
    this.remotePort = socket.remotePort ?? 0;
    socket.setNoDelay(true);
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    socket.on('data', (octets: Buffer) => this.#guarded(() => this.#hear(octets)));
    socket.on('end', () => this.#end('hung-up'));
    socket.on('error', () => this.#end('connection-lost'));
    socket.on('close', () => this.#end('connection-lost'));
    this.#timer = setTimeout(() => this.#end('no-uuid'), UUID_WITHIN_MS);
  }

  /** Once it calls. */
  get codec(): LinearPhone['codec'] {
    return this.#phone.codec;
  }

  /** What it says is heard from now on. */
  attach(ear: AudioSocketEar): void {
    clearTimeout(this.#timer);
    this.#ear = ear;
    if (this.#state === 'calling') this.#state = 'talking';
  }

  /** Hangs up on it. */
  close(): void {
    if (this.#state === 'over') return;
    this.#leave();
    this.#socket.end(serializeHangUp());
    setTimeout(() => this.#socket.destroy(), LINGER_MS).unref();
  }

  /** A tick's packet of the leg's. One that finds no room is left out: it would only be heard late. */
  send(datagram: Uint8Array): void {
    if (this.#state === 'talking') this.#guarded(() => this.#speak(datagram));
  }

  #speak(datagram: Uint8Array): void {
    const phone = this.#phone;
    if (this.#socket.writableLength > (2 * phone.rateHz * MOST_UNSENT_MS) / 1000) {
      this.#stuckTicks += 1;
      if (this.#stuckTicks > LONGEST_STUCK_TICKS) this.#end('unresponsive');
      return;
    }
    this.#stuckTicks = 0;
    const frame = new Uint8Array(HEADER_OCTETS + mostOctets(phone.rateHz));
    const octets = phone.speak(datagram, frame, HEADER_OCTETS);
    writeAudioHeader(frame, octets, phone.rateHz);
    const length = HEADER_OCTETS + octets;
    this.#socket.write(length === frame.length ? frame : frame.slice(0, length));
  }

  get #phone(): LinearPhone {
    this.#linear ??= new LinearPhone(USUAL_RATE_HZ);
    return this.#linear;
  }

  #hear(octets: Uint8Array): void {
    if (this.#state === 'over') return;
    const nowMs = performance.now();
    this.#caller.push(octets, nowMs);
    for (let word = this.#caller.take(); word !== undefined; word = this.#caller.take()) {
      this.#obey(word, nowMs);
      if (this.#isOver) return;
    }
  }

  #obey(word: AudioSocketWord, nowMs: number): void {
    switch (word.kind) {
      case 'uuid':
        this.uuid = word.uuid;
        this.#wait(() => this.#call(), RATE_WITHIN_MS);
        return;
      case 'audio':
        this.#hearAudio(word.octets, word.rateHz, nowMs);
        return;
      case 'digit':
        this.#ear?.digit(word.digit);
        return;
      case 'hang-up':
        this.#end('hung-up');
        return;
      case 'error':
        this.#end('far-error');
        return;
      case 'broken':
        this.#end(word.reason);
        return;
    }
  }

  #hearAudio(octets: Uint8Array, rateHz: number, nowMs: number): void {
    if (this.#state === 'opening') {
      this.#linear = new LinearPhone(rateHz);
      this.#call();
    } else if (this.#ear !== undefined) {
      const ear = this.#ear;
      this.#phone.hear(octets, rateHz, nowMs, (datagram) =>
        ear.receiveRtp(datagram, this.remoteAddress, this.remotePort),
      );
    }
  }

  /** One that says nothing at first speaks as old Asterisks do. */
  #call(): void {
    this.#state = 'calling';
    this.#wait(() => this.#end('not-taken'), TAKEN_WITHIN_MS);
    this.#user.calls(this);
  }

  #guarded(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#ear?.failed(error);
      this.#end('protocol-error');
    }
  }

  #wait(act: () => void, delayMs: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(act, delayMs);
  }

  /** As it may have changed while a word was obeyed. */
  get #isOver(): boolean {
    return this.#state === 'over';
  }

  #end(reason: AudioSocketEnd): void {
    if (this.#state === 'over') return;
    this.#leave();
    this.#socket.destroy();
    this.#user.gone(this, reason);
    if (reason !== 'no-uuid' && reason !== 'not-taken') this.#ear?.gone(reason);
  }

  #leave(): void {
    this.#state = 'over';
    clearTimeout(this.#timer);
  }
}

/** What listens for both families names IPv4 as a part of IPv6. */
export function plainAddress(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice('::ffff:'.length) : address;
}

/** Of 20 ms. */
function mostOctets(rateHz: number): number {
  return 2 * Math.ceil(rateHz / 50);
}

const USUAL_RATE_HZ = 8000;
const UUID_WITHIN_MS = 2000;
/** Asterisk speaks as soon as its channel does. */
const RATE_WITHIN_MS = 250;
const TAKEN_WITHIN_MS = 10_000;
/** Beyond what the kernel has taken. */
const MOST_UNSENT_MS = 200;
const LONGEST_STUCK_TICKS = 500;
const KEEP_ALIVE_MS = 15_000;
/** One that does not close its own end is cut off. */
const LINGER_MS = 1000;
