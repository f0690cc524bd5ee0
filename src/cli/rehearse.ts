/** `patchbay rehearse`: a call with an agent from a script, without a telephone. */
import { readFileSync, writeFileSync } from 'node:fs';
import { prepareFlowSounds } from '../app/flow-sounds.ts';
import { createCallFlows } from '../app/flows.ts';
import { createListener } from '../app/listening.ts';
import { createSounds } from '../app/sounds.ts';
import { serializeWav } from '../audio/wav.ts';
import { systemClock } from '../clock.ts';
import type { Config, FlowConfig } from '../config/config.ts';
import { loadConfig } from '../config/load.ts';
import { configSchema } from '../config/schema.ts';
import { SwitchError } from '../errors.ts';
import { invariant } from '../invariant.ts';
import { createSynthesizer } from '../speech/tts/create-synthesizer.ts';
import { createProviderSynthesizer } from '../speech/tts/provider-synthesizer.ts';
import { callerSounds } from './call/caller-sounds.ts';
import { Heard } from './call/heard.ts';
import { ExchangeLog, exchangeText } from './rehearse/exchange-log.ts';
import { followScript } from './rehearse/follow-script.ts';
import { isUrl, type RehearseOptions, stepsOf } from './rehearse/options.ts';
import { RehearsedCall } from './rehearse/rehearsed-call.ts';
import { RehearsedEar } from './rehearse/rehearsed-ear.ts';
import { Timings } from './rehearse/timings.ts';

/**
 * `target` is an app's URL, or the name of a configured flow. Sets the exit code to how the agent did. Rejects with
 * `SwitchError` for what keeps it from being tried.
 */
export async function rehearse(
  target: string,
  given: readonly string[],
  options: RehearseOptions,
): Promise<void> {
  const steps = stepsOf(options.script, given);
  const loaded = loadConfig({ path: options.config, environment: process.env });
  const config = { ...loaded, flows: flowsFor(target, loaded, options) };
  const timings = new Timings();
  const flows = createCallFlows(config, timings);
  const [flow] = flows.byName.values();
  invariant(flow !== undefined, 'flowsFor gives one');
  const log = new ExchangeLog(systemClock, (line) =>
    process.stdout.write(options.json ? `${JSON.stringify(line)}\n` : exchangeText(line)),
  );
  const builtIn = createSynthesizer({ ...config.speech, log, timers: systemClock });
  const synthesizer = createProviderSynthesizer({ ...config.speech, builtIn, log, clock: systemClock });
  const isHeard = options.recognise || steps.some(({ kind }) => kind === 'play');
  const ear = new RehearsedEar(systemClock, isHeard ? createListener(config, log) : undefined);
  const sounds = createSounds(config.sounds, systemClock, log);
  const heard = new Heard();
  try {
    await prepareFlowSounds(flows.byName, sounds.clips, ['PCMU'], log);
    const call = new RehearsedCall({
      flow,
      from: options.from,
      to: options.to,
      services: { synthesizer, clips: sounds.clips, metrics: timings, random: Math.random },
      ear,
      clock: systemClock,
      log,
      onHeard: (samples) => heard.push(samples),
    });
    const stop = (): void => call.end('caller-hung-up');
    process.once('SIGINT', stop);
    await followScript(call, steps, {
      log,
      soundOf: (file) => callerSounds({ play: file, codec: ['PCMU'] }, log),
      speechOf: options.recognise ? (words) => callerSounds({ say: words, codec: ['PCMU'] }, log) : undefined,
    });
    await call.ended();
    process.off('SIGINT', stop);
  } finally {
    await Promise.all([flows.close(), synthesizer.close(), builtIn.close(), sounds.close(), ear.close()]);
  }
  if (options.record !== undefined) writeFileSync(options.record, serializeWav(heard.samples, 8000));
  if (!options.json) process.stdout.write(`\n${timings.text}`);
  process.exitCode = timings.agentFailures === 0 ? 0 : 1;
}

function flowsFor(target: string, config: Config, options: RehearseOptions): Record<string, FlowConfig> {
  if (!isUrl(target)) {
    const flow = config.flows[target];
    if (flow !== undefined) return { [target]: flow };
    const known = Object.keys(config.flows).join(', ');
    throw new SwitchError('no-flow', `"${target}" is neither a URL nor one of ${known}`);
  }
  const { token, ca, insecure, language } = options;
  const agent = {
    kind: 'ai-flow',
    url: target,
    ...(token !== undefined && { token }),
    tls: { insecure, ...(ca !== undefined && { ca: readCertificate(ca) }) },
  };
  const told = language === undefined ? {} : { voice: { language }, listening: { languages: [language] } };
  const noSecrets = { variable: () => undefined, file: () => undefined };
  return configSchema(noSecrets).parse({ flows: { rehearsal: { agent, ...told } } }).flows;
}

function readCertificate(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new SwitchError('config-unreadable', `${path} cannot be read`, { cause });
  }
}
