import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { grad } from '../../src/autograd/grad';
import { reference } from '../../src/backends/reference/index';
import { ConfigError, DTypeError, ShapeError } from '../../src/core/errors';
import type { Tensor } from '../../src/core/tensor';
import { ones, tensor, zeros } from '../../src/ops/create';
import { mul } from '../../src/ops/elementwise';
import { argSort, gather, oneHot, scatterAdd, sort, takeAlongAxis, topK } from '../../src/ops/index-ops';
import { sum } from '../../src/ops/reduce';
import { flip, transpose } from '../../src/ops/shape-ops';
import { logSoftmax, softmax } from '../../src/ops/softmax';

const backend = reference();
const f64 = { dtype: 'float64', backend } as const;

describe('gather and scatterAdd', () => {
  it('take indices of any integer-valued kind', () => {
    const x = tensor([10, 20, 30]);
    for (const indices of [
      [2, 0],
      tensor([2, 0]),
      new Int8Array([2, 0]),
      tensor(new Uint8Array([2, 0])),
      new Int32Array([-1, -3]),
    ]) {
      expect(gather(x, indices).toArraySync()).toEqual([30, 10]);
    }
    expect(gather(x, []).shape).toEqual([0]);
    expect(gather(x, 1).item()).toBe(20);
    expect(() => gather(x, tensor([true, false]))).toThrow(DTypeError);
    expect(() => gather(x, [true, false])).toThrow(DTypeError);
    expect(() => gather(x, [0, 1.5])).toThrow(/indices must be integers, got 1.5/);
    expect(() => oneHot([NaN], 3)).toThrow(ConfigError);
  });

  it('name the index that is out of range', () => {
    expect(() => gather(ones([2, 3]), [0, 2])).toThrow(
      /index 2 is out of range for axis 0 of shape \[2, 3\]. Use integers in \[-2, 1\]/,
    );
    expect(() => gather(ones([2, 3]), [-4], { axis: 1 })).toThrow(ShapeError);
    expect(() => gather(zeros([0, 3]), [0])).toThrow(ShapeError);
    expect(() => scatterAdd(zeros([2]), [5], [1])).toThrow(/scatterAdd: index 5/);
    expect(() => takeAlongAxis(ones([2, 3]), [[3], [0]])).toThrow(/index 3 is out of range for axis 1/);
    expect(() => gather(3, [0])).toThrow(ShapeError);
  });

  it('refuse updates that do not fit', () => {
    expect(() => scatterAdd(zeros([3, 2]), [0, 1], ones([2, 3]))).toThrow(/updates must have shape \[2, 2\]/);
    expect(() => scatterAdd(tensor([true]), [0], tensor([true]))).toThrow(DTypeError);
    expect(() => takeAlongAxis(ones([2, 3]), [[0]])).toThrow(/must have the shape of x, \[2, 3\], except on axis 1/);
  });

  it('read strided operands', () => {
    const x = transpose(
      tensor([
        [1, 2, 3],
        [4, 5, 6],
      ]),
    );
    expect(gather(x, flip(tensor([0, 2]), 0)).toArraySync()).toEqual([
      [3, 6],
      [1, 4],
    ]);
    expect(
      scatterAdd(
        x,
        [1, 1],
        flip(
          tensor([
            [1, 10],
            [100, 1000],
          ]),
          1,
        ),
      ).toArraySync(),
    ).toEqual([
      [1, 4],
      [1012, 106],
      [3, 6],
    ]);
  });

  it('do not change what they add to, and add integers exactly', () => {
    const x = tensor(new Int32Array([1, 1]));
    expect(scatterAdd(x, [0, 0], new Int32Array([2 ** 30, 5])).toArraySync()).toEqual([2 ** 30 + 6, 1]);
    expect(x.toArraySync()).toEqual([1, 1]);
  });

  it('are adjoint: <gather(x), u> = <x, scatterAdd(0, u)>', () => {
    const numbers = fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 12, maxLength: 12 });
    fc.assert(
      fc.property(
        numbers,
        fc.array(fc.integer({ min: -4, max: 3 }), { minLength: 3, maxLength: 3 }),
        (data, indices) => {
          const x = tensor(data, { ...f64, shape: [4, 3] });
          const u = tensor(data.slice(0, 9), { ...f64, shape: [3, 3] });
          const left = sum(mul(gather(x, indices), u)).item();
          expect(sum(mul(x, scatterAdd(zeros([4, 3], f64), indices, u))).item()).toBe(left);
        },
      ),
    );
  });
});

describe('sorting', () => {
  it('agrees with a stable sort of the host, NaN last', () => {
    const value = fc.oneof(
      fc.integer({ min: 0, max: 3 }),
      fc.constant(NaN),
      fc.constant(Infinity),
      fc.constant(-Infinity),
    );
    fc.assert(
      fc.property(fc.array(value), fc.boolean(), (data, descending) => {
        const order = data.map((v, i) => [v, i] as const);
        const sign = descending ? -1 : 1;
        const expected = [
          ...order
            .filter(([v]) => !Number.isNaN(v))
            .sort(([a, i], [b, j]) => (a === b ? i - j : sign * (a < b ? -1 : 1))),
          ...order.filter(([v]) => Number.isNaN(v)),
        ].map(([, i]) => i);
        expect(argSort(tensor(data, f64), { descending }).toArraySync()).toEqual(expected);
        expect(sort(tensor(data, f64), { descending }).toArraySync()).toEqual(expected.map((i) => data[i]));
      }),
    );
  });

  it('topK gives the largest, the first of equals first, and checks k', () => {
    const { values, indices } = topK(
      [
        [1, 5, 3, 5],
        [NaN, 0, -1, 2],
      ],
      2,
    );
    expect([values.toArraySync(), indices.toArraySync()]).toEqual([
      [
        [5, 5],
        [2, 0],
      ],
      [
        [1, 3],
        [3, 1],
      ],
    ]);
    expect(topK(ones([3, 2]), 0, { axis: 0 }).values.shape).toEqual([0, 2]);
    expect(() => topK([1, 2], 3)).toThrow(/k must be an integer in \[0, 2\]/);
    expect(() => topK([1, 2], 1.5)).toThrow(ShapeError);
  });

  it('sends gradients of topK back to where the values were', () => {
    const g = grad((x: Tensor) => sum(mul(topK(x, 2).values, tensor([10, 1], f64))))(tensor([3, 1, 2], f64));
    expect(g.toArraySync()).toEqual([10, 0, 1]);
  });

  it('handles strided and empty data', () => {
    expect(
      sort(
        transpose(
          tensor([
            [3, 1],
            [2, 4],
          ]),
        ),
      ).toArraySync(),
    ).toEqual([
      [2, 3],
      [1, 4],
    ]);
    expect(argSort(zeros([0, 3]), { axis: 0 }).shape).toEqual([0, 3]);
    expect(() => sort(5)).toThrow(ShapeError);
  });
});

describe('oneHot', () => {
  it('leaves classes out of range empty and checks its depth', () => {
    expect(oneHot([-1, 3, 1], 3).toArraySync()).toEqual([
      [0, 0, 0],
      [0, 0, 0],
      [0, 1, 0],
    ]);
    expect(oneHot([1], 2, { dtype: 'bool' }).dtype).toBe('bool');
    expect(oneHot([], 2).shape).toEqual([0, 2]);
    expect(oneHot(1, 3).toArraySync()).toEqual([0, 1, 0]);
    expect(() => oneHot([0], -1)).toThrow(ConfigError);
  });
});

describe('softmax', () => {
  it('sums to one and does not move with a shift, at any scale', () => {
    const floats = fc.array(fc.double({ min: -1e4, max: 1e4, noNaN: true }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(floats, fc.double({ min: -100, max: 100, noNaN: true }), (data, shift) => {
        const p = softmax(tensor(data, f64)).dataSync();
        expect([...p].reduce((a, b) => a + b, 0)).toBeCloseTo(1, 10);
        const q = logSoftmax(
          tensor(
            data.map((v) => v + shift),
            f64,
          ),
        ).dataSync();
        q.forEach((v, i) => expect(Math.exp(v)).toBeCloseTo(p[i]!, 8));
      }),
    );
  });

  it('is NaN where nothing can be weighed, and refuses scalars', () => {
    expect(softmax([-Infinity, -Infinity]).toArraySync()).toEqual([NaN, NaN]);
    expect(softmax(zeros([0, 3]), { axis: 0 }).shape).toEqual([0, 3]);
    expect(() => softmax(1)).toThrow(ShapeError);
    expect(() => logSoftmax(ones([2]), { axis: 1 })).toThrow(/logSoftmax: axis 1 is out of range/);
  });

  it('turns integers into floats', () => {
    expect(softmax(new Int32Array([0, 0])).toArraySync()).toEqual([0.5, 0.5]);
  });
});
