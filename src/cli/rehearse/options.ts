/** The options of `patchbay rehearse`, as the command line gives them, checked. */
import { readFileSync } from 'node:fs';
import { SwitchError } from '../../errors.ts';
import { parseStep, type Step, scriptLines } from './steps.ts';

export interface RehearseOptions {
  readonly token?: string;
  readonly config?: string;
  readonly script?: string;
  readonly from: string;
  readonly to: string;
  readonly language?: string;
  readonly record?: string;
  readonly recognise: boolean;
  readonly ca?: string;
  readonly insecure: boolean;
  readonly json: boolean;
}

export function isUrl(target: string): boolean {
  return target.includes('://');
}

/**
 * The script's file first, then what stands on the command line; without either, one that tries the essentials. Throws
 * `SwitchError` `script-unusable`.
 */
export function stepsOf(file: string | undefined, given: readonly string[]): Step[] {
  const lines = [...(file === undefined ? [] : scriptLines(read(file))), ...given];
  const steps = (lines.length > 0 ? lines : ESSENTIALS).map(parseStep);
  const mistakes = steps.filter((step) => typeof step === 'string');
  if (mistakes.length > 0) throw new SwitchError('script-unusable', mistakes.join('; '));
  return steps.filter((step) => typeof step !== 'string');
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new SwitchError('script-unusable', `${file} cannot be read`, { cause });
  }
}

const ESSENTIALS = ['say Hello', 'press 1', 'over say No, wait', 'say Goodbye'];
