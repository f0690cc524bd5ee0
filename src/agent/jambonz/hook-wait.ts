/** What a caller hears while an app takes its time to answer a hook. */
import type { AgentEvent } from '../agent.ts';
import { Prompt } from './perform/prompt.ts';
import type { Stage } from './perform/stage.ts';
import type { DelayAction, FillerNoise } from './vocabulary/verbs.ts';

export class HookWait {
  readonly #stage: Stage;
  readonly #noise: FillerNoise | undefined;
  readonly #delay: DelayAction | undefined;
  readonly #onGiveUp: (delay: DelayAction) => void;
  #prompt: Prompt | undefined;
  #prompts = 0;
  #makesNoise = false;
  #isOver = false;
  #timers: (() => void)[] = [];

  constructor(
    stage: Stage,
    waiting: { noise: FillerNoise | undefined; delay: DelayAction | undefined },
    onGiveUp: (delay: DelayAction) => void,
  ) {
    this.#stage = stage;
    this.#noise =
      waiting.noise?.enable === true && waiting.noise.url !== undefined ? waiting.noise : undefined;
    this.#delay = waiting.delay?.enabled === true ? waiting.delay : undefined;
    this.#onGiveUp = onGiveUp;
  }

  start(): void {
    if (this.#noise !== undefined)
      this.#timers.push(this.#stage.after(this.#noise.startDelayMs, () => this.#makeNoise()));
    if (this.#delay === undefined) return;
    const { giveUpTimeoutMs } = this.#delay;
    this.#awaitNextPrompt();
    if (giveUpTimeoutMs !== undefined)
      this.#timers.push(this.#stage.after(giveUpTimeoutMs, () => this.#giveUp()));
  }

  handle(event: AgentEvent): void {
    this.#prompt?.handle(event);
  }

  /** The app has answered. */
  stop(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    for (const cancel of this.#timers) cancel();
    this.#prompt?.stop();
    if (this.#makesNoise)
      this.#stage.submit({ kind: 'stop-loop', track: NOISE_TRACK, fadeMs: NOISE_FADE_MS });
  }

  #awaitNextPrompt(): void {
    const { noResponseTimeoutMs, retries, actions } = this.#delay!;
    if (actions.length === 0 || this.#prompts > retries) return;
    this.#timers.push(this.#stage.after(noResponseTimeoutMs, () => this.#playPrompt()));
  }

  #playPrompt(): void {
    const { actions } = this.#delay!;
    const action = actions[this.#prompts % actions.length]!;
    this.#prompts += 1;
    this.#prompt = new Prompt(this.#stage, action, () => {
      this.#prompt = undefined;
      this.#awaitNextPrompt();
    });
    this.#prompt.start();
  }

  #makeNoise(): void {
    const url = this.#noise?.url;
    if (url === undefined) return;
    this.#makesNoise = true;
    const content = { kind: 'sound', audio: { kind: 'url', url } } as const;
    this.#stage.submit({
      kind: 'play-on-track',
      track: NOISE_TRACK,
      soundId: this.#stage.nextNumber(),
      sound: { content, repeats: true, gain: 1, fadeInMs: NOISE_FADE_MS },
      when: 'at-once',
    });
  }

  #giveUp(): void {
    const delay = this.#delay!;
    this.stop();
    this.#onGiveUp(delay);
  }
}

const NOISE_TRACK = 'jambonz/filler-noise';
const NOISE_FADE_MS = 100;
