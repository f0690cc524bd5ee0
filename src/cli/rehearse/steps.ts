/** What a rehearsed caller does, one thing after the other: when it is the caller's turn, or `over` the agent's speech. */
export type Step = { readonly over: boolean } & (
  | { readonly kind: 'say'; readonly text: string }
  /** A sound file, for a recogniser to understand. */
  | { readonly kind: 'play'; readonly file: string }
  | { readonly kind: 'press'; readonly digits: string }
  /** A noise without words. */
  | { readonly kind: 'cough' }
  | { readonly kind: 'wait'; readonly seconds: number }
  | { readonly kind: 'hang-up' }
);

/** `say I would like a table`, `over press 12#`, `wait 5`: the step, or what is wrong with it. */
export function parseStep(text: string): Step | string {
  const words = text.trim().split(/\s+/);
  const over = words[0]?.toLowerCase() === 'over';
  const [word = '', ...rest] = over ? words.slice(1) : words;
  const argument = rest.join(' ');
  switch (word.toLowerCase()) {
    case 'say':
      return argument === ''
        ? `"${text}" says nothing: write the words behind it`
        : { kind: 'say', text: argument, over };
    case 'play':
      return argument === ''
        ? `"${text}" plays nothing: write a sound file behind it`
        : { kind: 'play', file: argument, over };
    case 'press':
      return /^[0-9*#a-d]+$/i.test(argument)
        ? { kind: 'press', digits: argument.toUpperCase(), over }
        : `"${text}": keys are 0-9 * # A-D`;
    case 'wait': {
      const seconds = Number(argument);
      return argument !== '' && seconds > 0 && seconds <= LONGEST_WAIT_S
        ? { kind: 'wait', seconds, over }
        : `"${text}": seconds are above 0 and up to ${LONGEST_WAIT_S}`;
    }
    case 'cough':
      return { kind: 'cough', over };
    case 'hang-up':
    case 'hangup':
      return { kind: 'hang-up', over };
    default:
      return `"${text}": a step is say, play, press, cough, wait or hang-up, perhaps with over before it`;
  }
}

/** The lines of a script file; blank ones and those that begin with `#` are left out. */
export function scriptLines(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}

const LONGEST_WAIT_S = 3600;
