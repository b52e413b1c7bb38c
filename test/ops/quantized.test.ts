import { describe, expect, it } from 'vitest';
import { multiplyByQuantizedMultiplier, quantizeMultiplier } from '../../src/core/fixed-point';
import { tensor } from '../../src/ops/create';
import { conv2d, depthwiseConv2d, matmul } from '../../src/ops/index';
import {
  dequantizeLinear,
  type QuantizedConvAttrs,
  qAvgPool2d,
  qConv2d,
  qDepthwiseConv2d,
  qMatmul,
  quantizeLinear,
} from '../../src/ops/quantized';
import { rng } from '../../src/ops/random';

const random = rng('quantized');
const int8 = (shape: number[]) =>
  tensor(
    Int8Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.integer(256) - 128),
    { shape },
  );

/** Per-channel tensors, and what they do to an exact accumulator. */
function scaling(channels: number) {
  const bias = random.integers(channels, 2000).map((b) => b - 1000);
  const factors = Array.from({ length: channels }, () => quantizeMultiplier(0.0005 + 0.01 * random.random()));
  const tensors = [
    tensor(bias),
    tensor(Int32Array.from(factors, (f) => f.multiplier)),
    tensor(Int32Array.from(factors, (f) => f.shift)),
  ] as const;
  const requantize = (acc: number, c: number, zero: number, qmin: number, qmax: number): number =>
    Math.min(
      qmax,
      Math.max(qmin, multiplyByQuantizedMultiplier(acc + bias[c]!, factors[c]!.multiplier, factors[c]!.shift) + zero),
    );
  return { tensors, requantize };
}

const attrs = { inputZeroPoint: 5, outputZeroPoint: -3, qmin: -100, qmax: 127 };
/** Accumulators by the float64 op on (x − zero), exact for these sizes. */
const shifted = (x: ReturnType<typeof int8>) =>
  tensor(
    Float64Array.from(x.dataSync(), (v) => v - attrs.inputZeroPoint),
    { shape: x.shape },
  );
const f64 = (w: ReturnType<typeof int8>) => tensor(w, { dtype: 'float64' });

describe('integer layers', () => {
  it('qMatmul is the exact product, requantised', () => {
    const [x, w] = [int8([7, 33]), int8([33, 10])];
    const { tensors, requantize } = scaling(10);
    const acc = matmul(shifted(x), f64(w)).dataSync();
    const want = Array.from(acc, (a, i) => requantize(a, i % 10, -3, -100, 127));
    expect(Array.from(qMatmul(x, w, ...tensors, attrs).dataSync())).toEqual(want);
  });

  it.each([
    [
      [1, 1],
      [
        [0, 0],
        [0, 0],
      ],
      [1, 1],
      1,
    ],
    [
      [2, 1],
      [
        [1, 0],
        [2, 1],
      ],
      [1, 1],
      1,
    ],
    [
      [1, 2],
      [
        [2, 2],
        [1, 1],
      ],
      [2, 1],
      1,
    ],
    [
      [1, 1],
      [
        [1, 1],
        [1, 1],
      ],
      [1, 1],
      2,
    ],
  ] as const)('qConv2d, strides %j, padding %j, dilations %j, groups %i', (strides, padding, dilations, groups) => {
    const [x, w] = [int8([2, 7, 6, 4]), int8([3, 3, 4 / groups, 6])];
    const { tensors, requantize } = scaling(6);
    const conv: QuantizedConvAttrs = { ...attrs, strides, padding, dilations, groups };
    const acc = conv2d(shifted(x), f64(w), { strides, padding, dilations, groups }).dataSync();
    const want = Array.from(acc, (a, i) => requantize(a, i % 6, -3, -100, 127));
    expect(Array.from(qConv2d(x, w, ...tensors, conv).dataSync())).toEqual(want);
  });

  it('qDepthwiseConv2d', () => {
    const [x, w] = [int8([2, 5, 6, 3]), int8([3, 2, 3, 2])];
    const { tensors, requantize } = scaling(6);
    const geometry = {
      strides: [1, 2],
      padding: [
        [1, 1],
        [0, 1],
      ],
      dilations: [1, 1],
    } as const;
    const acc = depthwiseConv2d(shifted(x), f64(w), geometry).dataSync();
    const want = Array.from(acc, (a, i) => requantize(a, i % 6, -3, -100, 127));
    expect(Array.from(qDepthwiseConv2d(x, w, ...tensors, { ...attrs, ...geometry, groups: 1 }).dataSync())).toEqual(
      want,
    );
  });

  it('qAvgPool2d rounds the mean of what is there', () => {
    const x = tensor(Int8Array.from([1, 2, 3, 4, -1, -2, -3, -5, 127]), { shape: [1, 3, 3, 1] });
    const pooled = qAvgPool2d(x, {
      poolSize: [2, 2],
      strides: [2, 2],
      padding: [
        [0, 1],
        [0, 1],
      ],
    });
    // (1+2+4−1)/4 = 1.5 → 2; (3−2)/2 = 0.5 → 1; (−3−5)/2 = −4; 127
    expect(pooled.toArraySync()).toEqual([
      [
        [[2], [1]],
        [[-4], [127]],
      ],
    ]);
  });

  it('quantises and dequantises, saturating, NaN to zero', () => {
    const q = quantizeLinear(tensor([0, 0.5, -0.5, 1000, -1000, Number.NaN, 0.1]), { scale: 0.2, zeroPoint: 10 });
    expect(Array.from(q.dataSync())).toEqual([10, 12, 8, 127, -128, 10, 10]);
    expect(dequantizeLinear(q, { scale: 0.5, zeroPoint: 10 }).toArraySync()).toEqual([0, 1, -1, 58.5, -69, 0, 0]);
  });

  it('says what does not fit', () => {
    const { tensors } = scaling(3);
    expect(() => qMatmul(int8([2, 3]), int8([4, 3]), ...tensors, attrs)).toThrow(
      /inner dimensions differ: \[2, 3\] × \[4, 3\]/,
    );
    expect(() => qMatmul(int8([2, 4]), int8([4, 5]), ...tensors, attrs)).toThrow(/bias must have shape \[5\]/);
    expect(() => qMatmul(tensor([[1]]), int8([1, 3]), ...tensors, attrs)).toThrow(/expected int8, got float32/);
  });
});
