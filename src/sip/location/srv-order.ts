import type { SrvRecord } from './dns-record.ts';

/**
 * The order in which servers are tried: lowest priority first; those of one priority drawn by their weights.
 *
 * @see RFC 2782, "The format of the SRV RR"
 */
export function srvOrder(records: readonly SrvRecord[], random: () => number): SrvRecord[] {
  const priorities = [...new Set(records.map(({ priority }) => priority))].sort((a, b) => a - b);
  return priorities.flatMap((wanted) =>
    draw(
      records.filter(({ priority }) => priority === wanted),
      random,
    ),
  );
}

function draw(records: readonly SrvRecord[], random: () => number): SrvRecord[] {
  // "To select a target … all those with weight 0 are placed at the beginning": they have a small chance.
  const left = [...records].sort((a, b) => Number(a.weight > 0) - Number(b.weight > 0));
  const drawn: SrvRecord[] = [];
  while (left.length > 0) {
    const total = left.reduce((sum, { weight }) => sum + weight, 0);
    const mark = random() * total;
    let sum = 0;
    const at = left.findIndex(({ weight }) => {
      sum += weight;
      return sum >= mark;
    });
    drawn.push(...left.splice(Math.max(0, at), 1));
  }
  return drawn;
}
