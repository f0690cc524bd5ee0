import type { Config } from '../config/config.ts';
import type { Logger } from '../logger.ts';
import { ListeningPool } from './listening-pool.ts';

/** The listener of a configuration; its models are loaded at once where some flow's agent listens. */
export function createListener({ speech, flows }: Config, log: Logger): ListeningPool {
  const { turns: rules, recognition, providers } = speech;
  const pool = new ListeningPool({ rules, recognition: { ...recognition, providers }, log });
  const isNeeded = Object.values(flows).some(({ agent }) => listeningKinds.has(agent.kind));
  if (isNeeded) pool.prepare();
  return pool;
}

/** Agents that are told words, and do not take the audio itself. */
const listeningKinds: ReadonlySet<string> = new Set(['ai-flow', 'demo']);
