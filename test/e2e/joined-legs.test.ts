import { afterEach, describe, expect, it, vi } from 'vitest';
import { MediaPool, type MediaPoolOptions } from '../../src/app/media-pool.ts';
import type { MediaLeg } from '../../src/media/media-plane.ts';
import { tone, toneLevelDb } from '../support/audio.ts';
import { PCMU_AUDIO } from '../support/leg-harness.ts';
import { clipOf } from '../support/mixing.ts';
import { RecordingLogger } from '../support/recording-host.ts';
import { UdpPhone } from '../support/udp-phone.ts';

/** No two packets of a second are alike. */
const high = tone(1007, { rateHz: 8000, lengthSamples: 8000, levelDb: -10 });
const low = tone(400, { rateHz: 8000, lengthSamples: 8000, levelDb: -10 });
const toBeClosed: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const close of toBeClosed.splice(0).reverse()) await close();
});

describe('two phones joined in a media worker', () => {
  it('hear each other, with next to no delay while packets pass, and each its own music', async () => {
    const media = pool({ workers: 2 });
    const alice = await openPhone(media, high);
    const bob = await openPhone(media, low, alice.leg);
    alice.leg.join(bob.leg);
    alice.phone.talkTo(alice.leg.localPort);
    bob.phone.talkTo(bob.leg.localPort);
    await heardMore(bob.phone, 100);
    await heardMore(alice.phone, 50);
    expect(toneLevelDb(bob.phone.heardSamples(50), 1007, 8000)).toBeGreaterThan(-13);
    expect(toneLevelDb(alice.phone.heardSamples(50), 400, 8000)).toBeGreaterThan(-13);

    const passedMs = await delaysMs(alice.phone, bob.phone);
    const clip = clipOf(new Int16Array(800));
    bob.leg.send({ kind: 'start-loop', track: 'music', clip, gain: 1, fadeMs: 0 });
    await heardMore(bob.phone, 50);
    const from = bob.phone.heard.length;
    await heardMore(bob.phone, 100);
    expect(toneLevelDb(bob.phone.heardSamples(from), 1007, 8000)).toBeGreaterThan(-13);
    bob.leg.send({ kind: 'stop-track', track: 'music', fadeMs: 0 });
    await heardMore(bob.phone, 75);
    const passedAgainMs = await delaysMs(alice.phone, bob.phone);
    const [before, after] = [quantile(passedMs, 0.5), quantile(passedAgainMs, 0.5)];
    process.stdout.write(
      `joined legs: passing adds ${before.toFixed(2)} ms at the median, ${quantile(passedMs, 0.95).toFixed(2)} ms at p95; ` +
        `after music ${after.toFixed(2)} ms\n`,
    );
    expect(Math.min(passedMs.length, passedAgainMs.length)).toBeGreaterThan(90);
    // No packet waits for the beat: from half a tick on, most would.
    expect(before).toBeLessThan(10);
    expect(after).toBeLessThan(10);
  });

  it('part when they are told, or when one of them is closed', async () => {
    const media = pool();
    const alice = await openPhone(media, high);
    const bob = await openPhone(media, low, alice.leg);
    bob.phone.talkTo(bob.leg.localPort);
    for (const part of [() => alice.leg.join(undefined), () => bob.leg.close()]) {
      alice.leg.join(bob.leg);
      await heardMore(alice.phone, 75);
      expect(toneLevelDb(alice.phone.heardSamples(alice.phone.heard.length - 25), 400, 8000)).toBeCloseTo(
        -10,
        0,
      );
      part();
      await heardMore(alice.phone, 50);
      const from = alice.phone.heard.length;
      await heardMore(alice.phone, 25);
      expect(toneLevelDb(alice.phone.heardSamples(from), 400, 8000)).toBeLessThan(-70);
    }
    // Whoever is left is not joined with what is gone.
    alice.leg.join(bob.leg);
    await heardMore(alice.phone, 25);
  });

  it('are refused when there is no room beside the first', async () => {
    const media = pool({ workers: 2, portMin: 42_400, portMax: 42_403 });
    const alice = await openPhone(media, high);
    await expect(openPhone(media, low, alice.leg)).rejects.toMatchObject({ code: 'media-ports-exhausted' });
    const elsewhere = await openPhone(media, low);
    expect(() => alice.leg.join(elsewhere.leg)).toThrow('beside');
  });
});

interface Party {
  readonly leg: MediaLeg;
  readonly phone: UdpPhone;
}

async function openPhone(media: MediaPool, samples: Int16Array, beside?: MediaLeg): Promise<Party> {
  const leg = await media.openLeg({
    callId: 'test call',
    family: 'ipv4',
    symmetricRtp: false,
    beside,
    onEvent: () => undefined,
  });
  const phone = await UdpPhone.open(samples);
  toBeClosed.push(() => phone.close());
  leg.send({
    kind: 'negotiate',
    audio: { ...PCMU_AUDIO, remoteAddress: '127.0.0.1', remotePort: phone.port },
  });
  return { leg, phone };
}

async function heardMore(phone: UdpPhone, packets: number): Promise<void> {
  const from = phone.heard.length;
  await vi.waitFor(() => expect(phone.heard.length).toBeGreaterThanOrEqual(from + packets), PATIENCE);
}

/** From when one phone said a packet until the other heard its octets, for the next hundred. */
async function delaysMs(from: UdpPhone, to: UdpPhone): Promise<number[]> {
  const first = to.heard.length;
  await heardMore(to, 100);
  return to.heard.slice(first, first + 100).flatMap((heard, n) => {
    const heardAtMs = to.heardAtMs[first + n]!;
    const payload = heard.subarray(12);
    const said = from.said.findLast(
      ({ datagram, atMs }) => atMs <= heardAtMs && payload.equals(datagram.subarray(12)),
    );
    return said === undefined ? [] : [heardAtMs - said.atMs];
  });
}

function quantile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * share)]!;
}

function pool(changes: Partial<MediaPoolOptions> = {}): MediaPool {
  const media = new MediaPool({
    workers: 1,
    portMin: 42_200,
    portMax: 42_399,
    ipv4: { bind: '127.0.0.1', advertised: '127.0.0.1' },
    ipv6: undefined,
    silenceTimeoutMs: 30_000,
    log: new RecordingLogger(),
    ...changes,
  });
  toBeClosed.push(() => media.close());
  return media;
}

const PATIENCE = { timeout: 15_000, interval: 20 };
