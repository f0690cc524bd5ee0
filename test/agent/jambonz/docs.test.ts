import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseVerb, parseVerbs } from '../../../src/agent/jambonz/vocabulary/parse-verbs.ts';
import { JambonzCall } from '../../support/jambonz-call.ts';

const require = createRequire(import.meta.url);
const schemaFolder = resolve(require.resolve('@jambonz/sdk/websocket'), '../../../../schema');
const schema = require(resolve(schemaFolder, 'index.js'));
const docs = readFileSync(resolve(import.meta.dirname, '../../../docs/jambonz.md'), 'utf8');
const read = (folder: string, name: string) =>
  JSON.parse(readFileSync(resolve(schemaFolder, folder, `${name}.schema.json`), 'utf8'));

const unknown = parseVerb('unknown', {});
const verbs = /expected one of (.+)$/
  .exec(unknown.ok ? '' : unknown.details)![1]!
  .split(', ')
  .filter((name) => !name.startsWith('sip_'));

describe('docs/jambonz.md', () => {
  it('has a row for every verb that is performed', () => {
    for (const verb of verbs) expect(docs).toMatch(new RegExp(`^\\| (\`\\w+\` \\()?\`${verb}\``, 'm'));
  });

  it('names every field that the schema of such a verb has', () => {
    for (const verb of verbs.filter((name) => name !== 'stream')) {
      const row = docs.split('\n').find((line) => line.startsWith(`| \`${verb}\``))!;
      const fields = Object.keys(read('verbs', verb.replace(':', '-')).properties);
      const missing = fields.filter(
        (field) => !['verb', 'id', 'stream', 'confirmHook'].includes(field) && !row.includes(`\`${field}\``),
      );
      expect([verb, missing]).toEqual([verb, []]);
    }
  });
});

describe('what jambonz takes for a verb', () => {
  const examples = [
    { verb: 'answer' },
    {
      verb: 'say',
      text: ['a', 'b'],
      loop: 'forever',
      synthesizer: { vendor: 'google', language: 'en-US', voice: { name: 'x' } },
    },
    {
      verb: 'play',
      url: ['https://h/a.mp3'],
      loop: 2,
      seekOffset: '3',
      timeoutSecs: 4,
      actionHook: { url: 'https://h/x', method: 'GET' },
    },
    { verb: 'pause', length: 1.5 },
    {
      verb: 'gather',
      input: ['speech', 'digits'],
      numDigits: 4,
      say: { text: 'x' },
      recognizer: { vendor: 'google', language: 'en-US', hints: ['a', { phrase: 'b', boost: 5 }] },
    },
    {
      verb: 'dial',
      target: [
        { type: 'phone', number: '1' },
        { type: 'sip', sipUri: 'sip:a@b', auth: { username: 'u', password: 'p' } },
      ],
      headers: { 'X-A': 1 },
    },
    { verb: 'sip:refer', referTo: 'sip:a@b' },
    { verb: 'sip:decline', status: 486 },
    { verb: 'hangup', headers: { 'X-A': 'b' } },
    { verb: 'redirect', actionHook: 'https://h/x' },
    {
      verb: 'config',
      notifyEvents: true,
      bargeIn: { enable: true, input: ['speech'] },
      listen: { url: 'wss://h/a', enable: true },
    },
    {
      verb: 'listen',
      url: 'wss://h/a',
      mixType: 'stereo',
      bidirectionalAudio: { enabled: true, streaming: true, sampleRate: 24_000 },
    },
    { verb: 'stream', url: 'wss://h/a' },
    { verb: 'dub', action: 'addTrack', track: 'a', play: 'https://h/a.mp3', gain: '+2 dB' },
    { verb: 'dtmf', dtmf: '1w2', duration: 200 },
    { verb: 'tag', data: { a: 1 } },
  ];

  it.each(examples)('$verb is understood here too, in both forms', (example) => {
    const { verb, ...fields } = example;
    expect(schema.validateApp([example])).toMatchObject({ valid: true });
    expect(parseVerbs([example])).toMatchObject({ ok: true, ignored: [] });
    expect(parseVerbs([{ [verb]: fields }])).toEqual(parseVerbs([example]));
  });

  it.each([
    [[{ verb: 'say' }], '[0] say.text: expected a text or a list of texts'],
    [[{ verb: 'pause', length: 'long' }], '[0] pause.length: expected a number from 0 to 86400'],
    [
      [{ verb: 'dial', target: [{ type: 'phone' }] }],
      '[0] dial.target.0.number: expected of a target of type phone',
    ],
    [[{ verb: 'dub', action: 'addTrack' }], '[0] dub: track-missing'],
    [[{ verb: 'listen', url: 'https://h' }], '[0] listen.url: expected a URL with ws: or wss:'],
    [[{ verb: 'hangup', headers: { 'X-A': 'b\r\nX-C: d' } }], '[0] hangup.headers: expected one line each'],
    [[{ verb: 'llm' }], expect.stringMatching(/^\[0\] llm: expected one of answer, say/)],
    [['say'], '[0]: expected an object with a verb'],
    [{}, 'expected an array of verbs'],
  ])('%j is a mistake that is named', (payload, details) => {
    expect(parseVerbs(payload)).toEqual({ ok: false, details });
  });
});

describe('what apps are told', () => {
  it('is what the schemas of jambonz say', async () => {
    const Ajv = createRequire(resolve(schemaFolder, 'index.js'))('ajv');
    const ajv = new Ajv({ strict: false, validateSchema: false, logger: false });
    for (const name of ['base', 'call-status', 'session-new', 'gather', 'play', 'dial', 'verb-status'])
      ajv.addSchema(read('callbacks', name));
    const fits = (name: string, data: unknown) => {
      const validate = ajv.getSchema(`https://jambonz.org/schema/callbacks/${name}`);
      expect([name, validate(data), validate.errors]).toEqual([name, true, null]);
    };
    const call = new JambonzCall();
    await call.answer([
      { verb: 'config', notifyEvents: true },
      { verb: 'play', url: 'https://h/a.mp3', actionHook: '/played' },
      { verb: 'gather', input: ['speech'], actionHook: '/gathered' },
      { verb: 'dial', target: [{ type: 'phone', number: '1' }], actionHook: '/dialled' },
    ]);
    await call.spoken(0);
    fits('play', call.asked.data);
    await call.ack([]);
    call.agent.handle({ kind: 'heard', text: 'hello', bargedIn: false });
    fits('gather', call.asked.data);
    await call.ack([]);
    const { connectionId } = call.host.commands.find((command) => command.kind === 'connect')!;
    const leg = { kind: 'connection', connectionId, target: 0, callId: 'x' } as const;
    call.agent.handle({ ...leg, state: 'trying', statusCode: 100 });
    call.agent.handle({ ...leg, state: 'failed', statusCode: 486 });
    fits('dial', call.asked.data);
    call.agent.handle({ kind: 'ended', cause: 'caller-hung-up' });
    fits('session-new', call.told('session:new')[0]?.data);
    expect(call.told('call:status').length).toBeGreaterThanOrEqual(5);
    for (const { data } of call.told('call:status')) fits('call-status', data);
    for (const { data } of call.told('verb:status')) fits('verb-status', data);
  });
});
