import { performance } from 'node:perf_hooks';

/** Enough calls that their states do not all lie in the nearest cache, as in a busy process. */
export const CALLS = 500;

/**
 * Microseconds per 20 ms frame: the best of several rounds, each of `CALLS` frames many times over. The best,
 * because what disturbs a round only ever makes it slower.
 */
export function microsecondsPerFrame(processFrame: (call: number) => void): number {
  return bestRound(processFrame, () => performance.now() * 1000);
}

/** The same of processor time on all threads, the collection of garbage included: for work that leaves some. */
export function cpuMicrosecondsPerFrame(processFrame: (call: number) => void): number {
  return bestRound(processFrame, () => {
    const { user, system } = process.cpuUsage();
    return user + system;
  });
}

function bestRound(processFrame: (call: number) => void, nowMicroseconds: () => number): number {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const start = nowMicroseconds();
    for (let pass = 0; pass < PASSES; pass++) {
      for (let call = 0; call < CALLS; call++) processFrame(call);
    }
    best = Math.min(best, (nowMicroseconds() - start) / (PASSES * CALLS));
  }
  return best;
}

/** One line of a report: the figure, and how many times faster it is than what it is compared with. */
export function reportLine(name: string, microseconds: number, others: Record<string, number> = {}): void {
  const ratios = Object.entries(others).map(
    ([other, figure]) => `${(figure / microseconds).toFixed(1)} x ${other} (${figure.toFixed(2)})`,
  );
  process.stdout.write(`${name.padEnd(34)}${microseconds.toFixed(3).padStart(8)} us  ${ratios.join('  ')}\n`);
}

const ROUNDS = 12;
const PASSES = 20;
