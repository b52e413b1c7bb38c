import { describe, expect, it } from 'vitest';
import { vjp } from '../../../src/autograd/grad';
import { Rng } from '../../../src/core/rng';
import type { Tensor } from '../../../src/core/tensor';
import { type Conv2dOptions, depthwiseConv2d } from '../../../src/ops/conv';
import { expectSameBitsShattered } from './shattered';
import { countFallbacks, describeTwin, expectSame, twin, wasmBackend } from './support';

type Case = [name: string, x: number[], kernel: number[], options: Conv2dOptions];

const CASES: Case[] = [
  ['3×3 same', [2, 9, 8, 32], [3, 3, 32, 1], { padding: 'same' }],
  ['odd channels', [3, 7, 8, 21], [3, 3, 21, 1], {}],
  ['fewer channels than a vector', [2, 7, 8, 3], [3, 2, 3, 1], { padding: 'same' }],
  ['strided', [2, 12, 11, 20], [3, 3, 20, 1], { strides: 2, padding: 'same' }],
  ['dilated', [2, 12, 11, 5], [3, 3, 5, 1], { dilations: [2, 3] }],
  ['three filters to a channel', [2, 8, 7, 6], [3, 3, 6, 3], { padding: 'same' }],
  ['two filters, strided', [2, 8, 7, 17], [2, 3, 17, 2], { strides: [3, 2] }],
  [
    'padding beyond the kernel',
    [1, 4, 4, 4],
    [2, 2, 4, 1],
    {
      padding: [
        [3, 3],
        [3, 3],
      ],
    },
  ],
  ['1×1', [2, 4, 5, 9], [1, 1, 9, 1], {}],
  ['a row of many tiles', [1, 3, 41, 8], [3, 3, 8, 1], { padding: 'same' }],
  ['more channels than a block', [2, 5, 6, 131], [3, 3, 131, 1], { padding: 'same' }],
  ['more pixels than a block', [2, 40, 31, 4], [3, 3, 4, 1], { padding: 'same' }],
  ['a window too long to unroll', [2, 5, 130, 5], [2, 120, 5, 1], { padding: 'same' }],
  ['a stride too long to unroll', [2, 30, 31, 5], [3, 3, 5, 2], { strides: 11 }],
  ['pixels that share sets of the cache', [2, 4, 5, 512], [3, 3, 512, 1], { padding: 'same' }],
];

describe('depthwiseConv2d kernels', () => {
  const rng = new Rng('depthwise');
  it.each(CASES)('%s: forward and both gradients', (_, xShape, kernelShape, options) => {
    for (const dtype of ['float32', 'float32', 'float64'] as const) {
      // Errors are relative to the terms of a sum: many that cancel, as those of the long window do, leave more.
      const tolerance = dtype === 'float64' ? 1e-12 : kernelShape[1]! > 100 ? 1e-4 : 5e-5;
      const x = twin(rng, dtype, xShape);
      const k = twin(rng, dtype, kernelShape);
      const [want, pullWanted] = vjp((p, q) => depthwiseConv2d(p, q, options), x.truth, k.truth);
      const g = twin(rng, dtype, want.shape);
      const label = `${describeTwin(x)} ∗ ${describeTwin(k)}`;
      const fallen = countFallbacks(wasmBackend, () => {
        const [got, pull] = vjp((p, q) => depthwiseConv2d(p, q, options), x.tested, k.tested);
        expectSame(got, want, tolerance, label);
        const wanted = pullWanted(g.truth);
        pull(g.tested).forEach((part, i) => expectSame(part, wanted[i]!, tolerance, `${label}, gradient ${i}`));
      });
      expect(fallen).toEqual([]);
      expectSameBitsShattered(contractions(options), [x.tested, k.tested, g.tested], label);
    }
  });

  it('survive random geometry', () => {
    for (let round = 0; round < 60; round++) {
      const pick = (most: number): number => 1 + rng.integer(most);
      const window = [pick(4), pick(4)] as const;
      const dilations = [pick(3), pick(3)] as const;
      const padding = [
        [rng.integer(4), rng.integer(4)],
        [rng.integer(4), rng.integer(4)],
      ] as const;
      const input = [0, 1].map((axis) => (window[axis]! - 1) * dilations[axis]! + pick(14));
      const [channels, multiplier] = [pick(30), pick(2)];
      const x = twin(rng, 'float32', [pick(2), input[0]!, input[1]!, channels]);
      const k = twin(rng, 'float32', [...window, channels, multiplier]);
      const options = { dilations, strides: [pick(5), pick(5)] as const, padding };
      const [want, pullWanted] = vjp((p, q) => depthwiseConv2d(p, q, options), x.truth, k.truth);
      const g = twin(rng, 'float32', want.shape);
      const label = JSON.stringify({ x: x.truth.shape, k: k.truth.shape, ...options });
      const f = contractions(options);
      const wanted = [want, ...pullWanted(g.truth)];
      f(x.tested, k.tested, g.tested).forEach((y, i) => expectSame(y, wanted[i]!, 1e-4, `${label}, ${i}`));
      expectSameBitsShattered(f, [x.tested, k.tested, g.tested], label);
    }
  });
});

/** The convolution and both its gradients. */
function contractions(options: Conv2dOptions) {
  return (x?: Tensor, k?: Tensor, g?: Tensor): Tensor[] => {
    const [y, pull] = vjp((p, q) => depthwiseConv2d(p, q, options), x!, k!);
    return [y, ...pull(g!)];
  };
}
