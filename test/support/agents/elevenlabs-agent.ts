/**
 * An agent of ElevenLabs' as `@elevenlabs/elevenlabs-js` 2.73 and its documentation know it, on loopback. It understands
 * nothing: what it says and when is the test's.
 */
import type { WebSocket } from 'ws';
import { jsonAnswer, type Misbehaviour, ProviderServer } from '../providers/provider-server.ts';
import { fromWire, pieces, toWire, type WireEncoding } from './wire-samples.ts';

export interface ElevenLabsAgentOptions {
  readonly key?: string;
  readonly agentId?: string;
  /** Only a signed URL is let in. */
  readonly isPrivate?: boolean;
  /** As the dashboard has it, both ways. */
  readonly format?: string;
  /** Milliseconds between pings; one that is not answered before the next ends the conversation. */
  readonly pingMs?: number;
  /** Never announces its formats. */
  readonly isMute?: boolean;
}

export class ElevenLabsAgent {
  initiation: Readonly<Record<string, unknown>> | undefined;
  /** Messages after the first that hold no audio and are no pong. */
  readonly messages: Readonly<Record<string, unknown>>[] = [];
  /** The ids that were answered. */
  readonly pongs: unknown[] = [];
  readonly begun: Promise<void>;
  /** The id of the latest audio. */
  eventId = 0;
  readonly #options: ElevenLabsAgentOptions;
  readonly #server: ProviderServer;
  readonly #caller: Buffer[] = [];
  #socket: WebSocket | undefined;
  #begin: () => void = () => undefined;
  #pings = 0;

  static async listen(options: ElevenLabsAgentOptions = {}): Promise<ElevenLabsAgent> {
    const { key = 'elevenlabs-key', agentId = 'agent_1', isPrivate = false } = options;
    const holder: { agent?: ElevenLabsAgent } = {};
    const signature = 'cvtkn_0123456789';
    const server = await ProviderServer.listen({
      isAuthorized: ({ headers, url = '' }) => !url.includes('signed') || headers['xi-api-key'] === key,
      unauthorized: { detail: { status: 'invalid_api_key', message: 'Invalid API key' } },
      mistakeIn: ({ pathname, searchParams }) => {
        if (searchParams.get('agent_id') !== agentId) return 'no such agent';
        if (pathname.includes('signed')) return undefined;
        if (pathname !== '/v1/convai/conversation') return 'no such path';
        return isPrivate && searchParams.get('conversation_signature') !== signature
          ? 'this agent asks for a signed URL'
          : undefined;
      },
      post: ({ url }) => {
        if (url.pathname !== SIGNED_URL_PATH) return jsonAnswer(404, { detail: 'Not Found' });
        const query = `agent_id=${agentId}&conversation_signature=${signature}`;
        return jsonAnswer(200, { signed_url: `${holder.agent!.url}?${query}` });
      },
      connect: ({ socket, send }) => holder.agent!.#serve(socket, send),
    });
    holder.agent = new ElevenLabsAgent(server, options);
    return holder.agent;
  }

  private constructor(server: ProviderServer, options: ElevenLabsAgentOptions) {
    this.#server = server;
    this.#options = options;
    this.begun = new Promise((resolve) => {
      this.#begin = resolve;
    });
  }

  /** Of conversations, without a query. */
  get url(): string {
    return `${this.#server.url.replace('http', 'ws')}/v1/convai/conversation`;
  }

  get httpUrl(): string {
    return this.#server.url;
  }

  get isConnected(): boolean {
    return this.#server.openConnections > 0;
  }

  /** What the caller said, as samples at the rate of the format. */
  get heard(): Int16Array {
    return fromWire(Buffer.concat(this.#caller), this.#encoding);
  }

  misbehave(misbehaviour: Misbehaviour): void {
    this.#server.misbehave(misbehaviour);
  }

  /** A whole answer, at once: its words, and its sound in pieces of 200 ms and less, each with an id. */
  speak(text: string, samples: Int16Array): void {
    this.tell({
      type: 'agent_response',
      agent_response_event: { agent_response: text, event_id: this.eventId + 1 },
    });
    for (const piece of pieces(toWire(samples, this.#encoding), PIECE_OCTETS))
      this.sound(++this.eventId, piece);
  }

  sound(id: number, octets: Buffer): void {
    const audio_event = { audio_base_64: octets.toString('base64'), event_id: id };
    this.tell({ type: 'audio', audio_event });
  }

  interrupt(upTo: number = this.eventId): void {
    this.tell({ type: 'interruption', interruption_event: { event_id: upTo } });
  }

  /** Any message of the server's. */
  tell(message: { readonly type: string; readonly [field: string]: unknown }): void {
    this.#socket?.send(JSON.stringify(message));
  }

  /** The end of a conversation that the agent ends. */
  hangUp(): void {
    this.#socket?.close(1000);
  }

  close(): Promise<void> {
    return this.#server.close();
  }

  get #format(): string {
    return this.#options.format ?? 'ulaw_8000';
  }

  get #encoding(): WireEncoding {
    return this.#format.startsWith('pcm') ? 'l16' : 'pcmu';
  }

  #serve(socket: WebSocket, send: (message: string) => void): void {
    this.#socket = socket;
    socket.on('message', (data: Buffer) => {
      const message = JSON.parse(data.toString());
      if (typeof message.user_audio_chunk === 'string')
        this.#caller.push(Buffer.from(message.user_audio_chunk, 'base64'));
      else if (message.type === 'pong') this.pongs.push(message.event_id);
      else if (message.type === 'conversation_initiation_client_data') this.#initiate(message, send);
      else this.messages.push(message);
    });
    if (this.#options.pingMs === undefined) return;
    const timer = setInterval(() => {
      if (this.pongs.length < this.#pings) socket.close(1002, 'no pong');
      this.#pings += 1;
      send(JSON.stringify({ type: 'ping', ping_event: { event_id: this.#pings, ping_ms: 20 } }));
    }, this.#options.pingMs);
    socket.on('close', () => clearInterval(timer));
  }

  #initiate(message: Record<string, unknown>, send: (message: string) => void): void {
    this.initiation = message;
    if (this.#options.isMute === true) return;
    const conversation_initiation_metadata_event = {
      conversation_id: 'conv_0001',
      agent_output_audio_format: this.#format,
      user_input_audio_format: this.#format,
    };
    send(
      JSON.stringify({ type: 'conversation_initiation_metadata', conversation_initiation_metadata_event }),
    );
    this.#begin();
  }
}

const SIGNED_URL_PATH = '/v1/convai/conversation/get-signed-url';
const PIECE_OCTETS = 1600;
