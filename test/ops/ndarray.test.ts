import fc from 'fast-check';
import ndarray from 'ndarray';
import { describe, expect, it } from 'vitest';
import { grad } from '../../src/autograd/grad';
import { reference } from '../../src/backends/reference/index';
import { ConfigError, DTypeError } from '../../src/core/errors';
import type { Tensor } from '../../src/core/tensor';
import { ones, tensor, zeros } from '../../src/ops/create';
import { mul } from '../../src/ops/elementwise';
import { fromNdarray, toNdarray } from '../../src/ops/ndarray';
import { sum } from '../../src/ops/reduce';
import { flip, slice, transpose } from '../../src/ops/shape-ops';
import { to } from '../../src/ops/transfer';

describe('ndarray', () => {
  const sizes = fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 4 });

  it('comes in and goes out unchanged, whatever its strides', () => {
    fc.assert(
      fc.property(sizes, fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }), fc.boolean(), (shape, flips, turn) => {
        const size = shape.reduce((a, b) => a * b, 1);
        let nd = ndarray(
          Float64Array.from({ length: size }, (_, i) => i),
          shape,
        );
        nd = nd.step(...shape.map((_, i) => (flips[i] ? -1 : 1)));
        if (turn) nd = nd.transpose(...shape.map((_, i) => shape.length - 1 - i));
        const t = fromNdarray(nd);
        expect([t.shape, t.dtype]).toEqual([nd.shape, 'float64']);
        const back = toNdarray(t);
        expect(back.shape).toEqual(nd.shape);
        const index = new Array<number>(nd.shape.length).fill(0);
        for (let i = 0; i < size; i++) {
          expect(back.get(...index)).toBe(nd.get(...index));
          for (let axis = index.length - 1; axis >= 0 && ++index[axis]! === nd.shape[axis]; axis--) index[axis] = 0;
        }
      }),
    );
  });

  it('keeps offsets and windows of a larger array', () => {
    const nd = ndarray(
      Float32Array.from({ length: 20 }, (_, i) => i),
      [4, 5],
    )
      .lo(1, 2)
      .hi(2, 2);
    expect(fromNdarray(nd).toArraySync()).toEqual([
      [7, 8],
      [12, 13],
    ]);
  });

  it('gets the elements of strided tensors in order', () => {
    const x = tensor([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    const view = flip(transpose(slice(x, [0, 1], [2, 3])), 0);
    const nd = toNdarray(view);
    expect([nd.shape, [nd.get(0, 0), nd.get(0, 1), nd.get(1, 0), nd.get(1, 1)]]).toEqual([
      [2, 2],
      [3, 6, 2, 5],
    ]);
  });

  it('keeps dtypes, and copies', () => {
    for (const data of [new Int32Array([1]), new Int8Array([1]), new Uint8Array([1]), new Float32Array([1])]) {
      const t = fromNdarray(ndarray(data, [1]));
      data[0] = 9;
      expect(t.toArraySync()).toEqual([1]);
      expect(toNdarray(t).data.constructor).toBe(data.constructor);
    }
    expect(fromNdarray(ndarray([1, 2], [2])).dtype).toBe('float32');
    expect(fromNdarray(ndarray([1, 2], [2]), { dtype: 'int32' }).dtype).toBe('int32');
    expect(() => fromNdarray(ndarray(new Uint16Array(2), [2]))).toThrow(DTypeError);
  });

  it('can be given wherever data can', () => {
    expect(mul(ndarray(new Float32Array([1, 2, 3, 4]), [2, 2]).transpose(1, 0), 2).toArraySync()).toEqual([
      [2, 6],
      [4, 8],
    ]);
  });

  it('goes out of scalars and empty tensors', () => {
    expect(toNdarray(tensor(5)).get()).toBe(5);
    expect(toNdarray(zeros([0, 3])).size).toBe(0);
  });
});

describe('to', () => {
  const [a, b] = [reference(), reference()];

  it('copies to another backend and leaves alone what is there', () => {
    const x = transpose(
      tensor(
        [
          [1, 2],
          [3, 4],
        ],
        { backend: a, dtype: 'int32' },
      ),
    );
    const y = to(x, b);
    expect([y.backend === b, y.dtype, y.toArraySync()]).toEqual([
      true,
      'int32',
      [
        [1, 3],
        [2, 4],
      ],
    ]);
    expect(to(y, b)).toBe(y);
    expect(() => mul(x, y)).toThrow(/Move one with to/);
  });

  it('moves nests, and what can move itself', () => {
    const moved = to({ w: ones([2], { backend: a }), rest: [zeros([1], { backend: a })] }, b);
    expect([moved.w.backend, moved.rest[0]!.backend]).toEqual([b, b]);
    expect(to({ to: (backend) => backend.name }, b)).toBe('reference');
  });

  it('refuses what is being differentiated, and what is no tensor', () => {
    expect(() => grad((x: Tensor) => sum(to(x, b)))(ones([2], { backend: a }))).toThrow(/being differentiated/);
    expect(() => to([3] as unknown as Tensor[], b)).toThrow(ConfigError);
  });
});
