import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { createDemoAgent } from '../../../src/agent/demo/demo-agent.ts';
import { RecordingHost, RecordingLogger } from '../../support/recording-host.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

const soundsFolder = resolve(import.meta.dirname, '../../../config/sounds');

it('serves a call from its first word to its last, without a warning', async () => {
  const log = new RecordingLogger();
  const clock = new VirtualClock();
  const host = new RecordingHost({}, log);
  const agent = createDemoAgent({ soundsFolder, clock })(host);
  agent.handle({ kind: 'started' });
  await clock.advance(20);
  agent.handle({ kind: 'digit', digit: '3' });
  await clock.advance(20);
  agent.handle({ kind: 'digit', digit: '0' });
  await clock.advance(20);
  agent.handle({ kind: 'ended', cause: 'agent-hung-up' });
  await agent.close();

  expect(host.batches.map((batch) => batch.map(({ kind }) => kind))).toEqual([
    ['loop', 'say'],
    ['interrupt', 'loop', 'say'],
    ['interrupt', 'say', 'hang-up'],
  ]);
  const loop = host.commands[0];
  const audio = loop?.kind === 'loop' ? loop.audio : undefined;
  expect(audio instanceof Uint8Array && Buffer.from(audio.subarray(0, 4)).toString()).toBe('RIFF');
  expect(log.lines.filter(({ level }) => level !== 'info')).toEqual([]);
});

it('keeps the choices of two callers apart', async () => {
  const clock = new VirtualClock();
  const factory = createDemoAgent({ soundsFolder, clock });
  const hosts = [new RecordingHost(), new RecordingHost({ id: '0b9f1f0e-7f0c-4f6a-8a1e-1d3f5a7b9c2d' })];
  const agents = hosts.map((host) => factory(host));
  for (const agent of agents) agent.handle({ kind: 'started' });
  agents[0]!.handle({ kind: 'digit', digit: '5' });
  await clock.advance(100);
  for (const agent of agents) agent.handle({ kind: 'digit', digit: '2' });
  await clock.advance(100);
  const gains = hosts.map(({ commands }) => {
    const loop = commands.findLast(({ kind }) => kind === 'loop');
    return loop?.kind === 'loop' ? loop.gain : undefined;
  });
  expect(gains).toEqual([0.6, 0.3]);
});

it('says at the start which sound is missing', () => {
  expect(() => createDemoAgent({ soundsFolder: '/nowhere' })).toThrow(
    /the demo's sound \/nowhere\/cafe\.wav cannot be read/,
  );
});
