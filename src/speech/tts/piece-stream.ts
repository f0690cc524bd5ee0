import { ProviderError } from '../provider-failure.ts';
import type { ProviderHttp, ProviderRequest, ProviderWaits } from '../provider-http.ts';
import { PcmReader } from './pcm-reader.ts';

/**
 * The samples of one request as they come, asked for once more when nothing came of it. Rejects with `ProviderError`,
 * or the signal's reason when it aborts.
 */
export async function* streamPiece(
  http: ProviderHttp,
  request: ProviderRequest,
  rateHz: number,
  signal: AbortSignal,
): AsyncGenerator<Int16Array> {
  let hasBegun = false;
  for (const waits of ATTEMPTS) {
    try {
      for await (const samples of samplesOf(http, request, rateHz, waits, signal)) {
        hasBegun = true;
        yield samples;
      }
      return;
    } catch (error) {
      const isLast = waits === ATTEMPTS.at(-1);
      if (hasBegun || isLast || !(error instanceof ProviderError) || error.lasting) throw error;
    }
  }
}

async function* samplesOf(
  http: ProviderHttp,
  request: ProviderRequest,
  rateHz: number,
  waits: ProviderWaits,
  signal: AbortSignal,
): AsyncGenerator<Int16Array> {
  const reader = new PcmReader(rateHz / CHUNKS_PER_SECOND);
  let isEmpty = true;
  for await (const { contentType, octets } of http.post(request, waits, signal)) {
    if (isEmpty) checkIsRaw(contentType, octets);
    isEmpty &&= octets.length === 0;
    const samples = reader.push(octets);
    if (samples !== undefined) yield samples;
  }
  const rest = reader.finish();
  if (rest !== undefined) yield rest;
  if (isEmpty) throw badResponse('found no sound in the answer');
}

/** A web page or a file played as if it were samples is loud noise in the caller's ear. */
function checkIsRaw(contentType: string, octets: Uint8Array): void {
  if (/^text\/|json|xml|html/.test(contentType))
    throw badResponse(`found ${contentType.slice(0, 60)}, expected raw samples`);
  const magic = Buffer.from(octets.subarray(0, 4)).toString('latin1');
  const container = containers.find((name) => magic.startsWith(name));
  if (container !== undefined) throw badResponse(`found a file (${container}), expected raw samples`);
}

function badResponse(message: string): ProviderError {
  return new ProviderError({ reason: 'bad-response', lasting: false }, message);
}

const containers: readonly string[] = ['RIFF', 'ID3', 'OggS', 'fLaC', '<htm', '<!DO'];
/** The first sound decides how long a caller hears nothing: a second try gets less time than the first. */
const ATTEMPTS: readonly ProviderWaits[] = [
  { firstMs: 4000, nextMs: 5000 },
  { firstMs: 2500, nextMs: 5000 },
];
/** A frame's length: shorter chunks are only more messages. */
const CHUNKS_PER_SECOND = 50;
