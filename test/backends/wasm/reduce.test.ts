import { describe, expect, it } from 'vitest';
import type { DType } from '../../../src/core/dtype';
import { Rng } from '../../../src/core/rng';
import type { Tensor } from '../../../src/core/tensor';
import { tensor } from '../../../src/ops/create';
import * as ops from '../../../src/ops/reduce';
import { broadcastTo } from '../../../src/ops/shape-ops';
import { expectSameBitsShattered } from './shattered';
import {
  countFallbacks,
  describeTwin,
  expectSame,
  randomBroadcastable,
  randomShape,
  referenceBackend,
  twin,
  wasmBackend,
} from './support';

type Reduce = (x: Tensor, options: { axis: number[]; keepDims: boolean }) => Tensor;

const CASES: readonly (readonly [string, Reduce, readonly DType[]])[] = [
  ['sum', ops.sum, ['float32', 'float64', 'int32', 'int8', 'uint8', 'bool']],
  ['prod', ops.prod, ['float32', 'float64', 'int32', 'uint8', 'bool']],
  ['max', ops.max, ['float32', 'float64', 'int32', 'int8', 'uint8', 'bool']],
  ['min', ops.min, ['float32', 'float64', 'int32', 'int8', 'uint8', 'bool']],
  ['any', ops.any, ['bool']],
  ['all', ops.all, ['bool']],
];

function randomAxes(rng: Rng, rank: number): number[] {
  return Array.from({ length: rank }, (_, i) => i).filter(() => rng.random() < 0.5);
}

describe('reductions', () => {
  it.each(CASES)('%s equals the reference over axes, layouts and dtypes, without falling back', (name, f, dtypes) => {
    const rng = new Rng(name);
    for (const dtype of dtypes) {
      for (let round = 0; round < 40; round++) {
        const shape = randomShape(rng, rng.integer(6), 7);
        // Mostly true or false, or `any` and `all` would have nothing to find.
        const value = dtype === 'bool' ? (r: Rng) => Number(r.random() < (name === 'all' ? 0.95 : 0.1)) : undefined;
        const x = twin(rng, dtype, shape, value ? { value } : {});
        const options = { axis: randomAxes(rng, shape.length), keepDims: rng.random() < 0.5 };
        let got!: Tensor;
        expect(countFallbacks(wasmBackend, () => (got = f(x.tested, options)))).toEqual([]);
        expectSameBitsShattered((t) => [f(t, options)], [x.tested]);
        expectSame(
          got,
          f(x.truth, options),
          name === 'prod' && dtype !== 'float32' ? 1e-12 : undefined,
          `${name} over ${options.axis} of ${describeTwin(x)}`,
        );
      }
    }
  });

  it.each(CASES)('%s of what is repeated along some axes equals the reference', (name, f, dtypes) => {
    const rng = new Rng(`${name} repeated`);
    for (const dtype of dtypes) {
      for (let round = 0; round < 25; round++) {
        const shape = randomShape(rng, rng.integer(4), 7);
        const options = { axis: randomAxes(rng, shape.length), keepDims: rng.random() < 0.5 };
        const near = dtype === 'float32' || dtype === 'float64' ? { value: (r: Rng) => r.random() + 0.5 } : {};
        const x = twin(rng, dtype, randomBroadcastable(rng, shape), name === 'prod' ? near : {});
        const repeated = (t: Tensor): Tensor => f(broadcastTo(t, shape), options);
        let got!: Tensor;
        expect(countFallbacks(wasmBackend, () => (got = repeated(x.tested)))).toEqual([]);
        expectSameBitsShattered((t) => [repeated(t)], [x.tested]);
        expectSame(
          got,
          repeated(x.truth),
          dtype === 'float64' ? 1e-12 : undefined,
          `over ${options.axis} of [${shape}] from ${describeTwin(x)}`,
        );
      }
    }
  });

  it('sums as many as there are, not one after the other', () => {
    const ones = broadcastTo(tensor(1, { dtype: 'float32', backend: wasmBackend }), [2 ** 16, 2 ** 14]);
    expect(ops.sum(ones).dataSync()[0]).toBe(2 ** 30);
    // Integers wrap around, as they would one after the other.
    const threes = broadcastTo(tensor(3, { dtype: 'int32', backend: wasmBackend }), [2 ** 16, 2 ** 14]);
    expect(ops.sum(threes).dataSync()[0]).toBe((3 * 2 ** 30) | 0);
    expect(ops.max(ones).dataSync()[0]).toBe(1);
  });

  it('reduces rows and columns of every length around the block sizes', () => {
    const rng = new Rng('lengths');
    for (const n of [1, 2, 3, 4, 5, 15, 31, 32, 33, 63, 64, 65, 255, 256, 257, 300, 515, 1000]) {
      for (const dtype of ['float32', 'float64', 'int32', 'uint8'] as const) {
        for (const [shape, axis] of [
          [[3, n], 1],
          [[n, 3], 0],
          [[n, 21], 0],
          [[2, n, 5], 1],
        ] as const) {
          const x = twin(rng, dtype, shape, { layouts: ['contiguous', 'offset'] });
          const label = `${dtype} [${shape.join()}] axis ${axis}`;
          // Rounding is relative to the sum of magnitudes, about 2n here.
          const tolerance = dtype === 'float32' ? 2e-6 + 1e-7 * n : undefined;
          expectSame(ops.sum(x.tested, { axis }), ops.sum(x.truth, { axis }), tolerance, `sum ${label}`);
          expectSame(ops.max(x.tested, { axis }), ops.max(x.truth, { axis }), undefined, `max ${label}`);
        }
      }
    }
  });

  it('cuts long rows and tall columns into blocks', () => {
    const rng = new Rng('blocks');
    for (const dtype of ['float32', 'float64', 'int32', 'int8'] as const) {
      for (const [shape, axis] of [
        [[3, 40_001], [1]],
        [[100_003], [0]],
        [[5003, 7], [0]],
        [[2, 1200, 45], [1]],
        [
          [3, 40_001],
          [0, 1],
        ],
        [[1500, 2, 41], [0]],
        [[70, 3, 60], [1]],
      ] as const) {
        const x = twin(rng, dtype, shape, { layouts: ['contiguous', 'offset'] });
        const label = `${dtype} [${shape.join()}] axes ${axis}`;
        const tolerance = dtype === 'float32' ? 2e-6 + 1e-7 * Math.max(...shape) : undefined;
        for (const f of [ops.sum, ops.max]) {
          const reduced = (t: Tensor): Tensor => f(t, { axis: [...axis] });
          expectSame(
            reduced(x.tested),
            reduced(x.truth),
            dtype === 'float64' ? 1e-11 : tolerance,
            `${f.name} ${label}`,
          );
          expectSameBitsShattered((t) => [reduced(t)], [x.tested], label);
        }
      }
    }
  });

  it('sums a million floats as doubles would', () => {
    const rng = new Rng('million');
    const data = Float32Array.from({ length: 1_000_003 }, () => rng.random());
    const exact = data.reduce((a, b) => a + b, 0);
    for (const shape of [[1_000_003], [1_000_003, 1]]) {
      const got = ops.sum(tensor(data, { shape, backend: wasmBackend }), { axis: 0 }).dataSync()[0]!;
      expect(Math.abs(got - exact) / exact).toBeLessThan(1e-7);
    }
  });

  it('finds NaN and infinities', () => {
    for (const special of [NaN, Infinity, -Infinity]) {
      for (let at = 0; at < 40; at++) {
        const data = Float32Array.from({ length: 40 }, (_, i) => (i === at ? special : i % 7));
        for (const f of [ops.max, ops.min, ops.sum, ops.argMax, ops.argMin]) {
          for (const shape of [[40], [2, 20], [20, 2], [5, 8]]) {
            const [x, y] = [wasmBackend, referenceBackend].map((backend) => tensor(data, { shape, backend })) as [
              Tensor,
              Tensor,
            ];
            for (let axis = 0; axis < shape.length; axis++)
              expectSame(f(x, { axis }), f(y, { axis }), 0, `${f.name} at ${at}`);
          }
        }
      }
    }
  });

  it('argMax and argMin find the first of equals, in every layout', () => {
    const rng = new Rng('arg');
    for (let round = 0; round < 200; round++) {
      const shape = randomShape(rng, 1 + rng.integer(3), 13);
      const x = twin(rng, 'float32', shape, { value: (r) => (r.random() < 0.03 ? NaN : r.integer(5)) });
      const axis = rng.integer(shape.length);
      for (const f of [ops.argMax, ops.argMin]) {
        let got!: Tensor;
        expect(countFallbacks(wasmBackend, () => (got = f(x.tested, { axis })))).toEqual([]);
        expectSameBitsShattered((t) => [f(t, { axis })], [x.tested]);
        expectSame(got, f(x.truth, { axis }), 0, `${f.name} axis ${axis} of ${describeTwin(x)}`);
      }
    }
  });

  it('gives the same bits again', () => {
    const rng = new Rng('bits');
    const x = twin(rng, 'float32', [300, 77], { layouts: ['contiguous'] });
    expect(ops.sum(x.tested).dataSync()).toEqual(ops.sum(x.tested).dataSync());
  });
});
