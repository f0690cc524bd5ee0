/** Tells people what is wrong with their configuration: where, what was found, and what was expected. */
import { z } from 'zod';

export interface Mistake {
  /** From the root to the key at fault. */
  readonly path: readonly (string | number)[];
  /** What follows the key: one sentence. */
  readonly text: string;
}

/** The checked value, or every mistake in it. */
export function check<Value>(
  schema: z.ZodType<Value>,
  raw: unknown,
): { value: Value } | { mistakes: Mistake[] } {
  const knownKeys = new Map<string, readonly string[]>();
  const parsed = schema.safeParse(raw, {
    error: (issue) => {
      if (issue.code === 'unrecognized_keys' && issue.inst instanceof z.ZodObject)
        knownKeys.set(keyPath(issue.path ?? []), Object.keys(issue.inst.shape));
      return expectation(issue);
    },
  });
  if (parsed.success) return { value: parsed.data };
  const mistakes = parsed.error.issues.flatMap((issue): Mistake[] => {
    const path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part));
    if (issue.code !== 'unrecognized_keys')
      return [{ path, text: foundAndExpected(raw, path, issue.message) }];
    const known = knownKeys.get(keyPath(path)) ?? [];
    return issue.keys.map((key) => ({ path: [...path, key], text: `unknown key${didYouMean(key, known)}` }));
  });
  return { mistakes };
}

/** Names of flows, and routes to them: what no single key can tell. */
export function checkFlows(raw: unknown): Mistake[] {
  const flows = valueAt(raw, ['flows']);
  const routes = valueAt(raw, ['routes']);
  const names = flows === undefined ? ['demo'] : Object.keys(isRecord(flows) ? flows : {});
  const misnamed = names
    .filter((name) => !FLOW_NAME.test(name))
    .map((name) => ({
      path: ['flows', name],
      text: 'expected a name of up to 64 letters, digits, ".", "_" or "-"',
    }));
  const lost = (Array.isArray(routes) ? routes : []).flatMap((route: unknown, index) => {
    const name = valueAt(route, ['flow']);
    if (typeof name !== 'string' || names.includes(name)) return [];
    return [
      {
        path: ['routes', index, 'flow'],
        text: `found ${JSON.stringify(name)}, expected the name of a flow${didYouMean(name, names)}`,
      },
    ];
  });
  return [...misnamed, ...lost];
}

/** Asterisks call flows that there are. */
export function checkAsterisk(raw: unknown): Mistake[] {
  const flows = valueAt(raw, ['flows']);
  const names = flows === undefined ? ['demo'] : Object.keys(isRecord(flows) ? flows : {});
  const listen = valueAt(raw, ['asteriskAudioSocket', 'listen']);
  return (Array.isArray(listen) ? listen : []).flatMap((entry: unknown, index) => {
    const path = ['asteriskAudioSocket', 'listen', index];
    const routes = valueAt(entry, ['routes']);
    const meant = [
      { path: [...path, 'flow'], name: valueAt(entry, ['flow']) },
      ...(Array.isArray(routes) ? routes : []).map((route: unknown, at) => ({
        path: [...path, 'routes', at, 'flow'],
        name: valueAt(route, ['flow']),
      })),
    ];
    return meant.flatMap((it) => {
      if (typeof it.name !== 'string' || names.includes(it.name)) return [];
      const found = `found ${JSON.stringify(it.name)}, expected the name of a flow`;
      return [{ path: it.path, text: `${found}${didYouMean(it.name, names)}` }];
    });
  });
}

/** Routes of calls of ours: each needs a trunk that such calls can go over. */
export function checkOutbound(raw: unknown): Mistake[] {
  const trunks = valueAt(raw, ['trunks']);
  const routes = valueAt(raw, ['outbound', 'routes']);
  const able = (Array.isArray(trunks) ? trunks : [])
    .filter((trunk: unknown) => valueAt(trunk, ['outbound']) !== undefined)
    .map((trunk: unknown) => String(valueAt(trunk, ['name'])));
  return (Array.isArray(routes) ? routes : []).flatMap((route: unknown, index) => {
    const name = valueAt(route, ['trunk']);
    if (typeof name !== 'string' || able.includes(name)) return [];
    return [
      {
        path: ['outbound', 'routes', index, 'trunk'],
        text: `found ${JSON.stringify(name)}, expected the name of a trunk with outbound${didYouMean(name, able)}`,
      },
    ];
  });
}

/** What the HTTP API knows flows by: each is one flow's alone, and tokens are for flows there are. */
export function checkApi(raw: unknown): Mistake[] {
  const flows = valueAt(raw, ['flows']);
  const entries =
    flows === undefined ? [['demo', {}] as const] : Object.entries(isRecord(flows) ? flows : {});
  const names = entries.map(([name]) => name);
  const known = new Set<unknown>(names);
  const taken = entries.flatMap(([name, flow]) => {
    const id = valueAt(flow, ['id']);
    if (typeof id !== 'string' || id === name) return [];
    const isTaken = known.has(id);
    known.add(id);
    return isTaken ? [{ path: ['flows', name, 'id'], text: 'another flow has this name or id' }] : [];
  });
  const tokens = valueAt(raw, ['api', 'tokens']);
  const lost = (Array.isArray(tokens) ? tokens : []).flatMap((token: unknown, index) => {
    const meant = valueAt(token, ['flows']);
    return (Array.isArray(meant) ? meant : []).flatMap((name: unknown, at) => {
      if (typeof name !== 'string' || names.includes(name)) return [];
      const text = `found ${JSON.stringify(name)}, expected the name of a flow${didYouMean(name, names)}`;
      return [{ path: ['api', 'tokens', index, 'flows', at], text }];
    });
  });
  return [...taken, ...lost];
}

export function keyPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    return text === '' ? String(part) : `${text}.${String(part)}`;
  }, '');
}

function foundAndExpected(raw: unknown, path: readonly (string | number)[], expected: string): string {
  const value = valueAt(raw, path);
  if (value === undefined) return `missing, expected ${expected}`;
  const isSecret = path.some((part) => SECRET_KEYS.has(String(part)));
  if (isSecret && !isRecord(value)) return `expected ${expected}`;
  return `found ${abridged(JSON.stringify(value))}, expected ${expected}`;
}

/** Messages the schema gives itself are expectations already; this words the rest. */
function expectation(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return TYPES[issue.expected] ?? issue.expected;
    case 'invalid_value':
      return issue.values.length === 1 ? String(issue.values[0]) : `one of ${issue.values.join(', ')}`;
    case 'invalid_union':
      return Array.isArray(issue['options']) ? `one of ${issue['options'].join(', ')}` : undefined;
    default:
      return undefined;
  }
}

function didYouMean(name: string, known: readonly string[]): string {
  const [nearest] = known
    .map((candidate) => ({ candidate, distance: editDistance(name.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ candidate, distance }) => distance <= Math.ceil(candidate.length / 3))
    .sort((a, b) => a.distance - b.distance);
  return nearest === undefined ? '' : `; did you mean "${nearest.candidate}"?`;
}

/** Levenshtein's: insertions, deletions and replacements. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const replaced = row[j - 1]! + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[to.length]!;
}

function valueAt(raw: unknown, path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>(
    (value, part) =>
      isRecord(value) || Array.isArray(value)
        ? Object.entries(value).find(([key]) => key === String(part))?.[1]
        : undefined,
    raw,
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function abridged(text: string): string {
  return text.length <= 80 ? text : `${text.slice(0, 77)}...`;
}

const TYPES: Readonly<Record<string, string>> = {
  string: 'text',
  boolean: 'true or false',
  object: 'a section of keys',
  record: 'a section of keys',
  array: 'a list',
};

const SECRET_KEYS: ReadonlySet<string> = new Set(['token', 'tokens', 'headers', 'key', 'password']);

const FLOW_NAME = /^[\w.-]{1,64}$/;
