import type { LogFields, Logger } from '../logger.ts';
import type { ListeningWorkerReport } from '../speech/listening-messages.ts';

type LogReport = Extract<ListeningWorkerReport, { kind: 'log' }>;

/** A logger of a thread that has none: its lines are written by the main thread. Fields must be plain data. */
export function reportingLogger(report: (line: LogReport) => void, bound: LogFields = {}): Logger {
  const at = (level: LogReport['level']) => (fields: LogFields, message: string) =>
    report({ kind: 'log', level, fields: { ...bound, ...fields }, message });
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (fields) => reportingLogger(report, { ...bound, ...fields }),
  };
}
