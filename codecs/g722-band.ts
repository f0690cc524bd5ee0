/**
 * One of G.722's two bands: the adaptive predictor and the adaptive step that its encoder and decoder drive alike, each
 * from the quantised difference alone, so that they stay in step. Names in capitals are the blocks of ITU-T G.722
 * section 6.2; arithmetic is its 16-bit fixed point.
 */
export class G722Band {
  /** What the next sample is taken for (PREDIC). */
  estimate = 0;
  /** What a quantiser's levels are multiplied with, Q15. */
  step: number;
  readonly #leastStep: number;
  readonly #scaleShift: number;
  readonly #highestLogStep: number;
  #logStep = 0;
  /** The part of the estimate that the zeros make (FILTEZ). */
  #zeros = 0;
  /** Coefficients of the poles, Q14, and of the zeros. */
  #a1 = 0;
  #a2 = 0;
  #b1 = 0;
  #b2 = 0;
  #b3 = 0;
  #b4 = 0;
  #b5 = 0;
  #b6 = 0;
  /** Twice the latest reconstructed samples and differences, as the filters take them. */
  #r1 = 0;
  #r2 = 0;
  #d1 = 0;
  #d2 = 0;
  #d3 = 0;
  #d4 = 0;
  #d5 = 0;
  #d6 = 0;
  /** Signs of the latest partially reconstructed samples: 0 or -1. */
  #p1 = 0;
  #p2 = 0;

  constructor(band: 'low' | 'high') {
    this.#leastStep = band === 'low' ? 32 : 8;
    this.#scaleShift = band === 'low' ? 8 : 10;
    this.#highestLogStep = band === 'low' ? 18_432 : 22_528;
    this.step = this.#leastStep;
  }

  reset(): void {
    this.step = this.#leastStep;
    this.estimate = this.#logStep = this.#zeros = 0;
    this.#a1 = this.#a2 = this.#b1 = this.#b2 = this.#b3 = this.#b4 = this.#b5 = this.#b6 = 0;
    this.#r1 = this.#r2 = this.#d1 = this.#d2 = this.#d3 = this.#d4 = this.#d5 = this.#d6 = 0;
    this.#p1 = this.#p2 = 0;
  }

  /** Takes the quantised difference between a sample and its estimate, and how much the step grows after its code. */
  adapt(difference: number, growth: number): void {
    this.#adaptStep(growth);
    this.#adaptPoles((this.#zeros + difference) >> 31);
    this.#adaptZeros(difference);
    this.#r2 = this.#r1;
    this.#r1 = saturate(2 * (this.estimate + difference));
    this.#predict();
  }

  /** LOGSCL and SCALEL, or LOGSCH and SCALEH. */
  #adaptStep(growth: number): void {
    let logStep = ((this.#logStep * 127) >> 7) + growth;
    if (logStep < 0) logStep = 0;
    else if (logStep > this.#highestLogStep) logStep = this.#highestLogStep;
    this.#logStep = logStep;
    const mantissa = powers[(logStep >> 6) & 31]!;
    const shift = this.#scaleShift - (logStep >> 11);
    this.step = (shift < 0 ? mantissa << -shift : mantissa >> shift) << 2;
  }

  /** UPPOL2 and UPPOL1. */
  #adaptPoles(sign: number): void {
    const asLast = sign === this.#p1;
    const turned = saturate(asLast ? -4 * this.#a1 : 4 * this.#a1) >> 7;
    let a2 = turned + (sign === this.#p2 ? 128 : -128) + ((this.#a2 * 32_512) >> 15);
    if (a2 > 12_288) a2 = 12_288;
    else if (a2 < -12_288) a2 = -12_288;
    const limit = 15_360 - a2;
    let a1 = (asLast ? 192 : -192) + ((this.#a1 * 32_640) >> 15);
    if (a1 > limit) a1 = limit;
    else if (a1 < -limit) a1 = -limit;
    this.#a1 = a1;
    this.#a2 = a2;
    this.#p2 = this.#p1;
    this.#p1 = sign;
  }

  /** UPZERO. A sign is 0 or -1, with which `(pull ^ sign) - sign` is pull or its negative: no branch to be guessed. */
  #adaptZeros(difference: number): void {
    const pull = difference === 0 ? 0 : 128;
    const sign1 = (this.#d1 ^ difference) >> 31;
    const sign2 = (this.#d2 ^ difference) >> 31;
    const sign3 = (this.#d3 ^ difference) >> 31;
    const sign4 = (this.#d4 ^ difference) >> 31;
    const sign5 = (this.#d5 ^ difference) >> 31;
    const sign6 = (this.#d6 ^ difference) >> 31;
    this.#b1 = ((this.#b1 * 32_640) >> 15) + (pull ^ sign1) - sign1;
    this.#b2 = ((this.#b2 * 32_640) >> 15) + (pull ^ sign2) - sign2;
    this.#b3 = ((this.#b3 * 32_640) >> 15) + (pull ^ sign3) - sign3;
    this.#b4 = ((this.#b4 * 32_640) >> 15) + (pull ^ sign4) - sign4;
    this.#b5 = ((this.#b5 * 32_640) >> 15) + (pull ^ sign5) - sign5;
    this.#b6 = ((this.#b6 * 32_640) >> 15) + (pull ^ sign6) - sign6;
    this.#d6 = this.#d5;
    this.#d5 = this.#d4;
    this.#d4 = this.#d3;
    this.#d3 = this.#d2;
    this.#d2 = this.#d1;
    this.#d1 = saturate(2 * difference);
  }

  /** FILTEZ, FILTEP and PREDIC. */
  #predict(): void {
    this.#zeros = saturate(
      ((this.#b1 * this.#d1) >> 15) +
        ((this.#b2 * this.#d2) >> 15) +
        ((this.#b3 * this.#d3) >> 15) +
        ((this.#b4 * this.#d4) >> 15) +
        ((this.#b5 * this.#d5) >> 15) +
        ((this.#b6 * this.#d6) >> 15),
    );
    const poles = saturate(((this.#a1 * this.#r1) >> 15) + ((this.#a2 * this.#r2) >> 15));
    this.estimate = saturate(poles + this.#zeros);
  }
}

export function saturate(value: number): number {
  return value > 32_767 ? 32_767 : value < -32_768 ? -32_768 : value;
}

/** ILB: 2 ** (11 + i / 32), rounded. */
const powers: Int32Array = Int32Array.from({ length: 32 }, (_, i) => Math.round(2 ** (11 + i / 32)));
