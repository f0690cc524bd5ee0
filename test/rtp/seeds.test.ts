import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseRtpPacket, RtpPacket } from '../../src/rtp/packet.ts';
import { RtpReceiver } from '../../src/rtp/receiver.ts';
import { parseRtcp } from '../../src/rtp/rtcp.ts';
import { TelephoneEventReceiver } from '../../src/rtp/telephone-event.ts';
import { sharedPath } from '../support/shared.ts';

const folder = sharedPath('corpora', 'pjsip-seeds', 'rtp');

describe.skipIf(folder === undefined)('the fuzzing seeds of pjsip', () => {
  it('do no harm, whole, cut anywhere and with any octet flipped', () => {
    let parsed = 0;
    for (const name of readdirSync(folder!)) {
      const seed = readFileSync(join(folder!, name));
      const receiver = new RtpReceiver(8000);
      const keys = new TelephoneEventReceiver(8000);
      const packet = new RtpPacket();
      const take = (octets: Uint8Array, nowMs: number): void => {
        parseRtcp(octets, octets.length);
        if (parseRtpPacket(octets, octets.length, packet) !== undefined) return;
        parsed++;
        expect(packet.payloadOffset + packet.payloadLength).toBeLessThanOrEqual(octets.length);
        receiver.receive(packet, nowMs);
        keys.receive(packet, nowMs);
      };
      for (let start = 0; start < seed.length; start++) {
        for (let end = start; end <= seed.length; end += 3) take(seed.subarray(start, end), start * 20 + end);
      }
      const versionTwo = Buffer.from(seed.subarray(Math.max(0, seed.indexOf(0x80))));
      for (let at = 0; at < versionTwo.length; at++) {
        for (let bit = 0; bit < 8; bit++) {
          const mutant = Buffer.from(versionTwo);
          mutant[at]! ^= 1 << bit;
          take(mutant, at);
        }
      }
      expect(receiver.statistics.restarts).toBeLessThan(100);
    }
    expect(parsed).toBeGreaterThan(100);
  });
});
