/** What a session speaks with, listens with and does in between, as `config` changes it. */
import type { VoiceChoice } from '../../speech/script.ts';
import type {
  BargeInConfig,
  ConfigVerb,
  DelayAction,
  FillerNoise,
  RecognizerChoice,
  SynthesizerChoice,
} from './vocabulary/verbs.ts';

/** jambonz's names of vendors to those of `speech.providers` and `speech.voices`. */
export type VendorNames = Readonly<Record<string, string>>;

export interface SettingsDefaults {
  readonly synthesizer: SynthesizerChoice;
  readonly recognizer: RecognizerChoice;
  readonly vendors: VendorNames;
}

export class SessionSettings {
  readonly #defaults: SettingsDefaults;
  synthesizer: SynthesizerChoice;
  recognizer: RecognizerChoice;
  bargeIn: BargeInConfig | undefined;
  delayAction: DelayAction | undefined;
  fillerNoise: FillerNoise | undefined;
  notifyEvents = false;
  earlyMedia = false;
  /** `say` without a text of its own speaks what `tts:tokens` brings. */
  ttsStream = false;

  constructor(defaults: SettingsDefaults) {
    this.#defaults = defaults;
    this.synthesizer = defaults.synthesizer;
    this.recognizer = defaults.recognizer;
  }

  /** All of `config` that is but remembered. */
  change(config: ConfigVerb): void {
    for (const name of config.reset) this.#reset(name);
    this.synthesizer = config.synthesizer ?? this.synthesizer;
    this.recognizer = config.recognizer ?? this.recognizer;
    this.bargeIn = config.bargeIn ?? this.bargeIn;
    this.delayAction = config.delayAction ?? this.delayAction;
    this.fillerNoise = config.fillerNoise ?? this.fillerNoise;
    this.notifyEvents = config.notifyEvents ?? this.notifyEvents;
    this.earlyMedia = config.earlyMedia ?? this.earlyMedia;
    this.ttsStream = config.ttsStream?.enable ?? this.ttsStream;
    if (config.ttsStream !== undefined)
      this.synthesizer = merged(config.ttsStream.synthesizer, this.synthesizer);
  }

  voiceFor(asked: SynthesizerChoice): VoiceChoice {
    const { vendor, language, voice } = merged(asked, this.synthesizer);
    return { provider: this.#named(vendor), language, voice };
  }

  recognizerFor(asked: RecognizerChoice): {
    provider: string | undefined;
    languages: readonly string[];
    vocabulary: readonly string[];
  } {
    const { vendor, languages, hints } = this.recognizer;
    return {
      provider: this.#named(asked.vendor ?? vendor),
      languages: asked.languages.length > 0 ? asked.languages : languages,
      vocabulary: [...hints, ...asked.hints],
    };
  }

  #reset(name: string): void {
    if (name === 'synthesizer') this.synthesizer = this.#defaults.synthesizer;
    else if (name === 'recognizer') this.recognizer = this.#defaults.recognizer;
    else if (name === 'bargeIn') this.bargeIn = undefined;
    else if (name === 'actionHookDelayAction') this.delayAction = undefined;
    else if (name === 'fillerNoise') this.fillerNoise = undefined;
  }

  #named(vendor: string | undefined): string | undefined {
    const { vendors } = this.#defaults;
    // An app may write what every object has, as `constructor`.
    return vendor !== undefined && Object.hasOwn(vendors, vendor) ? vendors[vendor] : vendor;
  }
}

/** A voice belongs to its vendor: who names another vendor does not mean the session's voice. */
function merged(asked: SynthesizerChoice, session: SynthesizerChoice): SynthesizerChoice {
  const vendor = asked.vendor ?? session.vendor;
  const isSame = vendor === session.vendor;
  return {
    vendor,
    language: asked.language ?? session.language,
    voice: asked.voice ?? (isSame && asked.language === undefined ? session.voice : undefined),
  };
}
