import type { AgentLineOptions, HeardPart, LineAudio, TakenBack } from '../audio/agent-line.ts';
import { AgentSpeech } from './agent-speech.ts';
import { CallerFeed } from './caller-feed.ts';
import { EarlyFrames } from './early-frames.ts';
import { framesAt } from './frame.ts';
import type { Mark } from './speech-marks.ts';

/**
 * The audio between one leg and one agent. The leg gives it frames and takes frames from it; whoever holds the agent's
 * connection takes pieces of the caller and puts in pieces of the agent, in the agent's own form.
 */
export class LegLine {
  readonly hears: AgentLineOptions['hears'];
  readonly speaks: boolean;
  /** The latest tick completed `chunk`. */
  chunkReady = false;
  #legRateHz: number | undefined;
  #audio: LineAudio | undefined;
  #feed: CallerFeed | undefined;
  #speech: AgentSpeech | undefined;
  #early: EarlyFrames | undefined = new EarlyFrames();

  constructor(options: Pick<AgentLineOptions, 'hears' | 'speaks'>) {
    this.hears = options.hears;
    this.speaks = options.speaks;
  }

  get chunk(): Uint8Array {
    return this.#feed!.chunk;
  }

  get unheardMs(): number {
    return this.#speech?.unheardMs ?? 0;
  }

  /** The leg knows its rate; before, nothing passes. */
  begin(legRateHz: number): void {
    this.#legRateHz = legRateHz;
    this.#connect();
  }

  /** The agent is there, and takes and gives this form. */
  ready(audio: LineAudio): void {
    const before = this.#audio?.fromAgent;
    const { encoding, rateHz } = audio.fromAgent;
    if (before?.encoding !== encoding || before.rateHz !== rateHz) this.#speech = undefined;
    this.#audio = audio;
    if (audio.forgetsEarly === true) this.#early = undefined;
    this.#connect();
  }

  /** The agent is away for a moment: the caller is kept as at the beginning, and what it said is heard out. */
  unready(): void {
    this.#feed = undefined;
    this.chunkReady = false;
    this.#early = new EarlyFrames();
  }

  /** Takes 20 ms of the caller, and of what the caller hears. */
  hear(caller: Int16Array, far: Int16Array): void {
    if (this.#early !== undefined) this.#early.push(caller);
    else if (this.#feed !== undefined) this.chunkReady = this.#feed.push(caller, far);
  }

  hearNothing(): void {
    if (this.#legRateHz === undefined) return;
    const silence = new Int16Array(framesAt(this.#legRateHz).samples);
    this.hear(silence, silence);
  }

  /** The next piece of what was kept until the agent was there; undefined when there is no whole one any more. */
  takeEarlyChunk(): Uint8Array | undefined {
    if (this.#early === undefined || this.#feed === undefined) return undefined;
    for (let frame = this.#early.take(); frame !== undefined; frame = this.#early.take()) {
      if (this.#feed.push(frame, new Int16Array(frame.length))) return this.#feed.chunk;
    }
    this.#early = undefined;
    return undefined;
  }

  /** Keeps the octets. False: too much waits. */
  play(octets: Uint8Array, reply: string | undefined): boolean {
    return this.#speech === undefined || !this.speaks || this.#speech.push(octets, reply);
  }

  /** Writes what is due into the leg's frame; returns the number of samples. */
  speak(frame: Int16Array): number {
    return this.#speech === undefined ? 0 : this.#speech.pull(frame);
  }

  /** The caller could not hear for so many ticks. */
  miss(ticks: number): void {
    this.#speech?.miss(ticks);
  }

  flush(): TakenBack {
    return this.#speech?.flush() ?? NOTHING_TAKEN_BACK;
  }

  heard(): HeardPart {
    return this.#speech?.heard() ?? NOTHING_HEARD;
  }

  /** False: too many wait. */
  mark(name: string): boolean {
    return this.#speech?.mark(name) ?? true;
  }

  takeMark(): Mark | undefined {
    return this.#speech?.takeMark();
  }

  takeAllHeard(): boolean {
    return this.#speech?.takeAllHeard() ?? false;
  }

  #connect(): void {
    if (this.#legRateHz === undefined || this.#audio === undefined) return;
    if (this.#early?.isEmpty === true) this.#early = undefined;
    this.#feed = new CallerFeed(this.#audio, this.hears, this.#legRateHz);
    this.#speech ??= new AgentSpeech(this.#audio, this.#legRateHz);
  }
}

const NOTHING_HEARD: HeardPart = { reply: undefined, heardMs: 0 };
const NOTHING_TAKEN_BACK: TakenBack = { ...NOTHING_HEARD, unheardReplies: [] };
