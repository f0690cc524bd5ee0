/**
 * The `espeak-ng` program, for every language that flite does not speak. It is spawned, never linked: it is under the
 * GPL. One process a sentence, some 20 ms each.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { parseWav } from '../../audio/wav.ts';
import { SwitchError } from '../../errors.ts';
import type { EngineStats, Manner, SpeechEngine } from './engine.ts';
import { trimSilence } from './level.ts';
import type { SpeechChunk } from './synthesizer.ts';
import { WorkQueue } from './work-queue.ts';

export interface EspeakOptions {
  /** The program, found on the PATH when it is a bare name. */
  readonly command: string;
  /** Processes at a time. */
  readonly processes: number;
  readonly queueLimit: number;
}

export class EspeakEngine implements SpeechEngine {
  readonly #command: string;
  readonly #queue: WorkQueue;
  readonly #running = new Set<ChildProcess>();

  constructor({ command, processes, queueLimit }: EspeakOptions) {
    this.#command = command;
    this.#queue = new WorkQueue({ concurrency: processes, limit: queueLimit });
  }

  get stats(): EngineStats {
    return this.#queue.stats;
  }

  /** The voice is a name of `espeak-ng --voices`: a language such as `de` or `pt-br`. Its level is -20 LUFS as it comes. */
  async speak(sentence: string, manner: Manner, signal: AbortSignal): Promise<SpeechChunk> {
    const octets = await this.#queue.run(() => this.#spawn(sentence, manner), signal);
    if (octets.length === 0) return { samples: new Int16Array(), rateHz: ESPEAK_RATE_HZ };
    const spoken = parseWav(octets);
    if (!spoken.ok) throw new SwitchError('speech-failed', `espeak-ng wrote no sound: ${spoken.reason}`);
    const { samples, rateHz } = spoken.value;
    return { samples: trimSilence(samples, rateHz), rateHz };
  }

  close(): Promise<void> {
    for (const child of this.#running) child.kill('SIGKILL');
    return Promise.resolve();
  }

  #spawn(sentence: string, { voice, rate }: Manner): Promise<Uint8Array> {
    if (!VOICE_NAME.test(voice)) return Promise.reject(languageMissing(voice));
    return new Promise((resolve, reject) => {
      const child = spawn(
        this.#command,
        ['-v', voice, '-s', wordsPerMinute(rate), '-b', '1', '--stdin', '--stdout'],
        {
          killSignal: 'SIGKILL',
          timeout: TIMEOUT_MS,
          stdio: ['pipe', 'pipe', 'pipe'],
        },
      );
      this.#running.add(child);
      const sound: Buffer[] = [];
      let complaint = '';
      child.stdout.on('data', (data: Buffer) => sound.push(data));
      child.stderr.on('data', (data: Buffer) => {
        if (complaint.length < 500) complaint += data.toString();
      });
      // It may end before it has read everything, as when it knows no such voice; `close` tells the story.
      child.stdin.on('error', (error) => {
        complaint ||= error.message;
      });
      child.on('error', (error) => reject(startFailure(error, voice)));
      child.on('close', (code) => {
        this.#running.delete(child);
        if (code === 0) resolve(Buffer.concat(sound));
        else reject(exitFailure(complaint.trim(), code, voice));
      });
      child.stdin.end(sentence);
    });
  }
}

function wordsPerMinute(rate: number): string {
  return String(Math.round(USUAL_WORDS_PER_MINUTE * rate));
}

function startFailure(error: NodeJS.ErrnoException, voice: string): SwitchError {
  if (error.code === 'ENOENT') return languageMissing(voice, error);
  return new SwitchError('speech-failed', `espeak-ng cannot be started: ${error.message}`, { cause: error });
}

function exitFailure(complaint: string, code: number | null, voice: string): SwitchError {
  if (/voice|language/i.test(complaint)) return languageMissing(voice, new Error(complaint));
  return new SwitchError('speech-failed', `espeak-ng ended with ${code ?? 'a signal'}: ${complaint}`);
}

function languageMissing(voice: string, cause?: Error): SwitchError {
  return new SwitchError(
    'speech-language-missing',
    `nothing here speaks "${voice}"; install espeak-ng (Debian: apt-get install espeak-ng) and see \`espeak-ng --voices\``,
    cause === undefined ? undefined : { cause },
  );
}

/** Names of languages and nothing that could be a path. */
const VOICE_NAME = /^[a-z]{2,3}(-[a-z0-9]{2,8})*(\+[a-z0-9]{1,12})?$/i;
/** Its own default. */
const USUAL_WORDS_PER_MINUTE = 175;
const ESPEAK_RATE_HZ = 22_050;
const TIMEOUT_MS = 10_000;
