/** The options of `patchbay call`, as the command line gives them, checked. */
import { InvalidArgumentError } from 'commander';
import { type AudioCodecName, sampleRateHz } from '../../sdp/negotiated.ts';
import type { SipUri } from '../../sip/message/uri.ts';
import type { DigitsBy } from './call-script.ts';
import { type CallTransport, parseTarget } from './destination.ts';

export interface CallOptions {
  readonly play?: string;
  readonly say?: string;
  readonly digits?: readonly string[];
  readonly digitGapMs: number;
  readonly digitsBy: DigitsBy;
  readonly record?: string;
  /** Seconds, as the next one. */
  readonly duration: number;
  readonly answerWithin: number;
  readonly transport?: CallTransport;
  readonly codec: readonly AudioCodecName[];
  readonly from: string;
  readonly localPort: number;
  readonly json?: boolean;
}

export function targetArgument(text: string): SipUri {
  const target = parseTarget(text);
  if (typeof target === 'string') throw new InvalidArgumentError(target);
  return target;
}

export function digitGroups(text: string): string[] {
  const groups = text.toUpperCase().split(',');
  if (groups.every((group) => /^[0-9*#A-D]+$/.test(group))) return groups;
  throw new InvalidArgumentError('Keys are 0-9 * # A-D, in groups with commas between: 2,0 or 1234#,1.');
}

export function codecList(text: string): AudioCodecName[] {
  const codecs = text.toUpperCase().split(',');
  if (codecs.every(isCodec) && new Set(codecs).size === codecs.length) return codecs;
  throw new InvalidArgumentError('Codecs are pcmu, pcma and g722: one, or some with commas between.');
}

function isCodec(text: string): text is AudioCodecName {
  return text === 'PCMU' || text === 'PCMA' || text === 'G722';
}

/** At which a call that may use these codecs is played to and recorded. */
export function widestRateHz(codecs: readonly AudioCodecName[]): number {
  return Math.max(...codecs.map(sampleRateHz));
}

/** For options that are a whole number in a range. */
export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
  };
}
