import { describe, expect, it } from 'vitest';
import { grad } from '../../src/autograd/grad';
import { reference } from '../../src/backends/reference/index';
import { ConfigError, ShapeError } from '../../src/core/errors';
import type { Tensor } from '../../src/core/tensor';
import { eye, ones, tensor, zeros } from '../../src/ops/create';
import { cholesky, det, inv, solve } from '../../src/ops/decompose';
import { einsum } from '../../src/ops/einsum';
import { dot, matmul, outer, tensordot } from '../../src/ops/linear';
import { rng } from '../../src/ops/random';
import { sum } from '../../src/ops/reduce';
import { broadcastTo, flip, transpose } from '../../src/ops/shape-ops';

const backend = reference();
const f64 = { dtype: 'float64', backend } as const;
const draw = (seed: string, ...shape: number[]): Tensor => rng(seed).normal(shape, f64);
const values = (t: Tensor): number[] => [...t.dataSync()];

function expectClose(a: Tensor, b: Tensor, tolerance = 1e-10): void {
  expect(a.shape).toEqual(b.shape);
  const [x, y] = [values(a), values(b)];
  x.forEach((v, i) => expect(Math.abs(v - y[i]!)).toBeLessThanOrEqual(tolerance));
}

describe('matmul', () => {
  it('says which dimensions differ and what to do', () => {
    expect(() => matmul(ones([2, 3]), ones([4, 5]))).toThrow(
      'matmul: inner dimensions differ: [2, 3] × [4, 5]. Transpose the second operand?',
    );
    expect(() => matmul(ones([3, 2]), ones([3, 4]))).toThrow('Transpose the first operand?');
    expect(() => matmul(ones([2, 3]), ones([3, 4]), { transposeB: true })).toThrow('[2, 3] × [3, 4]ᵀ');
    expect(() => matmul(ones([2, 2, 3]), ones([3, 3, 4]))).toThrow(/leading axes/);
    expect(() => matmul(2, ones([3, 4]))).toThrow(/scalars have no matrix product/);
  });

  it('sums over nothing to zero and keeps empty axes', () => {
    expect(values(matmul(zeros([2, 0]), zeros([0, 3])))).toEqual([0, 0, 0, 0, 0, 0]);
    expect(matmul(zeros([0, 2]), zeros([2, 3])).shape).toEqual([0, 3]);
    expect(matmul(zeros([0, 2, 3]), zeros([3, 4])).shape).toEqual([0, 2, 4]);
    const g = grad((a: Tensor) => sum(matmul(a, zeros([0, 3], f64))))(zeros([2, 0], f64));
    expect(g.shape).toEqual([2, 0]);
  });

  it('sums integers in int32, wrapping', () => {
    const int = (data: number[]): Tensor => tensor(Int32Array.from(data), { shape: [1, 2], backend });
    const y = matmul(int([65536, 3]), int([65536, 5]), { transposeB: true });
    expect([y.dtype, y.item()]).toEqual(['int32', 15]);
    const bytes = tensor(new Uint8Array([200, 200]), { shape: [1, 2], backend });
    expect(matmul(bytes, bytes, { transposeB: true }).item()).toBe(80000);
    expect(matmul(bytes, ones([2, 1], { backend })).dtype).toBe('float32');
  });

  it('reads transposed, flipped and broadcast operands', () => {
    const a = draw('a', 4, 3);
    const b = draw('b', 4, 5);
    expectClose(matmul(transpose(a), b), matmul(a, b, { transposeA: true }));
    const flipped = flip(transpose(a), 1);
    expectClose(matmul(flipped, b), matmul(tensor(flipped, f64), b));
    const row = broadcastTo(draw('r', 1, 4), [6, 4]);
    expectClose(matmul(row, b), matmul(tensor(row, f64), b));
    const batch = broadcastTo(draw('c', 1, 2, 4), [3, 2, 4]);
    expectClose(matmul(batch, b), matmul(tensor(batch, f64), b));
  });

  it('is associative and has the identity', () => {
    const [a, b, c] = [draw('a', 3, 4), draw('b', 4, 5), draw('c', 5, 2)];
    expectClose(matmul(matmul(a, b), c), matmul(a, matmul(b, c)));
    expectClose(matmul(a, eye(4, 4, f64)), a);
  });
});

describe('products', () => {
  it('dot multiplies by scalars and outer flattens', () => {
    expect(dot(3, [1, 2]).toArraySync()).toEqual([3, 6]);
    expect(outer([[1], [2]], [3]).shape).toEqual([2, 1]);
  });

  it('tensordot refuses axes that do not pair up', () => {
    expect(() => tensordot(ones([2, 3]), ones([4, 2]), 1)).toThrow(ShapeError);
    expect(() => tensordot(ones([2, 3]), ones([3, 2]), 3)).toThrow(ConfigError);
    expect(() => tensordot(ones([2, 3]), ones([3, 2]), [[0, 1], [1]])).toThrow(ConfigError);
    expect(() =>
      tensordot(ones([2, 2]), ones([2, 2]), [
        [0, 0],
        [0, 1],
      ]),
    ).toThrow(/same axis twice/);
  });

  it('einsum broadcasts sizes of 1 and empty axes', () => {
    expect(einsum('ij,jk->ik', ones([2, 1]), ones([3, 4])).toArraySync()).toEqual([
      [3, 3, 3, 3],
      [3, 3, 3, 3],
    ]);
    expect(einsum('ij,jk->ik', zeros([2, 0]), zeros([0, 2])).toArraySync()).toEqual([
      [0, 0],
      [0, 0],
    ]);
    expect(einsum('...i,...i->...', ones([4, 1, 3]), ones([2, 3])).shape).toEqual([4, 2]);
    expect(einsum('ij -> ji', ones([2, 3])).shape).toEqual([3, 2]);
    expect(einsum('i,i', tensor(Int32Array.of(2, 3)), tensor(Int32Array.of(4, 5))).item()).toBe(23);
  });

  it('einsum keeps what is off the diagonal out, NaN too', () => {
    expect(
      einsum('ii->i', [
        [1, NaN],
        [Infinity, 2],
      ]).toArraySync(),
    ).toEqual([1, 2]);
  });

  it('einsum explains malformed and unfitting specifications', () => {
    const a = ones([2, 3]);
    expect(() => einsum('ij,jk->ik', a)).toThrow(/for 2 operands, 1 given/);
    expect(() => einsum('ij->i->j', a)).toThrow(/can't read/);
    expect(() => einsum('i1->i', a)).toThrow(/can't read/);
    expect(() => einsum('ijk->i', a)).toThrow(/names 3 axes, but operand 0 of shape \[2, 3\] has 2/);
    expect(() => einsum('ij->ik', a)).toThrow(/'k' in the output, but no operand has it/);
    expect(() => einsum('ij->ii', a)).toThrow(/names 'i' twice/);
    expect(() => einsum('i.j->ij', a)).toThrow(/misplaced dots/);
    expect(() => einsum('ij,jk->ik', a, ones([2, 3]))).toThrow(/'j' in 'ij,jk->ik' is 3 and 2 long/);
    expect(() => einsum('ii->i', a)).toThrow(ShapeError);
    expect(() => einsum('->')).toThrow(/at least one operand/);
  });
});

describe('decompositions', () => {
  const spd = (seed: string, ...shape: number[]): Tensor => {
    const m = draw(seed, ...shape);
    return tensor(matmul(m, m, { transposeB: true }), f64);
  };

  it('invert what they decompose', () => {
    const a = spd('a', 2, 6, 6);
    const identity = broadcastTo(eye(6, 6, f64), [2, 6, 6]);
    expectClose(matmul(inv(a), a), identity, 1e-8);
    const l = cholesky(a);
    expectClose(matmul(l, l, { transposeB: true }), a, 1e-10);
    const b = draw('b', 2, 6, 3);
    const other = draw('c', 2, 6, 6);
    expectClose(matmul(a, solve(a, b)), b, 1e-8);
    expect(det(matmul(a, other)).dataSync()[1]).toBeCloseTo(det(a).dataSync()[1]! * det(other).dataSync()[1]!, 6);
  });

  it('name singular and indefinite matrices', () => {
    const singular = tensor(
      [
        [
          [1, 0],
          [0, 1],
        ],
        [
          [1, 2],
          [2, 4],
        ],
      ],
      f64,
    );
    expect(() => inv(singular)).toThrow(/inv: matrix 1 of 2 × 2 is singular/);
    expect(() => solve(singular, [1, 2])).toThrow(ConfigError);
    expect(values(det(singular))).toEqual([1, 0]);
    expect(() =>
      cholesky([
        [1, 2],
        [2, 1],
      ]),
    ).toThrow(/not positive definite: its leading minor of order 2/);
  });

  it('refuse matrices that are not square or do not fit', () => {
    for (const f of [inv, det, cholesky]) {
      expect(() => f(ones([2, 3]))).toThrow(ShapeError);
      expect(() => f([1, 2])).toThrow(ShapeError);
    }
    expect(() => solve(eye(3), ones([2]))).toThrow(/needs right-hand sides \[3\] or \[..., 3, k\], got \[2\]/);
    expect(() => solve(eye(3), 1)).toThrow(ShapeError);
  });

  it('take integers and empty matrices', () => {
    expect(inv(tensor(Int32Array.of(2, 0, 0, 4), { shape: [2, 2] })).toArraySync()).toEqual([
      [0.5, 0],
      [0, 0.25],
    ]);
    expect(det(zeros([0, 0])).item()).toBe(1);
    expect(inv(zeros([0, 3, 3])).shape).toEqual([0, 3, 3]);
  });
});
