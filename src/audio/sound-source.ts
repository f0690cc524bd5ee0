/** A sound file's octets, or where they are to be had. */
export type SoundSource = Uint8Array | SoundReference;

export type SoundReference =
  /** `http:` and `https:`. */
  | { readonly kind: 'url'; readonly url: string }
  /** A built-in sound, or a file in the configured folder; without an extension any kind of file will do. */
  | { readonly kind: 'name'; readonly name: string };

/** Sound that is still being made, piece by piece: mono, 16-bit linear, at one rate throughout. */
export type SoundStream = AsyncIterable<SoundPiece>;

interface SoundPiece {
  /** Given away: nobody changes them afterwards. */
  readonly samples: Int16Array;
  readonly rateHz: number;
}

export function isSoundStream(audio: SoundSource | SoundStream): audio is SoundStream {
  return Symbol.asyncIterator in audio;
}
