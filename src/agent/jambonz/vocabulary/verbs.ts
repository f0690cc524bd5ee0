/** jambonz verbs as they are understood here: read, with defaults filled in and every time in milliseconds. */
import type { DubVerb } from '../../dub/dub-verb.ts';

/** Where an app wants to be asked or told: over its own WebSocket by name, or by HTTP. */
export interface Hook {
  /** As the app wrote it: it comes back as the name of the message. */
  readonly url: string;
  readonly method: 'GET' | 'POST';
  readonly username?: string | undefined;
  readonly password?: string | undefined;
}

/** What is absent or "default" is the session's. */
export interface SynthesizerChoice {
  readonly vendor?: string | undefined;
  readonly language?: string | undefined;
  readonly voice?: string | undefined;
  /** Speaks where this one fails. */
  readonly fallback?: SynthesizerChoice | undefined;
}

export interface RecognizerChoice {
  readonly vendor?: string | undefined;
  /** At most four; empty: the session's. */
  readonly languages: readonly string[];
  readonly hints: readonly string[];
}

export interface DelayAction {
  readonly enabled: boolean;
  readonly noResponseTimeoutMs: number;
  /** Undefined: as long as the app may take to answer. */
  readonly giveUpTimeoutMs: number | undefined;
  readonly retries: number;
  /** Taken in turn, from the first again after the last. */
  readonly actions: readonly (SayVerb | PlayVerb)[];
  readonly giveUpActions: readonly Verb[];
}

export interface FillerNoise {
  readonly enable: boolean;
  readonly url: string | undefined;
  readonly startDelayMs: number;
}

interface Identified {
  /** Comes back with what is told of the verb. */
  readonly id?: string | undefined;
}

interface AnswerVerb extends Identified {
  readonly verb: 'answer';
}

export interface SayVerb extends Identified {
  readonly verb: 'say';
  /** Spoken one after the other. */
  readonly texts: readonly string[];
  /** Infinity: until something else comes. */
  readonly loop: number;
  readonly synthesizer: SynthesizerChoice;
  /** The text comes by the command `tts:tokens`. */
  readonly stream: boolean;
  readonly earlyMedia: boolean;
}

export interface PlayVerb extends Identified {
  readonly verb: 'play';
  readonly urls: readonly string[];
  readonly loop: number;
  readonly earlyMedia: boolean;
  readonly seekOffsetMs: number;
  readonly timeoutMs: number | undefined;
  readonly actionHook: Hook | undefined;
}

export interface PauseVerb extends Identified {
  readonly verb: 'pause';
  readonly lengthMs: number;
}

export interface GatherVerb extends Identified {
  readonly verb: 'gather';
  readonly actionHook: Hook | undefined;
  readonly digits: boolean;
  readonly speech: boolean;
  readonly minDigits: number;
  readonly maxDigits: number;
  readonly finishOnKey: string | undefined;
  /** After the prompt; 0: for ever. */
  readonly timeoutMs: number;
  readonly interDigitTimeoutMs: number | undefined;
  readonly speechTimeoutMs: number | undefined;
  readonly prompt: SayVerb | PlayVerb | undefined;
  readonly bargein: boolean;
  readonly dtmfBargein: boolean;
  readonly minBargeinWordCount: number;
  readonly listenDuringPrompt: boolean;
  readonly partialResultHook: Hook | undefined;
  readonly recognizer: RecognizerChoice;
  readonly delayAction: DelayAction | undefined;
  readonly fillerNoise: FillerNoise | undefined;
}

export interface DialTarget {
  readonly type: 'phone' | 'sip' | 'user';
  /** A number or a SIP URI. */
  readonly to: string;
  readonly trunk: string | undefined;
  /** Who calls it, in place of the verb's `callerId`. */
  readonly from: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly auth: { readonly username: string; readonly password: string } | undefined;
}

export interface DialVerb extends Identified {
  readonly verb: 'dial';
  readonly targets: readonly DialTarget[];
  readonly actionHook: Hook | undefined;
  readonly callerId: string | undefined;
  readonly callerName: string | undefined;
  readonly timeoutMs: number;
  readonly timeLimitMs: number | undefined;
  readonly answerOnBridge: boolean;
  readonly headers: Readonly<Record<string, string>>;
  readonly dialMusic: string | undefined;
  /** Linear, of what the one who is called hears of the caller. */
  readonly boost: number | undefined;
  /** Heard by the one who is called. */
  readonly dub: readonly DubVerb[];
  readonly listen: ListenVerb | undefined;
  readonly dtmfHook: Hook | undefined;
  /** Sequences of keys, by who presses them. */
  readonly dtmfCapture: { readonly caller: readonly string[]; readonly callee: readonly string[] };
}

export interface ReferVerb extends Identified {
  readonly verb: 'sip:refer';
  readonly referTo: string;
  readonly referredBy: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly actionHook: Hook | undefined;
  readonly eventHook: Hook | undefined;
}

export interface DeclineVerb extends Identified {
  readonly verb: 'sip:decline';
  readonly status: number;
  readonly reason: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
}

interface HangupVerb extends Identified {
  readonly verb: 'hangup';
  readonly headers: Readonly<Record<string, string>>;
}

export interface RedirectVerb extends Identified {
  readonly verb: 'redirect';
  readonly actionHook: Hook;
  readonly statusHook: Hook | undefined;
}

export interface ListenVerb extends Identified {
  readonly verb: 'listen';
  readonly url: string;
  readonly rateHz: 8000 | 16000 | 24000 | 48000;
  readonly mixType: 'mono' | 'mixed' | 'stereo';
  readonly speaks: boolean;
  /** Binary audio comes back, instead of `playAudio`. */
  readonly streaming: boolean;
  /** Of the audio that comes back. */
  readonly speaksRateHz: 8000 | 16000 | 24000 | 48000;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly auth: { readonly username: string; readonly password: string } | undefined;
  readonly actionHook: Hook | undefined;
  readonly passDtmf: boolean;
  readonly finishOnKey: string;
  readonly maxLengthMs: number | undefined;
  readonly earlyMedia: boolean;
}

export interface ConfigVerb extends Identified {
  readonly verb: 'config';
  readonly synthesizer: SynthesizerChoice | undefined;
  readonly recognizer: RecognizerChoice | undefined;
  readonly bargeIn: BargeInConfig | undefined;
  /** `undefined` to stop what runs in the background. */
  readonly listen: { readonly enable: boolean; readonly verb: ListenVerb | undefined } | undefined;
  readonly notifyEvents: boolean | undefined;
  readonly delayAction: DelayAction | undefined;
  readonly fillerNoise: FillerNoise | undefined;
  readonly ttsStream: { readonly enable: boolean; readonly synthesizer: SynthesizerChoice } | undefined;
  readonly earlyMedia: boolean | undefined;
  /** Linear, of the main signal. */
  readonly boost: number | undefined;
  readonly reset: readonly string[];
}

export interface BargeInConfig {
  readonly enable: boolean;
  readonly sticky: boolean;
  readonly digits: boolean;
  readonly speech: boolean;
  readonly actionHook: Hook | undefined;
  readonly minBargeinWordCount: number;
}

interface DubbingVerb extends Identified {
  readonly verb: 'dub';
  readonly dub: DubVerb;
}

export interface DtmfVerb extends Identified {
  readonly verb: 'dtmf';
  readonly dtmf: string;
  readonly durationMs: number;
}

interface TagVerb extends Identified {
  readonly verb: 'tag';
  readonly data: Readonly<Record<string, unknown>>;
}

export type Verb =
  | AnswerVerb
  | SayVerb
  | PlayVerb
  | PauseVerb
  | GatherVerb
  | DialVerb
  | ReferVerb
  | DeclineVerb
  | HangupVerb
  | RedirectVerb
  | ListenVerb
  | ConfigVerb
  | DubbingVerb
  | DtmfVerb
  | TagVerb;
