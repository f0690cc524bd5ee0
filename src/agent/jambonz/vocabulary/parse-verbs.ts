/** An app's array of verbs. One that is not understood rejects the whole array, and names the field. */
import { z } from 'zod';
import { parseDubVerb } from '../../dub/dub-verb.ts';
import { decline, dial, refer } from './call-schemas.ts';
import { configSchema } from './config-schema.ts';
import { expected, headers, hook, number, text } from './fields.ts';
import { gatherSchema } from './gather-schema.ts';
import { listen, pause, play } from './sound-schemas.ts';
import { say } from './speech-schema.ts';
import type { VerbList } from './verb-list.ts';
import type { Verb } from './verbs.ts';

export type ParsedVerbs =
  | {
      readonly ok: true;
      readonly verbs: readonly Verb[];
      /** Fields that jambonz knows and that have no effect here, like `say.instructions`. */
      readonly ignored: readonly string[];
    }
  /** `details` is for the app: which verb, which field, and what was expected. */
  | { readonly ok: false; readonly details: string };

export function parseVerbs(payload: unknown): ParsedVerbs {
  if (!Array.isArray(payload)) return { ok: false, details: 'expected an array of verbs' };
  if (payload.length > MOST_VERBS) return { ok: false, details: `expected at most ${MOST_VERBS} verbs` };
  const verbs: Verb[] = [];
  const ignored: string[] = [];
  for (const [index, entry] of payload.entries()) {
    const named = nameOf(entry);
    if (named === undefined) return { ok: false, details: `[${index}]: expected an object with a verb` };
    const parsed = parseVerb(named.name, named.fields);
    if (!parsed.ok) return { ok: false, details: `[${index}] ${parsed.details}` };
    verbs.push(parsed.verb);
    for (const field of ineffective[parsed.verb.verb] ?? [])
      if (named.fields[field] !== undefined) ignored.push(`${parsed.verb.verb}.${field}`);
    if (parsed.verb.verb === 'dial') ignored.push(...ignoredOfTargets(named.fields['target']));
  }
  return { ok: true, verbs, ignored };
}

type ParsedVerb =
  | { readonly ok: true; readonly verb: Verb }
  | { readonly ok: false; readonly details: string };

type Fields = Readonly<Record<string, unknown>>;

/** One verb of that name, for arrays and for commands that are a verb's body. */
export function parseVerb(name: string, fields: Fields): ParsedVerb {
  const schema = schemas.get(name);
  if (schema === undefined)
    return { ok: false, details: `${name.slice(0, 40)}: expected one of ${[...schemas.keys()].join(', ')}` };
  const parsed = schema.safeParse(withoutNulls(fields));
  if (parsed.success) return { ok: true, verb: parsed.data };
  const [path, message] = firstMistake(parsed.error.issues);
  return { ok: false, details: `${[name, ...path].join('.')}: ${message}` };
}

/** `{ verb: 'say', ... }` and `{ say: { ... } }` are the same. */
function nameOf(entry: unknown): { name: string; fields: Fields } | undefined {
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) return undefined;
  const { verb, ...fields } = entry as Fields;
  if (typeof verb === 'string') return { name: verb, fields };
  const [only, ...others] = Object.entries(fields);
  if (verb !== undefined || only === undefined || others.length > 0) return undefined;
  const [name, body] = only;
  const isBody = typeof body === 'object' && body !== null && !Array.isArray(body);
  return isBody ? { name, fields: body as Fields } : undefined;
}

/** The mistake that is deepest inside, as the forms of a union each have theirs. */
function firstMistake(issues: readonly z.core.$ZodIssue[]): [path: string[], message: string] {
  const issue = issues[0]!;
  const path = issue.path.map(String);
  const inside =
    issue.code === 'invalid_union' ? issue.errors.filter((form) => (form[0]?.path.length ?? 0) > 0) : [];
  const [form] = inside;
  if (form === undefined) return [path, issue.message];
  const [deeper, message] = firstMistake(form);
  return [[...path, ...deeper], message];
}

function ignoredOfTargets(targets: unknown): string[] {
  const fields = Array.isArray(targets) ? targets.flatMap((target) => Object.keys(target)) : [];
  const found = new Set(fields.filter((field) => ['proxy', 'vmail'].includes(field)));
  return [...found].map((field) => `dial.target.${field}`);
}

function withoutNulls(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));
}

const verbList: VerbList = (allowed) =>
  z.array(z.unknown(), expected('a list of verbs')).transform((entries, context) => {
    const parsed = parseVerbs(entries);
    const details = parsed.ok
      ? parsed.verbs.some(({ verb }) => allowed !== 'any' && !allowed.includes(verb)) && `expected ${allowed}`
      : parsed.details;
    if (parsed.ok && details === false) return [...parsed.verbs];
    context.addIssue({ code: 'custom', message: String(details) });
    return z.NEVER;
  });

const id = text().optional();
const verbSchemas: Readonly<Record<Verb['verb'], z.ZodType<Verb, unknown>>> = {
  answer: z.object({ id }).transform((fields) => ({ verb: 'answer', id: fields.id })),
  say,
  play,
  pause,
  gather: gatherSchema(verbList),
  dial,
  'sip:refer': refer,
  'sip:decline': decline,
  hangup: z
    .object({ id, headers: headers() })
    .transform((fields) => ({ verb: 'hangup', id: fields.id, headers: fields.headers })),
  redirect: z.object({ id, actionHook: hook, statusHook: hook.optional() }).transform((fields) => ({
    verb: 'redirect',
    id: fields.id,
    actionHook: fields.actionHook,
    statusHook: fields.statusHook,
  })),
  config: configSchema(verbList),
  listen,
  dub: z.looseObject({}).transform((fields, context) => {
    const parsed = parseDubVerb({ ...fields, verb: 'dub' });
    if (parsed.ok) return { verb: 'dub', id: parsed.value.id, dub: parsed.value };
    context.addIssue({ code: 'custom', message: parsed.reason });
    return z.NEVER;
  }),
  dtmf: z
    .object({
      id,
      dtmf: z.string().regex(/^[\d*#A-Da-dwW]{1,100}$/, expected('up to 100 of 0-9, *, #, A-D and w')),
      duration: number(40, 5000).default(500),
    })
    .transform((fields) => ({
      verb: 'dtmf',
      id: fields.id,
      dtmf: fields.dtmf,
      durationMs: Math.round(fields.duration),
    })),
  tag: z
    .object({ id, data: z.record(z.string(), z.unknown(), expected('an object')) })
    .transform((fields) => ({ verb: 'tag', id: fields.id, data: fields.data })),
};

const schemas: ReadonlyMap<string, z.ZodType<Verb, unknown>> = new Map([
  ...Object.entries(verbSchemas),
  ['stream', listen],
  // As the older SDK writes them, which replaces one underscore of each name by a colon.
  ['sip_refer', refer],
  ['sip_decline', decline],
]);

const ineffective: Partial<Record<Verb['verb'], readonly string[]>> = {
  say: ['instructions', 'disableTtsCache', 'closeStreamOnEmpty'],
  dial: [
    'onHoldHook',
    'referHook',
    'anchorMedia',
    'codecs',
    'exitMediaPath',
    'transcribe',
    'amd',
    'tag',
    'proxy',
    'forwardPAI',
    'srtpEncryption',
  ],
  config: [
    'record',
    'transcribe',
    'amd',
    'vad',
    'notifySttLatency',
    'onHoldMusic',
    'sipRequestWithinDialogHook',
    'autoStreamTts',
    'referHook',
    'disableTtsCache',
    'trackTtsPlayout',
    'noiseIsolation',
    'turnTaking',
  ],
  listen: ['playBeep', 'transcribe', 'channel', 'timeout'],
  'sip:refer': ['referredByDisplayName'],
};
const MOST_VERBS = 200;
