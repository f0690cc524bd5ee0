/** Performs a session's verbs, and holds what outlasts them: dub tracks, a background `listen`, streamed speech. */

import type { Logger } from '../../logger.ts';
import type { AgentCommand, AgentEvent } from '../agent.ts';
import { type DubStatus, DubTracks } from '../dub/dub-tracks.ts';
import type { DubVerb } from '../dub/dub-verb.ts';
import type { CallProgress } from './call-progress.ts';
import { Fork } from './perform/fork.ts';
import { performVerb } from './perform/perform-verb.ts';
import type { End, Performance, Stage } from './perform/stage.ts';
import { needOf } from './preconditions.ts';
import type { TokenStream } from './token-stream.ts';
import type { ConfigVerb, ListenVerb, RedirectVerb, Verb } from './vocabulary/verbs.ts';

export interface PerformerOptions {
  readonly stage: Stage;
  readonly progress: CallProgress;
  readonly tokens: TokenStream;
  readonly mostDubTracks: number;
  readonly log: Logger;
  readonly redirect: (verb: RedirectVerb) => void;
  /** `config.bargeIn` has changed. */
  readonly onBargeInChanged: () => void;
}

export class Performer {
  readonly #options: PerformerOptions;
  readonly #dub: DubTracks;
  #fork: Fork | undefined;
  #whispers = 0;

  constructor(options: PerformerOptions) {
    this.#options = options;
    this.#dub = new DubTracks(options.mostDubTracks);
  }

  /** The `listen` that runs in the background. */
  get fork(): Fork | undefined {
    return this.#fork;
  }

  /** What a verb needs is seen to: it is `ready`, has to `wait` for the answer, or is to be skipped. */
  prepare(verb: Verb): 'ready' | 'wait' | 'skip' {
    const { progress, stage, log } = this.#options;
    const need = needOf(verb, stage.settings.earlyMedia);
    const isFulfilled =
      need === 'unanswered' ? !progress.isAnswered : need === 'nothing' || progress.isAnswered;
    if (isFulfilled) return 'ready';
    switch (need) {
      case 'early-media':
        if (!progress.hasEarlyMedia) {
          stage.submit({ kind: 'answer-early' });
          progress.opened();
        }
        return 'ready';
      case 'answer':
        stage.submit({ kind: 'answer' });
        return 'wait';
      default:
        log.warn({ verb: verb.verb }, 'preconditions not met: the verb is skipped');
        return 'skip';
    }
  }

  perform(verb: Verb, end: End): Performance | undefined {
    const { stage, progress, mostDubTracks, redirect } = this.#options;
    switch (verb.verb) {
      case 'answer':
        end();
        return undefined;
      case 'hangup':
        stage.submit({ kind: 'hang-up', headers: verb.headers });
        return undefined;
      case 'sip:decline': {
        const { status: statusCode, reason, headers } = verb;
        progress.refusedWith(statusCode);
        stage.submit({ kind: 'decline', statusCode, reason, headers });
        return undefined;
      }
      case 'redirect':
        redirect(verb);
        return undefined;
      case 'config':
        this.configure(verb);
        end();
        return undefined;
      case 'dub':
        this.dub(verb.dub);
        end();
        return undefined;
      case 'tag':
        stage.facts.tag(verb.data);
        end();
        return undefined;
      case 'say':
        return verb.stream ? this.#speakTokens(end) : performVerb(stage, verb, mostDubTracks, end);
      default:
        return performVerb(stage, verb, mostDubTracks, end);
    }
  }

  configure(verb: ConfigVerb): void {
    const { stage, tokens, onBargeInChanged } = this.#options;
    stage.settings.change(verb);
    if (verb.bargeIn !== undefined || verb.reset.includes('bargeIn')) onBargeInChanged();
    if (verb.boost !== undefined) stage.submit({ kind: 'amplify', gain: verb.boost });
    if (verb.listen !== undefined) this.#forkTo(verb.listen.verb);
    if (verb.ttsStream?.enable === true) tokens.open();
    else if (verb.ttsStream !== undefined) tokens.close();
  }

  dub(verb: DubVerb): void {
    const { stage, log } = this.#options;
    const commands = this.#dub.carryOut(verb);
    if (commands.ok) stage.submit(...commands.value);
    else log.warn({ reason: commands.reason, track: verb.track }, 'a dub is not carried out');
  }

  /** Sound beside everything else, once. */
  whisper(sound: { readonly text: string } | { readonly url: string }): AgentCommand {
    const content =
      'url' in sound
        ? ({ kind: 'sound', audio: { kind: 'url', url: sound.url } } as const)
        : ({
            kind: 'speech',
            script: { text: sound.text, format: 'text' },
            voice: this.#options.stage.settings.voiceFor({}),
          } as const);
    // Below zero, where no dub track's sounds are: nobody is told of them.
    this.#whispers -= 1;
    const form = { content, repeats: false, gain: 1, fadeInMs: 0 };
    return {
      kind: 'play-on-track',
      track: 'jambonz/whisper',
      soundId: this.#whispers,
      sound: form,
      when: 'queued',
    };
  }

  handle(event: AgentEvent): void {
    this.#fork?.handle(event);
    const status = this.#dub.handle(event);
    if (status !== undefined) this.#tellDub(status);
  }

  /** The call is over. */
  close(): void {
    for (const status of this.#dub.end()) this.#tellDub(status);
  }

  #forkTo(verb: ListenVerb | undefined): void {
    const { stage, log } = this.#options;
    this.#fork?.stop();
    this.#fork = undefined;
    if (verb === undefined) return;
    this.#fork = new Fork(stage, verb, (reason) => {
      this.#fork = undefined;
      log.info({ reason }, 'a background listen is over');
    });
    this.#fork.start();
  }

  #speakTokens(end: End): Performance {
    const { tokens } = this.#options;
    tokens.open();
    tokens.whenSpoken(() => end());
    return { handle: () => undefined, stop: () => tokens.clear() };
  }

  #tellDub({ event, verb, id, ...fields }: DubStatus): void {
    this.#options.stage.status({ verb, id }, event, fields);
  }
}
