/** The sounds of configured flows: found at the start, and decoded before the first call asks for them. */
import { readFileSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import {
  type BackgroundAudio,
  type BackgroundSound,
  backgroundSoundOf,
  isList,
  soundSourceOf,
} from '../agent/background-player/background-sound.ts';
import { isSoundStream, type SoundSource } from '../audio/sound-source.ts';
import type { CallFlow } from '../call/flow.ts';
import type { FlowConfig } from '../config/config.ts';
import { SwitchError } from '../errors.ts';
import type { Logger } from '../logger.ts';
import { type NegotiatedAudio, sampleRateHz } from '../sdp/negotiated.ts';
import type { ClipStore } from '../sound/clip-store.ts';
import { parseSoundSource } from '../sound/parse-sound-source.ts';

/** Throws `SwitchError` `config-invalid` for a sound that cannot be read; so does `backgroundOf`. */
export function ambienceOf(name: string, { ambience }: FlowConfig): CallFlow['ambience'] {
  if (ambience === undefined) return undefined;
  const { gain, startsAnywhere, ducking } = ambience;
  const sound = soundOf(`flows.${name}.ambience.sound`, ambience.sound);
  return { sound, gain, startsAnywhere, ducking, loudnessLufs: ambience.loudnessLufs ?? undefined };
}

export function backgroundOf(name: string, { background }: FlowConfig): CallFlow['background'] {
  if (background === undefined) return undefined;
  const found = (key: 'ambientSound' | 'thinkingSound') =>
    background[key]?.map((sound) => ({
      ...sound,
      source: soundOf(`flows.${name}.background.${key}`, sound.source),
    }));
  return { ambientSound: found('ambientSound'), thinkingSound: found('thinkingSound') };
}

/** Throws `SwitchError` `config-invalid` too. */
export function ringingOf(name: string, { transfer }: FlowConfig): CallFlow['ringing'] {
  const { tone: country, ringing } = transfer;
  const sound = ringing === undefined ? undefined : soundOf(`flows.${name}.transfer.ringing`, ringing);
  return { country, sound };
}

/**
 * Has them ready at the rate of each codec that calls may have. Rejects with `SwitchError` `config-invalid` when a flow has what is no sound; a server that cannot be reached now may
 * be there by the time of a call.
 */
export async function prepareFlowSounds(
  flows: ReadonlyMap<string, CallFlow>,
  clips: ClipStore,
  codecs: readonly NegotiatedAudio['codec'][],
  log: Logger,
): Promise<void> {
  const rates = [...new Set(codecs.map(sampleRateHz))];
  const wanted = [...flows].flatMap(([name, flow]) =>
    soundsOf(flow).flatMap(({ key, ...sound }) =>
      rates.map((rateHz) => ({ ...sound, rateHz, flow: name, key: `flows.${name}.${key}` })),
    ),
  );
  await Promise.all(
    wanted.map(async ({ flow, key, source, rateHz, loudnessLufs }) => {
      const loaded = await clips.load(source, rateHz, loudnessLufs);
      if (loaded.ok) return;
      const { reason, detail } = loaded;
      if (!(source instanceof Uint8Array) && source.kind === 'url') {
        log.warn({ flow, key, reason, detail }, "a flow's sound cannot be had now");
        return;
      }
      const sound = source instanceof Uint8Array ? 'the file' : source.name;
      throw new SwitchError(
        'config-invalid',
        `${key}: ${sound} is not to be had (${reason}) ${detail ?? ''}`.trim(),
      );
    }),
  );
}

interface WantedSound {
  /** Within the flow. */
  readonly key: string;
  readonly source: SoundSource;
  readonly loudnessLufs?: number | undefined;
}

/** Those that are whole files. */
function soundsOf({ ambience, background, ringing }: CallFlow): WantedSound[] {
  const short =
    ambience === undefined
      ? []
      : [{ key: 'ambience.sound', source: ambience.sound, loudnessLufs: ambience.loudnessLufs }];
  const full = (['ambientSound', 'thinkingSound'] as const).flatMap((name) =>
    backgroundSoundsOf(background?.[name]).flatMap(({ source, loudnessLufs }) => {
      const found = soundSourceOf(source);
      return isSoundStream(found) ? [] : [{ key: `background.${name}`, source: found, loudnessLufs }];
    }),
  );
  const waiting = ringing?.sound === undefined ? [] : [{ key: 'transfer.ringing', source: ringing.sound }];
  return [...short, ...full, ...waiting];
}

function backgroundSoundsOf(audio: BackgroundAudio | undefined): readonly BackgroundSound[] {
  if (audio === undefined) return [];
  return (isList(audio) ? audio : [audio]).map(backgroundSoundOf);
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
