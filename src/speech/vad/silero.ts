import { type InferenceSession, Tensor } from 'onnxruntime-web/wasm';
import { loadModel } from '../onnx-model.ts';
import { type VoiceActivityModel, type VoiceLane, WINDOW_RATE_HZ, WINDOW_SAMPLES } from './voice-activity.ts';

/** Silero VAD 5 at its native 8 kHz; many callers in one run, each with the result it would have alone. */
export class SileroModel implements VoiceActivityModel {
  readonly name = 'silero';
  readonly #session: InferenceSession;
  readonly #rate: Tensor = new Tensor('int64', BigInt64Array.of(BigInt(WINDOW_RATE_HZ)), []);
  readonly #input = new Float32Array(MOST_LANES * INPUT_SAMPLES);
  readonly #state = new Float32Array(2 * MOST_LANES * STATE_VALUES);

  private constructor(session: InferenceSession) {
    this.#session = session;
  }

  /** Rejects when the model is absent, is not the one it should be, or cannot be run here. */
  static async load(): Promise<SileroModel> {
    return new SileroModel(await loadModel('@ricky0123/vad-web/dist/silero_vad_v5.onnx', SHA256));
  }

  async process(lanes: readonly VoiceLane[], count: number): Promise<void> {
    for (let first = 0; first < count; first += MOST_LANES) {
      await this.#run(lanes, first, Math.min(MOST_LANES, count - first));
    }
  }

  async #run(lanes: readonly VoiceLane[], first: number, count: number): Promise<void> {
    for (let row = 0; row < count; row++) this.#gather(lanes[first + row]!, row, count);
    const results = await this.#session.run({
      input: new Tensor('float32', this.#input.subarray(0, count * INPUT_SAMPLES), [count, INPUT_SAMPLES]),
      state: new Tensor('float32', this.#state.subarray(0, 2 * count * STATE_VALUES), [
        2,
        count,
        STATE_VALUES,
      ]),
      sr: this.#rate,
    });
    const probabilities = results['output']!.data as Float32Array;
    const states = results['stateN']!.data as Float32Array;
    for (let row = 0; row < count; row++) {
      const lane = lanes[first + row]!;
      lane.probability = probabilities[row]!;
      remember(lane, states, row, count);
    }
  }

  /** The state's layout is layer, lane, value. */
  #gather({ window, memory }: VoiceLane, row: number, count: number): void {
    const at = row * INPUT_SAMPLES;
    for (let i = 0; i < CONTEXT_SAMPLES; i++) this.#input[at + i] = memory[2 * STATE_VALUES + i]!;
    this.#input.set(window, at + CONTEXT_SAMPLES);
    const hidden = row * STATE_VALUES;
    const cell = (count + row) * STATE_VALUES;
    for (let i = 0; i < STATE_VALUES; i++) {
      this.#state[hidden + i] = memory[i]!;
      this.#state[cell + i] = memory[STATE_VALUES + i]!;
    }
  }
}

function remember({ window, memory }: VoiceLane, states: Float32Array, row: number, count: number): void {
  const hidden = row * STATE_VALUES;
  const cell = (count + row) * STATE_VALUES;
  for (let i = 0; i < STATE_VALUES; i++) {
    memory[i] = states[hidden + i]!;
    memory[STATE_VALUES + i] = states[cell + i]!;
  }
  const tail = WINDOW_SAMPLES - CONTEXT_SAMPLES;
  for (let i = 0; i < CONTEXT_SAMPLES; i++) memory[2 * STATE_VALUES + i] = window[tail + i]!;
}

const SHA256 = '2623a2953f6ff3d2c1e61740c6cdb7168133479b267dfef114a4a3cc5bdd788f';
/** What the model sees of the window before. */
const CONTEXT_SAMPLES = 32;
const INPUT_SAMPLES: number = CONTEXT_SAMPLES + WINDOW_SAMPLES;
const STATE_VALUES = 128;
/** Lanes in one run: beyond, memory grows and a lane gets no cheaper. */
const MOST_LANES = 32;
