/** RTP bleed and inject (CVE-2017-14099, CVE-2025-53399), RTCP and key presses of strangers, and media of former calls. */
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { pcmaEncoder } from '../../codecs/pcma.ts';
import { MediaPool } from '../../src/app/media-pool.ts';
import { writeRtpHeader } from '../../src/rtp/packet.ts';
import { AiFlowApp } from '../support/ai-flow-app.ts';
import { tone, toneLevelDb } from '../support/audio.ts';
import { PCMU_AUDIO } from '../support/leg-harness.ts';
import { ATTACK_HZ, type KnownStream, MediaAttacker } from '../support/media-attacker.ts';
import { RecordingLogger } from '../support/recording-host.ts';
import { RunningSwitch } from '../support/running-switch.ts';
import { type CallByHand, SipCaller, type SipCallerOptions } from '../support/sip-caller.ts';
import { UdpPhone } from '../support/udp-phone.ts';

const VOICE_HZ = 500;
const RANGE = { portMin: 29_000, portMax: 29_015 };
const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** A caller who sends a tone every 20 ms from the answer on. */
class ToneCaller {
  readonly caller: SipCaller;
  readonly ssrc: number;
  readonly #frequencyHz: number;
  #call: CallByHand | undefined;
  #timer: NodeJS.Timeout | undefined;
  #sent = 0;

  static async open(
    port: number,
    options: SipCallerOptions = {},
    frequencyHz = VOICE_HZ,
  ): Promise<ToneCaller> {
    const it = new ToneCaller(await SipCaller.open(port, options), frequencyHz);
    closing.push(() => it.close());
    return it;
  }

  private constructor(caller: SipCaller, frequencyHz: number) {
    this.caller = caller;
    this.ssrc = caller.port;
    this.#frequencyHz = frequencyHz;
  }

  get stream(): KnownStream {
    return { ssrc: this.ssrc, sequence: this.#sent & 0xffff, timestamp: this.#sent * 160 };
  }

  async call(number: string): Promise<CallByHand> {
    this.#call = await this.caller.call(number);
    const { rtpPort } = this.#call;
    const startedAtMs = performance.now();
    this.#timer = setInterval(() => {
      while (this.#sent * 20 <= performance.now() - startedAtMs)
        void this.caller.send(this.#packet(), rtpPort);
    }, 5);
    return this.#call;
  }

  hangUp(): Promise<void> {
    return this.#call!.hangUp();
  }

  close(): void {
    clearInterval(this.#timer);
    this.caller.close();
  }

  #packet(): Uint8Array {
    const packet = new Uint8Array(172);
    this.#sent += 1;
    writeRtpHeader(packet, 8, this.#sent === 1, this.#sent & 0xffff, this.#sent * 160, this.ssrc);
    const samples = tone(this.#frequencyHz, { rateHz: 8000, lengthSamples: 160, levelDb: -10 });
    pcmaEncoder.encode(samples, 0, 160, packet, 12);
    return packet;
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe('a stranger who sends to every media port', () => {
  let app: AiFlowApp;
  let running: RunningSwitch;
  beforeAll(async () => {
    app = await AiFlowApp.listen();
    running = await RunningSwitch.start({
      flows: { echo: { agent: { kind: 'echo' } }, app: { agent: { kind: 'ai-flow', url: app.webhookUrl } } },
      sip: {
        listen: [{ transport: 'udp', address: '127.0.0.1', port: 0 }],
        digest: { algorithms: ['MD5'] },
      },
      trunks: [
        { name: 'pbx', addresses: ['127.0.0.1'] },
        {
          name: 'phones',
          inboundAuth: 'digest',
          accounts: [{ username: 'alice', password: 'wonder' }],
          symmetricRtp: true,
        },
      ] as object,
      media: { address: '127.0.0.1', ...RANGE },
    });
  });
  afterAll(async () => {
    expect(await running.stop()).toBe(0);
    await app.close();
    expect(running.strayOutput).toEqual([]);
  });

  /** From an address of no trunk, whose media may come from anywhere. */
  const phone = { address: '127.0.0.3', credentials: { username: 'alice', password: 'wonder' } };
  const callersOf = async (options: SipCallerOptions): Promise<[ToneCaller, ToneCaller]> => [
    await ToneCaller.open(running.sipPort, options),
    await ToneCaller.open(running.sipPort, options),
  ];

  it.each([
    ['before, at and after the answer: not at all', {}, 'before' as const],
    ['after the answer, with symmetric RTP: not at all', phone, 'after' as const],
    ['before it, with symmetric RTP: no longer than the phone is silent', phone, 'before' as const],
  ])('is heard and sent to %s', async (_, options, when) => {
    const heardBefore = app.events.length;
    const endedBefore = running.linesSaying('call ended').length;
    const attacker = await MediaAttacker.open();
    closing.push(() => attacker.close());
    const [echo, menu] = await callersOf(options);
    const attack = (): void => attacker.spray(RANGE.portMin, RANGE.portMax, () => [echo.stream, menu.stream]);
    if (when === 'before') {
      attack();
      await pause(200);
    }
    await Promise.all([echo.call('echo'), menu.call('app')]);
    await pause(600);
    if (when === 'after') attack();
    const isSymmetric = options === phone;
    const early = attacker.datagrams;
    echo.caller.heard();
    await pause(1500);
    const heard = echo.caller.heard();
    const dropped = await running.metric('patchbay_media_dropped_total', 'reason="foreign-source"');
    await Promise.all([echo.hangUp(), menu.hangUp()]);

    expect(attacker.sent).toBeGreaterThan(1000);
    expect(dropped).toBeGreaterThan(200);
    expect(attacker.datagrams - early).toBe(0);
    if (!isSymmetric || when === 'after') expect(attacker.octets).toBe(0);
    expect(heard.length).toBeGreaterThan(8000);
    expect(toneLevelDb(heard, VOICE_HZ, 8000)).toBeGreaterThan(-20);
    expect(toneLevelDb(heard, ATTACK_HZ, 8000)).toBeLessThan(-50);
    await app.until(() => app.events.slice(heardBefore).some(({ type }) => type === 'session_end'));
    // Neither a key nor the end of the stream: it ends with the caller's own BYE.
    if (!isSymmetric || when === 'after')
      expect(app.types.slice(heardBefore)).toEqual(['session_start', 'session_end']);
    await expect
      .poll(() =>
        running
          .linesSaying('call ended')
          .slice(endedBefore)
          .map(({ cause }) => cause),
      )
      .toEqual(['caller-hung-up', 'caller-hung-up']);
  });

  it.each([
    ['the SDP alone says who is heard', {}],
    ['with symmetric RTP', phone],
  ])(
    'who has been called before and sends on after the BYE is not heard in the next call on that port: %s',
    async (_, options) => {
      const former = await ToneCaller.open(running.sipPort, options, ATTACK_HZ);
      const { rtpPort } = await former.call('echo');
      await pause(300);
      await former.hangUp();
      await running.idle();
      former.caller.heard();
      const droppedBefore = await running.metric('patchbay_media_dropped_total', 'reason="stale-stream"');
      // Of the same address: only the port is another.
      const next = await ToneCaller.open(running.sipPort, options);
      let call = await next.caller.call('echo');
      for (let calls = 0; call.rtpPort !== rtpPort && calls < 20; calls++) {
        await call.hangUp();
        call = await next.caller.call('echo');
      }
      expect(call.rtpPort).toBe(rtpPort);
      await pause(500);
      expect(former.caller.heard()).toHaveLength(0);
      const heard = next.caller.heard().subarray(-3200);
      expect(heard.length).toBeGreaterThan(1000);
      expect(toneLevelDb(heard, ATTACK_HZ, 8000)).toBeLessThan(-60);
      await call.hangUp();
      await running.idle();
      // Media workers tell their counts once a second.
      await expect
        .poll(() => running.metric('patchbay_media_dropped_total', 'reason="stale-stream"'), {
          timeout: 3000,
        })
        .toBeGreaterThan(droppedBefore + 2);
    },
  );

  it('leaves a phone behind NAT alone, which is heard though its SDP names an address that leads nowhere', async () => {
    const options = { ...phone, mediaAddress: '192.0.2.77' };
    const caller = await ToneCaller.open(running.sipPort, options);
    await caller.call('echo');
    await pause(500);
    caller.caller.heard();
    await pause(800);
    expect(toneLevelDb(caller.caller.heard(), VOICE_HZ, 8000)).toBeGreaterThan(-20);
    await caller.hangUp();
  });
});

describe('a stranger who sends to two legs that are joined', () => {
  it('is neither heard nor sent to by either, with symmetric RTP or without', async () => {
    await Promise.all([attack(false, 29_200), attack(true, 29_208)]);
  });

  async function attack(symmetricRtp: boolean, portMin: number): Promise<void> {
    const media = new MediaPool({
      ...{ workers: 1, portMin, portMax: portMin + 7, silenceTimeoutMs: 30_000 },
      ipv4: { bind: '127.0.0.1', advertised: '127.0.0.1' },
      ipv6: undefined,
      log: new RecordingLogger(),
    });
    closing.push(() => media.close());
    const attacker = await MediaAttacker.open();
    closing.push(() => attacker.close());
    const party = async (frequencyHz: number, beside?: Awaited<ReturnType<MediaPool['openLeg']>>) => {
      const told: string[] = [];
      const onEvent = ({ kind }: { readonly kind: string }): void => void told.push(kind);
      const options = { callId: 'joined', family: 'ipv4', symmetricRtp, beside, onEvent } as const;
      const leg = await media.openLeg(options);
      const phone = await UdpPhone.open(
        tone(frequencyHz, { rateHz: 8000, lengthSamples: 8000, levelDb: -10 }),
      );
      closing.push(() => phone.close());
      const audio = { ...PCMU_AUDIO, remoteAddress: '127.0.0.1', remotePort: phone.port };
      leg.send({ kind: 'negotiate', audio });
      return { leg, phone, told };
    };
    const alice = await party(1000);
    const bob = await party(VOICE_HZ, alice.leg);
    alice.phone.talkTo(alice.leg.localPort);
    bob.phone.talkTo(bob.leg.localPort);
    await vi.waitFor(() => expect(alice.phone.heard.length).toBeGreaterThan(10), { timeout: 10_000 });
    alice.leg.join(bob.leg);
    // The SSRC of both phones, and the number that comes next.
    const known = (): KnownStream => {
      const latest = Buffer.from(alice.phone.said.at(-1)!.datagram);
      return { ssrc: 0x1234, sequence: latest.readUInt16BE(2), timestamp: latest.readUInt32BE(4) };
    };
    attacker.spray(portMin, portMin + 7, () => [known()]);
    await pause(300);
    const from = [alice.phone.heard.length, bob.phone.heard.length] as const;
    const saidBefore = alice.phone.said.length;
    await pause(1500);
    expect(attacker).toMatchObject({ octets: 0 });
    const [heardByAlice, heardByBob] = [alice.phone.heardSamples(from[0]), bob.phone.heardSamples(from[1])];
    expect(toneLevelDb(heardByBob, 1000, 8000)).toBeGreaterThan(-20);
    expect(toneLevelDb(heardByAlice, VOICE_HZ, 8000)).toBeGreaterThan(-20);
    for (const heard of [heardByAlice, heardByBob]) {
      expect(toneLevelDb(heard, ATTACK_HZ, 8000)).toBeLessThan(-50);
      expect(heard.length).toBeGreaterThan(8000);
    }
    expect([...alice.told, ...bob.told].filter((kind) => kind !== 'stats')).toEqual([]);
    // No more packets than one phone sends.
    expect(heardByBob.length / 160).toBeLessThan(alice.phone.said.length - saidBefore + 10);
  }
});
