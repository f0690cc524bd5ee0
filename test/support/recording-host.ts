import type { AgentCommand, AgentFailure, AgentHost, SessionInfo } from '../../src/agent/agent.ts';
import type { LogFields, Logger } from '../../src/logger.ts';

/** A session that carries nothing out and remembers what its agent asked for. */
export class RecordingHost implements AgentHost {
  readonly session: SessionInfo;
  readonly log: Logger;
  readonly batches: (readonly AgentCommand[])[] = [];
  readonly failures: AgentFailure[] = [];

  constructor(session: Partial<SessionInfo> = {}, log: Logger = new RecordingLogger()) {
    this.session = { ...inboundSession, ...session };
    this.log = log;
  }

  get commands(): readonly AgentCommand[] {
    return this.batches.flat();
  }

  submit(batch: readonly AgentCommand[]): void {
    this.batches.push(batch);
  }

  fail(reason: AgentFailure): void {
    this.failures.push(reason);
  }
}

export const inboundSession: SessionInfo = {
  id: '7c0e6a52-5d0b-4a0e-9a55-5b6a3f1d2c11',
  accountId: 'acc-1',
  direction: 'inbound',
  from: '+4915790000687',
  to: '+4921155660',
  phoneNumber: '+4921155660',
  flow: 'reception',
};

/** A logger that keeps its lines. */
export class RecordingLogger implements Logger {
  readonly lines: { readonly level: string; readonly fields: LogFields; readonly message: string }[] = [];

  get warnings(): readonly string[] {
    return this.lines.flatMap(({ level, message }) => (level === 'warn' ? [message] : []));
  }

  debug(fields: LogFields, message: string): void {
    this.lines.push({ level: 'debug', fields, message });
  }

  info(fields: LogFields, message: string): void {
    this.lines.push({ level: 'info', fields, message });
  }

  warn(fields: LogFields, message: string): void {
    this.lines.push({ level: 'warn', fields, message });
  }

  error(fields: LogFields, message: string): void {
    this.lines.push({ level: 'error', fields, message });
  }

  child(): Logger {
    return this;
  }
}
