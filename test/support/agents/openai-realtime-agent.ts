/**
 * OpenAI's Realtime API as the types of the `openai` package know it, on loopback. It understands nothing: what it says and
 * when is the test's.
 *
 *     const agent = await OpenAiRealtimeAgent.listen();
 *     ... a flow with the URL `agent.url` and the key `openai-key` ...
 *     await agent.ready;
 *     agent.respond('Hello.', tone(440, ...));
 */
import type { Certified } from '../certificates.ts';
import { type Json, type VoiceAgentConnection, VoiceAgentServer } from './voice-agent-server.ts';
import { fromWire, pieces, toWire, type WireEncoding } from './wire-samples.ts';

export interface OpenAiRealtimeAgentOptions {
  readonly dialect?: 'ga' | 'beta';
  readonly tls?: Certified;
  /** Every piece of the caller comes back as it is. */
  readonly echoes?: boolean;
}

export class OpenAiRealtimeAgent {
  session: Json | undefined;
  model: string | null = null;
  /** Messages but audio, in order. */
  readonly messages: Json[] = [];
  readonly ready: Promise<void>;
  readonly #server: VoiceAgentServer;
  readonly #options: OpenAiRealtimeAgentOptions;
  readonly #caller: Buffer[] = [];
  /** Milliseconds of audio sent, by item. */
  readonly #sentMs = new Map<string, number>();
  #becomeReady: () => void = () => undefined;
  #connection: VoiceAgentConnection | undefined;
  #input: WireEncoding = 'l16';
  #output: WireEncoding = 'l16';
  #items = 0;
  #events = 0;
  #isResponding = false;

  static async listen(options: OpenAiRealtimeAgentOptions = {}): Promise<OpenAiRealtimeAgent> {
    const holder: { agent?: OpenAiRealtimeAgent } = {};
    const server = await VoiceAgentServer.listen({
      isAuthorized: ({ headers }) => headers.authorization === 'Bearer openai-key',
      connected: (connection) => holder.agent!.#serve(connection),
      tls: options.tls,
    });
    holder.agent = new OpenAiRealtimeAgent(server, options);
    return holder.agent;
  }

  private constructor(server: VoiceAgentServer, options: OpenAiRealtimeAgentOptions) {
    this.#server = server;
    this.#options = options;
    this.ready = new Promise((resolve) => {
      this.#becomeReady = resolve;
    });
  }

  get url(): string {
    return `${this.#server.url}/v1/realtime`;
  }

  get heard(): Int16Array {
    return fromWire(Buffer.concat(this.#caller), this.#input);
  }

  /** A whole response at once, faster than anybody speaks. */
  respond(text: string, samples: Int16Array): string {
    this.begin();
    const itemId = this.say(samples);
    this.tell({ type: this.#name('audio_transcript.done'), ...this.#part(itemId), transcript: text });
    this.done();
    return itemId;
  }

  begin(): void {
    this.#isResponding = true;
    this.tell({ type: 'response.created', response: { id: 'resp_1', status: 'in_progress', output: [] } });
  }

  say(samples: Int16Array): string {
    this.#items += 1;
    const itemId = `item_${this.#items}`;
    for (const piece of pieces(toWire(samples, this.#output), 4800)) {
      this.#sound(itemId, piece);
    }
    return itemId;
  }

  done(status: 'completed' | 'cancelled' = 'completed'): void {
    this.#isResponding = false;
    this.tell({ type: 'response.done', response: { id: 'resp_1', status, output: [] } });
  }

  /** The caller is heard to speak, with all that the server does about it. */
  callerSpeaks(): void {
    this.tell({ type: 'input_audio_buffer.speech_started', audio_start_ms: 0, item_id: 'item_caller' });
    if (this.#isResponding) this.done('cancelled');
  }

  call(name: string, given: Json): void {
    this.begin();
    this.tell({
      type: 'response.function_call_arguments.done',
      response_id: 'resp_1',
      item_id: 'item_call',
      output_index: 0,
      call_id: 'call_1',
      name,
      arguments: JSON.stringify(given),
    });
    this.done();
  }

  tell(message: Json): void {
    this.#events += 1;
    this.#connection?.send({ event_id: `event_${this.#events}`, ...message });
  }

  close(): Promise<void> {
    return this.#server.close();
  }

  #serve(connection: VoiceAgentConnection): void {
    this.#connection = connection;
    this.model = connection.url.searchParams.get('model');
    connection.onMessage = (message) => this.#take(message);
    this.tell({ type: 'session.created', session: { type: 'realtime', id: 'sess_1' } });
  }

  #take(message: Json): void {
    if (message['type'] === 'input_audio_buffer.append') {
      const octets = Buffer.from(String(message['audio']), 'base64');
      if (this.#options.echoes === true) this.#sound('item_echo', octets);
      else this.#caller.push(octets);
      return;
    }
    this.messages.push(message);
    switch (message['type']) {
      case 'session.update':
        this.#update(message['session'] as Json);
        return;
      case 'conversation.item.truncate':
        this.#truncate(message);
        return;
      case 'response.create':
        if (this.#isResponding) this.#complain('conversation_already_has_active_response');
        return;
      case 'conversation.item.create':
        this.tell({ type: 'conversation.item.added', previous_item_id: null, item: message['item'] });
        return;
      default:
        this.#complain('invalid_value');
    }
  }

  #update(session: Json): void {
    const isGa = this.#options.dialect !== 'beta';
    if (isGa !== (session['type'] === 'realtime')) {
      this.#complain('missing_required_parameter');
      return;
    }
    this.session = session;
    if (isGa) {
      const audio = session['audio'] as Readonly<Record<string, Json>> | undefined;
      this.#input = GA_NAMES[String((audio?.['input']?.['format'] as Json | undefined)?.['type'])] ?? 'l16';
      this.#output = GA_NAMES[String((audio?.['output']?.['format'] as Json | undefined)?.['type'])] ?? 'l16';
    } else {
      this.#input = BETA_NAMES[String(session['input_audio_format'])] ?? 'l16';
      this.#output = BETA_NAMES[String(session['output_audio_format'])] ?? 'l16';
    }
    this.tell({ type: 'session.updated', session });
    this.#becomeReady();
  }

  /** Nobody can have heard more than was sent. */
  #truncate(message: Json): void {
    const sentMs = this.#sentMs.get(String(message['item_id']));
    const endMs = Number(message['audio_end_ms']);
    if (sentMs === undefined || endMs > sentMs) this.#complain('invalid_audio_end_ms');
    else this.tell({ ...message, type: 'conversation.item.truncated' });
  }

  #sound(itemId: string, octets: Buffer): void {
    const lengthMs = octets.length / (this.#output === 'l16' ? 48 : 8);
    this.#sentMs.set(itemId, (this.#sentMs.get(itemId) ?? 0) + lengthMs);
    this.tell({ type: this.#name('audio.delta'), ...this.#part(itemId), delta: octets.toString('base64') });
  }

  #part(itemId: string): Json {
    return { response_id: 'resp_1', item_id: itemId, output_index: 0, content_index: 0 };
  }

  #name(name: string): string {
    return this.#options.dialect === 'beta' ? `response.${name}` : `response.output_${name}`;
  }

  #complain(code: string): void {
    const error = { type: 'invalid_request_error', code, message: 'a mistake', param: null, event_id: null };
    this.tell({ type: 'error', error });
  }
}

const GA_NAMES: Readonly<Record<string, WireEncoding>> = { 'audio/pcmu': 'pcmu', 'audio/pcma': 'pcma' };
const BETA_NAMES: Readonly<Record<string, WireEncoding>> = { g711_ulaw: 'pcmu', g711_alaw: 'pcma' };
