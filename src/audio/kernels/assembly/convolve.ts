// AssemblyScript. The polyphase convolution of src/audio/convolver.ts, eight products an instruction.

/**
 * Writes `count` outputs, the first `position` steps of 1/up sample into the input. Taps are Q15, `taps` a
 * phase and a multiple of sixteen; `copiedTap` is the one that phase 0 copies, or negative. Pointers are octets.
 */
export function convolve(
  input: usize,
  output: usize,
  coefficients: usize,
  up: i32,
  down: i32,
  taps: i32,
  copiedTap: i32,
  position: i32,
  count: i32,
): void {
  // Outputs `up` apart share a phase, and lie `down` input samples apart.
  const inputStep: usize = (<usize>down) << 1;
  const outputStep: usize = (<usize>up) << 1;
  const octetsPerPhase: usize = (<usize>taps) << 1;
  const rounds = min(up, count);
  for (let first = 0; first < rounds; first++) {
    const phase = position % up;
    const oldest = input + ((<usize>(position / up)) << 1);
    const target = output + ((<usize>first) << 1);
    const outputs = (count - first + up - 1) / up;
    if (phase == 0 && copiedTap >= 0) {
      const source = oldest + ((<usize>(taps - 1 - copiedTap)) << 1);
      copyStrided(source, inputStep, target, outputStep, outputs);
    } else {
      const phaseTaps = coefficients + <usize>phase * octetsPerPhase;
      convolvePhase(oldest, inputStep, phaseTaps, octetsPerPhase, target, outputStep, outputs);
    }
    position += down;
  }
}

function copyStrided(source: usize, sourceStep: usize, target: usize, targetStep: usize, count: i32): void {
  for (let i = 0; i < count; i++) {
    store<i16>(target, load<i16>(source));
    source += sourceStep;
    target += targetStep;
  }
}

/** Four outputs at a time share each load of eight taps. Two loads a turn: the loop itself costs as much. */
function convolvePhase(
  input: usize,
  inputStep: usize,
  taps: usize,
  tapsOctets: usize,
  output: usize,
  outputStep: usize,
  count: i32,
): void {
  for (; count >= 4; count -= 4) {
    let a = i32x4.splat(0);
    let b = i32x4.splat(0);
    let c = i32x4.splat(0);
    let d = i32x4.splat(0);
    const second = input + inputStep;
    const third = second + inputStep;
    const fourth = third + inputStep;
    for (let i: usize = 0; i < tapsOctets; i += 32) {
      let eightTaps = v128.load(taps + i);
      a = i32x4.add(a, i32x4.dot_i16x8_s(eightTaps, v128.load(input + i)));
      b = i32x4.add(b, i32x4.dot_i16x8_s(eightTaps, v128.load(second + i)));
      c = i32x4.add(c, i32x4.dot_i16x8_s(eightTaps, v128.load(third + i)));
      d = i32x4.add(d, i32x4.dot_i16x8_s(eightTaps, v128.load(fourth + i)));
      eightTaps = v128.load(taps + i, 16);
      a = i32x4.add(a, i32x4.dot_i16x8_s(eightTaps, v128.load(input + i, 16)));
      b = i32x4.add(b, i32x4.dot_i16x8_s(eightTaps, v128.load(second + i, 16)));
      c = i32x4.add(c, i32x4.dot_i16x8_s(eightTaps, v128.load(third + i, 16)));
      d = i32x4.add(d, i32x4.dot_i16x8_s(eightTaps, v128.load(fourth + i, 16)));
    }
    const results = roundTotals(a, b, c, d);
    v128.store16_lane(output, results, 0);
    v128.store16_lane(output + outputStep, results, 1);
    v128.store16_lane(output + outputStep * 2, results, 2);
    v128.store16_lane(output + outputStep * 3, results, 3);
    input += inputStep * 4;
    output += outputStep * 4;
  }
  for (; count > 0; count--) {
    let a = i32x4.splat(0);
    for (let i: usize = 0; i < tapsOctets; i += 16) {
      a = i32x4.add(a, i32x4.dot_i16x8_s(v128.load(taps + i), v128.load(input + i)));
    }
    v128.store16_lane(output, roundTotals(a, a, a, a), 0);
    input += inputStep;
    output += outputStep;
  }
}

/**
 * The totals of the lanes of four registers, rounded from Q15 and clipped, in lanes 0 to 3. A lane cannot
 * overflow and a total can: so the lanes are halved first.
 */
// @ts-ignore: a decorator of AssemblyScript
@inline
function roundTotals(a: v128, b: v128, c: v128, d: v128): v128 {
  a = i32x4.shr_s(a, 1);
  b = i32x4.shr_s(b, 1);
  c = i32x4.shr_s(c, 1);
  d = i32x4.shr_s(d, 1);
  const ab = i32x4.add(v128.shuffle<i32>(a, b, 0, 4, 1, 5), v128.shuffle<i32>(a, b, 2, 6, 3, 7));
  const cd = i32x4.add(v128.shuffle<i32>(c, d, 0, 4, 1, 5), v128.shuffle<i32>(c, d, 2, 6, 3, 7));
  const totals = i32x4.add(v128.shuffle<i32>(ab, cd, 0, 1, 4, 5), v128.shuffle<i32>(ab, cd, 2, 3, 6, 7));
  const rounded = i32x4.shr_s(i32x4.add(totals, i32x4.splat(1 << 13)), 14);
  return i16x8.narrow_i32x4_s(rounded, rounded);
}
