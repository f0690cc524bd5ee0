import { describe, expect, it } from 'vitest';
import { pcmuEncoder } from '../../../codecs/pcmu.ts';
import type { AssemblyAiSettings } from '../../../src/agent/assemblyai/assemblyai-session.ts';
import type { NegotiatedAudio } from '../../../src/sdp/negotiated.ts';
import { tone, toneLevelDb } from '../../support/audio.ts';
import { LineHarness } from '../../support/line-harness.ts';

const settings: AssemblyAiSettings = {
  systemPrompt: 'Be kind.',
  greeting: 'Hello!',
  voice: 'ivy',
  keyterms: ['Patchbay'],
  turnDetection: { vad_threshold: 0.4 },
  input: 'as-the-phone',
  output: 'as-the-phone',
  tools: [{ name: 'hangup_call', description: 'Ends.', parameters: { type: 'object', properties: {} } }],
  flushOn: 'interrupted',
  sendToolResult: 'immediate',
};

describe('an AssemblyAI session', () => {
  it('begins with what it is to be, flat as the API has it', () => {
    const { agent } = opened();
    expect(agent.messages).toEqual([
      {
        type: 'session.update',
        session: {
          system_prompt: 'Be kind.',
          greeting: 'Hello!',
          input: {
            format: { encoding: 'audio/pcmu' },
            keyterms: ['Patchbay'],
            turn_detection: { vad_threshold: 0.4 },
          },
          output: { voice: 'ivy', format: { encoding: 'audio/pcmu' } },
          tools: [
            {
              type: 'function',
              name: 'hangup_call',
              description: 'Ends.',
              parameters: { type: 'object', properties: {} },
            },
          ],
        },
      },
    ]);
  });

  it('names a stored agent and nothing else', () => {
    const { agent } = opened({ agentId: 'agent_1' });
    expect(agent.messages).toEqual([{ type: 'session.update', session: { agent_id: 'agent_1' } }]);
  });

  it.each([
    ['PCMU', {}, ['audio/pcmu', 'audio/pcmu']],
    ['PCMA', {}, ['audio/pcma', 'audio/pcma']],
    ['PCMU', { output: 'pcm' }, ['audio/pcmu', 'audio/pcm']],
    ['PCMA', { input: 'pcm', output: 'pcmu' }, ['audio/pcm', 'audio/pcmu']],
  ] as const)('takes the form of each way by itself: %s with %o', (codec, changes, encodings) => {
    const { agent } = opened(changes, { codec, payloadType: codec === 'PCMU' ? 0 : 8 });
    const { input, output } = agent.messages[0]!['session'] as Record<
      string,
      { format: { encoding: string } }
    >;
    expect([input!.format.encoding, output!.format.encoding]).toEqual(encodings);
  });

  it('gets no audio before it is ready, and then the caller in real time, from then on', () => {
    const harness = opened();
    harness.run(900);
    expect(harness.agent.messages.length).toBe(1);
    harness.agent.says({ type: 'session.updated' }, { type: 'session.ready', session_id: 's1' });
    harness.run(3000);
    const audio = audioOf(harness);
    expect(audio.length).toBe(50);
    expect(new Set(audio.map(({ octets }) => octets.length))).toEqual(new Set([480]));
    const gapsMs = audio.slice(1).map(({ atMs }, index) => atMs - audio[index]!.atMs);
    expect(new Set(gapsMs)).toEqual(new Set([60]));
  });

  it('is not put up with when it runs with other formats than were asked for', () => {
    const harness = opened();
    const config = {
      input: { format: { encoding: 'audio/pcm' } },
      output: { format: { encoding: 'audio/pcmu' } },
    };
    harness.agent.says({ type: 'session.ready', session_id: 's1', config });
    expect(harness.end).toBe('rejected');
  });

  it('of a stored agent has the formats that it tells', () => {
    const harness = opened({ agentId: 'agent_1' });
    const config = { input: { format: { encoding: 'audio/pcma' } } };
    harness.agent.says({ type: 'session.ready', session_id: 's1', config });
    harness.run(120);
    expect(audioOf(harness)[0]!.octets.length).toBe(480);
    harness.agent.says(audioMessage(new Uint8Array(48_000 * 2), 'r1'));
    expect(harness.line.unheardMs).toBe(2000);
  });

  it.each(['invalid_format', 'UNAUTHORIZED', 'agent_not_found', 'anything'])(
    'is over with the error %s before it is ready',
    (code) => {
      const harness = opened();
      harness.agent.says({ type: 'session.error', code, message: 'no' });
      expect(harness.end).toBe('rejected');
      expect(harness.told).toEqual([{ kind: 'warning', text: `${code}: no` }]);
    },
  );

  it('goes on after an error about a change, and not after one about the right to be there', () => {
    const harness = ready();
    harness.agent.says({ type: 'session.error', code: 'immutable_field', message: 'voice' });
    expect(harness.end).toBeUndefined();
    harness.agent.says({ type: 'session.error', code: 'FORBIDDEN', message: '' });
    expect(harness.end).toBe('rejected');
  });

  it('that never gets ready is given up in time', () => {
    const harness = opened();
    harness.run(1780);
    expect(harness.end).toBeUndefined();
    harness.run(40);
    expect(harness.end).toBe('not-ready');
  });

  it('is ended in words when the call is', () => {
    const harness = ready();
    harness.line.stop();
    expect(harness.agent.messages.at(-1)).toEqual({ type: 'session.end' });
    expect(harness.agent.closedFor).toBe('closed-by-us');
  });

  it('may end by itself', () => {
    const harness = ready();
    harness.agent.says({ type: 'session.ended', session_duration_seconds: 3 });
    expect(harness.end).toBe('closed-by-agent');
  });

  it('survives what nobody knows, and some nonsense, but not a flood of it', () => {
    const harness = ready();
    harness.agent.says({ type: 'reply.content_part.started' }, { type: 'weather.changed', data: [] });
    for (let count = 0; count < 20; count++) harness.agent.receiver.text(`{${count}`);
    expect(harness.end).toBeUndefined();
    harness.agent.receiver.text('<html>');
    expect(harness.end).toBe('protocol-error');
  });
});

describe('what an AssemblyAI agent says', () => {
  it('may come in a burst, and is heard at the pace of speech, octet for octet', () => {
    const harness = ready();
    const octets = speech(5000);
    for (let from = 0; from < octets.length; from += 1234) {
      harness.agent.says(audioMessage(octets.subarray(from, from + 1234), 'r1'));
    }
    harness.run(5000);
    const sent = Buffer.concat(harness.legs.sent.map(({ payload }) => payload));
    expect(Buffer.compare(sent, Buffer.from(octets))).toBe(0);
    expect(harness.line.unheardMs).toBe(0);
  });

  it('is silent within two packets of an interruption, and what comes late of it is not heard', () => {
    const harness = ready();
    harness.agent.says({ type: 'reply.started', reply_id: 'r1' }, audioMessage(speech(5000), 'r1'));
    harness.run(1000);
    harness.agent.says({ type: 'reply.done', reply_id: 'r1', status: 'interrupted' });
    harness.agent.says({ type: 'transcript.agent', reply_id: 'r1', text: 'I was', interrupted: true });
    harness.agent.says(audioMessage(speech(5000), 'r1'));
    harness.run(1000);
    expect(toneLevelDb(harness.legs.heardByPhone(harness.legs.sent.length - 48), 500, 8000)).toBeLessThan(
      -70,
    );
    expect(harness.told).toContainEqual({ kind: 'interrupted', heardMs: 1000 });
    expect(harness.told).toContainEqual({ kind: 'agent-said', text: 'I was', interrupted: true });
    harness.agent.says({ type: 'reply.started', reply_id: 'r2' }, audioMessage(speech(1000), 'r2'));
    harness.run(500);
    expect(toneLevelDb(harness.legs.heardByPhone(harness.legs.sent.length - 20), 500, 8000)).toBeGreaterThan(
      -13,
    );
  });

  it('is taken back the same when replies have no ids', () => {
    const harness = ready();
    harness.agent.says({ type: 'reply.started' }, audioMessage(speech(2000)));
    harness.run(200);
    harness.agent.says({ type: 'reply.done', status: 'interrupted' }, audioMessage(speech(2000)));
    expect(harness.line.unheardMs).toBe(0);
    harness.agent.says({ type: 'reply.started' }, audioMessage(speech(1000)));
    expect(harness.line.unheardMs).toBe(1000);
  });

  it('goes on when the caller makes a sound, unless the flow wants it otherwise', () => {
    const patient = ready();
    patient.agent.says({ type: 'reply.started', reply_id: 'r1' }, audioMessage(speech(5000), 'r1'));
    patient.run(200);
    patient.agent.says({ type: 'input.speech.started' }, { type: 'input.speech.stopped' });
    expect(patient.line.unheardMs).toBe(4800);
    const hasty = ready({ flushOn: 'speech-started' });
    hasty.agent.says({ type: 'reply.started', reply_id: 'r1' }, audioMessage(speech(5000), 'r1'));
    hasty.run(200);
    hasty.agent.says({ type: 'input.speech.started' });
    expect(hasty.line.unheardMs).toBe(0);
    expect(hasty.told).toContainEqual({ kind: 'interrupted', heardMs: 200 });
  });

  it('gives way when it was complete, spoken into and answered anew: nobody else would take it back', () => {
    const harness = ready();
    harness.agent.says({ type: 'reply.started', reply_id: 'r1' }, audioMessage(speech(5000), 'r1'));
    harness.agent.says({ type: 'reply.done', reply_id: 'r1', status: 'completed' });
    harness.run(1000);
    harness.agent.says({ type: 'input.speech.started' }, { type: 'input.speech.stopped' });
    expect(harness.line.unheardMs).toBe(4000);
    harness.agent.says({ type: 'reply.started', reply_id: 'r2' }, audioMessage(speech(1000), 'r2'));
    expect(harness.line.unheardMs).toBe(1000);
    expect(harness.told).toContainEqual({ kind: 'interrupted', heardMs: 1000 });
  });

  it('is followed by the next reply where nobody spoke into it', () => {
    const harness = ready();
    harness.agent.says({ type: 'reply.started', reply_id: 'r1' }, audioMessage(speech(2000), 'r1'));
    harness.agent.says({ type: 'reply.done', reply_id: 'r1' });
    harness.agent.says({ type: 'reply.started', reply_id: 'r2' }, audioMessage(speech(2000), 'r2'));
    expect(harness.line.unheardMs).toBe(4000);
  });

  it('is told with what the caller says, and when who is at it', () => {
    const harness = ready();
    harness.agent.says(
      { type: 'input.speech.started' },
      { type: 'transcript.user.delta', text: 'I wou', item_id: 'i' },
      { type: 'input.speech.stopped' },
      { type: 'transcript.user', text: 'I would', item_id: 'i' },
      { type: 'transcript.agent', text: 'Yes', reply_id: 'r' },
    );
    expect(harness.told).toEqual([
      { kind: 'caller-began' },
      { kind: 'caller-ended' },
      { kind: 'caller-said', text: 'I would' },
      { kind: 'agent-said', text: 'Yes', interrupted: false },
    ]);
  });
});

describe('a tool of an AssemblyAI agent', () => {
  it.each([
    ['an object', { arguments: { to: '1' } }],
    ['args, as of old', { args: { to: '1' } }],
    ['JSON', { arguments: '{"to":"1"}' }],
  ])('is called with %s', (_, fields) => {
    const harness = ready();
    harness.agent.says({ type: 'tool.call', call_id: 'c', name: 'transfer_call', ...fields });
    expect(harness.told).toEqual([
      { kind: 'agent-thinks' },
      { kind: 'tool-call', callId: 'c', name: 'transfer_call', arguments: { to: '1' } },
    ]);
  });

  it('is answered with a text, at once', () => {
    const harness = ready();
    harness.agent.says(
      { type: 'reply.started', reply_id: 'r1' },
      { type: 'tool.call', call_id: 'c', name: 'x' },
    );
    harness.line.told(result('c', true));
    expect(harness.agent.messages.at(-1)).toEqual({
      type: 'tool.result',
      call_id: 'c',
      result: '{"ok":1}',
      is_error: true,
    });
  });

  it('is answered when the reply is done, if the flow says so', () => {
    const harness = ready({ sendToolResult: 'after-reply-done' });
    harness.agent.says(
      { type: 'reply.started', reply_id: 'r1' },
      { type: 'tool.call', call_id: 'c', name: 'x' },
    );
    harness.line.told(result('c'));
    expect(harness.agent.messages.at(-1)!['type']).not.toBe('tool.result');
    harness.agent.says({ type: 'reply.done', reply_id: 'r1' });
    expect(harness.agent.messages.at(-1)).toEqual({ type: 'tool.result', call_id: 'c', result: '{"ok":1}' });
  });

  it.each(['immediate', 'after-reply-done'] as const)(
    'of a reply that was interrupted is answered no more (%s)',
    (sendToolResult) => {
      const harness = ready({ sendToolResult });
      harness.agent.says(
        { type: 'reply.started', reply_id: 'r1' },
        { type: 'tool.call', call_id: 'c', name: 'x' },
      );
      if (sendToolResult === 'after-reply-done') harness.line.told(result('c'));
      harness.agent.says({ type: 'reply.done', reply_id: 'r1', status: 'interrupted' });
      harness.line.told(result('c'));
      expect(harness.agent.messages.map(({ type }) => type)).not.toContain('tool.result');
    },
  );

  it('may be told to speak, once the running reply is done', () => {
    const harness = ready();
    harness.agent.says({ type: 'reply.started', reply_id: 'r1' });
    harness.line.told({ kind: 'say', text: 'Tell the time.' });
    expect(harness.agent.messages.map(({ type }) => type)).not.toContain('reply.create');
    harness.agent.says({ type: 'reply.done', reply_id: 'r1', status: 'interrupted' });
    expect(harness.agent.messages.at(-1)).toEqual({ type: 'reply.create', instructions: 'Tell the time.' });
    harness.line.told({ kind: 'from-caller', text: 'Keys: 1' });
    expect(harness.agent.messages.at(-1)).toEqual({
      type: 'reply.create',
      instructions: 'The caller tells you, not by voice: "Keys: 1". Answer that.',
    });
  });
});

describe('an AssemblyAI session whose connection breaks', () => {
  it('is resumed, while what was said is heard out', () => {
    const harness = ready();
    harness.agent.says({ type: 'reply.started', reply_id: 'r1' }, audioMessage(speech(3000), 'r1'));
    harness.agent.receiver.closed('connection-lost', 1006);
    harness.run(100);
    harness.open();
    expect(harness.agent.messages).toEqual([{ type: 'session.resume', session_id: 's1' }]);
    harness.agent.says({ type: 'session.ready', session_id: 's1' });
    harness.run(500);
    expect(toneLevelDb(harness.legs.heardByPhone(10), 500, 8000)).toBeGreaterThan(-13);
    expect(audioOf(harness).length).toBeGreaterThan(6);
    expect(harness.end).toBeUndefined();
  });

  it('begins anew, without its greeting, when it is not there any more', () => {
    const harness = ready();
    harness.agent.receiver.closed('connection-lost', 1006);
    harness.run(20);
    harness.open().says({ type: 'session.error', code: 'session_not_found', message: '' });
    const [, update] = harness.agent.messages;
    expect(update!['type']).toBe('session.update');
    expect(update!['session']).toMatchObject({ system_prompt: 'Be kind.' });
    expect(update!['session']).not.toHaveProperty('greeting');
    harness.agent.says({ type: 'session.ready', session_id: 's2' });
    harness.run(120);
    expect(audioOf(harness).length).toBe(2);
  });

  it('begins anew when the server answers the resumption by closing', () => {
    const harness = ready();
    harness.agent.receiver.closed('connection-lost', 1006);
    harness.run(20);
    harness.open().receiver.closed('closed-by-agent', 1011);
    harness.run(20);
    harness.open();
    expect(harness.agent.messages[0]!['session']).not.toHaveProperty('greeting');
    harness.agent.receiver.closed('closed-by-agent', 1011);
    expect(harness.end).toBe('closed-by-agent');
  });

  it.each([1008, 1000])('is over when the server closes with %i', (code) => {
    const harness = ready();
    harness.agent.receiver.closed('closed-by-agent', code);
    expect(harness.end).toBe('closed-by-agent');
  });

  it('is over when it breaks again at once, and not when it has held for a while', () => {
    const flapping = ready();
    for (let times = 0; times < 2; times++) {
      flapping.agent.receiver.closed('connection-lost', 1006);
      flapping.run(20);
      if (flapping.end === undefined) flapping.open().says({ type: 'session.ready', session_id: 's1' });
    }
    expect([flapping.end, flapping.connections.length]).toEqual(['connection-lost', 2]);
    const steady = ready();
    for (let times = 0; times < 3; times++) {
      steady.agent.receiver.closed('connection-lost', 1006);
      steady.run(20);
      steady.open().says({ type: 'session.ready', session_id: 's1' });
      steady.run(11_000);
    }
    expect(steady.end).toBeUndefined();
  });

  it('is over when it is not back in time', () => {
    const harness = ready();
    harness.agent.receiver.closed('connection-lost', 1006);
    harness.run(1820);
    expect(harness.end).toBe('connection-lost');
  });
});

function opened(
  changes: Partial<AssemblyAiSettings> = {},
  audio: Partial<NegotiatedAudio> = {},
): LineHarness {
  const harness = new LineHarness('assemblyai', { ...settings, ...changes }, { audio });
  harness.open();
  return harness;
}

function ready(changes: Partial<AssemblyAiSettings> = {}): LineHarness {
  const harness = opened(changes);
  harness.agent.says({ type: 'session.ready', session_id: 's1' });
  return harness;
}

function audioOf({ agent }: LineHarness): { octets: Buffer; atMs: number }[] {
  return agent.texts.flatMap(({ text, atMs }) => {
    const { type, audio } = JSON.parse(text);
    return type === 'input.audio' ? [{ octets: Buffer.from(audio, 'base64'), atMs }] : [];
  });
}

function audioMessage(octets: Uint8Array, reply?: string): object {
  return {
    type: 'reply.audio',
    data: Buffer.from(octets).toString('base64'),
    ...(reply && { reply_id: reply }),
  };
}

function result(callId: string, isError = false): object {
  return { kind: 'tool-result', callId, output: '{"ok":1}', isError, isLast: false };
}

/** A tone of 500 Hz, in mu-law. */
function speech(ms: number): Uint8Array {
  const samples = tone(500, { rateHz: 8000, lengthSamples: ms * 8, levelDb: -10 });
  const octets = new Uint8Array(samples.length);
  pcmuEncoder.encode(samples, 0, samples.length, octets, 0);
  return octets;
}
