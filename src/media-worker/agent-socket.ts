import { z } from 'zod';
import type { AudioSocketOptions } from '../media/command.ts';
import { AudioSocket, type AudioSocketEnd } from '../net/audio-socket.ts';

/** What a raw audio agent does to its call. */
export interface AgentSocketReceiver {
  opened(): void;
  audio(octets: Uint8Array): void;
  /** The agent takes back what it has sent and is not heard yet. */
  flush(): void;
  /** Text that is not for the media plane. */
  message(text: string): void;
  closed(reason: AudioSocketEnd): void;
}

/** Speaks the wire form of docs/audio-socket.md: audio in binary messages, control as JSON in text messages. */
export class AgentSocket {
  readonly #socket: AudioSocket;

  constructor(callId: string, options: AudioSocketOptions, receiver: AgentSocketReceiver) {
    const { url, headers, rateHz, frameMs, connectTimeoutMs } = options;
    const octetsPerMs = (2 * rateHz) / 1000;
    this.#socket = new AudioSocket(
      { url, headers, connectTimeoutMs, maxUnsentOctets: MAX_UNSENT_MS * octetsPerMs },
      {
        opened: () => {
          const start = { type: 'start', callId, rateHz, frameMs, encoding: 'audio/l16;endian=little' };
          this.#socket.sendText(JSON.stringify(start));
          receiver.opened();
        },
        audio: (octets) => receiver.audio(octets),
        text: (text) => {
          if (isFlush(text)) receiver.flush();
          else receiver.message(text);
        },
        closed: (reason) => receiver.closed(reason),
      },
    );
  }

  /** Messages the agent did not take in time. */
  get dropped(): number {
    return this.#socket.dropped;
  }

  sendAudio(message: Buffer): void {
    this.#socket.sendAudio(message);
  }

  sendText(text: string): void {
    this.#socket.sendText(text);
  }

  close(): void {
    this.#socket.sendText(JSON.stringify({ type: 'stop' }));
    this.#socket.close();
  }
}

const flushMessage = z.object({ type: z.literal('flush') });

function isFlush(text: string): boolean {
  try {
    return flushMessage.safeParse(JSON.parse(text)).success;
  } catch {
    return false;
  }
}

/** Of audio: what is later than this is better left out. */
const MAX_UNSENT_MS = 200;
