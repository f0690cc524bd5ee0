/** Each backend on a line of its own, from its wire to the phone and back, in virtual time. */
import { describe, expect, it } from 'vitest';
import { serializeAudio, serializeHangUp } from '../../src/agent/asterisk/audio-socket-frames.ts';
import { AgentLineHarness } from '../support/agent-line-harness.ts';
import { fromWire, toWire } from '../support/agents/wire-samples.ts';
import { levelDb, sharpestBend, tone, toneLevelDb } from '../support/audio.ts';
import { PhoneStream } from '../support/leg-harness.ts';

const sound = (frequencyHz: number, milliseconds: number, rateHz = 8000) =>
  tone(frequencyHz, { rateHz, lengthSamples: (milliseconds * rateHz) / 1000 });

interface Backend {
  readonly name: string;
  /** Ready for audio. */
  readonly open: () => AgentLineHarness;
  /** Says it all at once. */
  readonly speak: (line: AgentLineHarness, samples: Int16Array) => void;
  /** Takes back what was said. */
  readonly interrupt: (line: AgentLineHarness) => void;
  /** What came of the caller. */
  readonly heard: (line: AgentLineHarness) => Int16Array;
}

const sids = { accountSid: 'AC1', callSid: 'CA1', streamSid: 'MZ1' };

const twilio: Backend = {
  name: 'twilio',
  open: () => {
    const line = new AgentLineHarness({ protocol: 'twilio', settings: { ...sids, customParameters: {} } });
    line.connect();
    return line;
  },
  speak: (line, samples) =>
    line.say({ event: 'media', media: { payload: toWire(samples, 'pcmu').toString('base64') } }),
  interrupt: (line) => line.say({ event: 'clear' }),
  heard: (line) => {
    const payloads = line.messages.flatMap(({ media }) =>
      media === undefined ? [] : [Buffer.from((media as { payload: string }).payload, 'base64')],
    );
    return fromWire(Buffer.concat(payloads), 'pcmu');
  },
};

const deepgram: Backend = {
  name: 'deepgram',
  open: () => {
    const settings = { settings: { agent: {} }, audio: 'as-the-phone', tools: [] };
    const line = new AgentLineHarness({ protocol: 'deepgram', settings });
    line.connect();
    line.say({ type: 'Welcome' });
    line.say({ type: 'SettingsApplied' });
    return line;
  },
  speak: (line, samples) => line.backend.octets(toWire(samples, 'pcmu')),
  interrupt: (line) => line.say({ type: 'UserStartedSpeaking' }),
  heard: (line) =>
    fromWire(Buffer.concat(line.received.filter((message) => typeof message !== 'string')), 'pcmu'),
};

const elevenLabsIn = (format: string, encoding: 'pcmu' | 'l16'): Backend => {
  let eventId = 0;
  return {
    name: `elevenlabs in ${format}`,
    open: () => {
      const line = new AgentLineHarness({ protocol: 'elevenlabs', settings: { initiation: {} } });
      line.connect();
      line.say({
        type: 'conversation_initiation_metadata',
        conversation_initiation_metadata_event: {
          agent_output_audio_format: format,
          user_input_audio_format: format,
        },
      });
      return line;
    },
    speak: (line, samples) => {
      eventId += 1;
      const audio_base_64 = toWire(samples, encoding).toString('base64');
      line.say({ type: 'audio', audio_event: { audio_base_64, event_id: eventId } });
    },
    interrupt: (line) => line.say({ type: 'interruption', interruption_event: { event_id: eventId } }),
    heard: (line) => {
      const chunks = line.messages.flatMap(({ user_audio_chunk: chunk }) =>
        typeof chunk === 'string' ? [Buffer.from(chunk, 'base64')] : [],
      );
      return fromWire(Buffer.concat(chunks), encoding);
    },
  };
};

const asterisk: Backend = {
  name: 'asterisk',
  open: () => {
    const line = new AgentLineHarness({ protocol: 'asterisk-audio-socket', settings: { rateHz: 8000 } });
    line.connect();
    return line;
  },
  speak: (line, samples) => line.backend.octets(serializeAudio(toWire(samples, 'l16'), 8000)),
  interrupt: () => undefined,
  heard: (line) => {
    const frames = line.received.flatMap((frame) =>
      typeof frame !== 'string' && frame[0] === 0x10 ? [frame.subarray(3)] : [],
    );
    return fromWire(Buffer.concat(frames), 'l16');
  },
};

const elevenLabs = elevenLabsIn('ulaw_8000', 'pcmu');
const all = [twilio, deepgram, elevenLabs, asterisk];

describe.each(all)('the backend $name', (backend) => {
  it('is heard at its level and frequency, once, without a gap, whatever speed it sends at', async () => {
    const line = backend.open();
    await line.run(100);
    const from = line.phone.sent.length;
    for (let part = 0; part < 4; part++) backend.speak(line, sound(440, 500));
    await line.run(2400);
    const heard = line.phone.heardByPhone(from);
    const begin = heard.findIndex((sample) => Math.abs(sample) > 1000);
    expect(begin).toBeLessThan(8 * 60);
    const spoken = heard.subarray(begin, begin + 16_000 - 400);
    expect(toneLevelDb(spoken, 440, 8000)).toBeCloseTo(-6, 0);
    for (let at = 0; at < spoken.length - 160; at += 160)
      expect(levelDb(spoken.subarray(at, at + 160))).toBeGreaterThan(-8);
    expect(levelDb(heard.subarray(begin + 16_400))).toBeLessThan(-60);
  });

  it('hears the caller, 20 ms at a time', async () => {
    const line = backend.open();
    const caller = new PhoneStream(sound(700, 1000));
    await line.run(1000, () => line.phone.receive(caller.next()));
    const heard = backend.heard(line);
    expect(heard.length).toBeGreaterThanOrEqual(49 * 160);
    expect(toneLevelDb(heard.subarray(heard.length - 4000), 700, 8000)).toBeCloseTo(-6, 0);
  });
});

describe.each([twilio, deepgram, elevenLabs])('the backend $name', (backend) => {
  it('takes back what it has said within a packet, without a click', async () => {
    const line = backend.open();
    await line.run(100);
    const from = line.phone.sent.length;
    backend.speak(line, sound(440, 3000));
    await line.run(500);
    backend.interrupt(line);
    await line.run(300);
    const heard = line.phone.heardByPhone(from);
    const last = heard.findLastIndex((sample) => Math.abs(sample) > 500);
    expect(last / 8).toBeLessThan(530);
    expect(sharpestBend(heard, last - 200, last + 100)).toBeLessThan(6000);
    const interrupted = line.told.find(({ kind }) => kind === 'interrupted');
    expect(interrupted?.kind === 'interrupted' && interrupted.heardMs).toBeGreaterThanOrEqual(480);
  });
});

describe('the backend of ElevenLabs', () => {
  it.each([
    ['pcm_16000', 16_000],
    ['pcm_24000', 24_000],
    ['pcm_48000', 48_000],
  ] as const)('is heard and hears in %s', async (format, rateHz) => {
    const backend = elevenLabsIn(format, 'l16');
    const line = backend.open();
    const caller = new PhoneStream(sound(700, 1000));
    backend.speak(line, sound(440, 1500, rateHz));
    await line.run(1000, () => line.phone.receive(caller.next()));
    expect(toneLevelDb(line.phone.heardByPhone().subarray(2000, 7000), 440, 8000)).toBeCloseTo(-6, 0);
    const heard = backend.heard(line);
    expect(toneLevelDb(heard.subarray(heard.length - rateHz / 2), 700, rateHz)).toBeCloseTo(-6, 0);
  });

  it('drops what comes late of a reply that was interrupted, and plays the next', async () => {
    const line = elevenLabs.open();
    const say = (frequencyHz: number, id: number) =>
      line.say({
        type: 'audio',
        audio_event: {
          audio_base_64: toWire(sound(frequencyHz, 400), 'pcmu').toString('base64'),
          event_id: id,
        },
      });
    say(440, 1001);
    await line.run(200);
    line.say({ type: 'interruption', interruption_event: { event_id: 1002 } });
    say(440, 1002);
    say(1000, 1003);
    const from = line.phone.sent.length + 1;
    await line.run(400);
    const heard = line.phone.heardByPhone(from);
    expect(toneLevelDb(heard.subarray(0, 2400), 440, 8000)).toBeLessThan(-40);
    expect(toneLevelDb(heard.subarray(0, 2400), 1000, 8000)).toBeCloseTo(-6, 0);
  });
});

describe('the backend of Deepgram', () => {
  it('is not heard with the rest of a reply that was interrupted', async () => {
    const line = deepgram.open();
    deepgram.speak(line, sound(440, 400));
    await line.run(200);
    deepgram.interrupt(line);
    const from = line.phone.sent.length + 1;
    deepgram.speak(line, sound(440, 400));
    line.say({ type: 'ConversationText', role: 'user', content: 'Stop.' });
    line.say({ type: 'ConversationText', role: 'assistant', content: 'Yes?' });
    deepgram.speak(line, sound(1000, 400));
    await line.run(400);
    const heard = line.phone.heardByPhone(from);
    expect(toneLevelDb(heard.subarray(0, 2400), 440, 8000)).toBeLessThan(-40);
    expect(toneLevelDb(heard.subarray(0, 2400), 1000, 8000)).toBeCloseTo(-6, 0);
  });
});

describe.each([twilio, asterisk])('the backend $name', (backend) => {
  it('is heard without a gap when it speaks in real time, and some of it comes a moment late', async () => {
    const line = backend.open();
    await line.run(100);
    const from = line.phone.sent.length;
    const spoken = sound(440, 2000);
    let said = 0;
    const say = (packets: number) => {
      for (let i = 0; i < packets; i++, said++)
        backend.speak(line, spoken.subarray(said * 160, (said + 1) * 160));
    };
    await line.run(2000, (tick) => {
      if (tick % 10 === 4) return;
      say(tick % 10 === 5 ? 2 : 1);
    });
    await line.run(100);
    const heard = line.phone.heardByPhone(from);
    const begin = heard.findIndex((sample) => Math.abs(sample) > 1000);
    expect(begin / 8).toBeLessThan(45);
    for (let at = begin; at < begin + 15_600; at += 160)
      expect(levelDb(heard.subarray(at, at + 160))).toBeGreaterThan(-8);
  });
});

describe("Twilio's marks", () => {
  it('come back when what was before them was heard, and at once when it is taken back', async () => {
    const line = twilio.open();
    const marks = () =>
      line.messages.flatMap(({ mark }) => (mark === undefined ? [] : [(mark as { name: string }).name]));
    line.say({ event: 'mark', mark: { name: 'nothing before' } });
    await line.run(40);
    expect(marks()).toEqual(['nothing before']);
    twilio.speak(line, sound(440, 400));
    line.say({ event: 'mark', mark: { name: 'first' } });
    twilio.speak(line, sound(440, 2000));
    line.say({ event: 'mark', mark: { name: 'second' } });
    await line.run(380);
    expect(marks()).toEqual(['nothing before']);
    await line.run(80);
    expect(marks()).toEqual(['nothing before', 'first']);
    line.say({ event: 'clear' });
    await line.run(20);
    expect(marks()).toEqual(['nothing before', 'first', 'second']);
  });
});

describe('the backend of Asterisk', () => {
  it('may say goodbye and hang up in one breath', async () => {
    const line = asterisk.open();
    asterisk.speak(line, sound(440, 600));
    line.backend.octets(serializeHangUp());
    await line.run(500);
    expect(line.end).toBeUndefined();
    await line.run(200);
    expect(line.end).toBe('closed-by-agent');
    expect(levelDb(line.phone.heardByPhone().subarray(400, 4800))).toBeCloseTo(-6, 0);
  });
});

describe('a backend that is not ready in time', () => {
  it.each([
    ['deepgram', { settings: { agent: {} }, audio: 'pcmu', tools: [] }],
    ['elevenlabs', { initiation: {} }],
  ])('is given up within two seconds: %s', async (protocol, settings) => {
    const line = new AgentLineHarness({ protocol, settings });
    line.connect();
    await line.run(1700);
    expect(line.end).toBeUndefined();
    await line.run(300);
    expect(line.end).toBe('not-ready');
  });
});
