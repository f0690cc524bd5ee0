/** The generator of calls in `shared/tools/callgen`, compiled and run. Linux with gcc only. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

/** Makes `callgen` or `agentd` in the folder, and gives its path. */
export function compileTool(sources: string, tool: 'callgen' | 'agentd', folder: string): string {
  const path = join(folder, tool);
  execFileSync('gcc', ['-O2', '-std=gnu11', '-o', path, join(sources, `${tool}.c`), '-lm'], {
    stdio: 'inherit',
  });
  return path;
}

/** The parts of what `callgen` prints that are used here; its README tells what they mean. */
export interface CallgenReport {
  readonly answered: number;
  readonly failed: number;
  readonly rtp_rate_ratio: number;
  readonly rx_delta_us: CallgenQuantiles;
  readonly rx_delay_variation_us: CallgenQuantiles;
  readonly marker_round_trip_us?: CallgenQuantiles;
  readonly tx_delta_us: CallgenQuantiles;
  readonly servers: readonly { readonly cpu_ms_per_call_s: number }[];
  readonly machine: { readonly busy_by_others_cores: number };
}

interface CallgenQuantiles {
  readonly p50: number;
  readonly p99: number;
  readonly p99_9: number;
  readonly max: number;
}

export async function runCallgen(path: string, parameters: readonly string[]): Promise<CallgenReport> {
  const child = spawn(path, parameters, { stdio: ['ignore', 'pipe', 'inherit'] });
  const [output] = await Promise.all([text(child.stdout), once(child, 'close')]);
  return JSON.parse(output.replaceAll('-nan', '0'));
}
