import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { grad, vjp } from '../../src/autograd/grad';
import { reference } from '../../src/backends/reference/index';
import { ConfigError, ShapeError } from '../../src/core/errors';
import type { Tensor } from '../../src/core/tensor';
import { conv1d, conv2d, conv2dTranspose, depthwiseConv2d } from '../../src/ops/conv';
import { arange, ones, tensor, zeros } from '../../src/ops/create';
import { mul } from '../../src/ops/elementwise';
import { avgPool2d, maxPool2d } from '../../src/ops/pool';
import { rng } from '../../src/ops/random';
import { sum } from '../../src/ops/reduce';
import { resize } from '../../src/ops/resize';
import { reshape, slice, transpose } from '../../src/ops/shape-ops';
import { resolvePadding, windowSteps } from '../../src/ops/window';

const backend = reference();
const f64 = { dtype: 'float64', backend } as const;
const draw = (seed: string, ...shape: number[]): Tensor => rng(seed).normal(shape, f64);
const values = (t: Tensor): number[] => [...t.dataSync()];

function expectClose(a: Tensor, b: Tensor, tolerance = 1e-10): void {
  expect(a.shape).toEqual(b.shape);
  const [x, y] = [values(a), values(b)];
  x.forEach((v, i) => expect(Math.abs(v - y[i]!)).toBeLessThanOrEqual(tolerance));
}

describe('window geometry', () => {
  it("'same' gives ceil(n / stride) steps with the odd pixel at the end", () => {
    const sizes = fc.integer({ min: 1, max: 40 });
    fc.assert(
      fc.property(
        sizes,
        fc.integer({ min: 1, max: 7 }),
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 3 }),
        (n, window, stride, dilation) => {
          const pair = <T>(x: T): [T, T] => [x, x];
          const geometry = { input: pair(n), window: pair(window), strides: pair(stride), dilations: pair(dilation) };
          const [[before, after]] = resolvePadding('same', geometry, 'test');
          expect(windowSteps(n, window, stride, [before, after], dilation)).toBe(Math.ceil(n / stride));
          expect(after - before === 0 || after - before === 1).toBe(true);
        },
      ),
    );
  });

  it('refuses what is not a padding', () => {
    for (const padding of [
      'full',
      [1, 1],
      [[1, 1]],
      [
        [1, -1],
        [0, 0],
      ],
      [
        [0.5, 0],
        [0, 0],
      ],
    ]) {
      expect(() => conv2d(ones([1, 4, 4, 1]), ones([2, 2, 1, 1]), { padding: padding as never })).toThrow(ConfigError);
    }
  });
});

describe('conv2d', () => {
  it('refuses operands that do not fit, saying which', () => {
    const x = ones([1, 4, 4, 3]);
    expect(() => conv2d(x, ones([3, 3, 2, 4]))).toThrow(
      /has 3 channels; a kernel \[3, 3, 2, 4\] with groups 1 takes 2/,
    );
    expect(() => conv2d(x, ones([3, 3, 1, 4]), { groups: 3 })).toThrow(ShapeError);
    expect(() => conv2d(x, ones([5, 3, 3, 4]))).toThrow(/window of \[5, 3\] is larger than the input of \[4, 4\]/);
    expect(() => conv2d(x, ones([3, 3, 3, 1]), { dilations: 2 })).toThrow(/dilated by \[2, 2\]/);
    expect(() => conv2d(ones([4, 4, 3]), ones([3, 3, 3, 1]))).toThrow(
      /expected images \[batch, height, width, channels\]/,
    );
    expect(() => conv2d(x, ones([3, 3, 3]))).toThrow(/kernel of rank 4/);
    expect(() => conv2d(x, ones([3, 3, 3, 1]), { strides: 0 })).toThrow(/strides must be a positive integer/);
    expect(() => conv2d(x, ones([3, 3, 3, 1]), { strides: [1, 1.5] })).toThrow(ConfigError);
    expect(() => conv2d(x, ones([3, 3, 3, 1]), { groups: 0 })).toThrow(ConfigError);
    expect(() => conv2d(x, ones([3, 3, 3, 1]), { dataFormat: 'nhwc' as never })).toThrow(/dataFormat/);
    expect(() => depthwiseConv2d(x, ones([3, 3, 2, 1]))).toThrow(
      /depthwise kernel is \[height, width, channels, multiplier\]/,
    );
    expect(() => conv2dTranspose(x, ones([3, 3, 4, 2]))).toThrow(/\[height, width, out \/ groups, in\]/);
    expect(() => conv2dTranspose(x, ones([3, 3, 4, 3]), { groups: 2 })).toThrow(/must divide into 2 groups/);
    expect(() => conv2dTranspose(x, ones([3, 3, 4, 3]), { groups: 1.5 })).toThrow(ConfigError);
    expect(() =>
      conv2dTranspose(x, ones([1, 1, 1, 3]), {
        padding: [
          [2, 2],
          [0, 0],
        ],
      }),
    ).toThrow(/leaves nothing/);
    expect(() => conv1d(x, ones([3, 3, 1]))).toThrow(/conv1d: needs sequences/);
  });

  it('handles empty batches, forward and backward', () => {
    const x = zeros([0, 4, 4, 2], f64);
    const k = draw('k', 3, 3, 2, 3);
    const [y, pull] = vjp((a, b) => conv2d(a, b), x, k);
    expect(y.shape).toEqual([0, 2, 2, 3]);
    const [gx, gk] = pull(zeros([0, 2, 2, 3], f64));
    expect(gx.shape).toEqual([0, 4, 4, 2]);
    expect(values(gk)).toEqual(new Array(54).fill(0));
  });

  it('reads strided operands', () => {
    const x = draw('x', 4, 5, 2, 3);
    const k = draw('k', 2, 3, 3, 2);
    const view = slice(transpose(x, [2, 1, 0, 3]), [0, 4, 0, 0], [2, null, 4, 3], [1, -1, 1, 1]);
    const copy = tensor(view, f64);
    expect(view.isContiguous).toBe(false);
    expectClose(conv2d(view, transpose(k, [1, 0, 2, 3])), conv2d(copy, tensor(transpose(k, [1, 0, 2, 3]), f64)));
  });

  it('takes integers and mixed dtypes to floats', () => {
    expect(conv2d(tensor(new Int32Array(16), { shape: [1, 4, 4, 1] }), ones([3, 3, 1, 1])).dtype).toBe('float32');
    expect(conv2d(ones([1, 4, 4, 1]), tensor(new Float64Array(9), { shape: [3, 3, 1, 1] })).dtype).toBe('float64');
  });

  it('one group per channel is a depthwise convolution', () => {
    const x = draw('x', 2, 5, 5, 3);
    const k = draw('k', 3, 3, 3, 2);
    expectClose(
      conv2d(x, reshape(k, [3, 3, 1, 6]), { groups: 3, padding: 'same' }),
      depthwiseConv2d(x, k, { padding: 'same' }),
    );
  });

  it('the transposed convolution is the adjoint: <conv(x), y> = <x, convᵀ(y)>', () => {
    for (const options of [
      { padding: 'same', strides: 2 },
      { padding: 'valid' },
      {
        padding: [
          [1, 0],
          [0, 1],
        ] as const,
        strides: 1,
      },
    ] as const) {
      const x = draw('x', 2, 6, 6, 3);
      const k = draw('k', 3, 3, 3, 4);
      const y = draw('y', ...conv2d(x, k, options).shape);
      const left = sum(mul(conv2d(x, k, options), y)).item();
      expect(sum(mul(x, conv2dTranspose(y, k, options))).item()).toBeCloseTo(left, 9);
    }
  });

  it('so it is in groups', () => {
    for (const [groups, channels, filters] of [
      [2, 6, 4],
      [3, 3, 6],
    ] as const) {
      const options = { groups, strides: 2, padding: 'same' } as const;
      const x = draw('x', 2, 6, 6, channels);
      const k = draw('k', 3, 3, channels / groups, filters);
      const y = draw('y', 2, 3, 3, filters);
      const left = sum(mul(conv2d(x, k, options), y)).item();
      const back = conv2dTranspose(y, k, options);
      expect(back.shape).toEqual(x.shape);
      expect(sum(mul(x, back)).item()).toBeCloseTo(left, 9);
    }
  });
});

describe('pools', () => {
  it('never pick the padding and leave it out of means', () => {
    const x = tensor(
      [
        [
          [[-3], [-1]],
          [[-2], [-4]],
        ],
      ],
      f64,
    );
    expect(values(maxPool2d(x, 2, { padding: 'same', strides: 1 }))).toEqual([-1, -1, -2, -4]);
    expect(values(avgPool2d(x, 2, { padding: 'same', strides: 1 }))).toEqual([-2.5, -2.5, -3, -4]);
  });

  it('give the gradient of a tie to the first maximum', () => {
    const g = grad((x: Tensor) => sum(maxPool2d(x, 2)))(
      tensor(
        [
          [
            [[7], [7]],
            [[7], [7]],
          ],
        ],
        f64,
      ),
    );
    expect(values(g)).toEqual([1, 0, 0, 0]);
  });

  it('propagate NaN', () => {
    const x = tensor(
      [
        [
          [[1], [NaN]],
          [[3], [NaN]],
        ],
      ],
      f64,
    );
    expect(values(maxPool2d(x, 2))).toEqual([NaN]);
    expect(values(avgPool2d(x, 2))).toEqual([NaN]);
    expect(values(grad((t: Tensor) => sum(maxPool2d(t, 2)))(x))).toEqual([0, 1, 0, 0]);
  });

  it('leave the gaps out where the stride is larger than the window', () => {
    expect(values(maxPool2d(reshape(arange(25, undefined, 1, f64), [1, 5, 5, 1]), 1, { strides: 2 }))).toEqual([
      0, 2, 4, 10, 12, 14, 20, 22, 24,
    ]);
  });

  it('keep integers in maxima and turn them into floats in means', () => {
    const x = tensor(new Int32Array([1, 2, 3, 4]), { shape: [1, 2, 2, 1], backend });
    expect(maxPool2d(x, 2).dtype).toBe('int32');
    expect(avgPool2d(x, 2).item()).toBe(2.5);
  });

  it('refuse windows that do not fit', () => {
    expect(() => maxPool2d(ones([1, 2, 2, 1]), 3)).toThrow(ShapeError);
    expect(() =>
      avgPool2d(ones([1, 4, 4, 1]), 2, {
        padding: [
          [2, 0],
          [0, 0],
        ],
      }),
    ).toThrow(/must be smaller than the window/);
    expect(() => maxPool2d(ones([1, 0, 4, 1]), 2, { padding: 'same' })).toThrow(/no pixels/);
    expect(() => maxPool2d(ones([4, 4, 1]), 2)).toThrow(ShapeError);
    expect(() => maxPool2d(ones([1, 4, 4, 1]), 0)).toThrow(/poolSize/);
  });

  it('handle empty batches', () => {
    expect(maxPool2d(zeros([0, 4, 4, 2]), 2).shape).toEqual([0, 2, 2, 2]);
    expect(avgPool2d(zeros([0, 4, 4, 2]), 2).shape).toEqual([0, 2, 2, 2]);
  });
});

describe('resize', () => {
  it('to its own size is the identity', () => {
    const x = draw('x', 2, 4, 3, 2);
    for (const mode of ['nearest', 'bilinear'] as const) {
      for (const alignCorners of [false, true]) expectClose(resize(x, [4, 3], { mode, alignCorners }), x);
    }
  });

  it('keeps corners with alignCorners, nearest too', () => {
    const x = draw('x', 1, 3, 5, 1);
    const y = resize(x, [7, 8], { mode: 'nearest', alignCorners: true });
    expect([y.dataSync()[0], y.dataSync()[55]]).toEqual([x.dataSync()[0], x.dataSync()[14]]);
  });

  it('keeps integers when taking the nearest, not when blending', () => {
    const x = tensor(new Uint8Array([1, 2]), { shape: [1, 1, 2, 1] });
    expect(resize(x, [2, 2], { mode: 'nearest' }).dtype).toBe('uint8');
    expect(resize(x, [2, 2]).dtype).toBe('float32');
  });

  it('refuses what is not a batch of images, a size or a mode', () => {
    expect(() => resize(ones([2, 2, 1]), [4, 4])).toThrow(ShapeError);
    expect(() => resize(ones([1, 0, 2, 1]), [4, 4])).toThrow(/no pixels/);
    expect(() => resize(ones([1, 2, 2, 1]), [0, 4])).toThrow(ConfigError);
    expect(() => resize(ones([1, 2, 2, 1]), [4] as never)).toThrow(ConfigError);
    expect(() => resize(ones([1, 2, 2, 1]), [4, 4], { mode: 'cubic' as never })).toThrow(/'nearest' or 'bilinear'/);
  });
});
