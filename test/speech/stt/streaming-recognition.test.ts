import { describe, expect, it } from 'vitest';
import type { ProviderRefusal } from '../../../src/speech/provider-failure.ts';
import { DeepgramProtocol } from '../../../src/speech/stt/deepgram.ts';
import { ElevenLabsProtocol } from '../../../src/speech/stt/elevenlabs.ts';
import type { ConnectionReceiver } from '../../../src/speech/stt/provider-socket.ts';
import type { RecognitionFailure, Transcript } from '../../../src/speech/stt/recognizer.ts';
import type { WireMessage } from '../../../src/speech/stt/streaming-protocol.ts';
import { StreamingRecognition } from '../../../src/speech/stt/streaming-recognition.ts';
import { providers, recognition } from '../../support/providers/settings.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

/** A provider's end of a connection, moved by hand. */
interface Connection {
  readonly receiver: ConnectionReceiver;
  readonly sent: WireMessage[];
  unsentOctets: number;
  isClosed: boolean;
}

function listen(provider: 'deepgram' | 'elevenLabs' = 'elevenLabs') {
  const clock = new VirtualClock();
  const connections: Connection[] = [];
  const transcripts: Transcript[] = [];
  const failures: RecognitionFailure[] = [];
  const recogniser = new StreamingRecognition({
    ...recognition,
    onTranscript: (transcript) => transcripts.push(transcript),
    onFailure: (reason) => failures.push(reason),
    createProtocol: () =>
      provider === 'deepgram'
        ? new DeepgramProtocol(providers.deepgram, recognition)
        : new ElevenLabsProtocol(providers.elevenLabs, recognition),
    connect: (_target, receiver) => {
      const connection: Connection = { receiver, sent: [], unsentOctets: 0, isClosed: false };
      connections.push(connection);
      return {
        send: (message) => connection.sent.push(message),
        get unsentOctets() {
          return connection.unsentOctets;
        },
        close: () => {
          connection.isClosed = true;
        },
      };
    },
    timers: clock,
  });
  return {
    clock,
    connections,
    transcripts,
    failures,
    recogniser,
    get connection(): Connection {
      return connections.at(-1)!;
    },
    say(type: string, text: string): void {
      this.connection.receiver.message(JSON.stringify({ message_type: type, text }));
    },
    end(end: ProviderRefusal): void {
      this.connection.receiver.ended(end);
    },
    /** Numbered samples, in frames as the line has them. */
    speak(from: number, milliseconds: number): void {
      for (let at = 0; at < milliseconds * 8; at += 160) recogniser.write(ramp(from + at, 160));
    },
  };
}

function ramp(from: number, length: number): Int16Array {
  return Int16Array.from({ length }, (_, index) => (from + index) % 30_000);
}

/** The samples in ElevenLabs' messages, and whether the last of them commits. */
function heard(messages: readonly WireMessage[]): { samples: number[]; committed: boolean } {
  const chunks = messages.map((message) => JSON.parse(String(message)));
  const octets = Buffer.concat(chunks.map((chunk) => Buffer.from(chunk.audio_base_64, 'base64')));
  const samples = Array.from({ length: octets.length / 2 }, (_, index) => octets.readInt16LE(index * 2));
  return { samples, committed: chunks.at(-1)?.commit === true };
}

describe('audio for a provider', () => {
  it('begins a little before the turn does, has no gap, and ends with it', () => {
    const line = listen();
    line.connection.receiver.opened();
    line.speak(0, 1000);
    line.recogniser.startTurn();
    line.speak(8000, 1260);
    line.recogniser.endTurn();
    line.speak(18_080, 500);
    expect(heard(line.connection.sent)).toEqual({
      samples: [...ramp(8000 - 4800, 4800 + 10_080)],
      committed: true,
    });
  });

  it('does not go out twice when a turn follows close upon another', () => {
    const line = listen();
    line.connection.receiver.opened();
    line.recogniser.startTurn();
    line.speak(0, 400);
    line.recogniser.endTurn();
    line.speak(3200, 100);
    line.recogniser.startTurn();
    line.speak(4000, 200);
    line.recogniser.endTurn();
    expect(heard(line.connection.sent).samples).toEqual([...ramp(0, 5600)]);
  });

  it('is its own copy: the array may be written again at once', () => {
    const line = listen();
    line.connection.receiver.opened();
    const frame = new Int16Array(160).fill(1);
    line.recogniser.write(frame);
    frame.fill(9);
    line.recogniser.startTurn();
    frame.fill(2);
    line.recogniser.write(frame);
    frame.fill(9);
    line.recogniser.endTurn();
    const { samples } = heard(line.connection.sent);
    expect(samples).toEqual([...Array(160).fill(1), ...Array(160).fill(2)]);
  });

  it('waits while the connection is made', () => {
    const line = listen();
    line.recogniser.startTurn();
    line.speak(0, 500);
    expect(line.connection.sent).toEqual([]);
    line.connection.receiver.opened();
    line.speak(4000, 200);
    line.recogniser.endTurn();
    expect(heard(line.connection.sent)).toEqual({ samples: [...ramp(0, 5600)], committed: true });
  });

  it('waits for twenty seconds and no longer: then the oldest goes, and it is told', async () => {
    const line = listen();
    line.recogniser.startTurn();
    line.speak(0, 25_000);
    expect(line.failures).toEqual(['overloaded']);
    line.connection.receiver.opened();
    expect(heard(line.connection.sent).samples.length).toBe(160_000);
  });

  it('is given up when the network takes nothing any more', () => {
    const line = listen();
    line.connection.receiver.opened();
    line.recogniser.startTurn();
    line.connection.unsentOctets = 500_000;
    line.speak(0, 100);
    expect(line.failures).toEqual(['overloaded']);
    expect(line.connection.isClosed).toBe(true);
  });
});

describe('transcripts of a provider', () => {
  it('are told as they grow, and then for good', () => {
    const line = listen();
    line.connection.receiver.opened();
    line.recogniser.startTurn();
    line.say('partial_transcript', 'I would');
    line.say('committed_transcript', 'I would like');
    line.say('partial_transcript', 'a table');
    line.recogniser.endTurn();
    line.say('committed_transcript', 'a table.');
    expect(line.transcripts).toEqual([
      { text: 'I would', isFinal: false },
      { text: 'I would like', isFinal: false },
      { text: 'I would like a table', isFinal: false },
      { text: 'I would like a table.', isFinal: true },
    ]);
  });

  it('of a turn that is over do not disturb the one that goes on', () => {
    const line = listen();
    line.connection.receiver.opened();
    line.recogniser.startTurn();
    line.recogniser.endTurn();
    line.recogniser.startTurn();
    line.say('partial_transcript', 'first');
    expect(line.transcripts).toEqual([]);
    line.say('committed_transcript', 'First.');
    line.say('partial_transcript', 'second');
    expect(line.transcripts).toEqual([
      { text: 'First.', isFinal: true },
      { text: 'second', isFinal: false },
    ]);
  });

  it('come for every turn, be it empty, within two and a half seconds of silence', async () => {
    const line = listen();
    line.connection.receiver.opened();
    line.recogniser.startTurn();
    line.say('partial_transcript', 'are you');
    line.recogniser.endTurn();
    await line.clock.advance(2400);
    expect(line.transcripts.length).toBe(1);
    await line.clock.advance(200);
    expect(line.transcripts.at(-1)).toEqual({ text: 'are you', isFinal: true });
    expect(line.failures).toEqual(['timed-out']);
    expect(line.connections[0]!.isClosed).toBe(true);
  });

  it('are not waited for long where all is said and the provider may add nothing', async () => {
    const line = listen('deepgram');
    line.connection.receiver.opened();
    line.recogniser.startTurn();
    line.speak(0, 1000);
    const channel = { alternatives: [{ transcript: 'Yes.' }] };
    line.connection.receiver.message(
      JSON.stringify({ type: 'Results', start: 0, duration: 0.7, is_final: true, channel }),
    );
    line.recogniser.endTurn();
    await line.clock.advance(350);
    expect(line.transcripts.at(-1)).toEqual({ text: 'Yes.', isFinal: true });
    expect(line.failures).toEqual([]);
    expect(line.connection.isClosed).toBe(false);
  });

  it('stop with the recognition', async () => {
    const line = listen();
    line.connection.receiver.opened();
    line.recogniser.startTurn();
    line.recogniser.endTurn();
    line.recogniser.close();
    line.say('committed_transcript', 'Too late.');
    line.recogniser.startTurn();
    await line.clock.advance(10_000);
    expect(line.transcripts).toEqual([]);
    expect(line.connections.length).toBe(1);
    expect(line.clock.nextDueMs).toBeUndefined();
  });
});

describe('a connection to a provider', () => {
  const lost: ProviderRefusal = { reason: 'closed', lasting: false };

  it('that is lost in a turn is made again, and hears the turn from the start', async () => {
    const line = listen();
    line.connection.receiver.opened();
    line.recogniser.startTurn();
    line.speak(0, 500);
    line.say('partial_transcript', 'hello');
    line.end(lost);
    line.speak(4000, 300);
    await line.clock.advance(200);
    expect(line.connections.length).toBe(2);
    line.connection.receiver.opened();
    line.speak(6400, 100);
    line.recogniser.endTurn();
    expect(heard(line.connection.sent)).toEqual({ samples: [...ramp(0, 7200)], committed: true });
    line.say('committed_transcript', 'Hello there.');
    expect(line.transcripts.at(-1)).toEqual({ text: 'Hello there.', isFinal: true });
    expect(line.failures).toEqual(['closed']);
  });

  it('that was lost after the end of a turn is asked for that turn too', async () => {
    const line = listen();
    line.connection.receiver.opened();
    line.recogniser.startTurn();
    line.speak(0, 300);
    line.recogniser.endTurn();
    line.end(lost);
    await line.clock.advance(200);
    line.connection.receiver.opened();
    expect(heard(line.connection.sent)).toEqual({ samples: [...ramp(0, 2400)], committed: true });
    line.say('committed_transcript', 'Yes.');
    expect(line.transcripts).toEqual([{ text: 'Yes.', isFinal: true }]);
  });

  it('that keeps being lost is made again later and later, and told of once', async () => {
    const line = listen();
    line.recogniser.startTurn();
    const madeAtMs: number[] = [];
    for (let attempt = 0; attempt < 8; attempt += 1) {
      madeAtMs.push(line.clock.nowMs());
      line.end({ reason: 'unreachable', lasting: false });
      await line.clock.advance(line.clock.nextDueMs! - line.clock.nowMs());
    }
    const waitsMs = madeAtMs.slice(1).map((atMs, index) => atMs - madeAtMs[index]!);
    expect(waitsMs).toEqual([200, 400, 800, 1600, 3200, 5000, 5000]);
    expect(line.failures).toEqual(['unreachable']);
  });

  it('that is closed while nobody speaks is no failure, and made again when somebody does', async () => {
    const line = listen();
    line.connection.receiver.opened();
    line.end(lost);
    await line.clock.advance(60_000);
    expect(line.connections.length).toBe(1);
    expect(line.failures).toEqual([]);
    line.recogniser.startTurn();
    expect(line.connections.length).toBe(2);
  });

  it('that is refused for good is not made again, and turns are told to be empty', async () => {
    const line = listen();
    line.recogniser.startTurn();
    line.end({ reason: 'unauthorized', lasting: true });
    line.recogniser.endTurn();
    await line.clock.advance(0);
    expect(line.transcripts).toEqual([{ text: '', isFinal: true }]);
    line.recogniser.startTurn();
    line.recogniser.endTurn();
    await line.clock.advance(60_000);
    expect(line.transcripts.length).toBe(2);
    expect(line.connections.length).toBe(1);
    expect(line.failures).toEqual(['unauthorized']);
  });

  it('that says one thing without meaning is kept, and that says many is given up', async () => {
    const line = listen();
    line.connection.receiver.opened();
    line.recogniser.startTurn();
    for (let message = 0; message < 4; message += 1) line.connection.receiver.message('<html>');
    expect(line.failures).toEqual(['bad-response']);
    expect(line.connections[0]!.isClosed).toBe(false);
    line.connection.receiver.message('<html>');
    expect(line.connections[0]!.isClosed).toBe(true);
    await line.clock.advance(200);
    expect(line.connections.length).toBe(2);
  });

  it('is kept alive in silence, and not while audio does so', async () => {
    const line = listen('deepgram');
    line.connection.receiver.opened();
    await line.clock.advance(9000);
    expect(line.connection.sent).toEqual(Array(2).fill('{"type":"KeepAlive"}'));
    line.recogniser.startTurn();
    await line.clock.advance(9000);
    expect(line.connection.sent.length).toBe(2);
  });

  it('is left with a farewell', () => {
    const line = listen('deepgram');
    line.connection.receiver.opened();
    line.recogniser.close();
    expect(line.connection.sent).toEqual(['{"type":"CloseStream"}']);
    expect(line.connection.isClosed).toBe(true);
  });
});
