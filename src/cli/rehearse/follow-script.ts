import type { MediaCommand } from '../../media/command.ts';
import type { ExchangeLog } from './exchange-log.ts';
import type { RehearsedCall } from './rehearsed-call.ts';
import type { Step } from './steps.ts';

export interface ScriptOptions {
  readonly log: ExchangeLog;
  /** What the caller's leg plays for a sound file. */
  readonly soundOf: (file: string) => Promise<readonly MediaCommand[]>;
  /** What it plays for words; absent, words are heard as they are written. */
  readonly speechOf: ((words: string) => Promise<readonly MediaCommand[]>) | undefined;
}

/** Has the caller do what the script says, in turn with the agent or over it, and hang up at last. */
export async function followScript(
  call: RehearsedCall,
  steps: readonly Step[],
  options: ScriptOptions,
): Promise<void> {
  call.start();
  /** Of the agent's utterances before the caller last did something, and how long one in answer is waited for. */
  let awaited = { afterTurns: 0, patienceMs: PATIENCE_MS.say };
  for (const step of [...steps, hangUp]) {
    if (step.over) await intoSpeech(call);
    else await callersTurn(call, awaited);
    if (call.endCause !== undefined) return;
    awaited = { afterTurns: call.agentTurns, patienceMs: PATIENCE_MS[step.kind] };
    await take(call, step, options);
  }
}

async function take(call: RehearsedCall, step: Step, options: ScriptOptions): Promise<void> {
  const { log, soundOf, speechOf } = options;
  const how = step.over ? ' over the agent' : '';
  switch (step.kind) {
    case 'say':
      log.caller(`says${how}`, { text: step.text });
      return speechOf === undefined ? call.hear(step.text) : call.play(await speechOf(step.text));
    case 'play':
      log.caller(`plays${how}`, { file: step.file });
      return call.play(await soundOf(step.file));
    case 'press':
      log.caller(`presses${how}`, { digits: step.digits });
      call.press(step.digits);
      return pause(call, step.digits.length * KEY_MS);
    case 'cough':
      log.caller(`coughs${how}`);
      return call.hear('');
    case 'wait':
      return pause(call, step.seconds * 1000);
    case 'hang-up':
      log.caller(`hangs up${how}`);
      call.end('caller-hung-up');
  }
}

async function intoSpeech(call: RehearsedCall): Promise<void> {
  await call.until(() => call.agentSpeaks, PATIENCE_MS.say);
  await pause(call, INTO_SPEECH_MS);
}

/** Waits for the agent to begin an answer, where one is due, and to come to an end. */
async function callersTurn(
  call: RehearsedCall,
  { afterTurns, patienceMs }: { afterTurns: number; patienceMs: number },
): Promise<void> {
  await call.until(() => call.agentTurns > afterTurns, patienceMs);
  await call.until(() => call.quietMs >= QUIET_MS, LONGEST_SPEECH_MS);
}

function pause(call: RehearsedCall, ms: number): Promise<void> {
  return call.until(() => false, ms);
}

const hangUp: Step = { kind: 'hang-up', over: false };

/** Words are answered, if slowly; keys perhaps; the rest is not. */
const PATIENCE_MS: Readonly<Record<Step['kind'], number>> = {
  say: 10_000,
  play: 10_000,
  press: 5_000,
  cough: 0,
  wait: 0,
  'hang-up': 0,
};
/** A silence that makes it the caller's turn. */
const QUIET_MS = 700;
const LONGEST_SPEECH_MS = 120_000;
const INTO_SPEECH_MS = 1_000;
/** A key and the pause behind it. */
const KEY_MS = 200;
