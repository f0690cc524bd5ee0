import { request } from 'undici';
import { errorDetail } from '../../error-detail.ts';
import { failure, success } from '../../result.ts';
import type { AgentFailure } from '../agent.ts';
import { parseJsonObject, textAt } from '../voice-agent/json-message.ts';

export interface SignedUrlRequest {
  /** Of the API, as `https://api.elevenlabs.io`. */
  readonly apiUrl: string;
  readonly apiKey: string;
  readonly agentId: string;
  readonly timeoutMs: number;
}

export type SignedUrlAnswer =
  | { readonly ok: true; readonly value: string }
  /** `detail`: for the log alone. */
  | { readonly ok: false; readonly reason: AgentFailure; readonly detail?: string | undefined };

/** Where to open one conversation with an agent that asks for authorization; good for fifteen minutes. */
export async function fetchSignedUrl(
  { apiUrl, apiKey, agentId, timeoutMs }: SignedUrlRequest,
  signal: AbortSignal,
): Promise<SignedUrlAnswer> {
  const url = new URL(SIGNED_URL_PATH, apiUrl);
  url.searchParams.set('agent_id', agentId);
  const tooLate = AbortSignal.timeout(timeoutMs);
  try {
    const response = await request(url, {
      headers: { 'xi-api-key': apiKey },
      signal: AbortSignal.any([signal, tooLate]),
    });
    if (response.statusCode !== 200) {
      await response.body.dump();
      return { ...failure('refused'), detail: `Unexpected server response: ${response.statusCode}` };
    }
    const signedUrl = textAt(parseJsonObject(await response.body.text()), 'signed_url');
    return signedUrl === undefined || !URL.canParse(signedUrl) ? failure('bad-response') : success(signedUrl);
  } catch (error) {
    return tooLate.aborted ? failure('timed-out') : { ...failure('unreachable'), detail: errorDetail(error) };
  }
}

const SIGNED_URL_PATH = '/v1/convai/conversation/get-signed-url';
