/** From configured flows to what calls need to know of them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AgentFactory } from '../agent/agent.ts';
import { createAiFlowAgent } from '../agent/ai-flow/ai-flow-agent.ts';
import type { AiFlowMetrics } from '../agent/ai-flow/metrics.ts';
import { createAudioSocketAgent } from '../agent/audio-socket/audio-socket-agent.ts';
import { createDemoAgent } from '../agent/demo/demo-agent.ts';
import { createEchoAgent } from '../agent/echo/echo-agent.ts';
import type { CallFlow } from '../call/flow.ts';
import type { AgentConfig, Config, FlowConfig } from '../config/config.ts';
import { SwitchError } from '../errors.ts';

/** The flows by name. `close` lets go of what their agents keep between calls. */
export interface CallFlows {
  readonly byName: ReadonlyMap<string, CallFlow>;
  close(): Promise<void>;
}

/** Throws `SwitchError` `config-invalid` for an ambience that cannot be read. */
export function createCallFlows(config: Config, metrics: AiFlowMetrics): CallFlows {
  const byName = new Map<string, CallFlow>();
  const closers: (() => Promise<void>)[] = [];
  for (const [name, flow] of Object.entries(config.flows)) {
    const agent = createAgent(flow.agent, config, metrics);
    if ('close' in agent) closers.push(agent.close);
    byName.set(name, {
      name,
      accountId: flow.accountId,
      phoneNumber: flow.phoneNumber,
      agent,
      voice: { provider: flow.voice.provider, language: flow.voice.language, voice: flow.voice.voice },
      listening: { ...flow.listening, provider: flow.listening.provider },
      ambience: ambienceOf(name, flow, config),
      fallbackAnnouncement: flow.fallback.announcement,
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

function createAgent(agent: AgentConfig, config: Config, metrics: AiFlowMetrics): CloseableFactory {
  switch (agent.kind) {
    case 'ai-flow':
      return createAiFlowAgent({ ...agent, metrics });
    case 'audio-socket':
      return createAudioSocketAgent(agent);
    case 'echo':
      return createEchoAgent();
    case 'demo':
      return createDemoAgent({ soundsFolder: config.sounds.folder, metrics });
  }
}

function ambienceOf(name: string, { ambience }: FlowConfig, config: Config): CallFlow['ambience'] {
  if (ambience === undefined) return undefined;
  const path = ambience.sound.includes('/')
    ? ambience.sound
    : join(config.sounds.folder, `${ambience.sound}.wav`);
  try {
    return { audio: readFileSync(path), gain: ambience.gain };
  } catch (error) {
    throw new SwitchError('config-invalid', `flows.${name}.ambience.sound: ${path} cannot be read`, {
      cause: error,
    });
  }
}
