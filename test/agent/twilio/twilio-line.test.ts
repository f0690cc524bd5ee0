import { describe, expect, it } from 'vitest';
import { createTwilioLine } from '../../../src/agent/twilio/twilio-line.ts';
import { sessionIdOf, twilioSids } from '../../../src/agent/twilio/twilio-sids.ts';
import { inboundLineCall, RecordingLine } from '../../support/recording-line.ts';

const sids = twilioSids(inboundLineCall.sessionId, 'acc-1', undefined);

function openLine() {
  const line = new RecordingLine();
  const customParameters = { from: '+4915790000687', campaign: 'spring' };
  const protocol = createTwilioLine(line, inboundLineCall, { ...sids, customParameters });
  protocol.opened(0);
  return { line, protocol };
}

describe('the Twilio media stream', () => {
  it('begins with connected and start, in this order, and takes μ-law of 20 ms from then on', () => {
    const { line } = openLine();
    expect(line.takeMessages()).toEqual([
      { event: 'connected', protocol: 'Call', version: '1.0.0' },
      {
        event: 'start',
        sequenceNumber: '1',
        streamSid: sids.streamSid,
        start: {
          accountSid: sids.accountSid,
          streamSid: sids.streamSid,
          callSid: sids.callSid,
          tracks: ['inbound'],
          mediaFormat: { encoding: 'audio/x-mulaw', sampleRate: 8000, channels: 1 },
          customParameters: { from: '+4915790000687', campaign: 'spring' },
        },
      },
    ]);
    const mulaw = { encoding: 'pcmu', rateHz: 8000 };
    expect(line.audio).toEqual({ toAgent: mulaw, chunkMs: 20, fromAgent: mulaw, isLive: true });
  });

  it('counts in strings: messages from the start, media by itself, milliseconds by 20', () => {
    const { line, protocol } = openLine();
    line.takeMessages();
    const chunk = new Uint8Array(160).fill(0xff);
    protocol.caller(chunk);
    protocol.digit('5', 80);
    chunk.fill(0x7f);
    protocol.caller(chunk);
    const payload = (octet: number) => Buffer.alloc(160, octet).toString('base64');
    expect(line.takeMessages()).toEqual([
      {
        event: 'media',
        sequenceNumber: '2',
        media: { track: 'inbound', chunk: '1', timestamp: '20', payload: payload(0xff) },
        streamSid: sids.streamSid,
      },
      {
        event: 'dtmf',
        sequenceNumber: '3',
        dtmf: { track: 'inbound_track', digit: '5' },
        streamSid: sids.streamSid,
      },
      {
        event: 'media',
        sequenceNumber: '4',
        media: { track: 'inbound', chunk: '2', timestamp: '40', payload: payload(0x7f) },
        streamSid: sids.streamSid,
      },
    ]);
  });

  it('plays media of any length, and gives each mark back', () => {
    const { line, protocol } = openLine();
    line.takeMessages();
    const { streamSid } = sids;
    const media = (octets: number) =>
      JSON.stringify({
        event: 'media',
        streamSid,
        media: { payload: Buffer.alloc(octets, 0x55).toString('base64') },
      });
    protocol.text(media(1));
    protocol.text(media(80_000));
    protocol.text(JSON.stringify({ event: 'mark', streamSid, mark: { name: 'goodbye' } }));
    expect(line.played.map(({ octets }) => octets.length)).toEqual([1, 80_000]);
    expect(line.played[1]!.octets.every((octet) => octet === 0x55)).toBe(true);
    expect(line.marks).toEqual(['goodbye']);
    expect(line.takeMessages()).toEqual([]);
    protocol.marked('goodbye', 'played');
    protocol.marked('other', 'cleared');
    expect(line.takeMessages()).toEqual([
      { event: 'mark', sequenceNumber: '2', mark: { name: 'goodbye' }, streamSid },
      { event: 'mark', sequenceNumber: '3', mark: { name: 'other' }, streamSid },
    ]);
  });

  it('takes back what is not heard on clear, and tells of it only when there was something', () => {
    const { line, protocol } = openLine();
    const clear = JSON.stringify({ event: 'clear', streamSid: sids.streamSid });
    protocol.text(clear);
    expect([line.flushes, line.told]).toEqual([1, []]);
    line.unheardMs = 900;
    line.heardPart = { reply: undefined, heardMs: 340 };
    protocol.text(clear);
    expect([line.flushes, line.told]).toEqual([2, [{ kind: 'interrupted', heardMs: 340 }]]);
  });

  it('ignores what is for another stream, warns once, and goes on', () => {
    const { line, protocol } = openLine();
    for (const message of [
      '{"event":"clear","streamSid":"MZ0"}',
      '<html>',
      '[]',
      '{"event":"media","media":{"payload":7}}',
      '{"event":"mark","mark":{}}',
      '{"event":"hello"}',
    ])
      protocol.text(message);
    protocol.octets(new Uint8Array(160));
    expect([line.flushes, line.played, line.marks, line.ended]).toEqual([0, [], [], undefined]);
    expect(line.told).toEqual([{ kind: 'warning', text: 'a message for another stream is ignored' }]);
    protocol.text('{"event":"clear"}');
    expect(line.flushes).toBe(1);
  });

  it('ends with stop', () => {
    const { line, protocol } = openLine();
    line.takeMessages();
    protocol.stop();
    const { accountSid, callSid, streamSid } = sids;
    expect(line.takeMessages()).toEqual([
      { event: 'stop', sequenceNumber: '2', stop: { accountSid, callSid }, streamSid },
    ]);
    expect(protocol.lost(1000, 0)).toBe('give-up');
  });
});

describe("Twilio's names", () => {
  it('have 32 hexadecimal digits, and lead back to the session', () => {
    expect(sids.callSid).toBe('CA7c0e6a525d0b4a0e9a555b6a3f1d2c11');
    for (const sid of Object.values(sids)) expect(sid).toMatch(/^(AC|CA|MZ)[0-9a-f]{32}$/);
    expect(sessionIdOf(sids.callSid)).toBe(inboundLineCall.sessionId);
    for (const stranger of ['CA', 'MZ7c0e6a525d0b4a0e9a555b6a3f1d2c11', `${sids.callSid}0`, ''])
      expect(sessionIdOf(stranger)).toBeUndefined();
  });

  it('give an account the same SID in each call, or the one that is configured', () => {
    const other = '00000000-5d0b-4a0e-9a55-5b6a3f1d2c11';
    expect(twilioSids(other, 'acc-1', undefined).accountSid).toBe(sids.accountSid);
    expect(twilioSids(other, 'acc-2', undefined).accountSid).not.toBe(sids.accountSid);
    const configured = `AC${'1'.repeat(32)}`;
    expect(twilioSids(other, 'acc-1', configured).accountSid).toBe(configured);
  });
});
