import type { Agent, AgentEvent, AgentFactory, AgentHost, SessionInfo } from '../agent.ts';
import type { JsonObject } from '../voice-agent/json-message.ts';
import { createVoiceAgent, type VoiceAgentTerms } from '../voice-agent/voice-agent.ts';
import type { ElevenLabsLineSettings } from './elevenlabs-line.ts';
import { fetchSignedUrl } from './signed-url.ts';

export interface ElevenLabsAgentOptions extends VoiceAgentTerms {
  readonly agentId: string;
  /** Of agents that ask for authorization; absent: the agent is public. */
  readonly apiKey?: string | undefined;
  readonly apiUrl: string;
  /** `conversation_config_override`. */
  readonly overrides: JsonObject;
  /** Beside what is known of the call. */
  readonly dynamicVariables: Readonly<Record<string, string | number | boolean>>;
}

/** A flow whose conversations an agent of ElevenLabs' holds. It ends them by closing the connection. */
export function createElevenLabsAgent(options: ElevenLabsAgentOptions): AgentFactory {
  const { agentId, apiKey, apiUrl } = options;
  if (apiKey === undefined) {
    const url = new URL(CONVERSATION_PATH, apiUrl.replace(/^http/, 'ws'));
    url.searchParams.set('agent_id', agentId);
    return agentAt(url.href, options.connectTimeoutMs, options);
  }
  return (host) => new SignedAgent(host, { ...options, apiKey });
}

/** Where the conversation goes is asked for first, for each call. */
class SignedAgent implements Agent {
  readonly listens: boolean = false;
  readonly followsState: boolean = true;
  readonly #host: AgentHost;
  readonly #options: ElevenLabsAgentOptions & { readonly apiKey: string };
  readonly #over = new AbortController();
  #isAsked = false;
  #agent: Agent | undefined;

  constructor(host: AgentHost, options: ElevenLabsAgentOptions & { readonly apiKey: string }) {
    this.#host = host;
    this.#options = options;
  }

  handle(event: AgentEvent): void {
    if (event.kind === 'ended') this.#over.abort();
    if (this.#agent !== undefined) this.#agent.handle(event);
    else if (event.kind === 'started' && !this.#isAsked) {
      this.#isAsked = true;
      void this.#begin(event);
    }
  }

  takeFromApi(body: unknown): { readonly accepted: number; readonly mistakes: readonly string[] } {
    return this.#agent?.takeFromApi?.(body) ?? { accepted: 0, mistakes: ['the agent is not there yet'] };
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  async #begin(started: AgentEvent): Promise<void> {
    const { connectTimeoutMs } = this.#options;
    const askedAtMs = performance.now();
    const request = { ...this.#options, timeoutMs: connectTimeoutMs };
    const signedUrl = await fetchSignedUrl(request, this.#over.signal);
    if (this.#over.signal.aborted) return;
    if (!signedUrl.ok) {
      const { reason, detail } = signedUrl;
      this.#host.log.info(
        { host: new URL(this.#options.apiUrl).host, reason, detail },
        'the agent does not say where to reach it',
      );
      this.#host.fail(reason);
      return;
    }
    const leftMs = Math.max(LEAST_CONNECT_MS, connectTimeoutMs - (performance.now() - askedAtMs));
    this.#agent = agentAt(signedUrl.value, leftMs, this.#options)(this.#host);
    this.#agent.handle(started);
  }
}

function agentAt(url: string, connectTimeoutMs: number, options: ElevenLabsAgentOptions): AgentFactory {
  return createVoiceAgent({
    tools: options.tools,
    digits: options.digits,
    whenClosed: 'hang-up',
    // Which tools it has is a matter of its dashboard.
    lineFor: (session) => ({
      protocol: 'elevenlabs',
      target: { kind: 'websocket', url, headers: {} },
      connectTimeoutMs,
      hears: 'caller',
      speaks: true,
      settings: { initiation: initiationFor(session, options) } satisfies ElevenLabsLineSettings,
    }),
  });
}

function initiationFor(
  { id, from, to }: SessionInfo,
  { overrides, dynamicVariables }: ElevenLabsAgentOptions,
): JsonObject {
  return {
    ...(Object.keys(overrides).length > 0 && { conversation_config_override: overrides }),
    dynamic_variables: { from, to, session_id: id, ...dynamicVariables },
  };
}

const CONVERSATION_PATH = '/v1/convai/conversation';
const LEAST_CONNECT_MS = 200;
