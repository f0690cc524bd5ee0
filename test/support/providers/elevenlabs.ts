/** ElevenLabs as `@elevenlabs/elevenlabs-js` 2.73 knows it: realtime Scribe, and streamed speech. */
import { type FakeConnection, jsonAnswer, type ProviderFake, spokenAnswer } from './provider-server.ts';

export interface FakeElevenLabsOptions {
  readonly key?: string;
  /** What is heard in each commit, one after the other. */
  readonly says?: readonly string[];
  /** Sent right after the session has started, and then the connection is closed. */
  readonly error?: string;
}

export function fakeElevenLabs(options: FakeElevenLabsOptions = {}): ProviderFake {
  const { key = 'elevenlabs-key' } = options;
  const texts = [...(options.says ?? [])];
  return {
    isAuthorized: ({ headers }) => headers['xi-api-key'] === key,
    unauthorized: { detail: { status: 'invalid_api_key', message: `Invalid API key ${key}` } },
    mistakeIn: ({ pathname, searchParams }) => {
      if (pathname === '/v1/speech-to-text/realtime')
        return searchParams.get('audio_format')?.startsWith('pcm_') ? undefined : 'these tests speak PCM';
      if (!/^\/v1\/text-to-speech\/[A-Za-z0-9]{20}\/stream$/.test(pathname)) return 'no such voice';
      return searchParams.get('output_format')?.startsWith('pcm_') ? undefined : 'these tests speak PCM';
    },
    post: ({ url, body }) => {
      const { text, model_id: model } = JSON.parse(body.toString());
      if (typeof text !== 'string' || typeof model !== 'string') return jsonAnswer(422, { detail: [] });
      return spokenAnswer(text, Number(url.searchParams.get('output_format')!.slice(4)), 'audio/pcm');
    },
    connect: (connection) => transcribe(connection, texts, options.error),
  };
}

/** A commit of less than 0.3 s is refused, and the connection closed with it, as the service does. */
function transcribe({ url, socket, send }: FakeConnection, texts: string[], error: string | undefined): void {
  const rateHz = Number(url.searchParams.get('audio_format')!.slice(4));
  let samples = 0;
  let told = 0;
  const say = (type: string, fields: Record<string, unknown>) =>
    send(JSON.stringify({ message_type: type, ...fields }));
  say('session_started', { session_id: 'x', config: { sample_rate: rateHz } });
  if (error !== undefined) {
    say(error, { error: 'as the test wants it' });
    socket.close(1000, error);
    return;
  }
  socket.on('message', (data: Buffer) => {
    const message = JSON.parse(data.toString());
    if (message.message_type !== 'input_audio_chunk' || message.sample_rate !== rateHz) {
      say('input_error', { error: 'no input_audio_chunk' });
      return;
    }
    samples += Buffer.from(message.audio_base_64, 'base64').length / 2;
    if (message.commit === true) {
      if (samples < 0.3 * rateHz) {
        say('commit_throttled', { error: 'at least 0.3 s of uncommitted audio' });
        socket.close(1000, 'commit_throttled');
        return;
      }
      say('committed_transcript', { text: texts.shift() ?? '' });
      samples = 0;
      told = 0;
    } else if (samples - told >= rateHz / 2) {
      told = samples;
      say('partial_transcript', { text: (texts[0] ?? '').toLowerCase().replace(/[.?!]/g, '') });
    }
  });
}
