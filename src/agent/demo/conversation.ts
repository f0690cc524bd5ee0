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

export const initialDemoState: DemoState = { place: 'cafe', volumeStep: 2, silences: 0 };

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
        actions: [act.ambience(state), act.ask(WELCOME)],
        state,
      };
    case 'dtmf_received':
      return wished(keys.get(event.digit ?? '') ?? 'menu', { ...state, silences: 0 }, act);
    case 'user_speak':
      return wished(wishIn(event.text ?? ''), { ...state, silences: 0 }, act);
    case 'user_input_timeout':
      return silent({ ...state, silences: state.silences + 1 }, act);
    default:
      return { actions: [], state };
  }
}

type Actions = ReturnType<typeof actionsFor>;

/** Whatever is playing gives way to what the caller wishes. */
function wished(wish: Wish, state: DemoState, act: Actions): DemoTurn {
  const place = arrivals.get(wish);
  if (place !== undefined) {
    const moved = { ...state, place: place.name };
    return { actions: [act.interrupt(), act.ambience(moved), act.ask(place.arrival)], state: moved };
  }
  const step = volumeSteps.get(wish);
  if (step !== undefined) {
    const next = { ...state, volumeStep: step(state.volumeStep) };
    const { name } = volumes[next.volumeStep]!;
    return {
      actions: [act.interrupt(), act.volume(next), act.ask(`The background is ${name} now.`)],
      state: next,
    };
  }
  if (wish === 'goodbye') return { actions: [act.interrupt(), ...act.farewell(GOODBYE)], state };
  return { actions: [act.interrupt(), act.ask(texts.get(wish) ?? MENU)], state };
}

function silent(state: DemoState, act: Actions): DemoTurn {
  if (state.silences >= MOST_SILENCES) return { actions: act.farewell(NOBODY_THERE), state };
  return { actions: [act.ask(`Are you still there? ${MENU}`)], state };
}

function wishIn(text: string): Wish {
  return spokenWishes.find(([words]) => words.test(text))?.[1] ?? 'unknown';
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

type Wish =
  | DemoPlace
  | 'next volume'
  | 'louder'
  | 'softer'
  | 'no background'
  | 'story'
  | 'goodbye'
  | 'menu'
  | 'unknown';

/** Less than eight seconds: callers want to be heard soon. */
const WELCOME =
  'Welcome to Patchbay, in a cafe that does not exist. Press 1 to 4 to move, 9 for a story, or tell me.';
const MENU =
  'Press 1 for the cafe, 2 for an office, 3 for a train station, or 4 for rain. ' +
  'Press 5 to change the volume, 9 for a story, and 0 to say goodbye.';
const UNKNOWN =
  'I know a cafe, an office, a train station, and rain. ' +
  'You may also say louder, softer, story, menu, or goodbye.';
const GOODBYE = 'Thank you for calling Patchbay. Goodbye!';
const NOBODY_THERE = 'I think you have gone. Thank you for calling. Goodbye!';
const STORY =
  'Here is a story. You can stop me at any time. ' +
  'In the early days of the telephone, every call passed through human hands. ' +
  'The operators sat before tall boards full of sockets, and they joined two voices with a short piece of cord. ' +
  'They knew the town by its lamps. ' +
  'When the doctor was out, they knew where he was dining. ' +
  'When the night was long, they stayed on the line with those who could not sleep. ' +
  'The boards are gone, and the cords are gone, and the lamps are dark. ' +
  'But somebody still has to join the voices, and that is what a patchbay does. ' +
  'That was the story. Press 9 to hear it again, or any other key for the menu.';

const texts: ReadonlyMap<Wish, string> = new Map([
  ['story', STORY],
  ['menu', MENU],
  ['unknown', UNKNOWN],
]);

const arrivals: ReadonlyMap<Wish, { readonly name: DemoPlace; readonly arrival: string }> = new Map([
  ['cafe', { name: 'cafe', arrival: 'Here we are in the cafe. Would you like a cup of coffee?' }],
  ['office', { name: 'office', arrival: 'This is the office. Somebody is always typing.' }],
  ['train-station', { name: 'train-station', arrival: 'We are at the train station. Mind the gap, please.' }],
  ['rain', { name: 'rain', arrival: 'It is raining. Luckily I am made of software.' }],
]);

const volumes: readonly { readonly name: string; readonly volume: number }[] = [
  { name: 'off', volume: 0 },
  { name: 'soft', volume: 0.15 },
  { name: 'at its usual volume', volume: 0.3 },
  { name: 'loud', volume: 0.6 },
];

const volumeSteps: ReadonlyMap<Wish, (step: number) => number> = new Map([
  ['next volume', (step: number) => (step + 1) % volumes.length],
  ['louder', (step: number) => Math.min(volumes.length - 1, step + 1)],
  ['softer', (step: number) => Math.max(0, step - 1)],
  ['no background', () => 0],
]);

const keys: ReadonlyMap<string, Wish> = new Map([
  ['1', 'cafe'],
  ['2', 'office'],
  ['3', 'train-station'],
  ['4', 'rain'],
  ['5', 'next volume'],
  ['9', 'story'],
  ['0', 'goodbye'],
]);

/** The first that is found counts; recognisers hear "good bye" and "café" as well. */
const spokenWishes: readonly (readonly [RegExp, Wish])[] = [
  [/\b(good ?bye|bye|hang up|end the call)\b/i, 'goodbye'],
  [/\b(louder|loud|turn (it )?up|more noise)\b/i, 'louder'],
  [/\b(softer|quieter|soft|turn (it )?down|less noise)\b/i, 'softer'],
  [/\b(off|silence|quiet|no (background|noise|sound))\b/i, 'no background'],
  [/\bvolume\b/i, 'next volume'],
  [/\b(cafe|coffee)\b|\bcafé/i, 'cafe'],
  [/\boffice\b/i, 'office'],
  [/\b(trains?|stations?|railway)\b/i, 'train-station'],
  [/\b(rain|raining|rainy)\b/i, 'rain'],
  [/\b(story|stories|tale)\b/i, 'story'],
  [/\b(menu|help|options|what can)\b/i, 'menu'],
];

const ANSWER_SECONDS = 12;
const MOST_SILENCES = 3;
