import { describe, expect, it } from 'vitest';
import { vjp } from '../../../src/autograd/grad';
import { Rng } from '../../../src/core/rng';
import { type Conv2dOptions, depthwiseConv2d } from '../../../src/ops/conv';
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
];

describe('depthwiseConv2d kernels', () => {
  const rng = new Rng('depthwise');
  it.each(CASES)('%s: forward and both gradients', (_, xShape, kernelShape, options) => {
    for (const dtype of ['float32', 'float32', 'float64'] as const) {
      const tolerance = dtype === 'float32' ? 5e-5 : 1e-12;
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
    }
  });
});
