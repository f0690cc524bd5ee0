/** The one line that a terminal shows while a call lasts. */
import type { Observation } from './observation.ts';

export function statusLine(observation: Observation, target: string, nowMs: number): string {
  const { calledMs, ringingMs, answeredMs, heard, stats, pressed } = observation;
  if (calledMs === undefined) return `preparing to call ${target}`;
  if (answeredMs === undefined) {
    const waited = clockTime(nowMs - calledMs);
    if (ringingMs !== undefined) return `ringing ${waited}  ${target}`;
    const hint = nowMs - calledMs > QUIET_AFTER_MS && !observation.responded ? '  (no response yet)' : '';
    return `calling ${waited}  ${target}${hint}`;
  }
  const parts = [
    `talking ${clockTime(nowMs - answeredMs)}`,
    `${levelBar(heard.meterDbfs)} ${heard.meterDbfs.toFixed(0).padStart(3)} dBFS`,
  ];
  if (pressed !== '') parts.push(`keys ${pressed}`);
  if (stats !== undefined && stats.inbound.lost > 0) parts.push(`${stats.inbound.lost} lost`);
  parts.push('Ctrl-C hangs up');
  return parts.join('   ');
}

/** Minutes and seconds. */
function clockTime(durationMs: number): string {
  const seconds = Math.floor(durationMs / 1000);
  return `${String(Math.floor(seconds / 60)).padStart(2, '0')}:${String(seconds % 60).padStart(2, '0')}`;
}

/** From -60 dBFS to full scale. */
function levelBar(levelDbfs: number): string {
  const share = Math.max(0, Math.min(1, 1 + levelDbfs / 60));
  const filled = Math.round(share * BAR_CELLS);
  return `[${'#'.repeat(filled)}${' '.repeat(BAR_CELLS - filled)}]`;
}

const BAR_CELLS = 24;
/** Retransmissions have been sent three times by then (RFC 3261 timer A). */
const QUIET_AFTER_MS = 4_000;
