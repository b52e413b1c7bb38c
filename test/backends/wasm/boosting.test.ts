import { describe, expect, it } from 'vitest';
import { DTypeError, ShapeError } from '../../../src/core/errors';
import { Rng } from '../../../src/core/rng';
import type { Tensor } from '../../../src/core/tensor';
import { gradientHistogram } from '../../../src/ops/boosting/histogram';
import { addLeaves } from '../../../src/ops/boosting/leaves';
import { logLossDerivatives } from '../../../src/ops/boosting/log-loss';
import { partitionRows } from '../../../src/ops/boosting/partition';
import { bestSplits } from '../../../src/ops/boosting/splits';
import { tensor } from '../../../src/ops/create';
import { expectBits } from './bits';
import { expectSameBitsShattered } from './shattered';
import { countFallbacks, expectSame, type Twin, twin, wasmBackend } from './support';

const rng = new Rng('boosting');

type Given = [Tensor, Tensor, Tensor];

describe('gradient histograms', () => {
  it.each([
    ['gradients and hessians', 2, false],
    ['of a child and its sibling', 2, true],
    ['gradients alone', 1, false],
    ['gradients alone, of a child and its sibling', 1, true],
  ])('are those of the definition, for any layout, list of rows and number of bins: %s', (_, width, hasParent) => {
    for (const [n, columns, bins, count] of [
      [1, 1, 1, 1],
      [50, 3, 256, 40],
      [200, 9, 255, 200],
      [90, 16, 17, 300],
      [90, 18, 17, 30],
      [1000, 35, 64, 513],
      [40, 4, 16, 0],
    ] as const) {
      for (const layouts of [['contiguous'], ['transposed'], ['stepped'], ['offset']] as const) {
        const binned = twin(rng, 'uint8', [n, columns], { layouts, value: (r) => r.integer(bins) });
        const derivatives = twin(rng, 'float32', [n, width]);
        const rows = twin(rng, 'int32', [count], { value: (r) => r.integer(n) });
        const parent = twin(rng, 'float64', [columns, bins, 3]);
        const label = `${n} × ${columns}, ${bins} bins, ${count} rows, ${layouts}`;
        const sums = expectBits(
          [binned, rows, derivatives, ...(hasParent ? [parent] : [])],
          (x, i, d, whole) => gradientHistogram(x!, i!, d!, whole ?? null, { columns, bins }),
          label,
        );
        const own = (sums.dataSync() as Float64Array).subarray(0, columns * bins * 3);
        expect(own.reduce((total, v, i) => total + (i % 3 === 2 ? v : 0), 0)).toBe(count * columns);
        if (width === 1) own.forEach((v, i) => i % 3 === 1 && expect(v).toBe(own[i + 1]));
      }
    }
  });

  it('of all rows are those of a table in words', () => {
    for (const [n, columns, bins] of [
      [1, 1, 4],
      [300, 7, 256],
      [513, 8, 30],
    ] as const) {
      for (const width of [1, 2]) {
        const words = twin(rng, 'uint8', [Math.ceil(columns / 4), n, 4], { value: (r) => r.integer(bins) });
        const given = [words, twin(rng, 'float32', [n, width]), twin(rng, 'float64', [columns, bins, 3])];
        const all = (parent: boolean) => (x?: Tensor, d?: Tensor, whole?: Tensor) =>
          gradientHistogram(x!, null, d!, parent ? whole! : null, { columns, bins });
        expectBits(given, all(true));
        const sums = expectBits(given, all(false)).dataSync() as Float64Array;
        expect(sums.reduce((total, v, i) => total + (i % 3 === 2 ? v : 0), 0)).toBe(n * columns);
      }
    }
  });

  it('take what is no row for the last one, and leave out bins that are not there', () => {
    const binned = twin(rng, 'uint8', [30, 6], { layouts: ['contiguous'] });
    const rows = twin(rng, 'int32', [100], { value: (r) => r.integer(60) - 15 });
    expectBits([binned, rows, twin(rng, 'float32', [30, 2])], (...xs) =>
      gradientHistogram(...(xs as Given), null, { columns: 6, bins: 100 }),
    );
  });

  it('are refused for operands that do not fit', () => {
    const [x, g, rows] = [tensor([[1], [2]], { dtype: 'uint8' }), tensor([[1], [2]]), tensor([0], { dtype: 'int32' })];
    const columns = 1;
    expect(() => gradientHistogram(x, rows, g, null, { columns, bins: 257 })).toThrow('bins must be an integer');
    expect(() => gradientHistogram(x, rows, tensor([1, 2]), null, { columns, bins: 3 })).toThrow(ShapeError);
    expect(() => gradientHistogram(x, rows, g, null, { columns: 2, bins: 3 })).toThrow('for 2 columns');
    expect(() => gradientHistogram(x, null, g, null, { columns, bins: 3 })).toThrow('[words, n, 4]');
    expect(() => gradientHistogram(g, rows, g, null, { columns, bins: 3 })).toThrow('needs uint8, int32, float32');
    const parent = tensor([[[1, 2, 3]]], { dtype: 'float64' });
    expect(() => gradientHistogram(x, rows, g, parent, { columns, bins: 2 })).toThrow(ShapeError);
  });
});

describe('partitions', () => {
  it('keep the order of both sides, for any number of rows, whichever are asked for', () => {
    for (const [n, count] of [
      [1, 1],
      [30, 100],
      [5000, 4096],
      [20_000, 9001],
      [3, 0],
    ] as const) {
      for (const share of [0, 0.5, 1]) {
        const bins = twin(rng, 'uint8', [n]);
        const goesLeft = twin(rng, 'uint8', [256], { value: (r) => Number(r.random() < share) });
        const rows = twin(rng, 'int32', [count], { value: (r) => r.integer(n + 2) - 1 });
        expectBits([rows, bins, goesLeft], (...xs) => partitionRows(...(xs as [Tensor, Tensor, Tensor])));
      }
    }
  });

  it('are refused for operands that do not fit', () => {
    const [rows, bins] = [tensor([0], { dtype: 'int32' }), tensor([0], { dtype: 'uint8' })];
    expect(() => partitionRows(rows, bins, bins)).toThrow(ShapeError);
    expect(() => partitionRows(bins, bins, bins)).toThrow(DTypeError);
  });
});

describe('best splits', () => {
  /** Histograms of a few nodes, some bins empty but for rounding, and what there is to know of nodes and columns. */
  function problem(k: number, columns: number, bins: number, isBound: boolean): [Twin, Twin, Twin] {
    const sums = new Float64Array(k * columns * bins * 3);
    for (let at = 0; at < sums.length; at += 3) {
      const count = Math.max(0, rng.integer(12) - 4);
      const noise = count === 0 ? 1e-17 : 1;
      sums.set([noise * rng.gaussian() * count ** 0.5 + noise * 1e-3, noise * count * rng.random(), count], at);
    }
    const total = (node: number, v: number): number => {
      let sum = 0;
      for (let b = 0; b < bins; b++) sum += sums[(node * columns * bins + b) * 3 + v]!;
      return sum;
    };
    const nodes = Array.from({ length: k }, (_, node) => {
      const [g, h, n] = [total(node, 0), total(node, 1), total(node, 2)];
      const bounds = isBound ? [-0.2, 0.3] : [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
      return [g, h, n, -g / (h + 1), ...bounds];
    });
    const about = Array.from({ length: columns }, (_, c) => [
      c === 3 ? 0 : bins - 1,
      c % 2,
      isBound && c % 3 === 0 ? 1 - 2 * (c % 2) : 0,
      Number(c !== 4),
    ]);
    const fixed = (values: Iterable<number>, dtype: 'float64' | 'int32', shape: number[]): Twin => {
      const next = Array.from(values).values();
      return twin(rng, dtype, shape, { layouts: ['contiguous'], value: () => next.next().value! });
    };
    return [
      fixed(sums, 'float64', [k, columns, bins, 3]),
      fixed(nodes.flat(), 'float64', [k, 6]),
      fixed(about.flat(), 'int32', [columns, 4]),
    ];
  }

  it.each([false, true])('are those of the definition; with bounds and signs: %s', (isBound) => {
    for (const [k, columns, bins] of [
      [1, 1, 2],
      [2, 7, 40],
      [1, 6, 256],
      [3, 5, 9],
    ] as const) {
      for (const minSamplesLeaf of [1, 5, 40, 1e9]) {
        for (const l2 of [0, 1.5]) {
          const operands = problem(k, columns, bins, isBound);
          const found = expectBits(operands, (...xs) =>
            bestSplits(...(xs as [Tensor, Tensor, Tensor]), { minSamplesLeaf, l2 }),
          ).dataSync();
          for (let at = 0; at < found.length; at += 6) expect(found[at]! > 0 || found[at] === -1).toBe(true);
        }
      }
    }
  });

  it('finds the split that is there, and sends missing values where they belong', () => {
    // Gradients −1 in bins 0 and 1 and where values are missing, 1 in bin 2.
    const bins = [-10, 10, 10, -10, 10, 10, 10, 10, 10, -10, 10, 10];
    const histograms = tensor(bins, { dtype: 'float64', shape: [1, 1, 4, 3] });
    const node = tensor([[-20, 40, 40, 0.5, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]], { dtype: 'float64' });
    const columns = tensor([[3, 1, 0, 1]], { dtype: 'int32' });
    const found = bestSplits(histograms, node, columns, { minSamplesLeaf: 5, l2: 0 }).dataSync();
    expect(Array.from(found, (v) => Math.round(v * 1e9) / 1e9)).toEqual([30, 1, 1, -30, 30, 30]);
  });

  it('are refused for operands that do not fit', () => {
    const [x, nodes] = [tensor([[[[1, 2, 3]]]], { dtype: 'float64' }), tensor([[1, 2, 3, 4, 5]], { dtype: 'float64' })];
    const columns = tensor([[1, 0, 0, 1]], { dtype: 'int32' });
    expect(() => bestSplits(x, nodes, columns, { minSamplesLeaf: 1, l2: 0 })).toThrow(ShapeError);
    expect(() => bestSplits(x, columns, columns, { minSamplesLeaf: 1, l2: 0 })).toThrow(DTypeError);
  });
});

describe('leaves', () => {
  it('add their values to their rows', () => {
    const n = 300;
    const order = rng.permutation(n);
    const part = (from: number, to: number): Twin => {
      const next = order.subarray(from, to).values();
      return twin(rng, 'int32', [to - from], { layouts: ['contiguous'], value: () => next.next().value! });
    };
    const leaves = [part(0, 120), part(120, 121), part(130, 300)];
    const outside = twin(rng, 'int32', [4], { value: (r) => [-1, n, n + 5, -7][r.integer(4)]! });
    const raw = twin(rng, 'float64', [n]);
    const values = [0.5, -2, 1e-3, 7];
    const after = expectBits([raw, ...leaves, outside], (x, ...rows) => addLeaves(x!, rows, values));
    const [before, got] = [raw.truth.dataSync(), after.dataSync()];
    expect(got[order[0]!]! - before[order[0]!]!).toBeCloseTo(0.5, 12);
    expect(got[order[125]!]).toBe(before[order[125]!]);
  });

  it('are refused for operands that do not fit', () => {
    const [raw, rows] = [tensor([1, 2], { dtype: 'float64' }), tensor([0], { dtype: 'int32' })];
    expect(() => addLeaves(raw, [rows], [1, 2])).toThrow(ShapeError);
    expect(() => addLeaves(rows, [rows], [1])).toThrow(DTypeError);
  });
});

describe('derivatives of the log loss', () => {
  it('are those of the definition, far from 0 too, on any number of threads', () => {
    for (const n of [1, 2, 301]) {
      for (const isWeighted of [false, true]) {
        const value = (scale: number) => ({ value: (r: Rng) => scale * r.gaussian() });
        const [raw, y] = [
          twin(rng, 'float64', [n], value(200)),
          twin(rng, 'float64', [n], { value: (r) => r.integer(2) }),
        ];
        const operands = [raw, y, ...(isWeighted ? [twin(rng, 'float64', [n], { value: (r) => r.random() })] : [])];
        const run = (...xs: Tensor[]): Tensor => logLossDerivatives(xs[0]!, xs[1]!, xs[2] ?? null);
        const inputs = operands.map((x) => x.tested);
        const fallen = countFallbacks(wasmBackend, () => {
          expectSame(run(...inputs), run(...operands.map((x) => x.truth)), 1e-7);
        });
        expect(fallen).toEqual([]);
        expectSameBitsShattered((...xs) => [run(...xs)], inputs);
      }
    }
  });

  it('are σ(z) − y and σ(z)(1 − σ(z)), down to the last number that float32 has', () => {
    const [raw, y] = [[0, 2, -80, -1000, 1000].map(Number), [1, 0, 0, 1, 1]].map((v) =>
      tensor(v, { dtype: 'float64' }),
    );
    const found = logLossDerivatives(raw!, y!, null).toArraySync() as [number, number][];
    const [g, h] = [found.map((d) => d[0]), found.map((d) => d[1])];
    const close = (got: number, want: number) =>
      expect(Math.abs(got - want)).toBeLessThanOrEqual(1e-6 * Math.abs(want));
    [-0.5, 1 / (1 + Math.exp(-2)), Math.exp(-80), -1, 0].forEach((v, i) => close(g[i]!, v));
    [0.25, Math.exp(-2) / (1 + Math.exp(-2)) ** 2, Math.exp(-80), 0, 0].forEach((v, i) => close(h[i]!, v));
  });

  it('are refused for operands that do not fit', () => {
    const x = tensor([1, 2], { dtype: 'float64' });
    expect(() => logLossDerivatives(x, tensor([1], { dtype: 'float64' }), null)).toThrow(ShapeError);
    expect(() => logLossDerivatives(x, tensor([1, 2]), null)).toThrow(DTypeError);
  });
});
