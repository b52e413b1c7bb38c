import { describe, expect, it } from 'vitest';
import { vjp } from '../../../src/autograd/grad';
import { gradientPhases } from '../../../src/backends/wasm/conv/geometry';
import { wasm } from '../../../src/backends/wasm/index';
import { Rng } from '../../../src/core/rng';
import type { Tensor } from '../../../src/core/tensor';
import { conv2d, type GroupedConv2dOptions } from '../../../src/ops/conv';
import { testParity } from '../../ops/parity';
import { convRows } from '../../ops/table/conv';
import { expectSameBitsShattered } from './shattered';
import { countFallbacks, describeTwin, expectSame, randomValue, twin, wasmBackend } from './support';

testParity(wasm(), convRows);

type Case = [name: string, x: number[], kernel: number[], options: GroupedConv2dOptions];

const CASES: Case[] = [
  ['3×3 valid', [2, 9, 8, 5], [3, 3, 5, 7], {}],
  ['3×3 same, one channel', [3, 28, 28, 1], [3, 3, 1, 9], { padding: 'same' }],
  ['one channel, strided', [2, 17, 19, 1], [3, 4, 1, 42], { padding: 'same', strides: 2 }],
  ['one channel, dilated', [2, 17, 19, 1], [3, 3, 1, 35], { dilations: [2, 3] }],
  ['2×2, four channels', [2, 13, 11, 4], [2, 2, 4, 21], { padding: 'same' }],
  ['3×3 same, three channels', [2, 13, 11, 3], [3, 3, 3, 16], { padding: 'same' }],
  ['3×3 same, many channels', [2, 9, 9, 33], [3, 3, 33, 21], { padding: 'same' }],
  ['5×5 stride 2 same', [2, 15, 14, 4], [5, 5, 4, 6], { padding: 'same', strides: 2 }],
  [
    '7×7 stride 2, first layer',
    [1, 32, 30, 3],
    [7, 7, 3, 16],
    {
      padding: [
        [3, 3],
        [3, 3],
      ],
      strides: 2,
    },
  ],
  ['stride beyond the kernel', [2, 11, 13, 3], [2, 2, 3, 4], { strides: 3 }],
  ['strides of two sizes', [2, 11, 12, 3], [3, 4, 3, 5], { strides: [2, 3], padding: 'same' }],
  ['dilated', [2, 12, 13, 4], [3, 3, 4, 5], { dilations: 2 }],
  ['dilated and strided', [2, 14, 15, 3], [3, 3, 3, 5], { dilations: [2, 3], strides: [4, 2], padding: 'same' }],
  [
    'asymmetric padding',
    [2, 6, 7, 3],
    [3, 2, 3, 5],
    {
      padding: [
        [0, 2],
        [3, 1],
      ],
    },
  ],
  [
    'padding beyond the kernel',
    [1, 4, 4, 2],
    [2, 2, 2, 3],
    {
      padding: [
        [3, 3],
        [3, 3],
      ],
    },
  ],
  ['1×1', [2, 9, 10, 17], [1, 1, 17, 13], {}],
  ['1×1 stride 2', [2, 9, 10, 5], [1, 1, 5, 6], { strides: 2 }],
  [
    '1×1 padded',
    [2, 4, 4, 5],
    [1, 1, 5, 6],
    {
      padding: [
        [1, 1],
        [1, 1],
      ],
    },
  ],
  ['groups', [2, 8, 7, 6], [3, 3, 2, 9], { groups: 3, padding: 'same' }],
  ['groups, 1×1', [2, 8, 7, 6], [1, 1, 3, 4], { groups: 2 }],
  ['many groups', [2, 6, 7, 24], [3, 3, 2, 36], { groups: 12, padding: 'same' }],
  ['many groups, 1×1', [2, 6, 7, 24], [1, 1, 3, 16], { groups: 8 }],
  ['groups, strided', [2, 8, 7, 8], [3, 3, 4, 6], { groups: 2, strides: 2 }],
  ['kernel as large as the image', [3, 6, 5, 4], [6, 5, 4, 10], {}],
  ['one pixel', [1, 1, 1, 3], [1, 1, 3, 2], {}],
  ['long k in several blocks', [1, 6, 6, 97], [3, 3, 97, 10], { padding: 'same' }],
  ['row of pixels', [2, 1, 40, 6], [1, 5, 6, 7], { padding: 'same' }],
  ['one channel to many, images in two parts', [9, 30, 30, 1], [3, 3, 1, 4], { padding: 'same' }],
  [
    'three channels to many, dilated',
    [2, 12, 9, 3],
    [2, 3, 3, 13],
    {
      dilations: [2, 3],
      padding: [
        [1, 2],
        [3, 0],
      ],
    },
  ],
  ['four channels to many', [2, 8, 7, 4], [3, 2, 4, 16], {}],
];

const TOLERANCE = { float32: 1e-4, float64: 1e-12 } as const;

/** The convolution and both its gradients. */
function contractions(options: GroupedConv2dOptions) {
  return (x?: Tensor, k?: Tensor, g?: Tensor): Tensor[] => {
    const [y, pull] = vjp((p, q) => conv2d(p, q, options), x!, k!);
    return [y, ...pull(g!)];
  };
}

describe('conv2d kernels', () => {
  const rng = new Rng('conv');
  it.each(CASES)('%s: forward and both gradients', (_, xShape, kernelShape, options) => {
    for (const dtype of ['float32', 'float32', 'float64'] as const) {
      // Small values, as sums are long.
      const value = (r: Rng): number => randomValue(r, dtype, 1);
      const x = twin(rng, dtype, xShape, { value });
      const k = twin(rng, dtype, kernelShape, { value });
      const [want, pullWanted] = vjp((p, q) => conv2d(p, q, options), x.truth, k.truth);
      const g = twin(rng, dtype, want.shape);
      const label = `${describeTwin(x)} ∗ ${describeTwin(k)}`;
      const fallen = countFallbacks(wasmBackend, () => {
        const [got, pull] = vjp((p, q) => conv2d(p, q, options), x.tested, k.tested);
        expectSame(got, want, TOLERANCE[dtype], label);
        const wanted = pullWanted(g.truth);
        pull(g.tested).forEach((part, i) => expectSame(part, wanted[i]!, TOLERANCE[dtype], `${label}, gradient ${i}`));
      });
      expect(fallen).toEqual([]);
      expectSameBitsShattered(contractions(options), [x.tested, k.tested, g.tested], label);
    }
  });

  it('survives random geometry', () => {
    for (let round = 0; round < 60; round++) {
      const pick = (most: number): number => 1 + rng.integer(most);
      const kernel = [pick(4), pick(4)] as const;
      const dilations = [pick(3), pick(3)] as const;
      const strides = [pick(3), pick(3)] as const;
      const padding = [
        [rng.integer(3), rng.integer(3)],
        [rng.integer(3), rng.integer(3)],
      ] as const;
      const input = [0, 1].map((axis) => (kernel[axis]! - 1) * dilations[axis]! + pick(6));
      const [inner, outer, groups] = [pick(5), pick(5), pick(2)];
      const x = twin(rng, 'float32', [pick(2), input[0]!, input[1]!, inner * groups]);
      const k = twin(rng, 'float32', [...kernel, inner, outer * groups]);
      const options = { dilations, strides, padding, groups };
      const f = (backend: 'tested' | 'truth') => vjp((p, q) => conv2d(p, q, options), x[backend], k[backend]);
      const [[got, pull], [want, pullWanted]] = [f('tested'), f('truth')];
      const g = twin(rng, 'float32', want.shape);
      const label = JSON.stringify({ x: x.truth.shape, k: k.truth.shape, ...options });
      expectSame(got, want, 1e-4, label);
      const wanted = pullWanted(g.truth);
      pull(g.tested).forEach((part, i) => expectSame(part, wanted[i]!, 1e-4, `${label}, gradient ${i}`));
    }
  });

  it('lets NaN and infinities reach exactly the outputs that see them', () => {
    for (const [shape, kernel] of [
      [
        [2, 7, 6, 5],
        [3, 3, 5, 10],
      ],
      [
        [1, 6, 6, 1],
        [3, 3, 1, 3],
      ],
      [
        [1, 5, 5, 9],
        [1, 1, 9, 7],
      ],
    ] as const) {
      const x = twin(rng, 'float32', shape, { layouts: ['contiguous'] });
      const k = twin(rng, 'float32', kernel, { layouts: ['contiguous'], value: (r) => r.random() + 0.5 });
      for (const t of [x.tested, x.truth]) {
        t.backend.host(t.block)!.set([NaN], 2 * shape[3]);
        t.backend.host(t.block)!.set([Infinity], t.size - 1);
      }
      const options = { padding: 'same' } as const;
      const [got, pull] = vjp((p, q) => conv2d(p, q, options), x.tested, k.tested);
      const [want, pullWanted] = vjp((p, q) => conv2d(p, q, options), x.truth, k.truth);
      expectSame(got, want, 1e-4);
      expect(got.dataSync().some((v) => Number.isNaN(v)) && got.dataSync().some((v) => Number.isFinite(v))).toBe(true);
      const g = twin(rng, 'float32', want.shape, { layouts: ['contiguous'], value: (r) => r.random() + 0.5 });
      for (const t of [g.tested, g.truth]) t.backend.host(t.block)!.set([Infinity], 1);
      const gotX = pull(g.tested)[0];
      expectSame(gotX, pullWanted(g.truth)[0], 1e-4);
      expect(gotX.dataSync().filter((v) => v === Infinity).length).toBeGreaterThan(0);
    }
  });

  it('splits every pixel and tap of a strided gradient into exactly one phase', () => {
    for (const [stride, dilation, taps, before] of [
      [1, 1, 3, 1],
      [2, 1, 3, 1],
      [3, 2, 4, 0],
      [4, 2, 5, 3],
      [2, 2, 3, 2],
      [6, 4, 7, 5],
    ] as const) {
      const pixels = 13;
      const pairs = new Set<string>();
      for (const phase of gradientPhases(pixels, taps, stride, before, dilation)) {
        for (let t = 0; t < phase.pixels; t++) {
          for (let j = 0; j < phase.taps; j++) {
            const y = phase.first + t * stride;
            const tap = phase.firstTap + j * phase.tapStep;
            const o = t + phase.origin + j * phase.tapOffset;
            expect(o * stride).toBe(y + before - tap * dilation);
            pairs.add(`${y} ${tap}`);
          }
        }
      }
      let meeting = 0;
      for (let y = 0; y < pixels; y++)
        for (let tap = 0; tap < taps; tap++) if ((y + before - tap * dilation) % stride === 0) meeting++;
      expect(pairs.size).toBe(meeting);
    }
  });
});
