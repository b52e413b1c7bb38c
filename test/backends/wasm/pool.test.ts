import { describe, expect, it } from 'vitest';
import { vjp } from '../../../src/autograd/grad';
import { wasm } from '../../../src/backends/wasm/index';
import type { Backend } from '../../../src/core/backend';
import { Rng } from '../../../src/core/rng';
import type { Tensor } from '../../../src/core/tensor';
import { tensor } from '../../../src/ops/create';
import { avgPool2d, maxPool2d, type Pool2dOptions } from '../../../src/ops/pool';
import { testParity } from '../../ops/parity';
import { poolRows } from '../../ops/table/pool';
import { expectSameBitsShattered } from './shattered';
import { countFallbacks, expectSame, referenceBackend, twin, wasmBackend } from './support';

testParity(wasm(), poolRows);

type Case = [name: string, x: number[], size: number | [number, number], options: Pool2dOptions];

const CASES: Case[] = [
  ['2×2', [2, 8, 10, 32], 2, {}],
  ['2×2, odd image', [2, 7, 9, 5], 2, {}],
  ['2×2 same, odd image', [2, 7, 9, 5], 2, { padding: 'same' }],
  ['3×3 overlapping', [2, 9, 8, 7], 3, { strides: 2, padding: 'same' }],
  ['window of two sizes', [1, 8, 9, 3], [2, 3], { strides: [1, 2] }],
  ['one channel', [3, 6, 6, 1], 2, {}],
  [
    'padding on one side',
    [2, 5, 6, 17],
    3,
    {
      padding: [
        [2, 0],
        [0, 1],
      ],
      strides: 1,
    },
  ],
  ['gaps between windows', [2, 11, 11, 6], 2, { strides: 4 }],
  ['the whole image', [2, 5, 4, 19], [5, 4], {}],
];

describe.each([
  ['maxPool2d', maxPool2d],
  ['avgPool2d', avgPool2d],
] as const)('%s kernels', (name, pool) => {
  const rng = new Rng(name);
  it.each(CASES)('%s: forward and gradients', (_, shape, size, options) => {
    for (const dtype of ['float32', 'float64'] as const) {
      for (let round = 0; round < 3; round++) {
        // Few distinct values, so that windows have several maxima.
        const x = twin(rng, dtype, shape, { value: (r) => r.integer(5) - 2 + (round === 2 ? r.random() : 0) });
        const tolerance = dtype === 'float32' ? 1e-5 : 1e-13;
        const [want, pullWanted] = vjp((p) => pool(p, size, options), x.truth);
        const g = twin(rng, dtype, want.shape);
        const u = twin(rng, dtype, shape);
        const fallen = countFallbacks(wasmBackend, () => {
          const [got, pull] = vjp((p) => pool(p, size, options), x.tested);
          expectSame(got, want, tolerance);
          expectSame(pull(g.tested)[0], pullWanted(g.truth)[0], tolerance);
          const second = (backend: 'tested' | 'truth') =>
            vjp((h) => vjp((p) => pool(p, size, options), x[backend])[1](h)[0], g[backend])[1](u[backend])[0];
          expectSame(second('tested'), second('truth'), tolerance);
        });
        expect(fallen).toEqual([]);
        expectSameBitsShattered(
          (p, h, v) => {
            const [y, pull] = vjp((q) => pool(q, size, options), p!);
            const gather = vjp((q) => vjp((r) => pool(r, size, options), p!)[1](q)[0], h!)[1];
            return [y, pull(h!)[0], gather(v!)[0]];
          },
          [x.tested, g.tested, u.tested],
        );
      }
    }
  });

  it('survive random geometry', () => {
    for (let round = 0; round < 40; round++) {
      const pick = (most: number): number => 1 + rng.integer(most);
      const size = [pick(4), pick(4)] as const;
      const strides = [pick(4), pick(4)] as const;
      const padding = [
        [rng.integer(size[0]), rng.integer(size[0])],
        [rng.integer(size[1]), rng.integer(size[1])],
      ] as const;
      const shape = [pick(2), size[0] + rng.integer(8), size[1] + rng.integer(8), pick(40)];
      const x = twin(rng, 'float32', shape, { value: (r) => r.integer(5) });
      const options = { strides, padding };
      const label = JSON.stringify({ shape, size, ...options });
      const [want, pullWanted] = vjp((p) => pool(p, size, options), x.truth);
      const g = twin(rng, 'float32', want.shape);
      const [got, pull] = vjp((p) => pool(p, size, options), x.tested);
      expectSame(got, want, 1e-5, label);
      expectSame(pull(g.tested)[0], pullWanted(g.truth)[0], 1e-5, label);
      const both = (p?: Tensor, h?: Tensor) => vjp((q) => pool(q, size, options), p!)[1](h!);
      expectSameBitsShattered(both, [x.tested, g.tested], label);
    }
  });
});

describe('maxPool2d kernels', () => {
  it.each(['int32', 'int8', 'uint8', 'bool'] as const)('pool %s exactly', (dtype) => {
    const rng = new Rng(dtype);
    for (const channels of [1, 3, 16, 21]) {
      const x = twin(rng, dtype, [2, 7, 6, channels]);
      const options = { strides: 2, padding: 'same' } as const;
      const want = maxPool2d(x.truth, 3, options);
      expect(countFallbacks(wasmBackend, () => expectSame(maxPool2d(x.tested, 3, options), want))).toEqual([]);
    }
  });

  it('lets a NaN win, the first one, and keeps −0 where it comes first', () => {
    const values = [1, NaN, Infinity, NaN, -0, 0, -1, -0, -Infinity, -Infinity, -Infinity, -Infinity];
    const shape = [3, 2, 2, 1];
    const f = (backend: Backend) => vjp((x) => maxPool2d(x, 2), tensor(values, { shape, backend }));
    const [[got, pull], [want, pullWanted]] = [f(wasmBackend), f(referenceBackend)];
    const bits = (y: typeof got): boolean[] => [...y.dataSync()].map((v, i) => Object.is(v, [NaN, -0, -Infinity][i]));
    expect(bits(want)).toEqual([true, true, true]);
    expect(bits(got)).toEqual([true, true, true]);
    const g = [[[[2]]], [[[3]]], [[[4]]]];
    expect(pull(tensor(g, { backend: wasmBackend }))[0].dataSync()).toEqual(
      pullWanted(tensor(g, { backend: referenceBackend }))[0].dataSync(),
    );
  });

  it('spreads an infinite cotangent to the maximum only', () => {
    const x = tensor([3, 1, 2, 0], { shape: [1, 2, 2, 1], backend: wasmBackend });
    const [, pull] = vjp((p) => maxPool2d(p, 2), x);
    expect([...pull(tensor([[[[Infinity]]]], { backend: wasmBackend }))[0].dataSync()]).toEqual([Infinity, 0, 0, 0]);
  });
});
