import { describe, expect, it } from 'vitest';
import type { Agent, AgentCommand, AgentEvent } from '../../../src/agent/agent.ts';
import type { ToolRules } from '../../../src/agent/voice-agent/built-in-tools.ts';
import type { ToolDefinition } from '../../../src/agent/voice-agent/told.ts';
import { createVoiceAgent, type DigitsRule } from '../../../src/agent/voice-agent/voice-agent.ts';
import type { AgentLineEvent, AgentLineOptions } from '../../../src/audio/agent-line.ts';
import { RecordingHost, RecordingLogger } from '../../support/recording-host.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

const rules: ToolRules = {
  hangUp: true,
  transferTo: { sales: '+49211100' },
  transferAnywhere: false,
  transferTimeoutMs: 30_000,
  sendDigits: true,
  sounds: ['ding'],
  backgrounds: ['office'],
};
const nothing: ToolRules = {
  hangUp: false,
  transferTo: {},
  transferAnywhere: false,
  transferTimeoutMs: 30_000,
  sendDigits: false,
  sounds: [],
  backgrounds: [],
};

describe('a voice agent', () => {
  it('opens its line when the call starts, with the tools that the flow allows', () => {
    const call = new Conversation();
    expect(call.host.commands).toEqual([{ kind: 'open-line', lineId: 1, options: lineOptions, vital: true }]);
    expect(call.tools.map(({ name }) => name)).toEqual([
      'hangup_call',
      'transfer_call',
      'send_dtmf',
      'play_sound',
      'set_background',
    ]);
    expect(call.tools[1]!.parameters['properties']).toEqual({ to: { type: 'string', enum: ['sales'] } });
    expect(new Conversation(nothing).tools).toEqual([]);
  });

  it('carries out what is done at once, and says so', () => {
    const call = new Conversation();
    call.asks('send_dtmf', { digits: '12#' });
    call.asks('set_background', { name: 'office', volume: 0.5 });
    call.asks('set_background', { name: 'off' });
    call.asks('play_sound', { name: 'ding' });
    expect(call.commands.map(({ kind }) => kind)).toEqual([
      'send-digits',
      'play-on-track',
      'stop-loop',
      'play',
    ]);
    expect(call.commands[1]).toMatchObject({ track: 'ambience', sound: { gain: 0.5, repeats: true } });
    expect(call.results).toEqual(Array(4).fill({ ok: true }));
  });

  it.each([
    ['open_the_door', {}, rules, 'unknown-tool'],
    ['hangup_call', {}, nothing, 'not-allowed'],
    ['transfer_call', { to: 'sales' }, nothing, 'not-allowed'],
    ['transfer_call', { to: '+49900123456' }, rules, 'unknown-destination'],
    ['transfer_call', { to: 'toString' }, rules, 'unknown-destination'],
    ['send_dtmf', { digits: 'abc' }, rules, 'bad-digits'],
    ['send_dtmf', { digits: '1' }, nothing, 'not-allowed'],
    ['play_sound', { name: '../etc/passwd' }, rules, 'unknown-sound'],
    ['play_sound', { name: 'ding' }, nothing, 'not-allowed'],
    ['set_background', { name: 'disco' }, rules, 'unknown-sound'],
    ['set_background', { name: 'office' }, nothing, 'not-allowed'],
  ] as const)(
    'refuses %s with %o where it makes no sense or is not allowed',
    (name, given, allowed, reason) => {
      const call = new Conversation(allowed);
      call.asks(name, given);
      expect(call.commands).toEqual([]);
      expect(call.results).toEqual([{ error: reason }]);
    },
  );

  it('passes callers on to any number only where the flow says so', () => {
    const call = new Conversation({ ...nothing, transferAnywhere: true });
    call.asks('transfer_call', { to: 'sip:x@evil.example' });
    expect(call.results).toEqual([{ error: 'unknown-destination' }]);
  });
});

describe('a goodbye', () => {
  it('that is being heard is heard to its end before the call ends', async () => {
    const call = new Conversation();
    call.agent.handle({ kind: 'state-changed', state: 'speaking' });
    call.asks('hangup_call');
    await call.clock.advance(5000);
    expect(call.commands).toEqual([]);
    call.follows({ kind: 'all-heard' });
    call.agent.handle({ kind: 'state-changed', state: 'listening' });
    await call.clock.advance(600);
    expect(call.commands).toEqual([{ kind: 'hang-up' }]);
  });

  it('that is still being made is waited for', async () => {
    const call = new Conversation();
    call.asks('hangup_call');
    await call.clock.advance(1200);
    call.agent.handle({ kind: 'state-changed', state: 'speaking' });
    await call.clock.advance(4000);
    expect(call.commands).toEqual([]);
    call.agent.handle({ kind: 'state-changed', state: 'listening' });
    await call.clock.advance(600);
    expect(call.commands).toEqual([{ kind: 'hang-up' }]);
  });

  it('that never comes is not waited for long', async () => {
    const call = new Conversation();
    call.asks('hangup_call');
    await call.clock.advance(1600);
    expect(call.commands).toEqual([{ kind: 'hang-up' }]);
  });

  it('into which the caller speaks is none', async () => {
    const call = new Conversation();
    call.agent.handle({ kind: 'state-changed', state: 'speaking' });
    call.asks('hangup_call');
    call.follows({ kind: 'interrupted', heardMs: 300 });
    call.agent.handle({ kind: 'state-changed', state: 'listening' });
    await call.clock.advance(60_000);
    expect(call.commands).toEqual([]);
  });
});

describe('a transfer', () => {
  it('comes after what was said, and its tool call is answered when nobody takes the caller', async () => {
    const call = new Conversation();
    call.asks('transfer_call', { to: 'sales' });
    await call.clock.advance(1600);
    expect(call.commands).toMatchObject([{ kind: 'transfer', target: '+49211100', timeoutMs: 30_000 }]);
    expect(call.results).toEqual([]);
    call.agent.handle({ kind: 'started' });
    expect(call.results).toEqual([{ error: 'nobody-answered' }]);
    expect(call.host.commands.filter(({ kind }) => kind === 'open-line').length).toBe(1);
  });

  it('is not done when the caller speaks into its announcement', async () => {
    const call = new Conversation();
    call.asks('transfer_call', { to: 'sales' });
    call.follows({ kind: 'interrupted', heardMs: 300 });
    await call.clock.advance(60_000);
    expect(call.commands).toEqual([]);
    expect(call.results).toEqual([{ error: 'interrupted' }]);
  });
});

describe('keys that a caller presses', () => {
  const words = (keys: string) => ({
    kind: 'from-caller',
    text: `I have pressed these keys on my telephone: ${keys}`,
  });

  it('are told together, once no other follows or with the hash key', async () => {
    const call = new Conversation(rules, 'as-text');
    call.presses('12');
    await call.clock.advance(1500);
    call.presses('3');
    await call.clock.advance(1999);
    expect(call.told).toEqual([]);
    await call.clock.advance(1);
    call.presses('45#');
    await call.clock.advance(60_000);
    expect(call.told).toEqual([words('1 2 3'), words('4 5 #')]);
  });

  it('are not told where the flow does not say so, nor when the call is over, nor without end', async () => {
    const call = new Conversation(rules);
    call.presses('1#');
    const over = new Conversation(rules, 'as-text');
    over.presses('1');
    over.agent.handle({ kind: 'ended', cause: 'caller-hung-up' });
    const hostile = new Conversation(rules, 'as-text');
    hostile.presses('7'.repeat(40));
    for (const { clock } of [call, over, hostile]) await clock.advance(5000);
    expect([call.told, over.told]).toEqual([[], []]);
    expect(hostile.told).toEqual([words(Array(32).fill('7').join(' ')), words(Array(8).fill('7').join(' '))]);
  });
});

describe('what somebody outside the call asks of a voice agent', () => {
  it('is told to the agent, or done to the call', () => {
    const call = new Conversation();
    const taken = call.agent.takeFromApi!([
      { type: 'say', text: 'The table is ready.' },
      { type: 'update_instructions', text: 'Be short.' },
      { type: 'hangup' },
    ]);
    expect(taken).toEqual({ accepted: 3, mistakes: [] });
    expect(call.told).toEqual([
      { kind: 'say', text: 'The table is ready.' },
      { kind: 'update-instructions', text: 'Be short.' },
    ]);
    expect(call.commands).toEqual([{ kind: 'hang-up' }]);
  });

  it('waits until the agent is there', () => {
    const call = new Conversation(rules, 'ignore', false);
    call.agent.takeFromApi!({ type: 'say', text: 'Hello' });
    expect(call.told).toEqual([]);
    call.agent.handle({ kind: 'line-opened', lineId: 1 });
    expect(call.told).toEqual([{ kind: 'say', text: 'Hello' }]);
  });

  it.each([
    [{ type: 'dance' }, 'type: expected say, update_instructions or hangup'],
    ['say', 'expected an object with a type'],
    [null, 'expected an object with a type'],
    [{ type: 'say' }, 'say.text: expected a text of up to 20000 characters'],
    [
      { type: 'update_instructions', text: 'x'.repeat(20_001) },
      expect.stringMatching(/^update_instructions\.text/),
    ],
  ])('is answered with what is wrong with it: %j', (body, mistake) => {
    const call = new Conversation();
    expect(call.agent.takeFromApi!([body, { type: 'say', text: 'ok' }])).toEqual({
      accepted: 1,
      mistakes: [mistake],
    });
    expect(call.told.length).toBe(1);
  });
});

describe('the log of a conversation', () => {
  it('has what was said under the name that can be left out', () => {
    const call = new Conversation();
    call.follows({ kind: 'caller-said', text: 'I am Ada' });
    call.follows({ kind: 'agent-said', text: 'Hello Ada', interrupted: false });
    call.follows({ kind: 'warning', text: 'immutable_field' });
    const { log } = call.host;
    expect(log instanceof RecordingLogger && log.lines.map(({ fields }) => fields)).toEqual([
      { event: 'caller-said', text: 'I am Ada' },
      { event: 'agent-said', text: 'Hello Ada', interrupted: false },
      { warning: 'immutable_field' },
    ]);
  });
});

const lineOptions: AgentLineOptions = {
  protocol: 'assemblyai',
  target: { kind: 'websocket', url: 'wss://agents.example', headers: {} },
  connectTimeoutMs: 1800,
  hears: 'caller',
  speaks: true,
  settings: {},
};

/** A call that has started. */
class Conversation {
  readonly host: RecordingHost = new RecordingHost();
  readonly clock: VirtualClock = new VirtualClock();
  readonly agent: Agent;
  tools: readonly ToolDefinition[] = [];
  #calls = 0;

  constructor(allowed: ToolRules = rules, digits: DigitsRule = 'ignore', isThere = true) {
    const lineFor = (_: unknown, tools: readonly ToolDefinition[]): AgentLineOptions => {
      this.tools = tools;
      return lineOptions;
    };
    this.agent = createVoiceAgent({ lineFor, tools: allowed, digits, timers: this.clock })(this.host);
    this.agent.handle({ kind: 'started' });
    if (isThere) this.agent.handle({ kind: 'line-opened', lineId: 1 });
  }

  /** What it did to the call. */
  get commands(): AgentCommand[] {
    return this.host.commands.filter(({ kind }) => kind !== 'open-line' && kind !== 'tell-line');
  }

  /** What the agent was told. */
  get told(): unknown[] {
    return this.host.commands.flatMap((command) => (command.kind === 'tell-line' ? [command.message] : []));
  }

  presses(keys: string): void {
    for (const digit of keys) this.agent.handle({ kind: 'digit', digit });
  }

  get results(): unknown[] {
    return this.host.commands.flatMap((command) =>
      command.kind === 'tell-line' ? [JSON.parse((command.message as { output: string }).output)] : [],
    );
  }

  follows(event: AgentLineEvent): void {
    const told: AgentEvent = { kind: 'line', lineId: 1, event };
    this.agent.handle(told);
  }

  asks(name: string, given: Readonly<Record<string, unknown>> = {}): void {
    this.#calls += 1;
    this.follows({ kind: 'tool-call', callId: `call ${this.#calls}`, name, arguments: given });
  }
}
