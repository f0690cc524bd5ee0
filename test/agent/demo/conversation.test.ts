import { describe, expect, it } from 'vitest';
import {
  type DemoEvent,
  type DemoSounds,
  type DemoState,
  demoTurn,
  initialDemoState,
} from '../../../src/agent/demo/conversation.ts';

const sounds: DemoSounds = {
  cafe: 'Y2FmZQ==',
  office: 'b2ZmaWNl',
  'train-station': 'dHJhaW4=',
  rain: 'cmFpbg==',
};
const session = { id: '7c0e6a52-5d0b-4a0e-9a55-5b6a3f1d2c11' };

/** What the demo does about events, one after the other. */
function conversation(...events: Omit<DemoEvent, 'session'>[]) {
  let state: DemoState = initialDemoState;
  let actions: readonly Record<string, unknown>[] = [];
  for (const event of events) ({ state, actions } = demoTurn({ ...event, session }, state, sounds));
  return { state, actions, types: actions.map(({ type }) => type) };
}

const started = { type: 'session_start' };
const press = (digit: string) => ({ type: 'dtmf_received', digit });
const silence = { type: 'user_input_timeout' };

describe('the demo', () => {
  it('greets with the sound of a cafe behind it, each action with its session', () => {
    const { actions, types } = conversation(started);
    expect(types).toEqual(['mix_audio', 'speak']);
    expect(actions[0]).toMatchObject({ audio: sounds.cafe, volume: 0.3 });
    expect(actions[1]!['text']).toMatch(/^Welcome to Patchbay/);
    for (const action of actions) expect(action['session_id']).toBe(session.id);
  });

  it.each([
    ['1', sounds.cafe],
    ['2', sounds.office],
    ['3', sounds['train-station']],
    ['4', sounds.rain],
  ])('moves on %s', (digit, audio) => {
    const { actions, types } = conversation(started, press(digit));
    expect(types).toEqual(['barge_in', 'mix_audio', 'speak']);
    expect(actions[1]).toMatchObject({ audio, volume: 0.3 });
  });

  it('goes through the volumes on 5, keeps them when it moves, and never sends the sound again', () => {
    const volumes = [1, 2, 3, 4].map((times) => {
      const { actions } = conversation(started, ...Array(times).fill(press('5')));
      expect(actions[1]).not.toHaveProperty('audio');
      return actions[1]!['volume'];
    });
    expect(volumes).toEqual([0.6, 0, 0.15, 0.3]);
    expect(conversation(started, press('5'), press('4')).actions[1]).toMatchObject({ volume: 0.6 });
  });

  it('tells a story on 9, which any digit interrupts', () => {
    expect(conversation(started, press('9')).actions[1]!['text']).toMatch(/story/);
    for (const digit of '0123456789*#') {
      expect(conversation(started, press('9'), press(digit)).types[0]).toBe('barge_in');
    }
  });

  it('says goodbye on 0 and then hangs up', () => {
    expect(conversation(started, press('0')).types).toEqual(['barge_in', 'speak', 'hangup']);
  });

  it.each(['6', '7', '8', '*', '#'])('says the menu again on %s', (digit) => {
    expect(conversation(started, press(digit)).actions.at(-1)!['text']).toMatch(/^Press 1 for the cafe/);
  });

  it('asks twice whether somebody is there, then hangs up', () => {
    expect(conversation(started, silence).types).toEqual(['speak']);
    expect(conversation(started, silence, silence).types).toEqual(['speak']);
    expect(conversation(started, silence, silence, silence).types).toEqual(['speak', 'hangup']);
    expect(conversation(started, silence, silence, press('1'), silence).types).toEqual(['speak']);
  });

  it.each([
    ['Take me to the train station, please.', /at the train station/],
    ['I want a coffee', /in the cafe/],
    ['a café', /in the cafe/],
    ['Office!', /the office/],
    ['make it rain', /raining/],
    ['tell me a story', /Here is a story/],
    ['Louder, please.', /background is loud/],
    ['can you turn it down', /background is soft/],
    ['turn the noise off', /background is off/],
    ['What can you do?', /^Press 1/],
    ['Pardon?', /^I know a cafe/],
  ])('answers %j', (said, answer) => {
    const { actions } = conversation(started, { type: 'user_speak', text: said });
    expect(actions[0]!['type']).toBe('barge_in');
    expect(actions.at(-1)!['text']).toMatch(answer);
  });

  it.each(['Okay, goodbye', 'good bye', 'Bye!'])('says goodbye to %j, and then hangs up', (text) => {
    expect(conversation(started, { type: 'user_speak', text }).types).toEqual([
      'barge_in',
      'speak',
      'hangup',
    ]);
  });

  it('is as loud and as soft as it can be, and no more', () => {
    const says = (text: string) => ({ type: 'user_speak', text });
    expect(conversation(started, says('louder'), says('louder')).actions[1]).toMatchObject({ volume: 0.6 });
    const softer = Array(4).fill(says('softer'));
    expect(conversation(started, ...softer).actions[1]).toMatchObject({ volume: 0 });
  });

  it.each(['assistant_speak', 'assistant_speech_ended', 'session_end', 'something_new'])(
    'has nothing to do about %s',
    (type) => expect(conversation(started, { type }).actions).toEqual([]),
  );
});
