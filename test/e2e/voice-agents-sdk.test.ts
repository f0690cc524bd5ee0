/**
 * Our stand-ins for voice agents are held against the vendors' own client libraries: what those send is understood, and
 * what they are answered they understand.
 */
import { DeepgramClient } from '@deepgram/sdk';
import { AudioInterface } from '@elevenlabs/elevenlabs-js/api/resources/conversationalAi/conversation/AudioInterface.js';
import { ClientTools } from '@elevenlabs/elevenlabs-js/api/resources/conversationalAi/conversation/ClientTools.js';
import { Conversation } from '@elevenlabs/elevenlabs-js/api/resources/conversationalAi/conversation/Conversation.js';
import { ElevenLabsClient } from '@elevenlabs/elevenlabs-js/Client.js';
import { afterEach, describe, expect, it } from 'vitest';
import { DeepgramAgent } from '../support/agents/deepgram-agent.ts';
import { ElevenLabsAgent } from '../support/agents/elevenlabs-agent.ts';
import { toWire } from '../support/agents/wire-samples.ts';
import { tone } from '../support/audio.ts';
import { until } from '../support/providers/hearing.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const second = tone(440, { rateHz: 8000, lengthSamples: 8000 });

describe('the library of Deepgram', () => {
  it('holds a conversation with our stand-in for the voice agent', async () => {
    const agent = await DeepgramAgent.listen();
    closing.push(() => agent.close());
    const origin = agent.url.replace('/v1/agent/converse', '');
    const environment = { base: origin, production: origin, agent: origin, agentRest: origin };
    const client = new DeepgramClient({ apiKey: 'deepgram-key', environment, maxRetries: 0 });
    const connection = await client.agent.v1.connect({ Authorization: '', reconnectAttempts: 0 });
    closing.push(() => connection.close());
    const told: string[] = [];
    let soundOctets = 0;
    connection.on('message', (message) => {
      const received: unknown = message;
      if (received instanceof Blob) soundOctets += received.size;
      else if (typeof message === 'object') told.push(message.type);
    });
    connection.connect();
    await connection.waitForOpen();
    await until(() => told.includes('Welcome'));
    const format = { encoding: 'mulaw', sample_rate: 8000 };
    connection.sendSettings({
      type: 'Settings',
      audio: { input: format, output: { ...format, container: 'none' } },
      agent: { greeting: 'Hello.' },
    });
    await agent.applied;
    connection.sendMedia(toWire(second, 'pcmu'));
    connection.sendKeepAlive({ type: 'KeepAlive' });
    await until(() => agent.heard.length === 8000 && agent.messages.length === 1);
    agent.speak('Hello.', second);
    agent.tell({ type: 'UserStartedSpeaking' });
    agent.tell({
      type: 'FunctionCallRequest',
      functions: [{ id: 'f1', name: 'transfer', arguments: '{}', client_side: true }],
    });
    await until(() => told.includes('FunctionCallRequest'));
    connection.sendFunctionCallResponse({
      type: 'FunctionCallResponse',
      id: 'f1',
      name: 'transfer',
      content: 'busy',
    });
    await until(() => agent.messages.length === 2);
    expect(told).toEqual([
      'Welcome',
      'SettingsApplied',
      'ConversationText',
      'AgentAudioDone',
      'UserStartedSpeaking',
      'FunctionCallRequest',
    ]);
    expect(soundOctets).toBe(8000);
  });
});

describe('the library of ElevenLabs', () => {
  it('gets a signed URL and holds a conversation with our stand-in for an agent', async () => {
    const agent = await ElevenLabsAgent.listen({ isPrivate: true, format: 'pcm_16000', pingMs: 200 });
    closing.push(() => agent.close());
    const client = new ElevenLabsClient({ apiKey: 'elevenlabs-key', baseUrl: agent.httpUrl });
    const audio = new RecordedAudio();
    const said: string[] = [];
    const clientTools = new ClientTools();
    clientTools.register('transfer', () => 'busy', false);
    const conversation = new Conversation({
      client,
      agentId: 'agent_1',
      requiresAuth: true,
      audioInterface: audio,
      clientTools,
      config: { extraBody: {}, conversationConfigOverride: {}, dynamicVariables: { caller: '+49211' } },
      callbackAgentResponse: (text) => said.push(`agent: ${text}`),
      callbackAgentResponseCorrection: (_, text) => said.push(`corrected: ${text}`),
      callbackUserTranscript: (text) => said.push(`user: ${text}`),
    });
    await conversation.startSession();
    closing.push(() => conversation.endSession());
    await agent.begun;
    expect(agent.initiation).toMatchObject({ dynamic_variables: { caller: '+49211' } });

    audio.say(toWire(second, 'l16'));
    await until(() => agent.heard.length === 8000 && agent.pongs.length > 0);
    agent.speak('At nine.', second);
    agent.interrupt();
    agent.sound(agent.eventId, Buffer.alloc(320));
    agent.sound(agent.eventId + 1, Buffer.alloc(640));
    agent.tell({ type: 'user_transcript', user_transcription_event: { user_transcript: 'When?' } });
    agent.tell({
      type: 'agent_response_correction',
      agent_response_correction_event: {
        original_agent_response: 'At nine.',
        corrected_agent_response: 'At...',
      },
    });
    agent.tell({
      type: 'client_tool_call',
      client_tool_call: { tool_name: 'transfer', tool_call_id: 't1', parameters: {} },
    });
    await until(() => agent.messages.length === 1);
    expect(said).toEqual(['agent: At nine.', 'user: When?', 'corrected: At...']);
    expect(agent.messages).toEqual([
      { type: 'client_tool_result', tool_call_id: 't1', result: 'busy', is_error: false },
    ]);
    expect(audio.log).toEqual(['16000 octets', 'interrupted', '640 octets']);
  });
});

class RecordedAudio extends AudioInterface {
  /** Octets played between interruptions. */
  readonly log: string[] = [];
  #played = 0;
  #say: (octets: Buffer) => void = () => undefined;

  say(octets: Buffer): void {
    this.#say(octets);
  }

  override start(inputCallback: (octets: Buffer) => void): void {
    this.#say = inputCallback;
  }

  override stop(): void {}

  override output(octets: Buffer): void {
    if (this.#played > 0) this.log.pop();
    this.#played += octets.length;
    this.log.push(`${this.#played} octets`);
  }

  override interrupt(): void {
    this.#played = 0;
    this.log.push('interrupted');
  }
}
