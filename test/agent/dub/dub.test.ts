import { describe, expect, it } from 'vitest';
import { type DubStatus, DubTracks } from '../../../src/agent/dub/dub-tracks.ts';
import { parseDubVerb } from '../../../src/agent/dub/dub-verb.ts';
import { prepareClip } from '../../../src/audio/prepare-clip.ts';
import { invariant } from '../../../src/invariant.ts';
import { ClipStore, type LoadedClip } from '../../../src/sound/clip-store.ts';
import { levelDb, toneLevelDb } from '../../support/audio.ts';
import { toneFile } from '../../support/background-call.ts';
import { ScriptedAgent, say } from '../../support/scripted-agent.ts';
import { SimulatedPhone } from '../../support/simulated-phone.ts';
import { SimulatedSwitch, simulatedFlow } from '../../support/simulated-switch.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';
import { VirtualNetwork } from '../../support/virtual-network.ts';

const rateHz = 8000;
const office = 'https://h.example/office.mp3';
const song = 'https://h.example/song.mp3';
const jingle = 'https://h.example/jingle.mp3';
/** What the web has; names of tones, all but the office a second long. */
const web: ReadonlyMap<string, Uint8Array> = new Map([
  [office, toneFile(300)],
  [song, toneFile(700, 1000)],
  [jingle, toneFile(1000, 1000)],
  ['https://h.example/page', new TextEncoder().encode('<!doctype html><html></html>')],
]);

describe('dub: one track under a voice', () => {
  it('plays a loop under speech, and both are heard at their levels', async () => {
    const call = await dubCall();
    call.dub({ action: 'addTrack', track: 'amb' });
    call.dub({ action: 'playOnTrack', track: 'amb', play: office, loop: true, gain: '-6 dB' });
    call.host.submit([say('tone 1000 1000')]);
    await call.wait(800);
    expect(call.level(300)).toBeCloseTo(-18, 0);
    expect(call.level(1000)).toBeCloseTo(-12, 0);
    await call.wait(5000);
    expect(call.level(300)).toBeCloseTo(-18, 0);
  });

  it('at +20 dB is loud, bends and does not wrap', async () => {
    const call = await dubCall();
    call.dub({ action: 'addTrack', track: 'amb', play: office, loop: true, gain: '+20dB' });
    await call.wait(1000);
    const heard = call.heard(400);
    expect(levelDb(heard)).toBeGreaterThan(-1);
    // A wrapped sample lies far on the other side of its neighbours.
    for (let i = 1; i < heard.length; i++) expect(Math.abs(heard[i]! - heard[i - 1]!)).toBeLessThan(33_000);
  });

  it('starts at once from addTrack, where play wins over say', async () => {
    const call = await dubCall();
    call.dub({ action: 'addTrack', track: 'amb', play: office, say: 'tone 1000 5000', loop: true, gain: -6 });
    await call.wait(600);
    expect(call.level(300)).toBeCloseTo(-18, 0);
    expect(call.level(1000)).toBeLessThan(-60);
  });

  it('speaks on a track, with its gain, and never in a loop', async () => {
    const call = await dubCall();
    call.dub({ action: 'addTrack', track: 'coach' });
    call.dub({
      action: 'sayOnTrack',
      track: 'coach',
      say: { text: 'tone 1000 1000', synthesizer: { vendor: 'default' } },
      loop: true,
      gain: '-6dB',
    });
    await call.wait(700);
    expect(call.level(1000)).toBeCloseTo(-18, 0);
    await call.wait(2000);
    expect(levelDb(call.heard(200))).toBeLessThan(-90);
  });

  it('that is said without a voice of its own is said with the flow’s, and else with its own', () => {
    const verb = parseDubVerb({
      action: 'sayOnTrack',
      track: 'coach',
      say: {
        text: 'Ask about budget',
        synthesizer: { vendor: 'google', language: 'en-US', voice: 'default' },
      },
    });
    expect(verb).toMatchObject({
      ok: true,
      value: { say: { voice: { provider: 'google', language: 'en-US', voice: undefined } } },
    });
  });
});

describe('dub: names and limits', () => {
  it('ignores a second addTrack of the same name; the call lives and the next verb runs', async () => {
    const call = await dubCall();
    call.dub({ action: 'addTrack', track: 'amb', play: office, loop: true });
    call.dub({ action: 'addTrack', track: 'amb', play: song });
    expect(call.refusals).toEqual(['track-exists']);
    call.dub({ action: 'addTrack', track: 'other', play: jingle });
    await call.wait(600);
    expect(call.level(300)).toBeCloseTo(-12, 0);
    expect(call.level(1000)).toBeCloseTo(-12, 0);
    expect(call.level(700)).toBeLessThan(-60);
    expect(call.phone.isTalking).toBe(true);
  });

  it('ignores a third track, until one is removed', async () => {
    const call = await dubCall();
    for (const track of ['one', 'two', 'three']) call.dub({ action: 'addTrack', track });
    expect(call.refusals).toEqual(['too-many-tracks']);
    call.dub({ action: 'removeTrack', track: 'one' });
    call.dub({ action: 'addTrack', track: 'three', play: song });
    await call.wait(500);
    expect(call.refusals).toHaveLength(1);
    expect(call.level(700)).toBeCloseTo(-12, 0);
  });

  it('has as many tracks as it is allowed', () => {
    const tracks = new DubTracks(5);
    for (let i = 0; i < 5; i++) expect(carryOut(tracks, { action: 'addTrack', track: `${i}` }).ok).toBe(true);
    expect(carryOut(tracks, { action: 'addTrack', track: '5' })).toMatchObject({ reason: 'too-many-tracks' });
  });

  it.each(['removeTrack', 'silenceTrack', 'playOnTrack', 'sayOnTrack'])(
    'ignores %s on a track that is not there',
    (action) => {
      const outcome = carryOut(new DubTracks(), { action, track: 'nowhere', play: song, say: 'hello' });
      expect(outcome).toEqual({ ok: false, reason: 'track-unknown' });
    },
  );

  it('ignores a verb without anything to play or to say', () => {
    const tracks = new DubTracks();
    carryOut(tracks, { action: 'addTrack', track: 'amb' });
    expect(carryOut(tracks, { action: 'playOnTrack', track: 'amb' })).toMatchObject({
      reason: 'nothing-to-play',
    });
    expect(carryOut(tracks, { action: 'sayOnTrack', track: 'amb', say: ' ' })).toMatchObject({
      reason: 'nothing-to-say',
    });
  });

  it('does not open files of ours', () => {
    const tracks = new DubTracks();
    carryOut(tracks, { action: 'addTrack', track: 'amb' });
    for (const play of ['/etc/passwd', '../secrets.mp3', 'file:///etc/passwd', 'office'])
      expect(carryOut(tracks, { action: 'playOnTrack', track: 'amb', play })).toMatchObject({
        reason: 'play-not-a-url',
      });
  });
});

describe('dub: first in, first out', () => {
  it('plays two sounds of a track one after the other, not both at once', async () => {
    const call = await dubCall();
    call.dub({ action: 'addTrack', track: 'amb', play: song });
    call.dub({ action: 'playOnTrack', track: 'amb', play: jingle });
    await call.wait(700);
    expect(call.level(700)).toBeCloseTo(-12, 0);
    expect(call.level(1000)).toBeLessThan(-60);
    await call.wait(1000);
    expect(call.level(700)).toBeLessThan(-60);
    expect(call.level(1000)).toBeCloseTo(-12, 0);
    await call.wait(1000);
    expect(levelDb(call.heard(200))).toBeLessThan(-90);
    expect(call.longestGapMs(700, 1000)).toBeLessThanOrEqual(40);
  });

  it('never reaches what stands behind a loop; silenceTrack drops it, and playOnTrack is heard again', async () => {
    const call = await dubCall();
    call.dub({ action: 'addTrack', track: 'amb', play: office, loop: true });
    call.dub({ action: 'playOnTrack', track: 'amb', play: song });
    await call.wait(5000);
    expect(call.level(300)).toBeCloseTo(-12, 0);
    expect(call.level(700)).toBeLessThan(-60);
    call.dub({ action: 'silenceTrack', track: 'amb' });
    await call.wait(1500);
    expect(levelDb(call.heard(1000))).toBeLessThan(-90);
    call.dub({ action: 'playOnTrack', track: 'amb', play: jingle });
    await call.wait(600);
    expect(call.level(1000)).toBeCloseTo(-12, 0);
    expect(call.refusals).toEqual([]);
  });

  it('plays the next when one cannot be had', async () => {
    const call = await dubCall();
    call.dub({ action: 'addTrack', track: 'amb', id: 'a', play: 'https://h.example/missing.mp3' });
    call.dub({ action: 'playOnTrack', track: 'amb', id: 'b', play: 'https://h.example/page' });
    call.dub({ action: 'playOnTrack', track: 'amb', id: 'c', play: song });
    await call.wait(600);
    expect(call.level(700)).toBeCloseTo(-12, 0);
    expect(call.statuses).toEqual([
      { event: 'error', verb: 'dub', id: 'a', track: 'amb', error: 'http-status: 404' },
      { event: 'error', verb: 'dub', id: 'b', track: 'amb', error: expect.any(String) },
      { event: 'start-playback', verb: 'dub', id: 'c', track: 'amb' },
    ]);
  });

  it('has a track removed at once, whatever was queued on it', async () => {
    const call = await dubCall();
    call.dub({ action: 'addTrack', track: 'amb', play: song });
    call.dub({ action: 'playOnTrack', track: 'amb', play: jingle });
    await call.wait(500);
    call.dub({ action: 'removeTrack', track: 'amb' });
    await call.wait(2000);
    expect(levelDb(call.heard(1800))).toBeLessThan(-80);
  });
});

describe('dub: gain', () => {
  it.each([
    ['-3', -15],
    ['+2dB', -10],
    [-40, -52],
    [undefined, -12],
  ])('%j is heard at %i dB', async (gain, expected) => {
    const call = await dubCall();
    call.dub({ action: 'addTrack', track: 'amb', play: office, loop: true, gain });
    await call.wait(600);
    expect(Math.abs(call.level(300) - expected)).toBeLessThan(1);
  });

  it('of -50 is hardly heard, and of 80 no more than +50', async () => {
    const call = await dubCall();
    call.dub({ action: 'addTrack', track: 'amb', play: office, loop: true, gain: -50 });
    await call.wait(600);
    expect(levelDb(call.heard(200))).toBeLessThan(-55);
    const verb = parseDubVerb({ action: 'addTrack', track: 'amb', gain: 80 });
    expect(verb).toMatchObject({ value: { gain: 10 ** 2.5 } });
  });
});

describe('dub: forms of the payload', () => {
  it('is the verb, its key form, and the fields alone', () => {
    const fields = { action: 'addTrack', track: 'amb' };
    for (const payload of [{ verb: 'dub', ...fields }, { dub: fields }, fields])
      expect(parseDubVerb(payload)).toMatchObject({ ok: true, value: { ...fields, loop: false, gain: 1 } });
  });

  it.each([
    [{ dub: { action: 'addTrack' } }, 'track-missing'],
    [{ verb: 'dub', track: 'amb' }, 'action-missing'],
    [{ verb: 'dub', action: 'muteTrack', track: 'amb' }, 'action-unknown'],
    [{ verb: 'dub', action: 'addTrack', track: 7 }, 'track-missing'],
    [{ verb: 'say', text: 'hello' }, 'not-a-dub'],
    ['dub', 'not-a-dub'],
    [null, 'not-a-dub'],
    [[], 'not-a-dub'],
  ])('%j is refused: %s', (payload, reason) => {
    expect(parseDubVerb(payload)).toEqual({ ok: false, reason });
  });
});

describe('dub: scope', () => {
  it('is heard on the leg of its track and on no other', async () => {
    const call = await dubCall();
    const other = await dubCall();
    call.dub({ action: 'addTrack', track: 'amb', play: office, loop: true });
    await call.wait(600);
    await other.wait(600);
    expect(call.level(300)).toBeCloseTo(-12, 0);
    expect(levelDb(other.heard(200))).toBeLessThan(-90);
    other.dub({ action: 'silenceTrack', track: 'amb' });
    expect(other.refusals).toEqual(['track-unknown']);
  });

  it('leaves no timer behind when the caller hangs up in a loop', async () => {
    const call = await dubCall();
    call.dub({ action: 'addTrack', track: 'amb', id: 'amb1', play: office, loop: true });
    call.dub({ action: 'playOnTrack', track: 'amb', id: 'amb2', play: song });
    await call.wait(600);
    call.phone.hangUp();
    await call.wait(40_000);
    expect(call.clock.nextDueMs).toBeUndefined();
    expect(call.statuses.at(-1)).toEqual({
      event: 'stop-playback',
      verb: 'dub',
      id: 'amb1',
      track: 'amb',
      reason: 'hangup',
    });
  });
});

describe('dub: status', () => {
  it('tells of the sounds of verbs with an id, and how each ended', async () => {
    const call = await dubCall();
    call.dub({ action: 'addTrack', track: 'amb', id: 'one', play: song });
    await call.wait(1500);
    call.dub({ action: 'playOnTrack', track: 'amb', id: 'two', play: office, loop: true });
    await call.wait(500);
    call.dub({ action: 'playOnTrack', track: 'amb', id: 'never heard', play: song });
    call.dub({ action: 'silenceTrack', track: 'amb' });
    call.dub({ action: 'playOnTrack', track: 'amb', play: song });
    await call.wait(1500);
    call.dub({ action: 'playOnTrack', track: 'amb', id: 'three', play: office, loop: true });
    await call.wait(500);
    call.dub({ action: 'removeTrack', track: 'amb' });
    await call.wait(100);
    expect(call.statuses.map(({ event, id, reason }) => [id, event, reason])).toEqual([
      ['one', 'start-playback', undefined],
      ['one', 'stop-playback', 'completed'],
      ['two', 'start-playback', undefined],
      ['two', 'stop-playback', 'silenced'],
      ['three', 'start-playback', undefined],
      ['three', 'stop-playback', 'removed'],
    ]);
  });

  it('is nothing for events of others', () => {
    const tracks = new DubTracks();
    expect(tracks.handle({ kind: 'started' })).toBeUndefined();
    expect(tracks.handle({ kind: 'track-sound-started', track: 'ambience', soundId: 9 })).toBeUndefined();
  });
});

function carryOut(tracks: DubTracks, payload: Readonly<Record<string, unknown>>) {
  const verb = parseDubVerb(payload);
  return verb.ok ? tracks.carryOut(verb.value) : verb;
}

/** A call whose agent has dub tracks. */
async function dubCall() {
  const clock = new VirtualClock();
  const network = new VirtualNetwork(clock);
  const tracks = new DubTracks();
  const refusals: string[] = [];
  const statuses: DubStatus[] = [];
  const agent = new ScriptedAgent((event) => {
    const status = tracks.handle(event);
    if (status !== undefined) statuses.push(status);
    if (event.kind === 'ended') statuses.push(...tracks.end());
  });
  const clips = new ClipStore({
    read: (reference) => {
      const octets = reference.kind === 'url' ? web.get(reference.url) : undefined;
      return Promise.resolve(
        octets === undefined
          ? { ok: false, reason: 'http-status', detail: '404' }
          : { ok: true, value: octets },
      );
    },
    prepare: (octets, _hash, form) => Promise.resolve<LoadedClip>(prepareClip(octets, form.rateHz)),
    capacityOctets: 2 ** 30,
  });
  const flows = [simulatedFlow(agent.factory)];
  new SimulatedSwitch({ clock, network, flows, clips });
  const phone = new SimulatedPhone({ clock, network });
  await phone.call('reception');
  await clock.advance(400);
  const { host } = agent;
  invariant(host !== undefined, 'the call has been answered');
  const heard = (ms: number) => phone.heard.subarray(-ms * 8);
  return {
    clock,
    phone,
    host,
    refusals,
    statuses,
    heard,
    wait: (ms: number) => clock.advance(ms),
    level: (frequencyHz: number) => toneLevelDb(heard(200), frequencyHz, rateHz),
    dub(payload: Readonly<Record<string, unknown>>): void {
      const outcome = carryOut(tracks, payload);
      if (outcome.ok) host.submit(outcome.value);
      else refusals.push(outcome.reason);
    },
    /** Between the end of one tone and the beginning of another. */
    longestGapMs(before: number, after: number): number {
      const loud = (frequencyHz: number, at: number) =>
        toneLevelDb(phone.heard.subarray(at, at + 160), frequencyHz, rateHz) > -20;
      const places = Array.from({ length: Math.floor(phone.heard.length / 40) - 4 }, (_, i) => i * 40);
      const end = places.findLast((at) => loud(before, at))!;
      const begin = places.find((at) => at > end && loud(after, at))!;
      return (begin - end) / 8 - 20;
    },
  };
}
