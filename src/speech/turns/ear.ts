import { createResampler, type Resampler } from '../../audio/resampler.ts';
import { SampleRing } from '../../audio/sample-ring.ts';
import type { HearingEvent, ListenSettings } from '../listener.ts';
import type { Recognition, Recognizer, Transcript } from '../stt/recognizer.ts';
import { VoiceLane, WINDOW_MS, WINDOW_RATE_HZ, WINDOW_SAMPLES } from '../vad/voice-activity.ts';
import { windowLevelDb } from '../vad/window-level.ts';
import { looksComplete } from './complete-sentence.ts';
import { TurnDetector, type TurnRules } from './turn-detector.ts';
import { TurnTranscripts } from './turn-transcripts.ts';

export interface EarOptions {
  readonly ring: SharedArrayBuffer;
  readonly settings: ListenSettings;
  readonly rules: EarRules;
  readonly recognizerFor: (provider: string | undefined) => Recognizer;
  readonly onEvent: (event: HearingEvent) => void;
}

export interface EarRules extends TurnRules {
  /** `punctuation` waits less after what reads like a whole sentence, and more after what does not. */
  readonly endOfTurn: 'silence' | 'punctuation';
}

/**
 * Listens to one caller: takes windows out of the ring, gives them to the recogniser, and with what the voice
 * activity model thinks of them finds the turns. For each window `take`, then, when it says so, the model, then
 * `judge`.
 */
export class Ear {
  readonly lane: VoiceLane = new VoiceLane();
  readonly #options: EarOptions;
  readonly #ring: SampleRing;
  /** As the caller's codec has it, and at the model's rate. */
  readonly #heard: Int16Array;
  readonly #window = new Int16Array(WINDOW_SAMPLES);
  readonly #towardsModel: Resampler;
  /** The latest window that the model did not see; then, for one pass, the one that is to follow it. */
  readonly #held = new Float32Array(WINDOW_SAMPLES);
  readonly #detector: TurnDetector;
  readonly #transcripts: TurnTranscripts;
  #settings: ListenSettings;
  #recognition: Recognition;
  #openings = 0;
  #levelDb = 0;
  #ignored = false;
  #isLead = false;
  #pausing = false;
  #closed = false;

  constructor(options: EarOptions) {
    this.#options = options;
    this.#settings = options.settings;
    this.#ring = new SampleRing(options.ring);
    this.#heard = new Int16Array((this.#ring.rateHz * WINDOW_MS) / 1000);
    this.#towardsModel = createResampler(this.#ring.rateHz, WINDOW_RATE_HZ);
    this.#detector = new TurnDetector(options.rules, options.settings.endOfTurnSilenceMs);
    this.#transcripts = new TurnTranscripts((event) => this.#tell(event));
    this.#recognition = this.#open();
  }

  /** The next window is in `lane`, and `model` says that its probability matters; `nothing` while none is full. */
  take(): 'nothing' | 'quiet' | 'model' {
    const { window: samples } = this.lane;
    if (this.#isLead) {
      this.#isLead = false;
      samples.set(this.#held);
      return 'model';
    }
    if (!this.#ring.read(this.#heard)) return 'nothing';
    this.#towardsModel.process(this.#heard, 0, this.#heard.length, this.#window, 0);
    for (let i = 0; i < WINDOW_SAMPLES; i++) samples[i] = this.#window[i]! / FULL_SCALE;
    this.#recognition.write(this.#heard);
    this.#levelDb = windowLevelDb(samples);
    if (this.#detector.ignores(this.#levelDb)) {
      this.#held.set(samples);
      this.#ignored = true;
      this.lane.probability = 0;
      return 'quiet';
    }
    if (this.#ignored) this.#lead();
    return 'model';
  }

  /** Acts on the window taken last. */
  judge(nowMs: number): void {
    if (this.#closed || this.#isLead) return;
    switch (this.#detector.push(this.lane.probability, this.#levelDb, this.#ring.outboundSpeechDb)) {
      case 'onset':
        this.#begin();
        return;
      case 'pause':
        this.#pausing = true;
        this.#recognition.pause?.();
        return;
      case 'resumption':
        this.#pausing = false;
        this.#recognition.resume?.();
        return;
      case 'end':
        this.#end(false, nowMs);
        return;
      case 'noise':
        this.#end(true, nowMs);
        return;
      case 'split':
        this.#end(false, nowMs);
        this.#begin();
        return;
      case 'none':
        return;
    }
  }

  handleTimeout(nowMs: number): void {
    const { deadlineMs } = this.#transcripts;
    if (deadlineMs !== undefined && nowMs >= deadlineMs) this.#transcripts.expire(nowMs);
  }

  configure(settings: Partial<ListenSettings>): void {
    const { endOfTurnSilenceMs, provider, languages, vocabulary } = settings;
    const reopens = 'provider' in settings || languages !== undefined || vocabulary !== undefined;
    this.#settings = { ...this.#settings, ...settings, ...('provider' in settings && { provider }) };
    if (endOfTurnSilenceMs !== undefined) this.#detector.endOfTurnSilenceMs = endOfTurnSilenceMs;
    if (!reopens) return;
    this.#recognition.close();
    this.#transcripts.giveUp();
    this.#recognition = this.#open();
    if (this.#detector.speaking) this.#recognition.startTurn();
  }

  close(): void {
    this.#closed = true;
    this.#recognition.close();
  }

  /** The window before the first that matters goes through the model first: many a voice begins in it. */
  #lead(): void {
    const { window: samples } = this.lane;
    for (let i = 0; i < WINDOW_SAMPLES; i++) {
      const sample = samples[i]!;
      samples[i] = this.#held[i]!;
      this.#held[i] = sample;
    }
    this.#ignored = false;
    this.#isLead = true;
  }

  #open(): Recognition {
    const { languages, vocabulary, endOfTurnSilenceMs, provider } = this.#settings;
    this.#openings += 1;
    const opening = this.#openings;
    const isCurrent = () => !this.#closed && opening === this.#openings;
    return this.#options.recognizerFor(provider).open({
      rateHz: this.#ring.rateHz,
      languages,
      vocabulary,
      endOfTurnSilenceMs,
      onTranscript: (transcript) => {
        if (isCurrent()) this.#understand(transcript);
      },
      onFailure: (reason) => {
        if (isCurrent()) this.#tell({ kind: 'failed', reason });
      },
    });
  }

  #begin(): void {
    this.#pausing = false;
    this.#transcripts.begin();
    this.#recognition.startTurn();
  }

  #end(noise: boolean, nowMs: number): void {
    if (noise) this.#detector.misheard();
    this.#transcripts.end(noise, nowMs);
    this.#recognition.endTurn();
  }

  #understand(transcript: Transcript): void {
    const text = this.#transcripts.receive(transcript);
    if (text === undefined) return;
    if (transcript.isFinal && text === '') this.#detector.misheard();
    if (this.#options.rules.endOfTurn === 'punctuation' && this.#pausing) {
      this.#detector.waitFor(looksComplete(text) ? COMPLETE_PATIENCE : INCOMPLETE_PATIENCE);
    }
  }

  #tell(event: HearingEvent): void {
    this.#options.onEvent(event);
  }
}

const FULL_SCALE = 32_768;
/** Of the silence that ends a turn: 500 ms and a second of 700 ms. */
const COMPLETE_PATIENCE = 0.7;
const INCOMPLETE_PATIENCE = 1.45;
