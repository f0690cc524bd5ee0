/** What the hash of an app's URL says of trying again: `#rc=<times>&rp=<cases>`, and of times: `ct`, `rt`. */
export interface RetryPolicy {
  /** Further attempts after the first. */
  readonly retries: number;
  readonly cases: ReadonlySet<RetryCase>;
  readonly connectTimeoutMs: number | undefined;
  readonly responseTimeoutMs: number | undefined;
}

/** Not connected, no answer in time, a status of that class, anything. */
export type RetryCase = 'ct' | 'rt' | '4xx' | '5xx' | 'all';

/** `url` comes back without its hash: no server is to see it. */
export function parseRetryPolicy(url: string, defaultRetries: number): { url: string; policy: RetryPolicy } {
  const [plain = '', hash = ''] = url.split('#', 2);
  const fields = new URLSearchParams(hash);
  const cases = (fields.get('rp') ?? '').split(',').filter((name) => isCase(name));
  const policy = {
    retries: wholeIn(fields, 'rc', MOST_RETRIES) ?? defaultRetries,
    cases: new Set<RetryCase>(cases.length > 0 ? cases : ['ct']),
    connectTimeoutMs: wholeIn(fields, 'ct', LONGEST_TIMEOUT_MS),
    responseTimeoutMs: wholeIn(fields, 'rt', LONGEST_TIMEOUT_MS),
  };
  return { url: plain, policy };
}

export function isRetried(policy: RetryPolicy, found: RetryCase | number): boolean {
  if (policy.cases.has('all')) return true;
  if (typeof found !== 'number') return policy.cases.has(found);
  return policy.cases.has(found >= 500 ? '5xx' : '4xx');
}

function wholeIn(fields: URLSearchParams, name: string, most: number): number | undefined {
  const value = fields.get(name);
  return value !== null && /^\d{1,6}$/.test(value) ? Math.min(most, Number(value)) : undefined;
}

function isCase(name: string): name is RetryCase {
  return ['ct', 'rt', '4xx', '5xx', 'all'].includes(name);
}

const MOST_RETRIES = 5;
const LONGEST_TIMEOUT_MS = 60_000;
