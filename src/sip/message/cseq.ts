/** CSeq, and RAck which repeats one (RFC 3261 section 20.16, RFC 3262 section 7.2). */
import { isToken, parseDecimal } from './grammar.ts';

export interface CSeq {
  readonly sequence: number;
  readonly method: string;
}

/** Undefined: malformed, or a number that does not fit. */
export function parseCSeq(value: string): CSeq | undefined {
  const match = cseqPattern.exec(value);
  if (match === null || !isToken(match[2]!)) return undefined;
  const sequence = parseDecimal(match[1]!, MAX_CSEQ);
  return sequence === undefined ? undefined : { sequence, method: match[2]! };
}

function serializeCSeq({ sequence, method }: CSeq): string {
  return `${sequence} ${method}`;
}

export interface RAck {
  /** The RSeq of the response that is acknowledged. */
  readonly responseSequence: number;
  /** The CSeq of the request it answered. */
  readonly cseq: CSeq;
}

export function parseRAck(value: string): RAck | undefined {
  const match = rackPattern.exec(value);
  const responseSequence = match === null ? undefined : parseRSeq(match[1]!);
  const cseq = match === null ? undefined : parseCSeq(match[2]!);
  return responseSequence === undefined || cseq === undefined ? undefined : { responseSequence, cseq };
}

export function serializeRAck({ responseSequence, cseq }: RAck): string {
  return `${responseSequence} ${serializeCSeq(cseq)}`;
}

/** RSeq: 1 to 2^32 - 1 (RFC 3262 section 7.1). */
export function parseRSeq(value: string): number | undefined {
  const sequence = parseDecimal(value.trim(), 0xffff_ffff);
  return sequence === 0 ? undefined : sequence;
}

const cseqPattern = /^[ \t]*(\d+)[ \t]+(\S+)[ \t]*$/;
const rackPattern = /^[ \t]*(\d+)[ \t]+(.*)$/;

/** "The sequence number MUST be less than 2**31" (RFC 3261 section 8.1.1.5). */
const MAX_CSEQ = 0x7fff_ffff;
