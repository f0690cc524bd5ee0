import { describe, expect, it } from 'vitest';
import type { Download, Validators } from '../../src/sound/download.ts';
import { WebSounds } from '../../src/sound/web-sounds.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

const url = 'https://sounds.example.com/cafe.mp3';

/** A server that holds one sound and answers as told. */
function serving(capacityOctets = 1000) {
  const clock = new VirtualClock();
  const asked: (string | undefined)[] = [];
  const server = { answer: (_known: Validators | undefined): Download => sound(1) };
  const sounds = new WebSounds({
    clock,
    capacityOctets,
    download: (_url, known) => {
      asked.push(known?.etag);
      return Promise.resolve(server.answer(known));
    },
  });
  return { clock, asked, server, sounds };
}

function sound(content: number, cacheControl = ''): Download {
  const validators = { etag: `"${content}"`, lastModified: undefined };
  return { ok: true, octets: Uint8Array.of(content), validators, cacheControl };
}

const unchanged: Download = {
  ok: true,
  octets: undefined,
  validators: { etag: undefined, lastModified: undefined },
  cacheControl: '',
};
const down: Download = { ok: false, reason: 'unreachable' };

describe('a sound from the web', () => {
  it('is fetched once for all who want it at the same moment', async () => {
    const { sounds, asked } = serving();
    const all = await Promise.all([sounds.get(url), sounds.get(url), sounds.get(`${url}#t=3`)]);
    expect(asked).toHaveLength(1);
    expect(new Set(all.map((one) => one.ok && one.value)).size).toBe(1);
  });

  it('is kept for as long as its server says', async () => {
    const { sounds, asked, clock, server } = serving();
    server.answer = () => sound(1, 'public, max-age=600');
    await sounds.get(url);
    await clock.advance(599_000);
    await sounds.get(url);
    expect(asked).toHaveLength(1);
    await clock.advance(2000);
    await sounds.get(url);
    expect(asked).toEqual([undefined, '"1"']);
  });

  it('is asked for again after a minute where the server says nothing, and need not be sent again', async () => {
    const { sounds, asked, clock, server } = serving();
    const first = await sounds.get(url);
    await clock.advance(61_000);
    server.answer = (known) => (known?.etag === '"1"' ? unchanged : sound(9));
    const second = await sounds.get(url);
    expect(first.ok && second.ok && first.value === second.value).toBe(true);
    await clock.advance(61_000);
    server.answer = () => sound(2);
    expect(await sounds.get(url)).toEqual({ ok: true, value: Uint8Array.of(2) });
    expect(asked).toEqual([undefined, '"1"', '"1"']);
  });

  it('is not kept when the server forbids it, and asked for each time when it says so', async () => {
    const { sounds, asked, server } = serving();
    server.answer = () => sound(1, 'no-store');
    await sounds.get(url);
    await sounds.get(url);
    expect(asked).toEqual([undefined, undefined]);
    server.answer = () => sound(1, 'no-cache');
    await sounds.get(url);
    await sounds.get(url);
    expect(asked).toEqual([undefined, undefined, undefined, '"1"']);
  });

  it('stays when its server goes down, which is then asked every ten seconds', async () => {
    const { sounds, asked, clock, server } = serving();
    await sounds.get(url);
    server.answer = () => down;
    await clock.advance(61_000);
    expect(await sounds.get(url)).toEqual({ ok: true, value: Uint8Array.of(1) });
    await sounds.get(url);
    expect(asked).toHaveLength(2);
    await clock.advance(11_000);
    await sounds.get(url);
    expect(asked).toHaveLength(3);
  });

  it('goes when its address is forbidden by now', async () => {
    const { sounds, clock, server } = serving();
    await sounds.get(url);
    server.answer = () => ({ ok: false, reason: 'address-forbidden' });
    await clock.advance(61_000);
    expect(await sounds.get(url)).toEqual({ ok: false, reason: 'address-forbidden' });
  });

  it('that could not be had is asked for again at once', async () => {
    const { sounds, server } = serving();
    server.answer = () => down;
    expect(await sounds.get(url)).toEqual(down);
    server.answer = () => sound(1);
    expect(await sounds.get(url)).toMatchObject({ ok: true });
  });

  it('gives way to others when there are too many', async () => {
    const { sounds, asked, server } = serving(25);
    server.answer = () => ({ ...sound(1, 'max-age=600'), octets: new Uint8Array(10) }) as Download;
    for (const name of ['a', 'b', 'a', 'c', 'a', 'b']) await sounds.get(`https://example.com/${name}`);
    expect(asked).toHaveLength(4);
  });
});
