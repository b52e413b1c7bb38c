import { describe, expect, it } from 'vitest';
import { grad, valueAndGrad } from '../../../src/autograd/grad';
import type { DType } from '../../../src/core/dtype';
import { ShapeError } from '../../../src/core/errors';
import { Rng } from '../../../src/core/rng';
import type { Tensor } from '../../../src/core/tensor';
import { tensor } from '../../../src/ops/create';
import { nearestRows, rowDistances } from '../../../src/ops/distance';
import { mul } from '../../../src/ops/elementwise';
import { sum } from '../../../src/ops/reduce';
import { csrMatmul, csrTransposeMatmul } from '../../../src/ops/sparse';
import { expectBits } from './bits';
import { expectSame, referenceBackend, type Twin, twin, wasmBackend } from './support';

const rng = new Rng('classical');

describe('nearest rows', () => {
  const dtypes: readonly DType[] = ['float64', 'float32'];

  const expectNearest = (q: Twin, r: Twin, k: number, same: boolean, label: string): void => {
    const attrs = { k, others: same };
    const rows = expectBits([q, r], (x, y) => nearestRows(x!, y!, attrs), label);
    const numbers = { truth: rows, tested: tensor(rows.dataSync(), { shape: rows.shape, backend: wasmBackend }) };
    const distances = expectBits([q, r, numbers], (x, y, z) => rowDistances(x!, y!, z!), label).dataSync();
    for (let i = 0; i < distances.length; i++) {
      if (i % k > 0) expect(distances[i]! < distances[i - 1]!, label).toBe(false);
    }
  };

  it.each(dtypes)('are those of the definition, %s', (dtype) => {
    for (const [m, n, columns, k] of [
      [1, 1, 1, 1],
      [5, 3, 2, 3],
      [13, 9, 1, 4],
      [50, 64, 7, 5],
      [7, 203, 30, 11],
      [97, 31, 100, 1],
      [3, 17, 5, 17],
    ] as const) {
      const [q, r] = [twin(rng, dtype, [m, columns]), twin(rng, dtype, [n, columns])];
      expectNearest(q, r, k, false, `${m} among ${n} of ${columns}`);
      if (n > k) expectNearest(r, r, k, true, `${n} of ${columns} among themselves`);
    }
  });

  it.each([
    ['on a grid, with ties', (r: Rng) => r.integer(3)],
    ['far from the origin', (r: Rng) => 1e8 + r.integer(100)],
    ['tiny', (r: Rng) => 1e-30 * r.gaussian()],
    ['huge', (r: Rng) => 1e30 * r.gaussian()],
    ['of every magnitude', (r: Rng) => r.gaussian() * 10 ** (r.integer(60) - 30)],
    ['of infinite distances', (r: Rng) => r.gaussian() * 1e160],
    ['subnormal', (r: Rng) => r.integer(5) * 5e-324],
    ['all the same', () => 0.1],
    ['with infinities and NaN', (r: Rng) => [Infinity, -Infinity, NaN, 1, 2, 3, 4, 5, 6, 7][r.integer(10)]!],
    ['with one outlier', (r: Rng) => (r.integer(400) === 0 ? 1e12 : r.gaussian())],
  ])('are exact for values %s', (name, value) => {
    for (const [n, columns, k] of [
      [70, 3, 4],
      [45, 20, 6],
    ] as const) {
      const [q, r] = [twin(rng, 'float64', [19, columns], { value }), twin(rng, 'float64', [n, columns], { value })];
      expectNearest(q, r, k, false, name);
      expectNearest(r, r, k, true, name);
    }
  });

  it('are found among points that differ in the last digits only', () => {
    const value = (r: Rng) => 1 + r.integer(1000) * 2 ** -40;
    const [q, r] = [twin(rng, 'float64', [30, 8], { value }), twin(rng, 'float64', [500, 8], { value })];
    expectNearest(q, r, 5, false, 'close');
  });

  it('are refused where there are too few', () => {
    const x = tensor([[1], [2]], { dtype: 'float64' });
    expect(() => nearestRows(x, x, { k: 2, others: true })).toThrow(ShapeError);
    expect(() => nearestRows(x, x, { k: 3, others: false })).toThrow('k must be an integer from 1 to 2');
    expect(() => nearestRows(x, tensor([[1, 2]], { dtype: 'float64' }), { k: 1, others: false })).toThrow(ShapeError);
    expect(() => nearestRows(x, tensor([[1]], { dtype: 'float32' }), { k: 1, others: false })).toThrow('both');
  });

  it('have no distance where there is no such row', () => {
    const x = tensor([[1], [2]], { dtype: 'float64' });
    const rows = tensor([[-1], [2]], { dtype: 'int32' });
    expect(rowDistances(x, x, rows).toArraySync()).toEqual([[NaN], [NaN]]);
  });
});

describe('sparse products', () => {
  /** A random matrix: indptr, indices and data. */
  function sparse(rows: number, columns: number, dtype: DType, density: number): [Twin, Twin, Twin] {
    const indices: number[] = [];
    const indptr = [0];
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < columns; j++) if (rng.random() < density) indices.push(j);
      indptr.push(indices.length);
    }
    const whole = (values: number[]): Twin => ({
      tested: tensor(Int32Array.from(values), { backend: wasmBackend }),
      truth: tensor(Int32Array.from(values), { backend: referenceBackend }),
    });
    return [whole(indptr), whole(indices), twin(rng, dtype, [indices.length])];
  }

  it.each(['float64', 'float32'] as const)('are those of the definition, %s', (dtype) => {
    for (const [rows, columns, k, density] of [
      [1, 1, 1, 1],
      [20, 30, 1, 0.1],
      [40, 7, 3, 0.5],
      [33, 150, 8, 0.05],
      [200, 90, 21, 0.1],
      [10, 10, 4, 0],
    ] as const) {
      const a = sparse(rows, columns, dtype, density);
      const label = `${rows} × ${columns} × ${k}`;
      const product = (f: typeof csrMatmul) => (indptr?: Tensor, indices?: Tensor, data?: Tensor, x?: Tensor) =>
        f({ indptr: indptr!, indices: indices!, data: data!, columns }, x!);
      expectBits([...a, twin(rng, dtype, [columns, k])], product(csrMatmul), label);
      expectBits([...a, twin(rng, dtype, [rows, k])], product(csrTransposeMatmul), `transposed ${label}`);
    }
  });

  it('leave out what is outside', () => {
    const ints = (values: number[]): Twin => ({
      tested: tensor(Int32Array.from(values), { backend: wasmBackend }),
      truth: tensor(Int32Array.from(values), { backend: referenceBackend }),
    });
    const operands = [ints([-5, 2, 1, 90]), ints([7, -1, 2, 3]), twin(rng, 'float64', [4])];
    for (const f of [csrMatmul, csrTransposeMatmul]) {
      const x = twin(rng, 'float64', [3, 2]);
      expectBits([...operands, x], (indptr, indices, data, dense) =>
        f({ indptr: indptr!, indices: indices!, data: data!, columns: 3 }, dense!),
      );
    }
  });

  it('are each the gradient of the other', () => {
    const [indptr, indices, data] = sparse(6, 5, 'float64', 0.4).map((x) => x.tested) as [Tensor, Tensor, Tensor];
    const a = { indptr, indices, data, columns: 5 };
    const [x, y] = [twin(rng, 'float64', [5, 2]).tested, twin(rng, 'float64', [6, 2]).tested];
    const [value, slope] = valueAndGrad((t: Tensor) => sum(mul(csrMatmul(a, t), y)))(x);
    expectSame(slope, csrTransposeMatmul(a, y));
    expect(value.item()).toBeCloseTo(sum(mul(x, csrTransposeMatmul(a, y))).item(), 10);
    expectSame(grad((t: Tensor) => sum(mul(csrTransposeMatmul(a, t), x)))(y), csrMatmul(a, x));
  });

  it('are refused for operands that do not fit', () => {
    const [indptr, indices, data] = sparse(4, 3, 'float64', 0.5).map((x) => x.tested) as [Tensor, Tensor, Tensor];
    const x = twin(rng, 'float64', [4, 2]).tested;
    expect(() => csrMatmul({ indptr, indices, data, columns: 3 }, x)).toThrow('a dense matrix of 3 rows');
    expect(() => csrTransposeMatmul({ indptr: data, indices, data, columns: 3 }, x)).toThrow('must be int32');
    expect(() => csrTransposeMatmul({ indptr, indices: indptr, data, columns: 3 }, x)).toThrow(ShapeError);
  });
});
