/**
 * The demo as an AI Flow app: an event as JSON in, actions as JSON out, and no more state than a caller's choices.
 * It imports nothing, so that it runs just as well behind any web server (see `examples/express-demo`).
 */
export interface DemoEvent {
  readonly type: string;
  readonly session: { readonly id: string };
  readonly digit?: string;
  readonly text?: string;
}

type DemoAction = { readonly type: string; readonly session_id: string } & Readonly<Record<string, unknown>>;

/** Base64 of a WAV file for each place that the demo can sound like. */
export type DemoSounds = Readonly<Record<DemoPlace, string>>;

export type DemoPlace = 'cafe' | 'office' | 'train-station' | 'rain';

/** What one caller has chosen so far. */
export interface DemoState {
  readonly place: DemoPlace;
  readonly volumeStep: number;
  /** Questions in a row that got no answer. */
  readonly silences: number;
}

export const initialDemoState: DemoState = { place: 'cafe', volumeStep: 1, silences: 0 };

export interface DemoTurn {
  readonly actions: readonly DemoAction[];
  readonly state: DemoState;
}

/** The demo's answer to one event. */
export function demoTurn(event: DemoEvent, state: DemoState, sounds: DemoSounds): DemoTurn {
  const act = actionsFor(event.session.id, sounds);
  switch (event.type) {
    case 'session_start':
      return {
        actions: [act.ambience(state), act.ask(`${WELCOME} ${MENU}`)],
        state,
      };
    case 'dtmf_received':
      return pressed(event.digit ?? '', { ...state, silences: 0 }, act);
    case 'user_speak':
      return pressed(digitMeant(event.text ?? ''), { ...state, silences: 0 }, act);
    case 'user_input_timeout':
      return silent({ ...state, silences: state.silences + 1 }, act);
    default:
      return { actions: [], state };
  }
}

type Actions = ReturnType<typeof actionsFor>;

function pressed(digit: string, state: DemoState, act: Actions): DemoTurn {
  const place = places.get(digit);
  if (place !== undefined) {
    const moved = { ...state, place: place.name };
    return { actions: [act.interrupt(), act.ambience(moved), act.ask(place.arrival)], state: moved };
  }
  switch (digit) {
    case '5': {
      const next = { ...state, volumeStep: (state.volumeStep + 1) % volumes.length };
      const { name } = volumes[next.volumeStep]!;
      return {
        actions: [act.interrupt(), act.volume(next), act.ask(`The background is ${name} now.`)],
        state: next,
      };
    }
    case '9':
      return { actions: [act.interrupt(), act.ask(STORY)], state };
    case '0':
      return { actions: [act.interrupt(), ...act.farewell(GOODBYE)], state };
    default:
      return { actions: [act.interrupt(), act.ask(MENU)], state };
  }
}

function silent(state: DemoState, act: Actions): DemoTurn {
  if (state.silences >= MOST_SILENCES) return { actions: act.farewell(NOBODY_THERE), state };
  return { actions: [act.ask(`Are you still there? ${MENU}`)], state };
}

/** For those who say it instead of pressing it. */
function digitMeant(text: string): string {
  return spokenWords.find(([words]) => words.test(text))?.[1] ?? '';
}

function actionsFor(session_id: string, sounds: DemoSounds) {
  const speak = (text: string): DemoAction => ({ type: 'speak', session_id, text });
  return {
    ask: (text: string): DemoAction => ({ ...speak(text), user_input_timeout_seconds: ANSWER_SECONDS }),
    interrupt: (): DemoAction => ({ type: 'barge_in', session_id }),
    ambience: ({ place, volumeStep }: DemoState): DemoAction => ({
      type: 'mix_audio',
      session_id,
      audio: sounds[place],
      volume: volumes[volumeStep]!.volume,
    }),
    volume: ({ volumeStep }: DemoState): DemoAction => ({
      type: 'mix_audio',
      session_id,
      volume: volumes[volumeStep]!.volume,
    }),
    farewell: (text: string): DemoAction[] => [speak(text), { type: 'hangup', session_id }],
  };
}

const WELCOME = 'Welcome to Patchbay. I am talking to you from a cafe that does not exist.';
const MENU =
  'Press 1 for the cafe, 2 for an office, 3 for a train station, or 4 for rain. ' +
  'Press 5 to change the volume, 9 for a story, and 0 to say goodbye.';
const GOODBYE = 'Thank you for calling Patchbay. Goodbye!';
const NOBODY_THERE = 'I think you have gone. Thank you for calling. Goodbye!';
const STORY =
  'Here is a story. You can stop me with any key. ' +
  'In the early days of the telephone, every call passed through human hands. ' +
  'The operators sat before tall boards full of sockets, and they joined two voices with a short piece of cord. ' +
  'They knew the town by its lamps. ' +
  'When the doctor was out, they knew where he was dining. ' +
  'When the night was long, they stayed on the line with those who could not sleep. ' +
  'The boards are gone, and the cords are gone, and the lamps are dark. ' +
  'But somebody still has to join the voices, and that is what a patchbay does. ' +
  'That was the story. Press 9 to hear it again, or any other key for the menu.';

const places: ReadonlyMap<string, { readonly name: DemoPlace; readonly arrival: string }> = new Map([
  ['1', { name: 'cafe', arrival: 'Here we are in the cafe. Would you like a cup of coffee?' }],
  ['2', { name: 'office', arrival: 'This is the office. Somebody is always typing.' }],
  ['3', { name: 'train-station', arrival: 'We are at the train station. Mind the gap, please.' }],
  ['4', { name: 'rain', arrival: 'It is raining. Luckily I am made of software.' }],
]);

const volumes: readonly { readonly name: string; readonly volume: number }[] = [
  { name: 'soft', volume: 0.15 },
  { name: 'at its usual volume', volume: 0.3 },
  { name: 'loud', volume: 0.6 },
  { name: 'off', volume: 0 },
];

const spokenWords: readonly (readonly [RegExp, string])[] = [
  [/\b(goodbye|bye|hang up)\b/i, '0'],
  [/\b(caf[eé]|coffee)\b/i, '1'],
  [/\boffice\b/i, '2'],
  [/\b(train|station)\b/i, '3'],
  [/\brain\b/i, '4'],
  [/\b(volume|louder|softer|quieter)\b/i, '5'],
  [/\bstory\b/i, '9'],
];

const ANSWER_SECONDS = 12;
const MOST_SILENCES = 3;
