/**
 * Spoken conversations over loopback, with the switch as it is run and an AI Flow app on a webhook: how long a caller
 * waits, and what 100 callers who are listened to cost. `node test/bench/conversations.ts`; some 90 s. The calls at
 * the end need `shared/tools/callgen`, Linux and gcc. The machine should have nothing else to do: look at `others`.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { AiFlowApp, type ReceivedEvent } from '../support/ai-flow-app.ts';
import { compileTool, runCallgen } from '../support/callgen.ts';
import { inARow, rmsDb, sentence, silence } from '../support/hearing.ts';
import { RunningSwitch } from '../support/running-switch.ts';
import { sharedPath } from '../support/shared.ts';
import { type SpokenSentence, TalkingCaller } from '../support/talking-caller.ts';

async function main(): Promise<void> {
  const app = await AiFlowApp.listen();
  const agent = { kind: 'ai-flow', url: app.webhookUrl };
  const running = await RunningSwitch.start({
    flows: {
      conversation: { agent },
      // Voice activity and turns, and no recogniser: the built-in one knows no German.
      turns: { agent, listening: { languages: ['de-DE'] } },
      echo: { agent: { kind: 'echo' } },
    },
  });
  const folder = mkdtempSync(join(tmpdir(), 'patchbay-conversations-'));
  try {
    await measureLatency(app, running);
    await measureLoad(app, running, folder);
  } finally {
    rmSync(folder, { recursive: true });
    await running.stop();
    await app.close();
  }
}

/** One caller, who interrupts every answer with the next sentence. */
async function measureLatency(app: AiFlowApp, running: RunningSwitch): Promise<void> {
  const answeredAtMs: number[] = [];
  app.answerTo = ({ type }) => {
    if (type !== 'session_start' && type !== 'user_speak') return undefined;
    answeredAtMs.push(performance.now());
    return { type: 'speak', text: answerNumber(answeredAtMs.length), barge_in: { strategy: 'immediate' } };
  };
  // Spoken beforehand: synthesis would hold up the caller's packets.
  const sentences = await Promise.all(SENTENCES.map(async (text) => audiblePart(await sentence(text))));
  const caller = await TalkingCaller.call(running.sipPort, 'conversation');
  const heard: Delays = { userSpeak: [], reply: [], bargeIn: [] };
  let missed = 0;
  let talkedOn = 0;
  let notInterrupted = 0;
  for (const [turn, samples] of sentences.entries()) {
    const spokenFromMs = await caller.firstSpeechSince(answeredAtMs.at(-1) ?? 0, 5000);
    if (spokenFromMs === undefined) throw new Error('the agent says nothing');
    await sleep(Math.max(0, spokenFromMs + INTERRUPTS_AFTER_MS - performance.now()));
    const answers = answeredAtMs.length;
    const spoken = await caller.say(samples);
    const event = await userSpeak(app, turn + 1 - missed);
    if (event === undefined) {
      missed += 1;
      // Longer than any pause in what it says.
      if ((caller.lastSpeechBefore(performance.now()) ?? 0) > spoken.endAtMs + 1000) talkedOn += 1;
      continue;
    }
    const answered = answeredAtMs[answers]!;
    const repliedAtMs = await caller.firstSpeechSince(answered, 5000);
    if (event.fields['barged_in'] !== true) notInterrupted += 1;
    // The models are loaded and everything is compiled from the second turn on.
    else if (turn > 0) heard.bargeIn.push(cutAfterMs(caller, spoken, answered));
    if (turn === 0) continue;
    heard.userSpeak.push(event.receivedAtMs - spoken.endAtMs);
    if (repliedAtMs !== undefined) heard.reply.push(repliedAtMs - answered);
  }
  await caller.hangUp();
  await app.waitFor('session_end');
  process.stdout.write(
    `one caller, ${SENTENCES.length} turns, each over the agent's voice, the first not counted\n` +
      `${missed} without user_speak within ${ANSWERED_WITHIN_MS} ms, in ${talkedOn} of which the agent talked on; ` +
      `${notInterrupted} with user_speak that did not interrupt\n`,
  );
  printRow(['ms', 'p50', 'p90', 'max', 'turns'], 58);
  printDelays("end of the caller's speech -> user_speak (silence: 700)", heard.userSpeak);
  printDelays('answer to user_speak -> first packet with speech', heard.reply);
  printDelays("caller's onset -> last packet with the agent's speech", heard.bargeIn);
}

interface Delays {
  readonly userSpeak: number[];
  readonly reply: number[];
  readonly bargeIn: number[];
}

async function userSpeak(app: AiFlowApp, count: number): Promise<ReceivedEvent | undefined> {
  const got = () => app.events.filter(({ type }) => type === 'user_speak')[count - 1];
  const untilMs = performance.now() + ANSWERED_WITHIN_MS;
  while (got() === undefined && performance.now() < untilMs) await sleep(10);
  return got();
}

/** Negative when the agent happened to be in a pause, and was silent from then on. */
function cutAfterMs(caller: TalkingCaller, spoken: SpokenSentence, answeredAtMs: number): number {
  return (caller.lastSpeechBefore(answeredAtMs) ?? Number.NaN) - spoken.onsetAtMs;
}

/** The same callers three times: not listened to, listened to, and understood and answered. */
async function measureLoad(app: AiFlowApp, running: RunningSwitch, folder: string): Promise<void> {
  const sources = sharedPath('tools', 'callgen');
  if (sources === undefined) return;
  const callgen = compileTool(sources, 'callgen', folder);
  const sound = await talkHalfOfTheTime();
  const audio = join(folder, 'talk.raw');
  writeFileSync(audio, sound);
  app.answerTo = ({ type }) =>
    type === 'user_speak'
      ? { type: 'speak', text: SHORT_ANSWER, barge_in: { strategy: 'immediate' } }
      : undefined;
  process.stdout.write(
    `\n${CALLS} calls, callers who talk half of the time (a loop of ${(sound.length / 8000).toFixed(0)} s, each elsewhere in it)\n`,
  );
  printRow(['flow', 'CPU-ms/call-s', 'sent', 'delta p50', 'p99', 'p99.9', 'max', 'own p99', 'others']);
  const notes: string[] = [];
  for (const flow of ['echo', 'turns', 'conversation']) {
    const before = await counts(running);
    const calls = runCallgen(callgen, [
      ...['--rt', '--target', `127.0.0.1:${running.sipPort}`, '--user', flow, '--calls', `${CALLS}`],
      ...['--rate', '80', '--settle', `${SETTLE_S}`, '--hold', `${HOLD_S}`, '--audio', audio],
      ...['--pid', `switch=${running.pid}`],
    ]);
    await sleep((CALLS / 80 + SETTLE_S + 0.5) * 1000);
    const threadsBefore = threadCpuMs(running.pid);
    await sleep((HOLD_S - 1) * 1000);
    const threadsAfter = threadCpuMs(running.pid);
    const report = await calls;
    if (report.failed > 0) process.stdout.write(`${report.failed} of ${CALLS} calls failed\n`);
    const { rx_delta_us: delta } = report;
    printRow([
      flow,
      report.servers[0]!.cpu_ms_per_call_s.toFixed(2),
      report.rtp_rate_ratio.toFixed(4),
      ...[delta.p50, delta.p99, delta.p99_9, delta.max, report.tx_delta_us.p99].map((it) =>
        (it / 1000).toFixed(2),
      ),
      report.machine.busy_by_others_cores.toFixed(2),
    ]);
    // The listening thread tells its counts once a second.
    await sleep(1200);
    const after = await counts(running);
    notes.push(
      `${flow}: ${shares(threadsBefore, threadsAfter)}`,
      `${' '.repeat(flow.length + 2)}${told(before, after)}`,
    );
  }
  process.stdout.write(
    `\nCPU-ms/call-s of each thread; from the first INVITE to the last BYE\n${notes.join('\n')}\n${LEGEND}`,
  );
}

/** As samples of 16 bits at 8 kHz: each sentence is followed by as much silence. The generator encodes it. */
async function talkHalfOfTheTime(): Promise<Int16Array> {
  const parts: Int16Array[] = [];
  for (const text of SENTENCES) {
    const spoken = audiblePart(await sentence(text));
    parts.push(spoken, silence(Math.max(1000, Math.round(spoken.length / 8))));
  }
  return inARow(...parts);
}

/** Where 10 ms come within 24 dB of the sentence's own level for the first and the last time. */
function audiblePart(samples: Int16Array): Int16Array {
  const leastDb = rmsDb(samples) - 24;
  const audible = (at: number) => rmsDb(samples.subarray(at, at + 80)) > leastDb;
  let first = 0;
  while (first + 80 < samples.length && !audible(first)) first += 8;
  let last = samples.length - 80;
  while (last > first && !audible(last)) last -= 8;
  return samples.slice(first, last + 80);
}

type Counts = Readonly<Record<string, number>>;

/** Processor time of the threads by name, those with one name together. */
function threadCpuMs(pid: number): Counts {
  const threads: Record<string, number> = {};
  for (const id of readdirSync(`/proc/${pid}/task`)) {
    const [, name = '', rest = ''] = /\((.*)\) (.*)/.exec(
      readFileSync(`/proc/${pid}/task/${id}/stat`, 'latin1'),
    )!;
    const fields = rest.split(' ');
    threads[name] = (threads[name] ?? 0) + (Number(fields[11]) + Number(fields[12])) * 10;
  }
  return threads;
}

function shares(before: Counts, after: Counts): string {
  return Object.entries(after)
    .map(([name, ms]) => ({ name, share: (ms - (before[name] ?? 0)) / ((HOLD_S - 1) * CALLS) }))
    .filter(({ share }) => share >= 0.05)
    .sort((one, other) => other.share - one.share)
    .map(({ name, share }) => `${name} ${share.toFixed(2)}`)
    .join(', ');
}

async function counts(running: RunningSwitch): Promise<Counts> {
  const utterances = (outcome: string) =>
    running.metric('patchbay_recognizer_utterances_total', `outcome="${outcome}"`);
  return {
    transcribed: await utterances('transcribed'),
    refused: await utterances('refused'),
    skipped: await utterances('interim-skipped'),
    turns: await running.metric('patchbay_caller_turns_total'),
    words: await running.metric('patchbay_caller_turns_total', 'outcome="words"'),
    interrupted: await running.metric('patchbay_barge_ins_total'),
  };
}

function told(before: Counts, after: Counts): string {
  const since = (name: string) => after[name]! - before[name]!;
  return (
    `${since('turns')} turns, ${since('words')} with words, ${since('interrupted')} interruptions; recogniser: ` +
    `${since('transcribed')} transcribed, ${since('refused')} refused, ${since('skipped')} interims skipped`
  );
}

function answerNumber(count: number): string {
  return (
    `This is answer number ${count} of today and it is so long that nobody wants to hear all of it ` +
    'because it goes on and on about everything that comes to my mind until somebody interrupts me'
  );
}

function printDelays(name: string, delaysMs: readonly number[]): void {
  const sorted = delaysMs.toSorted((one, other) => one - other);
  const quantile = (part: number) => sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)] ?? Number.NaN;
  const figures = [quantile(0.5), quantile(0.9), quantile(1)].map((ms) => ms.toFixed(0));
  printRow([name, ...figures, String(sorted.length)], 58);
}

function printRow(cells: readonly string[], firstWidth: number = 14): void {
  const [first = '', ...others] = cells;
  process.stdout.write(`${first.padEnd(firstWidth)}${others.map((cell) => cell.padStart(14)).join('')}\n`);
}

const INTERRUPTS_AFTER_MS = 1000;
const ANSWERED_WITHIN_MS = 4000;
const CALLS = 100;
const SETTLE_S = 2;
const HOLD_S = 7;
const SHORT_ANSWER = 'Thank you, I have made a note of that.';
const SENTENCES: readonly string[] = [
  'Hello, is anybody there?',
  'Yes, please.',
  'I would like to change my appointment.',
  'Could you repeat that, please?',
  'My account number is four seven one nine two zero.',
  'What are your opening hours on Saturday?',
  'I did not receive my package.',
  'How much does it cost to send a letter to France?',
  'I want to cancel my subscription.',
  'Please call me back tomorrow morning.',
  'Can you transfer me to a human agent, please?',
];
const LEGEND = `
Speech begins and ends with the RTP packet that carries it, as it leaves the phone or reaches it. Times in ms.
CPU-ms/call-s: of the switch alone, per second of one call. sent: packets sent of those due. delta: between two packets
of a call, by the kernel's clock. own p99: the same of the packets that the generator sends. others: cores that neither
the switch nor the generator had; the app is among them.
`;

await main();
