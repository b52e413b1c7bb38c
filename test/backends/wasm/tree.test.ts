import { describe, expect, it } from 'vitest';
import { wasm } from '../../../src/backends/wasm/index';
import type { TypedArray } from '../../../src/core/dtype';
import { DTypeError, ShapeError } from '../../../src/core/errors';
import { Rng } from '../../../src/core/rng';
import type { Tensor } from '../../../src/core/tensor';
import { tensor } from '../../../src/ops/create';
import { nearestRows } from '../../../src/ops/distance';
import { treeNearest } from '../../../src/ops/kd-tree/nearest';
import { leafStarts } from '../../../src/ops/kd-tree/search';
import { expectBits } from './bits';
import { expectSameBitsShattered } from './shattered';
import { referenceBackend, type Twin, wasmBackend } from './support';

type Value = (r: Rng) => number;

const rng = new Rng('tree');
const gaussian: Value = (r) => r.gaussian();
const onGrid: Value = (r) => r.integer(3);

const table = (n: number, cols: number, value: Value): Float64Array =>
  Float64Array.from({ length: n * cols }, () => value(rng));

/** The parts of a tree: nodes are sorted by any column and halved. */
function plant(source: Float64Array, n: number, cols: number, leaves: number) {
  const rows = Int32Array.from({ length: n }, (_, i) => i);
  const boxes = new Float64Array((2 * leaves - 1) * 2 * cols);
  const divide = (node: number, start: number, end: number): void => {
    const own = rows.subarray(start, end);
    for (let c = 0; c < cols; c++) {
      const column = Array.from(own, (row) => source[row * cols + c]!).filter((x) => !Number.isNaN(x));
      boxes[node * 2 * cols + c] = Math.min(Infinity, ...column);
      boxes[(node * 2 + 1) * cols + c] = Math.max(-Infinity, ...column);
    }
    if (node >= leaves - 1) return;
    const axis = rng.integer(cols);
    own.sort((a, b) => source[a * cols + axis]! - source[b * cols + axis]!);
    divide(2 * node + 1, start, (start + end) >> 1);
    divide(2 * node + 2, (start + end) >> 1, end);
  };
  divide(0, 0, n);
  const points = Float64Array.from(
    { length: n * cols },
    (_, i) => source[rows[Math.floor(i / cols)]! * cols + (i % cols)]!,
  );
  return { points, rows, boxes };
}

const on = (data: TypedArray, shape: readonly number[]): Twin => ({
  tested: tensor(data, { shape, backend: wasmBackend }),
  truth: tensor(data, { shape, backend: referenceBackend }),
});

interface Case {
  readonly m: number;
  readonly n: number;
  readonly cols: number;
  readonly k: number;
  readonly leaves: number;
  /** The queries are the points, and none is its own neighbour. */
  readonly others?: boolean;
  readonly value?: Value;
}

/** Queries, the parts of a tree, an order at random, and the points as they were. */
function operandsOf({ m, n, cols, leaves, others = false, value = gaussian }: Case): Twin[] {
  const source = table(n, cols, value);
  const { points, rows, boxes } = plant(source, n, cols, leaves);
  return [
    on(others ? source : table(m, cols, value), [m, cols]),
    on(points, [n, cols]),
    on(rows, [n]),
    on(boxes, [2 * leaves - 1, 2, cols]),
    on(Int32Array.from(rng.permutation(m)), [m]),
    on(source, [n, cols]),
  ];
}

const search =
  (k: number, others: boolean) =>
  (queries?: Tensor, points?: Tensor, rows?: Tensor, boxes?: Tensor, order?: Tensor): Tensor =>
    treeNearest(queries!, { points: points!, rows: rows!, boxes: boxes! }, order!, { k, others });

/** Expects the bits of the reference, and, of points that are all numbers, what measuring every distance finds. */
function expectNearest(one: Case, isFinite = true): void {
  const label = JSON.stringify(one);
  const operands = operandsOf(one);
  const others = one.others ?? false;
  const found = expectBits(operands.slice(0, 5), search(one.k, others), label);
  const all = nearestRows(operands[0]!.tested, operands[5]!.tested, { k: one.k, others });
  if (isFinite) expect(found.dataSync(), label).toEqual(all.dataSync());
}

describe('nearest rows by a tree', () => {
  it('are those of all distances, for any number of columns', () => {
    for (let cols = 1; cols <= 32; cols += cols < 10 ? 1 : 11) {
      expectNearest({ m: 40, n: 200, cols, k: 1 + rng.integer(9), leaves: 16 });
      expectNearest({ m: 97, n: 97, cols, k: 1 + rng.integer(9), leaves: 8, others: true });
    }
  });

  it.each([
    ['one leaf', { m: 5, n: 7, cols: 3, k: 7, leaves: 1 }],
    ['one point', { m: 2, n: 1, cols: 2, k: 1, leaves: 1 }],
    ['one query', { m: 1, n: 500, cols: 3, k: 5, leaves: 32 }],
    ['leaves without points', { m: 9, n: 5, cols: 2, k: 3, leaves: 16 }],
    ['leaves of one or two', { m: 20, n: 50, cols: 2, k: 4, leaves: 32 }],
    ['a long list', { m: 15, n: 300, cols: 4, k: 64, leaves: 16 }],
    ['all but itself', { m: 33, n: 33, cols: 9, k: 32, leaves: 4, others: true }],
  ] as const)('are found with %s', (_, one) => expectNearest(one));

  it.each([
    ['on a grid, with ties', onGrid],
    ['all the same', () => 0.1],
    ['far from the origin', (r: Rng) => 1e8 + r.integer(100)],
    ['of every magnitude', (r: Rng) => r.gaussian() * 10 ** (r.integer(60) - 30)],
    ['subnormal', (r: Rng) => r.integer(5) * 5e-324],
    ['of infinite distances', (r: Rng) => r.gaussian() * 1e160],
  ])('are exact for values %s', (_, value) => {
    for (const cols of [1, 3, 12]) {
      expectNearest({ m: 25, n: 120, cols, k: 6, leaves: 8, value });
      expectNearest({ m: 90, n: 90, cols, k: 6, leaves: 8, value, others: true });
    }
  });

  it('are those of the reference where values are no numbers', () => {
    const value: Value = (r) => [Infinity, -Infinity, NaN, 1, 2, 3, 4, 5, 6, 7][r.integer(10)]!;
    for (const cols of [1, 2, 3, 12]) {
      expectNearest({ m: 25, n: 120, cols, k: 6, leaves: 8, value }, false);
      expectNearest({ m: 90, n: 90, cols, k: 6, leaves: 8, value, others: true }, false);
    }
  });

  it('are the same in a plan, and whatever the threads', async () => {
    const one = { m: 3000, n: 3000, cols: 3, k: 5, leaves: 128, value: (r: Rng) => r.integer(20), others: true };
    const operands = operandsOf(one).slice(0, 5);
    const run = search(one.k, true);
    expectSameBitsShattered(
      (...xs) => [run(...xs)],
      operands.map((x) => x.tested),
    );
    const want = run(...operands.map((x) => x.truth)).dataSync();
    for (const threads of [1, 2, 3, 8]) {
      const backend = wasm({ threads });
      const own = operands.map(({ truth }) => tensor(truth.dataSync(), { shape: truth.shape, backend }));
      // Threads start once there has been work enough.
      for (let i = 0; i < 4; i++) expect(run(...own).dataSync(), `${threads} threads`).toEqual(want);
      await backend.shutdown?.();
    }
  });

  it('may be read from parts that are no tree: nothing is found outside of them', () => {
    const [queries, points, rows, boxes] = operandsOf({ m: 10, n: 60, cols: 2, k: 3, leaves: 4 }).map((x) => x.tested);
    const order = tensor(Int32Array.of(-1, 99, 2 ** 31 - 1, 0, 1, 2, 3, 4, 5, 6), { backend: wasmBackend });
    const found = search(3, false)(queries, points, rows, boxes, order).dataSync();
    const all = tensor(
      Int32Array.from({ length: 10 }, (_, i) => i),
      { backend: wasmBackend },
    );
    const want = search(3, false)(queries, points, rows, boxes, all);
    expect(found.subarray(0, 21)).toEqual(want.dataSync().subarray(0, 21));
  });

  it('are refused for operands that do not fit', () => {
    const one = { m: 6, n: 6, cols: 2, k: 2, leaves: 2 };
    const [queries, points, rows, boxes, order] = operandsOf(one).map((x) => x.tested);
    const run = search(2, false);
    expect(() => search(7, false)(queries, points, rows, boxes, order)).toThrow('k must be an integer from 1 to 6');
    expect(() => search(6, true)(queries, points, rows, boxes, order)).toThrow('from 1 to 5');
    expect(() => run(queries, points, order, rows, boxes)).toThrow(DTypeError);
    expect(() => run(queries, points, rows, points, order)).toThrow(ShapeError);
    const two = tensor(new Float64Array(2 * 2 * 2), { shape: [2, 2, 2], backend: wasmBackend });
    expect(() => run(queries, points, rows, two, order)).toThrow('power of two of leaves');
    const few = tensor(Int32Array.of(0), { backend: wasmBackend });
    expect(() => run(queries, points, rows, boxes, few)).toThrow(ShapeError);
    const less = tensor(new Float64Array(4), { shape: [2, 2], backend: wasmBackend });
    const both = tensor(Int32Array.of(0, 1), { backend: wasmBackend });
    expect(() => search(1, true)(less, points, rows, boxes, both)).toThrow('2 rows among 6 others');
  });
});

it('leaves begin where halving again and again leaves them', () => {
  expect([...leafStarts(10, 1)]).toEqual([0, 10]);
  expect([...leafStarts(10, 4)]).toEqual([0, 2, 5, 7, 10]);
  expect([...leafStarts(1, 2)]).toEqual([0, 0, 1]);
});
