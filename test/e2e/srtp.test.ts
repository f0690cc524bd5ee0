/** Encrypted calls to the running process: by baresip, whose SRTP is its own, and refused ones by SIPp. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tone, toneLevelDb } from '../support/audio.ts';
import { Baresip } from '../support/baresip.ts';
import { peersPresent } from '../support/peers.ts';
import { RunningSwitch } from '../support/running-switch.ts';
import { runSipp } from '../support/sipp.ts';

type Policy = 'never' | 'offer' | 'require';
type Encryption = 'srtp' | 'srtp-mand';

const switches = new Map<Policy, RunningSwitch>();

beforeAll(async () => {
  for (const srtp of ['never', 'offer', 'require'] as const) switches.set(srtp, await start(srtp));
});
afterAll(async () => {
  for (const running of switches.values()) {
    await running.idle();
    expect(await running.stop()).toBe(0);
    expect(running.strayOutput).toEqual([]);
    // Keys are 40 characters of base64, whatever they are called.
    expect(JSON.stringify(running.lines)).not.toMatch(/inline:|[A-Za-z0-9+/]{40}/);
  }
});

describe.skipIf(!peersPresent('baresip'))('an encrypted call by baresip', () => {
  it.each([
    ['offer', 'srtp', 'RTP/AVP with a key'],
    ['offer', 'srtp-mand', 'RTP/SAVP'],
    ['require', 'srtp', 'RTP/AVP with a key'],
    ['require', 'srtp-mand', 'RTP/SAVP'],
  ] as const)(
    'under `srtp: %s` with mediaenc=%s, which is %s, hears itself as loud as it spoke',
    async (policy, encryption, _transport) => {
      const running = switches.get(policy)!;
      const heard = await callOf(running, encryption, () => pause(2500));
      const second = heard.subarray(8000, 16_000);
      expect(second.length).toBe(8000);
      expect(toneLevelDb(second, VOICE_HZ, 8000)).toBeCloseTo(-12, 0);
      expect(toneLevelDb(second, VOICE_HZ * 1.5, 8000)).toBeLessThan(-50);
      expect(refusedBy(running)).toEqual([]);
      expect(mediaOf(running).inbound.packets).toBeGreaterThan(100);
      const answered = running.linesSaying('call answered').at(-1);
      expect(answered).toMatchObject({ encryption: 'AES_CM_128_HMAC_SHA1_80', transport: 'udp' });
    },
  );

  it('is held and resumed under the same keys', async () => {
    const running = switches.get('require')!;
    await callOf(running, 'srtp-mand', async (phone) => {
      await pause(700);
      await phone.command('hold');
      await pause(300);
      const heldAtSeconds = await phone.heardSeconds();
      await pause(1000);
      expect(await phone.heardSeconds()).toBe(heldAtSeconds);
      await phone.command('resume');
      await pause(1500);
      expect(await phone.heardSeconds()).toBeGreaterThan(heldAtSeconds + 1);
    });
    expect(refusedBy(running)).toEqual([]);
    expect(mediaOf(running).inbound.packets).toBeGreaterThan(80);
  });

  it.skipIf(!mayReadTheWire())(
    'is noise to who reads it on the wire, and one in the clear is not',
    async () => {
      const repeated = async (policy: Policy, encryption?: Encryption): Promise<number[]> => {
        const running = switches.get(policy)!;
        const tap = await WireTap.start();
        await callOf(running, encryption, () => pause(1500));
        return (await tap.payloads()).map(repeatedShare);
      };
      // 700 Hz comes round every 80 samples of 8000 a second, and so do its octets of A-law.
      const clear = await repeated('never');
      expect(clear.length).toBeGreaterThan(100);
      expect(clear.filter((share) => share > 0.8).length).toBeGreaterThan(clear.length / 2);
      const encrypted = await repeated('require', 'srtp-mand');
      expect(encrypted.length).toBeGreaterThan(100);
      expect(encrypted.filter((share) => share > 0.2)).toEqual([]);
    },
  );

  it('is warned of once, for its keys went over UDP', () => {
    for (const policy of ['offer', 'require'] as const) {
      const warnings = switches
        .get(policy)!
        .lines.filter(({ level, msg }) => level === 'warn' && msg.startsWith('SRTP keys go over'));
      expect(warnings).toMatchObject([{ trunk: 'pbx', transport: 'udp' }]);
    }
  });
});

describe.skipIf(!peersPresent('sipp'))('an offer by SIPp is refused with 488 and the reason', () => {
  it.each([
    ['never', 'srtp-unwanted'],
    ['offer', 'srtp-no-common-crypto'],
    ['require', 'srtp-no-common-crypto'],
    ['require', 'srtp-missing'],
  ] as const)('under `srtp: %s`: %s', async (policy, scenario) => {
    const { sipPort: port } = switches.get(policy)!;
    const result = await runSipp({ scenario, port, number: 'echo', calls: 3 });
    expect(result).toMatchObject({ successful: 3, failed: 0, complaints: '' });
  });
});

describe.skipIf(!peersPresent('sipp'))('a plain call by SIPp', () => {
  it.each(['never', 'offer'] as const)('is taken as it is under `srtp: %s`', async (policy) => {
    const { sipPort: port } = switches.get(policy)!;
    const result = await runSipp({ scenario: 'uac', port, number: 'echo', calls: 3 });
    expect(result).toMatchObject({ successful: 3, failed: 0, complaints: '' });
  });
});

function start(srtp: Policy): Promise<RunningSwitch> {
  return RunningSwitch.start({
    flows: { echo: { agent: { kind: 'echo' } } },
    trunks: [{ name: 'pbx', addresses: ['127.0.0.1'], srtp }],
    media: { address: '127.0.0.1', portMin: MEDIA_PORTS, portMax: MEDIA_PORTS + 499 },
  });
}

/** One call to the echo; what the phone heard of it. */
async function callOf(
  running: RunningSwitch,
  encryption: Encryption | undefined,
  during: (phone: Baresip) => Promise<void>,
): Promise<Int16Array> {
  const phone = await Baresip.start(tone(VOICE_HZ, { rateHz: 8000, lengthSamples: 80_000, levelDb: -12 }), {
    mediaEncryption: encryption,
  });
  try {
    await phone.command('dial', `sip:echo@127.0.0.1:${running.sipPort}`);
    await phone.event('CALL_ESTABLISHED');
    await during(phone);
    const before = running.linesSaying('media closed').length;
    await phone.command('hangup');
    await running.line(() => running.linesSaying('media closed').length > before);
    return phone.recording();
  } finally {
    await phone.stop();
  }
}

interface MediaLine {
  readonly inbound: { readonly packets: number; readonly dropped: Record<string, number> };
}

/** What the switch says of the call that ended last. */
function mediaOf(running: RunningSwitch): MediaLine {
  return running.linesSaying('media closed').at(-1)!['media'] as MediaLine;
}

/** Reasons for which RTP was dropped. Of RTCP baresip sends its first packet and its last in the clear. */
function refusedBy(running: RunningSwitch): string[] {
  const { dropped } = mediaOf(running).inbound;
  return Object.keys(dropped).filter((reason) => dropped[reason]! > 0 && !reason.startsWith('srtcp-'));
}

/** It takes rights that not everybody has. */
function mayReadTheWire(): boolean {
  if (!peersPresent('tshark')) return false;
  const { status, stderr } = spawnSync('dumpcap', ['-L', '-i', 'lo'], { encoding: 'utf8' });
  if (status === 0) return true;
  if (process.env['PATCHBAY_E2E'] === 'required') throw new Error(`loopback cannot be captured: ${stderr}`);
  process.stderr.write(`skipped: loopback cannot be captured: ${stderr}`);
  return false;
}

/** What goes over loopback to and from the switch's media ports. */
class WireTap {
  readonly #folder = mkdtempSync(join(tmpdir(), 'wire-'));
  readonly #file = join(this.#folder, 'wire.pcapng');
  readonly #dumpcap;

  static async start(): Promise<WireTap> {
    const tap = new WireTap();
    let said = '';
    tap.#dumpcap.stderr.on('data', (text) => {
      said += String(text);
    });
    const untilMs = performance.now() + 5000;
    while (!said.includes('File:')) {
      if (performance.now() > untilMs || tap.#dumpcap.exitCode !== null) throw new Error(said);
      await pause(20);
    }
    return tap;
  }

  constructor() {
    const filter = `udp portrange ${MEDIA_PORTS}-${MEDIA_PORTS + 499}`;
    this.#dumpcap = spawn('dumpcap', ['-i', 'lo', '-f', filter, '-w', this.#file]);
  }

  /** Of every RTP packet, as tshark reads it. */
  async payloads(): Promise<Buffer[]> {
    const ended = once(this.#dumpcap, 'exit');
    this.#dumpcap.kill('SIGINT');
    await ended;
    const ports = `${MEDIA_PORTS}-${MEDIA_PORTS + 499}`;
    const fields = ['-Y', 'rtp.p_type == 8', '-T', 'fields', '-e', 'rtp.payload'];
    const tshark = spawn('tshark', ['-r', this.#file, '-d', `udp.port==${ports},rtp`, ...fields]);
    let text = '';
    tshark.stdout.on('data', (data) => {
      text += String(data);
    });
    await once(tshark, 'close');
    rmSync(this.#folder, { recursive: true });
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => Buffer.from(line.replaceAll(':', ''), 'hex'));
  }
}

/** The share of octets that come again 80 octets later. */
function repeatedShare(payload: Buffer): number {
  const later = payload.subarray(80);
  return later.filter((octet, at) => octet === payload[at]).length / later.length;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

const VOICE_HZ = 700;
const MEDIA_PORTS = 29_000;
