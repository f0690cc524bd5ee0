import { z } from 'zod';
import { parseDubVerb } from '../../dub/dub-verb.ts';
import { auth, boost, expected, flag, headers, hook, number, seconds, text } from './fields.ts';
import { listen } from './sound-schemas.ts';
import type { DeclineVerb, DialTarget, DialVerb, ReferVerb } from './verbs.ts';

/** jambonz asks the callee by verbs of its own; here nobody but the caller is served verbs. */
const NOT_CONFIRMED = { error: 'is not supported: nobody is asked before calls are joined' };
const MOST_TARGETS = 10;
const DEFAULT_TIMEOUT_MS = 60_000;

const target: z.ZodType<DialTarget, unknown> = z
  .object({
    type: z.enum(['phone', 'sip', 'user'], expected('phone, sip or user')),
    number: text().optional(),
    sipUri: text().optional(),
    name: text().optional(),
    trunk: text().optional(),
    from: z.object({ user: text().optional() }).optional(),
    overrideTo: text().optional(),
    headers: headers(),
    auth: auth.optional(),
    confirmHook: z.undefined(NOT_CONFIRMED).optional(),
  })
  .transform(({ type, number: dialled, sipUri, name, ...rest }, context) => {
    const to = { phone: dialled, sip: sipUri, user: name }[type];
    if (to === undefined || to.trim() === '') {
      const path = [{ phone: 'number', sip: 'sipUri', user: 'name' }[type]];
      context.addIssue({ code: 'custom', path, message: `expected of a target of type ${type}` });
      return z.NEVER;
    }
    const { trunk, headers: fields, auth: credentials, from, overrideTo } = rest;
    const own = type === 'phone' ? to.trim() : asUri(to.trim());
    return {
      type,
      to: overrideTo === undefined ? own : asAddress(overrideTo.trim()),
      trunk,
      from: from?.user,
      headers: fields,
      auth: credentials,
    };
  });

const keys = z.array(z.string().regex(/^[\d*#A-Da-d]+$/, expected('keys')));

const dub = z.unknown().transform((payload, context) => {
  const parsed = parseDubVerb(payload);
  if (parsed.ok) return parsed.value;
  context.addIssue({ code: 'custom', message: `expected a dub verb: ${parsed.reason}` });
  return z.NEVER;
});

export const dial: z.ZodType<DialVerb, unknown> = z
  .object({
    id: text().optional(),
    target: z.array(target, expected('a list of targets')).min(1).max(MOST_TARGETS),
    actionHook: hook.optional(),
    callerId: text().optional(),
    callerName: text().optional(),
    timeout: seconds(600).default(DEFAULT_TIMEOUT_MS),
    timeLimit: seconds(86_400).optional(),
    answerOnBridge: flag().default(false),
    headers: headers(),
    dialMusic: text().optional(),
    boostAudioSignal: boost.optional(),
    dub: z.array(dub, expected('a list of dub verbs')).default([]),
    listen: listen.optional(),
    stream: listen.optional(),
    dtmfHook: hook.optional(),
    dtmfCapture: z
      .union(
        [
          keys.transform((all) => ({ caller: all, callee: all })),
          z
            .object({ parentCall: keys.default([]), childCall: keys.default([]) })
            .transform(({ parentCall, childCall }) => ({ caller: parentCall, callee: childCall })),
        ],
        expected('a list of keys, or parentCall and childCall'),
      )
      .default({ caller: [], callee: [] }),
    confirmHook: z.undefined(NOT_CONFIRMED).optional(),
  })
  .transform((fields) => ({
    verb: 'dial',
    id: fields.id,
    targets: fields.target,
    actionHook: fields.actionHook,
    callerId: fields.callerId,
    callerName: fields.callerName,
    timeoutMs: fields.timeout,
    timeLimitMs: fields.timeLimit,
    answerOnBridge: fields.answerOnBridge,
    headers: fields.headers,
    dialMusic: fields.dialMusic,
    boost: fields.boostAudioSignal,
    dub: fields.dub,
    listen: fields.listen ?? fields.stream,
    dtmfHook: fields.dtmfHook,
    dtmfCapture: fields.dtmfCapture,
  }));

export const refer: z.ZodType<ReferVerb, unknown> = z
  .object({
    id: text().optional(),
    referTo: text().min(1),
    referredBy: text().optional(),
    headers: headers(),
    actionHook: hook.optional(),
    eventHook: hook.optional(),
  })
  .transform((fields) => ({
    verb: 'sip:refer',
    id: fields.id,
    referTo: fields.referTo,
    referredBy: fields.referredBy,
    headers: fields.headers,
    actionHook: fields.actionHook,
    eventHook: fields.eventHook,
  }));

export const decline: z.ZodType<DeclineVerb, unknown> = z
  .object({ id: text().optional(), status: number(300, 699), reason: text().optional(), headers: headers() })
  .transform((fields) => ({
    verb: 'sip:decline',
    id: fields.id,
    status: Math.trunc(fields.status),
    reason: fields.reason,
    headers: fields.headers,
  }));

function asUri(to: string): string {
  return /^sips?:/i.test(to) ? to : `sip:${to}`;
}

/** Says itself what it is. */
function asAddress(to: string): string {
  return /^\+?\d+$/.test(to) ? to : asUri(to);
}
