/** The parts of `src/sound` put together: where sounds come from, and the threads in which they are decoded. */
import { lookup } from 'node:dns/promises';
import { resolve } from 'node:path';
import type { Clock, Timers } from '../clock.ts';
import type { SoundsConfig } from '../config/config.ts';
import type { Logger } from '../logger.ts';
import { AddressGuard } from '../sound/address-guard.ts';
import { ClipStore } from '../sound/clip-store.ts';
import { Downloader } from '../sound/download.ts';
import { refused } from '../sound/refusal.ts';
import { SoundFolders } from '../sound/sound-folders.ts';
import { WebSounds } from '../sound/web-sounds.ts';
import { ClipPool } from './clip-pool.ts';

export interface Sounds {
  readonly clips: ClipStore;
  close(): Promise<void>;
}

export function createSounds(config: SoundsConfig, clock: Clock & Timers, log: Logger): Sounds {
  const downloader = new Downloader({
    guard: new AddressGuard(config.allowAddresses),
    resolve: (hostname) => lookup(hostname, { all: true }),
    limits: {
      mostOctets: config.largestOctets,
      connectTimeoutMs: CONNECT_TIMEOUT_MS,
      timeoutMs: DOWNLOAD_TIMEOUT_MS,
    },
  });
  const web = new WebSounds({
    download: (url, known) => downloader.get(url, known),
    clock,
    capacityOctets: FILES_OCTETS,
  });
  const folders = new SoundFolders({
    folders: [config.folder, OWN_SOUNDS],
    mostOctets: config.largestOctets,
    capacityOctets: FILES_OCTETS,
  });
  const pool = new ClipPool({
    threads: THREADS,
    limits: {
      longestMs: config.longestS * 1000,
      timeoutMs: DECODE_TIMEOUT_MS,
      ffmpegCommand: config.ffmpegCommand,
    },
    timers: clock,
    log,
  });
  return {
    clips: new ClipStore({
      read: (reference) => (reference.kind === 'url' ? web.get(reference.url) : folders.get(reference.name)),
      prepare: (octets, sourceHash, form) =>
        octets.length > config.largestOctets
          ? Promise.resolve(refused('sound-too-large'))
          : pool.prepare(octets, sourceHash, form),
      capacityOctets: config.cacheOctets,
    }),
    async close() {
      await Promise.all([downloader.close(), pool.close()]);
    },
  };
}

const OWN_SOUNDS: string = resolve(import.meta.dirname, '../../config/sounds');
const CONNECT_TIMEOUT_MS = 3_000;
/** A caller waits for it: what takes longer is not worth waiting for. */
const DOWNLOAD_TIMEOUT_MS = 10_000;
const DECODE_TIMEOUT_MS = 10_000;
/** The second is started only while the first is busy: with a file that takes its time, say. */
const THREADS = 2;
/** Of sound files as they were fetched, so that another rate needs no other download. */
const FILES_OCTETS = 64 * 1024 * 1024;
