/** What the clip worker does, and what it is asked and answers. */
import type { Clip } from '../audio/clip.ts';
import { type ClipForm, makeClip } from '../audio/make-clip.ts';
import { decodeSound } from './decode-sound.ts';
import type { DecodeLimits, DecodeRefusal } from './decoded-sound.ts';
import type { Refused } from './refusal.ts';

export interface ClipRequest {
  readonly id: number;
  readonly octets: Uint8Array;
  readonly sourceHash: string;
  readonly form: ClipForm;
  readonly limits: DecodeLimits;
}

export type ClipAnswer = { readonly id: number } & (
  | { readonly ok: true; readonly value: Clip }
  | Refused<DecodeRefusal>
);

export async function answerClipRequest({
  id,
  octets,
  sourceHash,
  form,
  limits,
}: ClipRequest): Promise<ClipAnswer> {
  const decoded = await decodeSound(octets, limits);
  if (!decoded.ok) return { ...decoded, id };
  return { id, ok: true, value: makeClip(decoded.value, sourceHash, form) };
}
