import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { SoundFolders } from '../../src/sound/sound-folders.ts';

const home = mkdtempSync(join(tmpdir(), 'patchbay-folders-'));
const own = join(home, 'own');
const builtIn = join(home, 'built-in');
mkdirSync(join(own, 'jingles'), { recursive: true });
mkdirSync(builtIn);
writeFileSync(join(home, 'secret.wav'), 'secret');
writeFileSync(join(own, 'cafe.mp3'), 'own cafe');
writeFileSync(join(own, 'jingles', 'noon.wav'), 'noon');
writeFileSync(join(own, 'large.wav'), new Uint8Array(2000));
writeFileSync(join(builtIn, 'cafe.wav'), 'built-in cafe');
writeFileSync(join(builtIn, 'rain.wav'), 'rain');
symlinkSync(join(home, 'secret.wav'), join(own, 'link.wav'));
symlinkSync(home, join(own, 'up'));
execFileSync('mkfifo', [join(own, 'pipe.wav')]);
afterAll(() => rmSync(home, { recursive: true }));

const folders = () => new SoundFolders({ folders: [own, builtIn], mostOctets: 1000, capacityOctets: 5000 });
const textOf = async (name: string) => {
  const sound = await folders().get(name);
  return sound.ok ? new TextDecoder().decode(sound.value) : sound.reason;
};

describe('a sound by its name', () => {
  it.each([
    ['rain', 'rain'],
    ['rain.wav', 'rain'],
    ['cafe', 'own cafe'],
    ['cafe.wav', 'built-in cafe'],
    ['jingles/noon', 'noon'],
    ['jingles/../cafe.mp3', 'own cafe'],
  ])('%s is found', async (name, content) => {
    expect(await textOf(name)).toBe(content);
  });

  it.each([
    ...['moon', '', '.', '..', 'jingles', '../secret.wav', 'jingles/../../secret.wav', '/etc/passwd'],
    ...[
      join(home, 'secret.wav'),
      'link.wav',
      'up/secret.wav',
      'rain\0.wav',
      'file:///etc/passwd',
      'pipe.wav',
    ],
  ])('%j is unknown', async (name) => {
    expect(await textOf(name)).toBe('sound-unknown');
  });

  it('is refused when it is too large', async () => {
    expect(await textOf('large')).toBe('sound-too-large');
  });

  it('is read once, and again when the file has changed', async () => {
    const kept = folders();
    const read = async () => {
      const sound = await kept.get('rain');
      return sound.ok ? sound.value : undefined;
    };
    const first = await read();
    expect(await read()).toBe(first);
    utimesSync(join(builtIn, 'rain.wav'), new Date(), new Date(Date.now() + 5000));
    expect(await read()).not.toBe(first);
  });
});
