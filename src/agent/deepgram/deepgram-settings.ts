import type { WireAudio } from '../../audio/agent-line.ts';
import type { LineCall } from '../voice-agent/line-protocol.ts';

export interface DeepgramLineSettings {
  /** As Deepgram's `Settings` message has it; `type` and `audio` are ours. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** `as-the-phone` spares conversions: what the phone speaks goes through as it is. */
  readonly audio: 'as-the-phone' | 'mulaw' | 'alaw' | 'linear16';
}

export function wireAudioFor(audio: DeepgramLineSettings['audio'], codec: LineCall['codec']): WireAudio {
  const encoding = audio === 'as-the-phone' ? ENCODING_OF[codec] : audio;
  if (encoding === 'linear16') return { encoding: 'l16', rateHz: 16_000 };
  return { encoding: encoding === 'mulaw' ? 'pcmu' : 'pcma', rateHz: 8000 };
}

export function settingsMessage(
  { settings }: DeepgramLineSettings,
  { encoding, rateHz }: WireAudio,
): { readonly type: string; readonly [field: string]: unknown } {
  const format = { encoding: NAME_OF[encoding], sample_rate: rateHz };
  return {
    ...settings,
    type: 'Settings',
    audio: { input: format, output: { ...format, container: 'none' } },
  } as const;
}

const ENCODING_OF = { PCMU: 'mulaw', PCMA: 'alaw', G722: 'linear16' } as const;
const NAME_OF = { pcmu: 'mulaw', pcma: 'alaw', l16: 'linear16' } as const;
