/** What is heard behind the voice in one call, from the first packet to the end: tracks, and who plays on them. */
import type { AgentCommand, AgentEvent, ConversationState, TrackCommand } from '../agent/agent.ts';
import { BackgroundPlayer } from '../agent/background-player/background-player.ts';
import type { MediaEvent } from '../media/command.ts';
import type { VoiceChoice } from '../speech/script.ts';
import type { CallFlow } from './flow.ts';
import { FADE_MS, type TrackSoundNews, Tracks, type TracksOptions } from './tracks.ts';

export interface BackdropOptions extends Omit<TracksOptions, 'mostTracks' | 'voiceFor'> {
  readonly flow: CallFlow;
}

export class Backdrop {
  readonly #send: BackdropOptions['send'];
  readonly #tracks: Tracks;
  readonly #player: BackgroundPlayer;
  #hasStarted = false;

  constructor(options: BackdropOptions) {
    const { flow, timers, random } = options;
    this.#send = options.send;
    this.#tracks = new Tracks({
      ...options,
      mostTracks: flow.mostTracks ?? MOST_TRACKS,
      voiceFor: (asked) => voiceIn(flow, asked),
    });
    this.#player = new BackgroundPlayer({
      submit: (batch) => this.#obeyPlayer(batch),
      timers,
      random,
      ambientSound: flow.background?.ambientSound ?? ambienceOf(flow),
      thinkingSound: flow.background?.thinkingSound,
    });
  }

  /** Whether it wants to be told of `stateChanged`. */
  get followsState(): boolean {
    return this.#player.followsState;
  }

  start(): void {
    if (this.#hasStarted) return;
    this.#hasStarted = true;
    this.#player.start();
  }

  stateChanged(state: ConversationState): void {
    this.#player.handle({ kind: 'state-changed', state });
  }

  /** `tell` gets what becomes of the sounds that a `play-on-track` starts. */
  carryOut(command: TrackCommand, tell: (event: AgentEvent) => void): void {
    switch (command.kind) {
      case 'loop': {
        const { track, audio, gain } = command;
        if (audio === undefined) this.#tracks.adjust(track, { gain });
        else {
          const content = { kind: 'sound', audio } as const;
          const sound = { content, repeats: true, gain: gain ?? DEFAULT_LOOP_GAIN, fadeInMs: FADE_MS };
          this.#tracks.play(track, sound, () => undefined);
        }
        return;
      }
      case 'stop-loop':
        this.#tracks.stop(command.track, command.fadeMs);
        return;
      case 'amplify':
        this.#send(command);
        return;
      case 'adjust-track':
        this.#tracks.adjust(command.track, command);
        return;
      case 'play-on-track': {
        const { track, soundId, sound, when } = command;
        const tellAgent = (news: TrackSoundNews) => {
          if (news.kind === 'started') tell({ kind: 'track-sound-started', track, soundId });
          else tell({ ...news, kind: 'track-sound-ended', track, soundId });
        };
        if (when === 'queued') this.#tracks.append(track, sound, tellAgent);
        else this.#tracks.play(track, sound, tellAgent);
        return;
      }
    }
  }

  handleMedia(event: MediaEvent): void {
    if (event.kind === 'track-ended') this.#tracks.handle(event);
  }

  /** The caller is on the way to somebody else: nothing is heard, and what was goes on when the caller is back. */
  hush(isHushed: boolean): void {
    this.#tracks.hush(isHushed);
  }

  /** Nothing is heard any more, though the call goes on. */
  stop(): void {
    this.#tracks.stopAll();
    this.close();
  }

  /** The call is over. */
  close(): void {
    this.#player.close();
    this.#tracks.close();
  }

  #obeyPlayer(batch: readonly AgentCommand[]): void {
    for (const command of batch)
      if (isTrackCommand(command)) this.carryOut(command, (event) => this.#player.handle(event));
  }
}

function isTrackCommand(command: AgentCommand): command is TrackCommand {
  return trackCommands.has(command.kind);
}

/** The voice that is meant where an utterance names none, or only a part of one. */
export function voiceIn({ voice }: CallFlow, asked: VoiceChoice): VoiceChoice {
  return {
    provider: asked.provider ?? voice.provider,
    language: asked.language ?? voice.language,
    voice: asked.voice ?? (asked.provider === undefined ? voice.voice : undefined),
  };
}

/** The short form of an ambient sound. */
function ambienceOf({ ambience }: CallFlow) {
  if (ambience === undefined) return undefined;
  const { sound, gain, ...form } = ambience;
  return { ...form, source: sound, volume: gain };
}

const trackCommands: ReadonlySet<string> = new Set<TrackCommand['kind']>([
  'loop',
  'stop-loop',
  'play-on-track',
  'adjust-track',
  'amplify',
]);
/** AI Flow reference, mix_audio: "Defaults to 0.5". */
const DEFAULT_LOOP_GAIN = 0.5;
/** More than anyone needs, and far less than would make a tick late. */
const MOST_TRACKS = 32;
