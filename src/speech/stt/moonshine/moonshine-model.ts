/** Moonshine, an English speech recogniser: an encoder over the whole utterance, and a decoder, token by token. */
import llamaTokenizer from 'llama-tokenizer-js';
import { type InferenceSession, Tensor } from 'onnxruntime-web/wasm';
import { loadModel } from '../../onnx-model.ts';
import { withoutLoops } from './loops.ts';

export type MoonshineSize = 'base' | 'tiny';

export class MoonshineModel {
  readonly #encoder: InferenceSession;
  readonly #decoder: InferenceSession;
  readonly #shape: Shape;

  private constructor(encoder: InferenceSession, decoder: InferenceSession, shape: Shape) {
    this.#encoder = encoder;
    this.#decoder = decoder;
    this.#shape = shape;
  }

  /** Rejects when the model is absent, is not the one it should be, or cannot be run here. */
  static async load(size: MoonshineSize): Promise<MoonshineModel> {
    const shape = shapes[size];
    const folder = `@usefulsensors/moonshine-js/dist/model/${size}/quantized`;
    const encoder = await loadModel(`${folder}/encoder_model.onnx`, shape.encoderSha256);
    const decoder = await loadModel(`${folder}/decoder_model_merged.onnx`, shape.decoderSha256);
    return new MoonshineModel(encoder, decoder, shape);
  }

  /**
   * The text of up to 30 s of sound at 16 kHz, full scale 1; empty when it holds no speech. Undefined as soon as
   * `isAbandoned` says so, which is asked before each token.
   */
  async transcribe(samples: Float32Array, isAbandoned: () => boolean): Promise<string | undefined> {
    const input = samples.length < LEAST_SAMPLES ? padded(samples) : samples;
    const encoded = await this.#encoder.run({
      input_values: new Tensor('float32', input, [1, input.length]),
    });
    const tokens: number[] = [];
    const most = Math.ceil((input.length / RATE_HZ) * MOST_TOKENS_PER_SECOND) + 2;
    let past = this.#emptyPast();
    let token = START;
    while (tokens.length < most) {
      if (isAbandoned()) return undefined;
      const results = await this.#decoder.run({
        input_ids: new Tensor('int64', BigInt64Array.of(BigInt(token)), [1, 1]),
        encoder_hidden_states: encoded['last_hidden_state']!,
        use_cache_branch: new Tensor('bool', Uint8Array.of(tokens.length > 0 ? 1 : 0), [1]),
        ...past,
      });
      token = likeliest(results['logits']!.data as Float32Array);
      if (token === END) break;
      past = nextPast(past, results, tokens.length === 0);
      tokens.push(token);
    }
    return withoutLoops(llamaTokenizer.decode(tokens.filter(isText), false, false).trim());
  }

  #emptyPast(): Past {
    const { layers, heads, headValues } = this.#shape;
    const past: Past = {};
    for (let layer = 0; layer < layers; layer++) {
      for (const part of ['decoder.key', 'decoder.value', 'encoder.key', 'encoder.value']) {
        past[`past_key_values.${layer}.${part}`] = new Tensor('float32', NONE, [0, heads, 1, headValues]);
      }
    }
    return past;
  }
}

/** What the decoder has attended to so far, by input name. */
type Past = Record<string, Tensor>;

interface Shape {
  readonly layers: number;
  readonly heads: number;
  readonly headValues: number;
  readonly encoderSha256: string;
  readonly decoderSha256: string;
}

/** What concerns the encoder's output is computed with the first token and stays. */
function nextPast(past: Past, results: InferenceSession.ReturnType, isFirst: boolean): Past {
  const next: Past = {};
  for (const name of Object.keys(past)) {
    const changes = isFirst || name.includes('.decoder.');
    next[name] = changes ? (results[name.replace('past_key_values', 'present')] as Tensor) : past[name]!;
  }
  return next;
}

function padded(samples: Float32Array): Float32Array {
  const longer = new Float32Array(LEAST_SAMPLES);
  longer.set(samples);
  return longer;
}

function likeliest(logits: Float32Array): number {
  let best = 0;
  for (let token = 1; token < logits.length; token++) if (logits[token]! > logits[best]!) best = token;
  return best;
}

/** Above Llama's vocabulary stand marks that mean nothing as text. */
function isText(token: number): boolean {
  return token < 32_000;
}

const shapes: Readonly<Record<MoonshineSize, Shape>> = {
  base: {
    layers: 8,
    heads: 8,
    headValues: 52,
    encoderSha256: '1dd9ab0a7f987113d30affcba5a068d11c8f90fa0223caa3e491ade431ad9751',
    decoderSha256: 'cc9f3cd6698a369c6008b41aa60aa3fb3322e7f03c9bdf19d8e6b7200afca4f3',
  },
  tiny: {
    layers: 6,
    heads: 8,
    headValues: 36,
    encoderSha256: 'c6fc4b7bc5af75c0591fd157a1f3829b533d18e9769a888fd95a62e470dd4f4a',
    decoderSha256: 'eed87831c3a6103534aae7d47a5d485025c659a1323901513961c39fe8a1a367',
  },
};

const RATE_HZ = 16_000;
/** A second: of less it makes nothing. */
const LEAST_SAMPLES: number = RATE_HZ;
/** As the model's authors advise: beyond, it only repeats itself. */
const MOST_TOKENS_PER_SECOND = 6.5;
const START = 1;
const END = 2;
const NONE: Float32Array = new Float32Array(0);
