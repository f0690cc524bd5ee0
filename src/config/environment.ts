/** The keys that may also be set by environment variables, which come before the file. */
export interface Override {
  readonly variable: string;
  /** `*` stands for each entry of a list. */
  readonly path: readonly string[];
  /** Of such a list, the entries meant; absent: all. */
  readonly transports?: readonly string[];
}

export const overrides: readonly Override[] = [
  { variable: 'PATCHBAY_SIP_ADDRESS', path: ['sip', 'listen', '*', 'address'] },
  { variable: 'PATCHBAY_SIP_PORT', path: ['sip', 'listen', '*', 'port'], transports: ['udp', 'tcp'] },
  { variable: 'PATCHBAY_SIP_TLS_PORT', path: ['sip', 'listen', '*', 'port'], transports: ['tls'] },
  { variable: 'PATCHBAY_SIP_PUBLIC_ADDRESS', path: ['sip', 'publicAddress'] },
  { variable: 'PATCHBAY_MEDIA_ADDRESS', path: ['media', 'address'] },
  { variable: 'PATCHBAY_MEDIA_PUBLIC_ADDRESS', path: ['media', 'publicAddress'] },
  { variable: 'PATCHBAY_MEDIA_PORT_MIN', path: ['media', 'portMin'] },
  { variable: 'PATCHBAY_MEDIA_PORT_MAX', path: ['media', 'portMax'] },
  { variable: 'PATCHBAY_MEDIA_WORKERS', path: ['media', 'workers'] },
  { variable: 'PATCHBAY_ADMIN_ADDRESS', path: ['admin', 'address'] },
  { variable: 'PATCHBAY_ADMIN_PORT', path: ['admin', 'port'] },
  { variable: 'PATCHBAY_API_ADDRESS', path: ['api', 'address'] },
  { variable: 'PATCHBAY_API_PORT', path: ['api', 'port'] },
  { variable: 'PATCHBAY_LOG_LEVEL', path: ['log', 'level'] },
  { variable: 'PATCHBAY_MAX_CALLS', path: ['limits', 'maxCalls'] },
];

type Tree = Record<string, unknown>;

interface Entry {
  readonly value: string | number;
  readonly transports: readonly string[] | undefined;
}

/** Sets what `environment` overrides in `raw`; tells which variable stands behind a key. */
export function applyEnvironment(
  raw: Tree,
  environment: Readonly<Record<string, string | undefined>>,
): Map<string, string> {
  const origins = new Map<string, string>();
  for (const { variable, path, transports } of overrides) {
    const value = environment[variable];
    if (value === undefined || value === '') continue;
    const entry = { value: /^\d+$/.test(value) ? Number(value) : value, transports };
    for (const key of setAll(raw, path, entry)) origins.set(key, variable);
  }
  return origins;
}

/** Returns the key paths that were set; none where the file has something else in the way: its own mistake. */
function setAll(raw: Tree, path: readonly string[], entry: Entry): string[] {
  const [head = '', ...rest] = path;
  if (rest.length === 0) {
    raw[head] = entry.value;
    return [head];
  }
  raw[head] ??= rest[0] === '*' ? [{ transport: 'udp' }, { transport: 'tcp' }] : {};
  const child = raw[head];
  if (rest[0] !== '*') return isTree(child) ? setAll(child, rest, entry).map((key) => `${head}.${key}`) : [];
  if (!Array.isArray(child)) return [];
  return child.flatMap((item: unknown, index) => {
    if (!isTree(item) || entry.transports?.includes(String(item['transport'])) === false) return [];
    return setAll(item, rest.slice(1), entry).map((key) => `${head}[${index}].${key}`);
  });
}

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
