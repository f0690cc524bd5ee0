/**
 * Whether a message makes sense as a whole (RFC 3261 sections 8.1.1 and 8.2, the judgements of RFC 4475). Strict where
 * a wrong guess would send something to the wrong place; what carriers get wrong without harm is let pass.
 */
import { parseCSeq, parseRAck } from './cseq.ts';
import { parseDecimal, splitList } from './grammar.ts';
import { canonicalHeaderName } from './header-name.ts';
import type { SipMessage } from './message.ts';
import { parseNameAddress } from './name-address.ts';
import type { MessageRefusal } from './refusal.ts';
import { parseReplaces } from './replaces.ts';
import { parseMinSe, parseSessionExpires } from './session-timer.ts';
import { parseUri } from './uri.ts';
import { parseVia } from './via.ts';

/** The first reason to refuse the message, or undefined. */
export function findFault(message: SipMessage): MessageRefusal | undefined {
  const isRequest = message.kind === 'request';
  if (isRequest) {
    const fault = requestUriFault(message.requestUri);
    if (fault !== undefined) return fault;
  }
  let seen = 0;
  for (const { name, value } of message.headers) {
    const rule = ruleByName.get(name) ?? ruleByName.get(canonicalHeaderName(name));
    if (rule === undefined || !(isRequest || rule.inResponses)) continue;
    if (rule.isSingle && (seen & rule.bit) !== 0) return 'duplicate-header';
    const fault = rule.faultOf(value, message);
    if (fault !== undefined) return fault;
    if (!isRequest && rule.bit === VIA_BIT && (seen & VIA_BIT) !== 0) return 'several-vias';
    seen |= rule.bit;
  }
  return (seen & MANDATORY_BITS) === MANDATORY_BITS ? undefined : 'missing-header';
}

function requestUriFault(text: string): MessageRefusal | undefined {
  const uri = parseUri(text);
  if (uri === undefined) return 'bad-request-uri';
  if (uri.kind === 'other') return 'unsupported-uri-scheme';
  // "It is illegal for headers to be present in the Request-URI" (RFC 3261 section 19.1.1).
  return uri.kind === 'sip' && uri.headers !== undefined ? 'request-uri-headers' : undefined;
}

interface Rule {
  readonly name: string;
  readonly isMandatory?: true;
  /** May stand once. */
  readonly isSingle?: true;
  /** Looked at in responses too: without it there is no telling what they answer. */
  readonly inResponses?: true;
  readonly faultOf: (value: string, message: SipMessage) => MessageRefusal | undefined;
}

function viaFault(value: string, message: SipMessage): MessageRefusal | undefined {
  const hops = parseVia(value);
  if (hops === undefined) return 'bad-via';
  if (hops.some((hop) => hop.protocol !== 'SIP/2.0')) return 'unsupported-version';
  // "If more than one Via header field value is present in a response, the UAC SHOULD discard the message."
  return message.kind === 'response' && hops.length > 1 ? 'several-vias' : undefined;
}

function addressFault(value: string): MessageRefusal | undefined {
  return parseNameAddress(value) === undefined ? 'bad-address' : undefined;
}

function addressListFault(value: string): MessageRefusal | undefined {
  if (!value.includes(',')) return value === '*' || value === '' ? undefined : addressFault(value);
  return splitList(value).every((element) => parseNameAddress(element) !== undefined)
    ? undefined
    : 'bad-address';
}

function cseqFault(value: string, message: SipMessage): MessageRefusal | undefined {
  const cseq = parseCSeq(value);
  if (cseq === undefined) return 'bad-cseq';
  return message.kind === 'request' && cseq.method !== message.method ? 'cseq-method-mismatch' : undefined;
}

function valueFault(parse: (value: string) => unknown): (value: string) => MessageRefusal | undefined {
  return (value) => (parse(value) === undefined ? 'bad-header-value' : undefined);
}

const nothing = (): undefined => undefined;

const rules: readonly Rule[] = [
  { name: 'Via', isMandatory: true, inResponses: true, faultOf: viaFault },
  { name: 'From', isMandatory: true, isSingle: true, inResponses: true, faultOf: addressFault },
  { name: 'To', isMandatory: true, isSingle: true, inResponses: true, faultOf: addressFault },
  {
    name: 'Call-ID',
    isMandatory: true,
    isSingle: true,
    inResponses: true,
    faultOf: (value) => (value === '' ? 'bad-call-id' : undefined),
  },
  { name: 'CSeq', isMandatory: true, isSingle: true, inResponses: true, faultOf: cseqFault },
  {
    name: 'Max-Forwards',
    isSingle: true,
    faultOf: (value) => (parseDecimal(value, 255) === undefined ? 'bad-max-forwards' : undefined),
  },
  { name: 'Contact', faultOf: addressListFault },
  { name: 'Route', faultOf: addressListFault },
  { name: 'Record-Route', faultOf: addressListFault },
  { name: 'Content-Type', isSingle: true, faultOf: nothing },
  { name: 'Expires', isSingle: true, faultOf: nothing },
  {
    name: 'Date',
    isSingle: true,
    // "SIP restricts the time zone in SIP-date to GMT" (RFC 3261 section 20.17).
    faultOf: (value) => (/ GMT$/i.test(value) ? undefined : 'bad-date'),
  },
  { name: 'Refer-To', isSingle: true, faultOf: addressFault },
  { name: 'Replaces', isSingle: true, faultOf: valueFault(parseReplaces) },
  { name: 'RAck', isSingle: true, faultOf: valueFault(parseRAck) },
  { name: 'Session-Expires', isSingle: true, faultOf: valueFault(parseSessionExpires) },
  { name: 'Min-SE', isSingle: true, faultOf: valueFault(parseMinSe) },
  { name: 'Event', isSingle: true, faultOf: nothing },
];

/** By the name as nearly everybody writes it, and by the canonical one for everybody else. */
const ruleByName: ReadonlyMap<string, Rule & { readonly bit: number }> = new Map(
  rules.flatMap((rule, index) => {
    const numbered = { ...rule, bit: 1 << index };
    return [
      [rule.name, numbered],
      [canonicalHeaderName(rule.name), numbered],
    ] as const;
  }),
);

const VIA_BIT = 1;
const MANDATORY_BITS: number = rules.reduce(
  (bits, rule, index) => (rule.isMandatory ? bits | (1 << index) : bits),
  0,
);
