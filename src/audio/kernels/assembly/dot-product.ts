// AssemblyScript. The inner loop of src/audio/resample-clip.ts.

/** Of `count` floats, a multiple of eight. Two sums, as one would wait for itself at every addition. */
export function dotProduct(taps: usize, samples: usize, count: i32): f32 {
  let a = f32x4.splat(0);
  let b = f32x4.splat(0);
  const end = taps + ((<usize>count) << 2);
  for (; taps < end; taps += 32) {
    a = f32x4.add(a, f32x4.mul(v128.load(taps), v128.load(samples)));
    b = f32x4.add(b, f32x4.mul(v128.load(taps, 16), v128.load(samples, 16)));
    samples += 32;
  }
  const sum = f32x4.add(a, b);
  return (
    f32x4.extract_lane(sum, 0) +
    f32x4.extract_lane(sum, 1) +
    f32x4.extract_lane(sum, 2) +
    f32x4.extract_lane(sum, 3)
  );
}
