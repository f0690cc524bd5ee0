/** From configured flows to what calls need to know of them. */
import { readFileSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import type { AgentFactory } from '../agent/agent.ts';
import { createAiFlowAgent } from '../agent/ai-flow/ai-flow-agent.ts';
import type { AiFlowMetrics } from '../agent/ai-flow/metrics.ts';
import { createAudioSocketAgent } from '../agent/audio-socket/audio-socket-agent.ts';
import { createDemoAgent } from '../agent/demo/demo-agent.ts';
import { createEchoAgent } from '../agent/echo/echo-agent.ts';
import type { SoundSource } from '../audio/sound-source.ts';
import type { CallFlow } from '../call/flow.ts';
import type { AgentConfig, Config, FlowConfig } from '../config/config.ts';
import { SwitchError } from '../errors.ts';
import type { Logger } from '../logger.ts';
import type { ClipStore } from '../sound/clip-store.ts';
import { parseSoundSource } from '../sound/parse-sound-source.ts';

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
      ambience: ambienceOf(name, flow),
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

function ambienceOf(name: string, { ambience }: FlowConfig): CallFlow['ambience'] {
  if (ambience === undefined) return undefined;
  const { gain, startsAnywhere } = ambience;
  const sound = soundOf(`flows.${name}.ambience.sound`, ambience.sound);
  return { sound, gain, startsAnywhere, loudnessLufs: ambience.loudnessLufs ?? undefined };
}

function soundOf(key: string, text: string): SoundSource {
  const parsed = parseSoundSource(text);
  if (!parsed.ok) throw new SwitchError('config-invalid', `${key}: ${parsed.reason}`);
  // The loader has made paths absolute: the configuration may name files that agents may not.
  if (!isNamed(parsed.value) || !isAbsolute(parsed.value.name)) return parsed.value;
  try {
    return readFileSync(parsed.value.name);
  } catch (error) {
    throw new SwitchError('config-invalid', `${key}: ${text} cannot be read`, { cause: error });
  }
}

function isNamed(sound: SoundSource): sound is Extract<SoundSource, { kind: 'name' }> {
  return !(sound instanceof Uint8Array) && sound.kind === 'name';
}

/**
 * Decodes every flow's ambience before the first call asks for it. Rejects with `SwitchError` `config-invalid` when
 * one is no sound; a server that cannot be reached now may be there by then.
 */
export async function prepareAmbiences(flows: CallFlows, clips: ClipStore, log: Logger): Promise<void> {
  const flowsByName = [...flows.byName];
  await Promise.all(
    flowsByName.map(async ([name, { ambience }]) => {
      if (ambience === undefined) return;
      const loaded = await clips.load(ambience.sound, LEG_RATE_HZ, ambience.loudnessLufs);
      if (loaded.ok) return;
      const { reason, detail } = loaded;
      if (!(ambience.sound instanceof Uint8Array) && ambience.sound.kind === 'url') {
        log.warn({ flow: name, reason, detail }, "a flow's ambience cannot be had now");
        return;
      }
      const sound = ambience.sound instanceof Uint8Array ? 'the file' : ambience.sound.name;
      const key = `flows.${name}.ambience.sound`;
      throw new SwitchError(
        'config-invalid',
        `${key}: ${sound} is not to be had (${reason}) ${detail ?? ''}`.trim(),
      );
    }),
  );
}

/** G.711 runs at it. */
const LEG_RATE_HZ = 8000;
