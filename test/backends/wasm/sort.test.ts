import { describe, expect, it } from 'vitest';
import type { DType } from '../../../src/core/dtype';
import { Rng } from '../../../src/core/rng';
import type { Tensor } from '../../../src/core/tensor';
import { argSort, sort, topK } from '../../../src/ops/index-ops';
import { expectSameBitsShattered } from './shattered';
import { countFallbacks, describeTwin, expectSame, randomShape, randomValue, twin, wasmBackend } from './support';

const DTYPES: readonly DType[] = ['float32', 'float64', 'int32'];
const SPECIAL = [NaN, 0, -0, Infinity, -Infinity, 1e-45, -1e-45, 1e-320, -1e-320, 1e300, -1e300, 0.5, -0.5];

/** Values with many ties, special ones, ones all over the range, or ordinary ones. */
function valuesOf(dtype: DType, kind: number): (rng: Rng) => number {
  return (rng) => {
    if (kind === 0) return rng.integer(4) - 2;
    if (kind === 1 && dtype !== 'int32') return SPECIAL[rng.integer(SPECIAL.length)]!;
    if (kind === 2 && dtype === 'int32') return rng.integer(2 ** 32) - 2 ** 31;
    if (kind === 2) return (rng.random() - 0.5) * 10 ** (rng.integer(70) - 35);
    return randomValue(rng, dtype);
  };
}

/** `f` by kernels alone, with the same bits however the work is divided, and the same as by the reference rules. */
function expectTrue(f: (x: Tensor) => Tensor[], x: ReturnType<typeof twin>, label: string): void {
  let got!: Tensor[];
  expect(countFallbacks(wasmBackend, () => (got = f(x.tested)))).toEqual([]);
  expectSameBitsShattered(f, [x.tested], label);
  f(x.truth).forEach((want, i) => expectSame(got[i]!, want, 0, `${label} of ${describeTwin(x)}`));
}

describe('sorting', () => {
  it('equals the reference along every axis: ties in order, NaN last', () => {
    const rng = new Rng('sort');
    for (let round = 0; round < 120; round++) {
      const dtype = DTYPES[round % 3]!;
      const shape = randomShape(rng, 1 + rng.integer(3), 12);
      const axis = rng.integer(shape.length);
      const descending = rng.random() < 0.5;
      const x = twin(rng, dtype, shape, { value: valuesOf(dtype, rng.integer(4)) });
      const f = (t: Tensor): Tensor[] => [argSort(t, { axis, descending }), sort(t, { axis, descending })];
      expectTrue(f, x, `axis ${axis}, ${descending ? 'down' : 'up'},`);
    }
  });

  it('sorts rows of every length around where digits take over, and long ones', () => {
    const rng = new Rng('lengths');
    for (const n of [1, 2, 3, 47, 48, 49, 50, 64, 255, 256, 257, 1000, 70_000]) {
      for (const dtype of DTYPES) {
        for (const kind of [0, 1, 2, 3]) {
          const x = twin(rng, dtype, [n > 1000 ? 1 : 5, n], { value: valuesOf(dtype, kind) });
          const descending = kind % 2 === 0;
          expectTrue((t) => [argSort(t, { descending })], x, `values ${kind}, length ${n}`);
        }
      }
    }
  });

  it('leaves rows that are sorted already, or all the same, in their order', () => {
    const rng = new Rng('sorted');
    for (const dtype of DTYPES) {
      for (const n of [40, 300]) {
        let next = 0;
        const rising = twin(rng, dtype, [n], { layouts: ['contiguous'], value: () => next++ });
        const equal = twin(rng, dtype, [n], { value: () => 7 });
        for (const x of [rising, equal]) {
          expectTrue((t) => [argSort(t), argSort(t, { descending: true })], x, `length ${n}`);
        }
      }
    }
  });

  it('has nothing to do for empty operands', () => {
    const rng = new Rng('empty');
    const x = twin(rng, 'float32', [3, 0], { layouts: ['contiguous'] });
    expect(sort(x.tested).shape).toEqual([3, 0]);
    expect(topK(x.tested, 0).values.shape).toEqual([3, 0]);
  });
});

describe('the k largest', () => {
  it('equal the reference along every axis: ties in order, NaN last', () => {
    const rng = new Rng('topK');
    for (let round = 0; round < 150; round++) {
      const dtype = DTYPES[round % 3]!;
      const shape = randomShape(rng, 1 + rng.integer(3), round % 4 === 0 ? 60 : 12);
      const axis = rng.integer(shape.length);
      const k = 1 + rng.integer(shape[axis]!);
      const x = twin(rng, dtype, shape, { value: valuesOf(dtype, rng.integer(4)) });
      const f = (t: Tensor): Tensor[] => {
        const { values, indices } = topK(t, k, { axis });
        return [values, indices];
      };
      expectTrue(f, x, `${k} along axis ${axis}`);
    }
  });

  it('are found in long rows, rising, falling and mixed', () => {
    const rng = new Rng('long');
    for (const dtype of DTYPES) {
      for (const k of [1, 5, 32, 33]) {
        for (const step of [-1, 0, 1]) {
          let next = 0;
          const value = step === 0 ? valuesOf(dtype, 1) : (): number => (next += step);
          const x = twin(rng, dtype, [3, 1003], { value });
          expectTrue((t) => [topK(t, k).indices], x, `${k} of values by ${step}`);
        }
      }
    }
  });
});
