/** Deepgram as `@deepgram/sdk` 5.13 knows it: live transcription at `/v1/listen`, speech at `/v1/speak`. */
import { type FakeConnection, jsonAnswer, type ProviderFake, spokenAnswer } from './provider-server.ts';

export interface FakeDeepgramOptions {
  readonly key?: string;
  /** What is heard in each turn, one after the other. */
  readonly says?: readonly string[];
  /** Without audio or KeepAlive for so long, the connection is closed; the real one waits ten seconds. */
  readonly idleMs?: number;
  /** Finalize goes without an answer, as it may when little audio waited. */
  readonly skipsFinalize?: boolean;
}

export function fakeDeepgram(options: FakeDeepgramOptions = {}): ProviderFake {
  const { key = 'deepgram-key' } = options;
  const texts = [...(options.says ?? [])];
  return {
    isAuthorized: ({ headers }) =>
      [`Token ${key}`, `Bearer ${key}`].includes(headers.authorization?.replace(/^token /, 'Token ') ?? ''),
    unauthorized: { err_code: 'INVALID_AUTH', err_msg: `Invalid credentials: ${key}.`, request_id: 'x' },
    mistakeIn: ({ pathname, searchParams }) => {
      if (pathname !== '/v1/listen' && pathname !== '/v1/speak') return 'no such path';
      if (!searchParams.has('model')) return 'no model';
      if (searchParams.get('language') === 'xx') return 'No such model/language/tier combination found.';
      if (searchParams.get('encoding') !== 'linear16') return 'these tests speak linear16';
      return undefined;
    },
    post: ({ url, body }) => {
      const { text } = JSON.parse(body.toString());
      if (typeof text !== 'string' || text === '') return jsonAnswer(400, { err_code: 'PAYLOAD_ERROR' });
      return spokenAnswer(text, Number(url.searchParams.get('sample_rate')), 'audio/l16');
    },
    connect: (connection) => listen(connection, texts, options),
  };
}

/** Words come every half second of audio, and the rest with Finalize. */
function listen({ url, socket, send }: FakeConnection, says: string[], options: FakeDeepgramOptions): void {
  const rateHz = Number(url.searchParams.get('sample_rate'));
  let samples = 0;
  let turnStart = 0;
  let told = 0;
  const close = () => socket.close(1011, 'NET-0001');
  let idle = setTimeout(close, options.idleMs ?? 10_000);
  socket.on('close', () => clearTimeout(idle));
  const result = (text: string, from: number, fields: Record<string, unknown>) =>
    send(
      JSON.stringify({
        type: 'Results',
        channel_index: [0, 1],
        start: Number((from / rateHz).toFixed(3)),
        duration: Number(((samples - from) / rateHz).toFixed(3)),
        is_final: false,
        speech_final: false,
        channel: { alternatives: [{ transcript: text, confidence: 0.98, words: [] }] },
        metadata: { request_id: 'x', model_info: { name: 'x', version: 'x', arch: 'x' }, model_uuid: 'x' },
        ...fields,
      }),
    );
  socket.on('message', (data: Buffer, isBinary: boolean) => {
    clearTimeout(idle);
    idle = setTimeout(close, options.idleMs ?? 10_000);
    if (isBinary) {
      samples += data.length / 2;
      if (samples - told < rateHz / 2) return;
      told = samples;
      result((says[0] ?? '').toLowerCase().replace(/[.?!]/g, ''), turnStart, {});
      return;
    }
    const { type } = JSON.parse(data.toString());
    if (type === 'Finalize' && options.skipsFinalize !== true) {
      result(says.shift() ?? '', turnStart, { is_final: true, from_finalize: true });
      turnStart = samples;
    } else if (type === 'CloseStream') {
      send(JSON.stringify({ type: 'Metadata', request_id: 'x', duration: samples / rateHz, channels: 1 }));
      socket.close(1000);
    }
  });
}
