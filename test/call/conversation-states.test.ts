import { beforeEach, describe, expect, it } from 'vitest';
import { ConversationStates } from '../../src/call/conversation-states.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

describe('the state of a conversation', () => {
  let clock: VirtualClock;
  let told: string[];
  let states: ConversationStates;

  beforeEach(() => {
    clock = new VirtualClock();
    told = [];
    states = new ConversationStates({ timers: clock, onChange: (state) => told.push(state) });
  });

  it('is thinking from the end of the caller’s turn until the reply is heard, then speaking, then listening', () => {
    states.callerBegan();
    states.callerEnded('words');
    states.agentBegan();
    states.agentEnded(false);
    expect(told).toEqual(['thinking', 'speaking', 'listening']);
  });

  it('is what it was before a noise', () => {
    states.callerBegan();
    states.callerEnded('noise');
    expect(states.state).toBe('listening');
    states.agentThinks();
    states.callerBegan();
    states.callerEnded('noise');
    expect(told).toEqual(['thinking', 'listening', 'thinking']);
  });

  it('stays thinking through several tool calls', () => {
    for (let call = 0; call < 3; call++) states.agentThinks();
    expect(told).toEqual(['thinking']);
  });

  it('is thinking again when the agent works on after a word in between', () => {
    states.agentThinks();
    states.agentBegan();
    states.agentThinks();
    states.agentEnded(false);
    expect(told).toEqual(['thinking', 'speaking', 'thinking']);
  });

  it('is speaking across utterances that follow in one breath, and not while the next is long in coming', async () => {
    states.agentBegan();
    states.agentEnded(true);
    await clock.advance(50);
    states.agentBegan();
    expect(told).toEqual(['speaking']);
    states.agentEnded(true);
    await clock.advance(150);
    expect(told).toEqual(['speaking', 'listening']);
  });

  it('is speaking while both do, and listening once the agent has been interrupted', () => {
    states.agentBegan();
    states.callerBegan();
    expect(states.state).toBe('speaking');
    states.agentEnded(false);
    expect(states.state).toBe('listening');
  });

  it('is idle when nobody has spoken for a while, until somebody does', async () => {
    states.agentBegan();
    states.agentEnded(false);
    await clock.advance(14_900);
    expect(states.state).toBe('listening');
    await clock.advance(200);
    expect(states.state).toBe('idle');
    states.callerBegan();
    await clock.advance(60_000);
    expect(told).toEqual(['speaking', 'listening', 'idle', 'listening']);
  });

  it('does not think for ever about what it never answers', async () => {
    states.callerEnded('words');
    await clock.advance(30_100);
    expect(told).toEqual(['thinking', 'idle']);
  });

  it('tells nothing once it is closed, and leaves no timer', async () => {
    states.agentThinks();
    states.close();
    states.agentBegan();
    expect(clock.nextDueMs).toBeUndefined();
    expect(told).toEqual(['thinking']);
  });
});
