/**
 * AssemblyAI's voice agent API as its documentation has it, on loopback. It understands nothing: what it says and when is
 * the test's. Like the real one it takes audio at the pace of speech alone, and drops what comes faster.
 *
 *     const agent = await AssemblyAiAgent.listen();
 *     ... a flow with the URL `agent.url` and the key `assemblyai-key` ...
 *     await agent.ready;
 *     agent.reply('Hello.', tone(440, ...));
 */

import { type Json, type VoiceAgentConnection, VoiceAgentServer } from './voice-agent-server.ts';
import { fromWire, pieces, toWire, type WireEncoding } from './wire-samples.ts';

export interface AssemblyAiAgentOptions {
  /** Sent in place of `session.ready`. */
  readonly refuses?: string;
  /** Neither `session.ready` nor an error comes. */
  readonly isSilent?: boolean;
  /** Sessions of connections that broke are gone. */
  readonly forgetsSessions?: boolean;
  /** Every piece of the caller comes back as it is. */
  readonly echoes?: boolean;
}

export class AssemblyAiAgent {
  /** `session.update` and `session.resume`, in order. */
  readonly sessions: Json[] = [];
  /** Other messages but audio. */
  readonly messages: Json[] = [];
  droppedOctets = 0;
  readonly ready: Promise<void>;
  readonly #server: VoiceAgentServer;
  readonly #options: AssemblyAiAgentOptions;
  readonly #caller: Buffer[] = [];
  #becomeReady: () => void = () => undefined;
  #connection: VoiceAgentConnection | undefined;
  #input: WireEncoding = 'l16';
  #output: WireEncoding = 'l16';
  #isReady = false;
  #readyAtMs = 0;
  #receivedMs = 0;
  #replies = 0;

  static async listen(options: AssemblyAiAgentOptions = {}): Promise<AssemblyAiAgent> {
    const holder: { agent?: AssemblyAiAgent } = {};
    const server = await VoiceAgentServer.listen({
      isAuthorized: ({ headers }) => headers.authorization === 'Bearer assemblyai-key',
      connected: (connection) => holder.agent!.#serve(connection),
    });
    holder.agent = new AssemblyAiAgent(server, options);
    return holder.agent;
  }

  private constructor(server: VoiceAgentServer, options: AssemblyAiAgentOptions) {
    this.#server = server;
    this.#options = options;
    this.ready = new Promise((resolve) => {
      this.#becomeReady = resolve;
    });
  }

  get url(): string {
    return `${this.#server.url}/v1/ws`;
  }

  /** The caller, as it came. */
  get heard(): Int16Array {
    return fromWire(Buffer.concat(this.#caller), this.#input);
  }

  /** Seconds of the caller for each second since it was ready. */
  get pace(): number {
    return this.#receivedMs / (performance.now() - this.#readyAtMs);
  }

  /** A whole reply at once, faster than anybody speaks. Samples are at the rate of the output's form. */
  reply(text: string, samples: Int16Array): string {
    const id = this.begin(samples);
    this.tell({ type: 'transcript.agent', text, reply_id: id, item_id: `item_${id}`, interrupted: false });
    this.tell({ type: 'reply.done', reply_id: id, status: 'completed' });
    return id;
  }

  /** A reply that is not done yet. */
  begin(samples: Int16Array): string {
    this.#replies += 1;
    const id = `reply_${this.#replies}`;
    this.tell({ type: 'reply.started', reply_id: id });
    this.sound(id, samples);
    return id;
  }

  sound(id: string, samples: Int16Array): void {
    for (const piece of pieces(toWire(samples, this.#output), 2400)) {
      this.tell({ type: 'reply.audio', data: piece.toString('base64'), reply_id: id });
    }
  }

  interrupt(id: string): void {
    this.tell({ type: 'reply.done', reply_id: id, status: 'interrupted' });
    this.tell({ type: 'transcript.agent', text: 'Cut', reply_id: id, interrupted: true });
  }

  tell(message: Json): void {
    this.#connection?.send(message);
  }

  /** The connection breaks. */
  drop(): void {
    this.#connection?.socket.terminate();
  }

  get connection(): VoiceAgentConnection | undefined {
    return this.#connection;
  }

  close(): Promise<void> {
    return this.#server.close();
  }

  #serve(connection: VoiceAgentConnection): void {
    this.#connection = connection;
    this.#isReady = false;
    connection.onMessage = (message) => this.#take(message);
  }

  #take(message: Json): void {
    switch (message['type']) {
      case 'session.update':
        this.sessions.push(message);
        if (this.#isReady) this.#change(message['session'] as Json);
        else this.#start(message['session'] as Json);
        return;
      case 'session.resume':
        this.sessions.push(message);
        if (this.#options.forgetsSessions === true)
          this.tell({ type: 'session.error', code: 'session_not_found', message: 'gone' });
        else this.#begin();
        return;
      case 'input.audio':
        this.#hear(Buffer.from(String(message['audio']), 'base64'));
        return;
      case 'session.end':
        this.messages.push(message);
        this.tell({ type: 'session.ended', session_duration_seconds: 1, audio_duration_seconds: 1 });
        this.#connection?.socket.close(1000);
        return;
      default:
        this.messages.push(message);
    }
  }

  #start(session: Json): void {
    if (this.#options.isSilent === true) return;
    if (this.#options.refuses !== undefined) {
      this.tell({ type: 'session.error', code: this.#options.refuses, message: 'refused' });
      return;
    }
    this.#input = encodingOf(session['input']);
    this.#output = encodingOf(session['output']);
    this.#begin();
  }

  #begin(): void {
    this.#isReady = true;
    this.#readyAtMs = performance.now();
    this.#receivedMs = 0;
    const format = (encoding: WireEncoding) => ({ format: { encoding: NAMES[encoding] } });
    const config = { input: format(this.#input), output: format(this.#output) };
    this.tell({ type: 'session.ready', session_id: 'sess_1', config });
    this.#becomeReady();
  }

  /** Greeting, voice and output format stay. */
  #change(session: Json): void {
    const output = session['output'] as Json | undefined;
    const isFixed =
      'greeting' in session || output?.['voice'] !== undefined || output?.['format'] !== undefined;
    if (isFixed) this.tell({ type: 'session.error', code: 'immutable_field', message: 'stays as it is' });
    else this.tell({ type: 'session.updated' });
  }

  #hear(octets: Buffer): void {
    if (!this.#isReady) {
      this.tell({ type: 'session.error', code: 'not_ready', message: 'audio before session.ready' });
      return;
    }
    const lengthMs = octets.length / (this.#input === 'l16' ? 48 : 8);
    // A fifth more than real time, and what a piece or two may come early by.
    const mostMs = (performance.now() - this.#readyAtMs) * 1.2 + 200;
    if (this.#receivedMs + lengthMs > mostMs) {
      this.droppedOctets += octets.length;
      return;
    }
    this.#receivedMs += lengthMs;
    if (this.#options.echoes === true) {
      this.tell({ type: 'reply.audio', data: octets.toString('base64'), reply_id: 'echo' });
      return;
    }
    this.#caller.push(octets);
  }
}

function encodingOf(way: unknown): WireEncoding {
  const name = ((way as Json | undefined)?.['format'] as Json | undefined)?.['encoding'];
  if (name === 'audio/pcmu') return 'pcmu';
  return name === 'audio/pcma' ? 'pcma' : 'l16';
}

const NAMES = { l16: 'audio/pcm', pcmu: 'audio/pcmu', pcma: 'audio/pcma' } as const;
