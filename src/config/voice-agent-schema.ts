/** Voice-agent APIs: where they are, what the agent is to be, and what of the call it may do. */
import { z } from 'zod';
import type { AssemblyAiAgentOptions } from '../agent/assemblyai/assemblyai-agent.ts';
import type { OpenAiAgentOptions } from '../agent/openai-realtime/openai-agent.ts';
import { section, text, urlOf, whole } from './fields.ts';

export type AssemblyAiConfig = AssemblyAiAgentOptions & { readonly kind: 'assemblyai' };
export type OpenAiRealtimeConfig = OpenAiAgentOptions & { readonly kind: 'openai-realtime' };

/** One of the kinds of a flow's agent. */
export type Variant<Config> = z.ZodType<Config, unknown> & z.core.$ZodTypeDiscriminable;

export function assemblyAiSchema(secret: z.ZodType<string, unknown>): Variant<AssemblyAiConfig> {
  return z.strictObject({
    kind: z.literal('assemblyai'),
    apiKey: secret.describe('Of AssemblyAI.'),
    url: urlOf(['ws', 'wss'])
      .default('wss://agents.assemblyai.com/v1/ws')
      .describe('Where its voice agents are.'),
    agentId: text()
      .optional()
      .describe('A stored agent: its own prompt, greeting, voice, formats and tools hold.'),
    systemPrompt: text().optional().describe('What the agent is to be.'),
    greeting: text()
      .optional()
      .describe('Spoken first, word for word. Absent: the agent waits for the caller.'),
    voice: text().optional().describe("AssemblyAI's name of the voice."),
    volume: whole(0, 100).optional().describe("Of the agent's voice."),
    keyterms: z.array(text()).max(100).optional().describe('Names and words to listen for.'),
    turnDetection: jsonObject().optional().describe("AssemblyAI's `turn_detection`."),
    input: encoding().describe("Form of the caller's audio; `pcm` is at 24 kHz."),
    output: encoding().describe("Form of the agent's audio."),
    flushOn: z
      .enum(['interrupted', 'speech-started'])
      .default('interrupted')
      .describe(
        'What takes back what is not heard yet: that AssemblyAI says so, or any sound of the caller.',
      ),
    sendToolResult: z
      .enum(['immediate', 'after-reply-done'])
      .default('immediate')
      .describe('When results of tools are sent.'),
    connectTimeoutMs: connectTimeout(),
    digits: digitsRule(),
    tools: toolRules(),
  });
}

export function openAiRealtimeSchema(
  secret: z.ZodType<string, unknown>,
  headers: z.ZodType<Readonly<Record<string, string>>, unknown>,
): Variant<OpenAiRealtimeConfig> {
  return z.strictObject({
    kind: z.literal('openai-realtime'),
    apiKey: secret.describe('Of OpenAI, or of whoever speaks its API.'),
    url: urlOf(['ws', 'wss'])
      .default('wss://api.openai.com/v1/realtime')
      .describe('Where the API is; `model` is added.'),
    model: text().default('gpt-realtime').describe('The realtime model.'),
    headers,
    dialect: z
      .enum(['ga', 'beta'])
      .default('ga')
      .describe('Names of the API of today, or those of its beta, which many other servers still use.'),
    instructions: text().optional().describe('What the agent is to be.'),
    greeting: text().optional().describe('What it is told to say first. Absent: it waits for the caller.'),
    voice: text().optional().describe("OpenAI's name of the voice."),
    audio: encoding().describe('Form of the audio both ways; `pcm` is at 24 kHz.'),
    turnDetection: jsonObject().nullable().optional().describe("OpenAI's `turn_detection`; null: none."),
    transcription: jsonObject()
      .optional()
      .describe("OpenAI's input `transcription`, like `{ model: whisper-1 }`."),
    session: jsonObject().default({}).describe("Further fields of OpenAI's session."),
    connectTimeoutMs: connectTimeout(),
    digits: digitsRule(),
    tools: toolRules(),
  });
}

export function encoding(): z.ZodDefault<
  z.ZodEnum<{ 'as-the-phone': 'as-the-phone'; pcmu: 'pcmu'; pcma: 'pcma'; pcm: 'pcm' }>
> {
  return z.enum(['as-the-phone', 'pcmu', 'pcma', 'pcm']).default('as-the-phone');
}

export function connectTimeout(): z.ZodType<number, unknown> {
  return whole(200, 10_000)
    .default(1800)
    .describe('How long it may take until the agent is there; then comes the fallback.');
}

export function digitsRule(): z.ZodDefault<z.ZodEnum<{ ignore: 'ignore'; 'as-text': 'as-text' }>> {
  return z
    .enum(['ignore', 'as-text'])
    .default('ignore')
    .describe('Keys that the caller presses: put into words and answered by the agent, or not told.');
}

export function toolRules(): z.ZodType<AssemblyAiAgentOptions['tools'], unknown> {
  return section(
    z.strictObject({
      hangUp: z.boolean().default(true).describe('`hangup_call`: it may end the call.'),
      transferTo: z
        .record(text(), text())
        .default({})
        .describe('`transfer_call`: names it may say, and the numbers or SIP URIs they stand for.'),
      transferAnywhere: z
        .boolean()
        .default(false)
        .describe('`transfer_call` to any other number too: a talkative caller may then dial at your cost.'),
      transferTimeoutMs: whole(5000, 120_000)
        .default(30_000)
        .describe('So long it rings before the caller comes back to the agent.'),
      sendDigits: z.boolean().default(false).describe("`send_dtmf`: it may press keys on the caller's line."),
      sounds: z.array(text()).default([]).describe('`play_sound`: names of sounds that it may play.'),
      backgrounds: z
        .array(text())
        .default([])
        .describe('`set_background`: names of sounds that it may have run behind its voice.'),
    }),
  ).describe('What of the call the agent may do by itself.');
}

export function jsonObject(): z.ZodRecord<z.ZodString, z.ZodUnknown> {
  return z.record(z.string(), z.unknown());
}
