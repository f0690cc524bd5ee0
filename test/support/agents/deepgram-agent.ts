/**
 * Deepgram's voice agent as `@deepgram/sdk` 5.13 and its documentation know it, on loopback. It understands nothing: what it
 * says and when is the test's.
 *
 *     const agent = await DeepgramAgent.listen();
 *     ... a line to `agent.url` ...
 *     await agent.applied;
 *     agent.speak('Hello.', tone(440, ...));
 */
import type { WebSocket } from 'ws';
import { type Misbehaviour, ProviderServer } from '../providers/provider-server.ts';
import { fromWire, pieces, toWire, type WireEncoding } from './wire-samples.ts';

export interface DeepgramAgentOptions {
  readonly key?: string;
  /** Sent in place of `SettingsApplied`. */
  readonly refusesSettings?: { readonly code: string; readonly description: string };
  /** Without a message for so long it gives up; the real one waits ten seconds. */
  readonly idleMs?: number;
}

export class DeepgramAgent {
  /** The `Settings` it got. */
  settings: Readonly<Record<string, unknown>> | undefined;
  /** Other messages, parsed, in order. */
  readonly messages: Readonly<Record<string, unknown>>[] = [];
  readonly applied: Promise<void>;
  readonly #server: ProviderServer;
  readonly #caller: Buffer[] = [];
  #socket: WebSocket | undefined;
  #encoding: WireEncoding = 'l16';
  #apply: () => void = () => undefined;

  static async listen(options: DeepgramAgentOptions = {}): Promise<DeepgramAgent> {
    const { key = 'deepgram-key' } = options;
    const holder: { agent?: DeepgramAgent } = {};
    const server = await ProviderServer.listen({
      isAuthorized: ({ headers }) => headers.authorization?.toLowerCase() === `token ${key}`,
      unauthorized: { err_code: 'INVALID_AUTH', err_msg: 'Invalid credentials.' },
      mistakeIn: ({ pathname }) => (pathname === '/v1/agent/converse' ? undefined : 'no such path'),
      post: () => ({ status: 404, contentType: 'text/plain', parts: [] }),
      connect: ({ socket, send }) => holder.agent!.#serve(socket, send, options),
    });
    holder.agent = new DeepgramAgent(server);
    return holder.agent;
  }

  private constructor(server: ProviderServer) {
    this.#server = server;
    this.applied = new Promise((resolve) => {
      this.#apply = resolve;
    });
  }

  get url(): string {
    return `${this.#server.url.replace('http', 'ws')}/v1/agent/converse`;
  }

  get isConnected(): boolean {
    return this.#server.openConnections > 0;
  }

  /** What the caller said, as samples at the rate of the settings. */
  get heard(): Int16Array {
    return fromWire(Buffer.concat(this.#caller), this.#encoding);
  }

  misbehave(misbehaviour: Misbehaviour): void {
    this.#server.misbehave(misbehaviour);
  }

  /** A whole answer, at once: its words, its sound in pieces of 40 ms, and the word that this was all. */
  speak(text: string, samples: Int16Array): void {
    this.tell({ type: 'ConversationText', role: 'assistant', content: text });
    this.sound(samples);
    this.tell({ type: 'AgentAudioDone' });
  }

  /** Sound alone. */
  sound(samples: Int16Array): void {
    for (const piece of pieces(toWire(samples, this.#encoding), PIECE_OCTETS)) this.#socket?.send(piece);
  }

  /** Any message of the server's. */
  tell(message: { readonly type: string; readonly [field: string]: unknown }): void {
    this.#socket?.send(JSON.stringify(message));
  }

  drop(): void {
    this.#socket?.terminate();
  }

  close(): Promise<void> {
    return this.#server.close();
  }

  #serve(socket: WebSocket, send: (message: string) => void, options: DeepgramAgentOptions): void {
    this.#socket = socket;
    const fail = (code: string, description: string) => {
      send(JSON.stringify({ type: 'Error', code, description }));
      socket.close();
    };
    const timeOut = () => fail('CLIENT_MESSAGE_TIMEOUT', 'No message from the client.');
    let idle = setTimeout(timeOut, options.idleMs ?? 10_000);
    socket.on('close', () => clearTimeout(idle));
    socket.on('message', (data: Buffer, isBinary: boolean) => {
      clearTimeout(idle);
      idle = setTimeout(timeOut, options.idleMs ?? 10_000);
      if (!isBinary) this.#take(JSON.parse(data.toString()), send, fail, options);
      else if (this.settings === undefined) fail('BINARY_MESSAGE_BEFORE_SETTINGS', 'Settings come first.');
      else this.#caller.push(data);
    });
    send(JSON.stringify({ type: 'Welcome', request_id: 'a5d1c1e0-0000-4000-8000-000000000001' }));
  }

  #take(
    message: Record<string, unknown>,
    send: (message: string) => void,
    fail: (code: string, description: string) => void,
    { refusesSettings }: DeepgramAgentOptions,
  ): void {
    if (message['type'] !== 'Settings') {
      this.messages.push(message);
      return;
    }
    const encoding = encodingIn(message);
    if (refusesSettings !== undefined) fail(refusesSettings.code, refusesSettings.description);
    else if (encoding === undefined || message['agent'] === undefined)
      fail('UNPARSABLE_CLIENT_MESSAGE', 'These are no settings.');
    else {
      this.settings = message;
      this.#encoding = encoding;
      send(JSON.stringify({ type: 'SettingsApplied' }));
      this.#apply();
    }
  }
}

/** Undefined for settings that ask for anything but the same raw audio both ways. */
function encodingIn(settings: Record<string, unknown>): WireEncoding | undefined {
  const { input, output } = settings['audio'] as Record<string, Record<string, unknown>>;
  const isSame = ['encoding', 'sample_rate'].every((field) => input?.[field] === output?.[field]);
  if (!isSame || output?.['container'] !== 'none') return undefined;
  return ENCODINGS[String(input?.['encoding'])];
}

const ENCODINGS: Readonly<Record<string, WireEncoding>> = { mulaw: 'pcmu', alaw: 'pcma', linear16: 'l16' };
const PIECE_OCTETS = 640;
