import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import ndarray from 'ndarray';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/core/errors';
import type { Splitter } from '../../src/data/index';
import {
  KFold,
  LeaveOneOut,
  ShuffleSplit,
  StratifiedKFold,
  StratifiedShuffleSplit,
  trainTestSplit,
} from '../../src/model-selection/index';
import { tensor } from '../../src/ops/create';
import { NumpyRandom, numpyRandom } from '../../src/ops/numpy-random';

type Sizes = { test_size?: number; train_size?: number };
interface Goldens {
  readonly splits: { y: number[]; seed: number; sizes: Sizes; stratify: boolean; train: number[]; test: number[] }[];
  readonly ordered: { train: number[]; test: number[] };
  readonly folds: {
    splitter: 'KFold' | 'StratifiedKFold';
    y: number[];
    nSplits: number;
    seed: number | null;
    tests: number[][];
  }[];
  readonly repeated: {
    splitter: 'ShuffleSplit' | 'StratifiedShuffleSplit';
    y: number[];
    parts: [number[], number[]][];
  }[];
  readonly numpy: Record<'permutation' | 'integers' | 'big' | 'uniform' | 'normal' | 'one', number[]>[] &
    { seed: number; after: number }[];
}
const goldens = JSON.parse(
  readFileSync(new URL('../fixtures/model-selection/splits.json', import.meta.url), 'utf8'),
) as Goldens;

describe('NumPy’s random stream', () => {
  for (const g of goldens.numpy) {
    it(`of seed ${g.seed}`, () => {
      const r = numpyRandom(g.seed);
      expect(Array.from(r.permutation(12))).toEqual(g.permutation);
      expect(Array.from(r.integers(6, 1000))).toEqual(g.integers);
      expect(Array.from(r.integers(3, 2 ** 31 - 1))).toEqual(g.big);
      expect(g.uniform.map(() => r.random())).toEqual(g.uniform);
      for (const z of g.normal) expect(r.gaussian()).toBeCloseTo(z, 14);
      expect(Array.from(r.integers(2, 1))).toEqual(g.one);
      expect(r.random()).toBe(g.after);
      expect(Array.from(r.restart().permutation(12))).toEqual(g.permutation);
    });
  }
  it('refuses seeds that NumPy refuses, and has independent children', () => {
    expect(() => numpyRandom(-1)).toThrow(ConfigError);
    expect(() => numpyRandom(0.5)).toThrow(ConfigError);
    const [a, b] = [numpyRandom(1), numpyRandom(1)];
    b.random();
    const child = a.split();
    expect(child).toBeInstanceOf(NumpyRandom);
    expect(child.random()).toBe(b.split().random());
    expect(child.random()).not.toBe(a.split().random());
  });
});

describe('splits against scikit-learn, drawing from NumPy’s stream', () => {
  for (const g of goldens.splits) {
    it(`trainTestSplit of ${g.y.length}${g.stratify ? ', stratified' : ''}, ${JSON.stringify(g.sizes)}`, () => {
      const rows = g.y.map((_, i) => [i]);
      const options = {
        testSize: g.sizes.test_size,
        trainSize: g.sizes.train_size,
        seed: numpyRandom(g.seed),
        stratify: g.stratify || null,
      };
      const got = trainTestSplit(rows, g.y, options as object);
      expect(Array.from(got.trainIndices)).toEqual(g.train);
      expect(Array.from(got.testIndices)).toEqual(g.test);
      expect(got.XTrain).toEqual(g.train.map((i) => [i]));
      expect(got.yTest).toEqual(g.test.map((i) => g.y[i]));
    });
  }
  it('trainTestSplit without shuffling', () => {
    const got = trainTestSplit(new Int32Array(11), new Int32Array(11), { shuffle: false, testSize: 0.3 });
    expect([Array.from(got.trainIndices), Array.from(got.testIndices)]).toEqual([
      goldens.ordered.train,
      goldens.ordered.test,
    ]);
  });
  for (const g of goldens.folds) {
    it(`${g.splitter} of ${g.y.length} into ${g.nSplits}${g.seed === null ? '' : ', shuffled'}`, () => {
      const options = { nSplits: g.nSplits, ...(g.seed === null ? {} : { shuffle: true, seed: numpyRandom(g.seed) }) };
      const splitter: Splitter = g.splitter === 'KFold' ? new KFold(options) : new StratifiedKFold(options);
      const tests = [...splitter.split(g.y, g.y)].map(({ test }) => Array.from(test));
      expect(tests.map((t) => [...t].sort((a, b) => a - b))).toEqual(g.tests.map((t) => [...t].sort((a, b) => a - b)));
      // Splitting again starts the stream again.
      expect([...splitter.split(g.y, g.y)].map(({ test }) => Array.from(test))).toEqual(tests);
    });
  }
  for (const g of goldens.repeated) {
    it(g.splitter, () => {
      const options = { nSplits: 3, testSize: 0.3, seed: numpyRandom(6) };
      const splitter: Splitter =
        g.splitter === 'ShuffleSplit' ? new ShuffleSplit(options) : new StratifiedShuffleSplit(options);
      expect([...splitter.split(g.y, g.y)].map(({ train, test }) => [Array.from(train), Array.from(test)])).toEqual(
        g.parts,
      );
    });
  }
});

describe('trainTestSplit', () => {
  it('partitions any samples, in the sizes asked for', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 200 }),
        fc.double({ min: 0.01, max: 0.99, noNaN: true }),
        fc.integer(),
        (n, testSize, seed) => {
          fc.pre(Math.ceil(testSize * n) < n);
          const { trainIndices, testIndices } = trainTestSplit(new Int8Array(n), new Int8Array(n), { testSize, seed });
          expect(testIndices.length).toBe(Math.ceil(testSize * n));
          expect([...trainIndices, ...testIndices].sort((a, b) => a - b)).toEqual(
            Array.from({ length: n }, (_, i) => i),
          );
        },
      ),
    );
  });

  it('keeps class proportions when stratifying', () => {
    const y = Array.from({ length: 100 }, (_, i) => (i < 80 ? 'a' : 'b'));
    const { yTrain, yTest } = trainTestSplit(y, y, { testSize: 0.25, stratify: true, seed: 1 });
    expect([yTrain.filter((v) => v === 'a').length, yTest.filter((v) => v === 'a').length]).toEqual([60, 20]);
    const other = trainTestSplit(
      y.map((_, i) => i),
      y,
      { testSize: 0.5, stratify: y.map((_, i) => i % 2), seed: 1 },
    );
    expect(other.XTest.filter((i) => i % 2 === 0).length).toBe(25);
  });

  it('gives parts of the kind that went in, of any rank', () => {
    const data = Float32Array.from({ length: 24 }, (_, i) => i);
    const options = { testSize: 1, shuffle: false } as const;
    const images = trainTestSplit(
      tensor(data, { shape: [4, 3, 2] }),
      tensor([0, 1, 0, 1], { dtype: 'uint8' }),
      options,
    );
    expect([images.XTrain.shape, images.XTrain.dtype, images.yTest.dtype, images.yTest.toArraySync()]).toEqual([
      [3, 3, 2],
      'float32',
      'uint8',
      [1],
    ]);
    const flat = trainTestSplit({ data, shape: [4, 6] }, [true, false, true, false], options);
    expect(flat.XTest).toEqual({ data: data.slice(18), shape: [1, 6] });
    expect(flat.yTest).toEqual([false]);
    const nd = trainTestSplit(ndarray(data, [6, 4]).transpose(1, 0), new Float64Array(4), options);
    expect(nd.XTest.get(0, 5)).toBe(23);
    expect(nd.XTest.shape).toEqual([1, 6]);
    expect(nd.yTrain).toBeInstanceOf(Float64Array);
  });

  const refused: [string, () => unknown, RegExp][] = [
    ['different lengths', () => trainTestSplit([1, 2], [1]), /2 samples and y 1/],
    ['a size of 0', () => trainTestSplit([1, 2], [1, 2], { testSize: 0 }), /testSize/],
    ['as many as there are', () => trainTestSplit([1, 2], [1, 2], { testSize: 2 }), /from 1 to 1/],
    ['a fractional count', () => trainTestSplit([1, 2, 3], [1, 2, 3], { trainSize: 1.5 }), /trainSize/],
    ['fractions above 1', () => trainTestSplit([1, 2], [1, 2], { testSize: 0.6, trainSize: 0.6 }), /more than 1/],
    ['counts above all', () => trainTestSplit([1, 2, 3], [1, 2, 3], { testSize: 2, trainSize: 2 }), /more than the 3/],
    ['nothing to train on', () => trainTestSplit([1], [1], {}), /none would be left/],
    [
      'stratifying without shuffling',
      () => trainTestSplit([1, 2], [1, 2], { shuffle: false, stratify: true }),
      /needs shuffle/,
    ],
    [
      'a class with one sample',
      () => trainTestSplit([1, 2, 3, 4], [0, 0, 0, 1], { stratify: true }),
      /class 1 has only 1/,
    ],
    [
      'a test part too small',
      () => trainTestSplit([1, 2, 3, 4, 5, 6], [0, 0, 1, 1, 2, 2], { stratify: true, testSize: 2 }),
      /test part of 2/,
    ],
    ['no array', () => trainTestSplit('text' as never, [1]), /the string 'text'/],
  ];
  for (const [what, run, message] of refused) it(`refuses ${what}`, () => expect(run).toThrow(message));
});

describe('splitters', () => {
  it('leave one out', () => {
    expect(
      [...new LeaveOneOut().split([7, 8, 9])].map(({ train, test }) => [Array.from(train), Array.from(test)]),
    ).toEqual([
      [[1, 2], [0]],
      [[0, 2], [1]],
      [[0, 1], [2]],
    ]);
  });
  it('tell of a class with fewer samples than parts', () => {
    const heard: string[] = [];
    const y = [0, 0, 0, 0, 1];
    const parts = [...new StratifiedKFold({ nSplits: 3, onWarning: (w) => heard.push(w.message) }).split(y, y)];
    expect(parts.length).toBe(3);
    expect(heard).toEqual([expect.stringMatching(/only 1 samples, fewer than nSplits 3/)]);
  });
  const refused: [string, () => unknown, RegExp][] = [
    ['one part', () => new KFold({ nSplits: 1 }).split([1, 2]), /nSplits/],
    ['more parts than samples', () => new KFold({ nSplits: 3 }).split([1, 2]), /2 samples can't be dealt into 3/],
    ['a seed without shuffling', () => new KFold({ seed: 1 }).split([1, 2, 3, 4, 5]), /no effect without shuffle/],
    [
      'classes all too small',
      () => new StratifiedKFold({ nSplits: 3 }).split([1, 2, 3, 4], [0, 0, 1, 1]),
      /no class has 3/,
    ],
    ['no labels', () => new StratifiedKFold({ nSplits: 2 }).split([1, 2]), /needs the labels/],
    ['one sample', () => new LeaveOneOut().split([1]), /at least 2/],
    ['no splits', () => new ShuffleSplit({ nSplits: 0 }).split([1, 2, 3]), /nSplits/],
  ];
  for (const [what, run, message] of refused) it(`refuse ${what}`, () => expect(run).toThrow(message));
});
