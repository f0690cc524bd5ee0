/** From configured flows to what calls need to know of them. */
import type { AgentFactory } from '../agent/agent.ts';
import { createAiFlowAgent } from '../agent/ai-flow/ai-flow-agent.ts';
import type { AppMetrics } from '../agent/app-metrics.ts';
import { createAssemblyAiAgent } from '../agent/assemblyai/assemblyai-agent.ts';
import { createAsteriskAgent } from '../agent/asterisk/asterisk-agent.ts';
import { createAudioSocketAgent } from '../agent/audio-socket/audio-socket-agent.ts';
import { createDeepgramAgent } from '../agent/deepgram/deepgram-agent.ts';
import { createDemoAgent } from '../agent/demo/demo-agent.ts';
import { createEchoAgent } from '../agent/echo/echo-agent.ts';
import { createElevenLabsAgent } from '../agent/elevenlabs/elevenlabs-agent.ts';
import { createJambonzAgent } from '../agent/jambonz/jambonz-agent.ts';
import { createOpenAiAgent } from '../agent/openai-realtime/openai-agent.ts';
import { createTwilioAgent } from '../agent/twilio/twilio-agent.ts';
import type { CallFlow } from '../call/flow.ts';
import type { AgentConfig, Config } from '../config/config.ts';
import { ambienceOf, backgroundOf, ringingOf } from './flow-sounds.ts';

/** The flows by name. `close` lets go of what their agents keep between calls. */
export interface CallFlows {
  readonly byName: ReadonlyMap<string, CallFlow>;
  close(): Promise<void>;
}

/** Throws `SwitchError` `config-invalid` for a sound that cannot be read. */
export function createCallFlows(config: Config, metrics: AppMetrics): CallFlows {
  const byName = new Map<string, CallFlow>();
  const closers: (() => Promise<void>)[] = [];
  for (const [name, flow] of Object.entries(config.flows)) {
    const agent = createAgent(flow.agent, flow.accountId, config, metrics);
    if ('close' in agent) closers.push(agent.close);
    byName.set(name, {
      name,
      accountId: flow.accountId,
      phoneNumber: flow.phoneNumber,
      agent,
      voice: { provider: flow.voice.provider, language: flow.voice.language, voice: flow.voice.voice },
      listening: { ...flow.listening, provider: flow.listening.provider },
      ambience: ambienceOf(name, flow),
      background: backgroundOf(name, flow),
      mostTracks: config.sounds.tracksPerCall,
      fallbackAnnouncement: flow.fallback.announcement,
      fallbackTransferTo: flow.fallback.transferTo,
      ringing: ringingOf(name, flow),
      answerAfterMs: flow.answerAfterMs,
      maxDurationMs: config.limits.maxCallDurationS * 1000,
    });
  }
  return {
    byName,
    async close() {
      await Promise.all(closers.map((close) => close()));
    },
  };
}

type CloseableFactory = AgentFactory | (AgentFactory & { close(): Promise<void> });

function createAgent(
  agent: AgentConfig,
  accountId: string,
  config: Config,
  metrics: AppMetrics,
): CloseableFactory {
  switch (agent.kind) {
    case 'ai-flow':
      return createAiFlowAgent({ ...agent, metrics });
    case 'audio-socket':
      return createAudioSocketAgent(agent);
    case 'twilio-stream':
      return createTwilioAgent(agent);
    case 'asterisk-audio-socket':
      return createAsteriskAgent(agent);
    case 'deepgram-agent':
      return createDeepgramAgent(agent);
    case 'elevenlabs-agent':
      return createElevenLabsAgent(agent);
    case 'jambonz':
      return createJambonzAgent({ ...agent, accountSid: agent.accountSid ?? accountId, metrics });
    case 'assemblyai':
      return createAssemblyAiAgent(agent);
    case 'openai-realtime':
      return createOpenAiAgent(agent);
    case 'echo':
      return createEchoAgent();
    case 'demo':
      return createDemoAgent({ soundsFolder: config.sounds.folder, metrics });
  }
}
