/** The only reader of the configuration file, of the environment and of the files that hold secrets. */
import { readFileSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { type Document, isMap, isNode, isScalar, LineCounter, type Node, parseDocument } from 'yaml';
import { SwitchError } from '../errors.ts';
import type { BackgroundSoundConfig, Config, FlowConfig } from './config.ts';
import { applyEnvironment } from './environment.ts';
import { checkListeners } from './listener-mistakes.ts';
import { check, checkApi, checkAsterisk, checkFlows, checkOutbound, keyPath } from './mistakes.ts';
import { routeWarnings } from './route-warnings.ts';
import { configSchema } from './schema.ts';
import { tlsWarnings } from './tls-warnings.ts';
import { transferWarnings } from './transfer-warnings.ts';

export interface ConfigSources {
  /** The file as the command line names it; else `PATCHBAY_CONFIG` does. With neither, all is default: the demo. */
  readonly path: string | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** Throws `SwitchError` `config-unreadable`, or `config-invalid` with every mistake on a line of its own. */
export function loadConfig({ path = undefined, environment }: ConfigSources): Config {
  const file = path ?? (environment['PATCHBAY_CONFIG'] || undefined);
  const folder = file === undefined ? process.cwd() : dirname(resolve(file));
  const source = file === undefined ? emptySource() : readSource(file);
  const raw = source.raw;
  const origins = applyEnvironment(raw, environment);

  const schema = configSchema({
    variable: (name) => environment[name],
    file: (name) => readIfPossible(resolve(folder, name)),
  });
  const checked = check(schema, raw);
  const mistakes = [
    ...('mistakes' in checked ? checked.mistakes : []),
    ...checkFlows(raw),
    ...checkAsterisk(raw),
    ...checkOutbound(raw),
    ...checkApi(raw),
    ...('value' in checked ? checkListeners(checked.value) : []),
  ];
  if (mistakes.length > 0 || 'mistakes' in checked) {
    throw invalid(
      mistakes.map((mistake) => {
        const key = keyPath(mistake.path);
        return `${origins.get(key) ?? source.place(mistake.path)}: ${key}: ${mistake.text}`;
      }),
    );
  }
  const { value } = checked;
  const flowNames = Object.keys(value.flows);
  return {
    ...value,
    routes: value.routes ?? (flowNames.length === 1 ? [{ number: '*', flow: flowNames[0]! }] : []),
    sounds: {
      ...value.sounds,
      folder: value.sounds.folder === undefined ? OWN_SOUNDS : resolve(folder, value.sounds.folder),
    },
    flows: Object.fromEntries(
      Object.entries(value.flows).map(([name, flow]) => [
        name,
        withSoundPaths(flow, (sound) => (isPath(sound) ? resolve(folder, sound) : sound)),
      ]),
    ),
  };
}

function withSoundPaths(flow: FlowConfig, pathOf: (sound: string) => string): FlowConfig {
  const { ambience, background, transfer } = flow;
  const located = (sounds: readonly BackgroundSoundConfig[] | undefined) =>
    sounds?.map((sound) => ({ ...sound, source: pathOf(sound.source) }));
  return {
    ...flow,
    transfer: { ...transfer, ...(transfer.ringing && { ringing: pathOf(transfer.ringing) }) },
    ...(ambience && { ambience: { ...ambience, sound: pathOf(ambience.sound) } }),
    ...(background && {
      background: {
        ambientSound: located(background.ambientSound),
        thinkingSound: located(background.thinkingSound),
      },
    }),
  };
}

/** The file's owner may take a sound from anywhere; a bare name is looked up among the sounds. */
function isPath(sound: string): boolean {
  return sound.includes('/') && !/^(https?|data):/i.test(sound);
}

/** What a correct configuration leaves open to surprise; to be logged at the start. */
export function configWarnings(config: Config): string[] {
  const warnings: string[] = [];
  if (config.trunks.length === 0)
    warnings.push('no trunks are configured: calls are taken from every address');
  if (config.routes.length === 0)
    warnings.push('no routes are configured: flows are reached only by their names');
  const { api } = config;
  if (api.tokens.length > 0 && api.tls === undefined && !/^(127\.|::1$)/.test(api.address))
    warnings.push('api: its tokens travel in the clear: give it tls, or put it behind a proxy that has');
  warnings.push(...routeWarnings(config), ...tlsWarnings(config), ...transferWarnings(config));
  return warnings;
}

interface Source {
  readonly raw: Record<string, unknown>;
  /** File and line of a key, or of what it should stand in. */
  place(path: readonly (string | number)[]): string;
}

function emptySource(): Source {
  return { raw: {}, place: () => 'configuration' };
}

function readSource(file: string): Source {
  const name = basename(file);
  const lines = new LineCounter();
  const document = parseDocument(readText(file), { lineCounter: lines, prettyErrors: false });
  if (document.errors.length > 0) {
    throw invalid(
      document.errors.map(({ pos, message }) => {
        const { line, col } = lines.linePos(pos[0]);
        return `${name}:${line}:${col}: ${message}`;
      }),
    );
  }
  const raw: unknown = toValue(document, name) ?? {};
  if (typeof raw !== 'object' || Array.isArray(raw)) throw invalid([`${name}:1: expected a section of keys`]);
  return {
    raw: { ...raw },
    place: (path) => {
      const offset = offsetOf(document, path);
      return offset === undefined ? name : `${name}:${lines.linePos(offset).line}`;
    },
  };
}

function toValue(document: Document.Parsed, name: string): unknown {
  try {
    return document.toJS();
  } catch (error) {
    // What only shows on resolving aliases: names that are none, and bombs of them.
    throw invalid([`${name}: ${error instanceof Error ? error.message : String(error)}`]);
  }
}

/** Where a key begins, or the innermost of its parents that is there. */
function offsetOf(document: Document.Parsed, path: readonly (string | number)[]): number | undefined {
  for (let length = path.length; length > 0; length--) {
    const parent = length === 1 ? document.contents : document.getIn(path.slice(0, length - 1), true);
    const key = path[length - 1];
    const node: unknown = isMap(parent)
      ? parent.items.find((pair) => isScalar(pair.key) && String(pair.key.value) === String(key))?.key
      : document.getIn(path.slice(0, length), true);
    if (isNode(node)) return (node as Node).range?.[0];
  }
  return undefined;
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    // `ENOENT: no such file or directory, open '...'`; of a folder the path is not told.
    const [reason] = error instanceof Error ? error.message.split(', ') : [];
    throw new SwitchError('config-unreadable', `${file} (${reason})`, { cause: error });
  }
}

function readIfPossible(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function invalid(lines: readonly string[]): SwitchError {
  return new SwitchError('config-invalid', `\n${lines.map((line) => `  ${line}`).join('\n')}`);
}

const OWN_SOUNDS: string = resolve(import.meta.dirname, '../../config/sounds');
