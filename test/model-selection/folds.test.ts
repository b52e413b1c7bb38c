import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/core/errors';
import { numpySum } from '../../src/core/numpy-sum';
import type { Splitter } from '../../src/data/index';
import * as selection from '../../src/model-selection/index';
import { numpyArgsort } from '../../src/model-selection/splits/numpy-order';
import { numpyRandom } from '../../src/ops/numpy-random';

interface Golden {
  readonly splitter: keyof typeof SPLITTERS;
  readonly options: Readonly<Record<string, unknown>> & { readonly seed?: number };
  readonly y: number[];
  readonly groups: number[];
  readonly parts: (number[] | [number[], number[]])[];
  readonly n: number;
}
const goldens = JSON.parse(
  readFileSync(new URL('../fixtures/model-selection/folds.json', import.meta.url), 'utf8'),
) as {
  folds: Golden[];
  orders: { values: number[]; order: number[] }[];
  sums: { values: number[]; sum: number }[];
};

const SPLITTERS = {
  KFold: selection.KFold,
  StratifiedKFold: selection.StratifiedKFold,
  GroupKFold: selection.GroupKFold,
  StratifiedGroupKFold: selection.StratifiedGroupKFold,
  RepeatedKFold: selection.RepeatedKFold,
  RepeatedStratifiedKFold: selection.RepeatedStratifiedKFold,
  TimeSeriesSplit: selection.TimeSeriesSplit,
  LeaveOneOut: selection.LeaveOneOut,
  LeavePOut: selection.LeavePOut,
  LeaveOneGroupOut: selection.LeaveOneGroupOut,
  LeavePGroupsOut: selection.LeavePGroupsOut,
  ShuffleSplit: selection.ShuffleSplit,
  StratifiedShuffleSplit: selection.StratifiedShuffleSplit,
  GroupShuffleSplit: selection.GroupShuffleSplit,
  PredefinedSplit: selection.PredefinedSplit,
} as const;

type AnySplitter = Splitter & { readonly name: string; getNSplits(X: unknown, y: unknown, groups: unknown): number };
const make = (name: keyof typeof SPLITTERS, options: object): AnySplitter =>
  new (SPLITTERS[name] as unknown as new (options: object) => AnySplitter)(options);

describe('folds are scikit-learn’s', () => {
  goldens.folds.forEach((g, i) => {
    it(`${i}: ${g.splitter} ${JSON.stringify(g.options)} of ${g.y.length}`, () => {
      const seed = g.options.seed === undefined ? {} : { seed: numpyRandom(g.options.seed) };
      const splitter = make(g.splitter, { ...g.options, ...seed });
      const parts = [...splitter.split(g.y, g.y, g.groups)];
      const onlyTests = typeof g.parts[0]![0] === 'number';
      const got = parts.map(({ train, test }) =>
        onlyTests ? Array.from(test) : [Array.from(train), Array.from(test)],
      );
      expect(got).toEqual(g.parts);
      expect(splitter.getNSplits(g.y, g.y, g.groups)).toBe(g.n);
      expect(splitter.name).toBe(g.splitter);
      expect([...splitter.split(g.y, g.y, g.groups)].map(({ test }) => Array.from(test))).toEqual(
        parts.map(({ test }) => Array.from(test)),
      );
    });
  });
  it('even where NumPy’s sort decides between equal values, and its sums by the last bit', () => {
    for (const { values, order } of goldens.orders) expect(Array.from(numpyArgsort(values))).toEqual(order);
    for (const { values, sum } of goldens.sums) expect(numpySum(values)).toBe(sum);
  });
});

describe('laws', () => {
  const problem = fc
    .record({ n: fc.integer({ min: 12, max: 60 }), groups: fc.integer({ min: 4, max: 12 }), seed: fc.nat(1000) })
    .map(({ n, groups, seed }) => {
      const at = Array.from({ length: n }, (_, i) => (i * 2654435761 + seed * 97) >>> 0);
      return {
        y: at.map((v, i) => (i < 2 ? i : v % 2)),
        groups: at.map((v, i) => (i < groups ? i : (v >>> 3) % groups)),
        seed,
      };
    });
  const partitions = ['KFold', 'StratifiedKFold', 'GroupKFold', 'StratifiedGroupKFold'] as const;

  it('of all that deal: test parts partition the samples, training parts are the others', () => {
    fc.assert(
      fc.property(problem, fc.constantFrom(...partitions), fc.boolean(), ({ y, groups, seed }, name, shuffle) => {
        const count = Math.max(y.filter((v) => v === 1).length, y.filter((v) => v === 0).length);
        const splitter = make(name, { nSplits: Math.min(3, count), ...(shuffle ? { shuffle, seed } : {}) });
        const tested = new Int32Array(y.length);
        for (const { train, test } of splitter.split(y, y, groups)) {
          for (const i of test) tested[i]!++;
          expect([...train, ...test].sort((a, b) => a - b)).toEqual([...y.keys()]);
        }
        expect(tested.every((times) => times === 1)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });
  it('of all that keep groups: none is in both parts', () => {
    const grouped = [
      ['GroupKFold', { nSplits: 3 }],
      ['GroupKFold', { nSplits: 3, shuffle: true, seed: 1 }],
      ['StratifiedGroupKFold', { nSplits: 3 }],
      ['GroupShuffleSplit', { nSplits: 3, seed: 2 }],
      ['LeaveOneGroupOut', {}],
      ['LeavePGroupsOut', { nGroups: 2 }],
    ] as const;
    fc.assert(
      fc.property(problem, fc.constantFrom(...grouped), ({ y, groups }, [name, options]) => {
        for (const { train, test } of make(name, options).split(y, y, groups)) {
          const inTrain = new Set(Array.from(train, (i) => groups[i]));
          expect(Array.from(test).some((i) => inTrain.has(groups[i]!))).toBe(false);
          expect(train.length * test.length).toBeGreaterThan(0);
        }
      }),
      { numRuns: 60 },
    );
  });
  it('of stratified parts: shares of a class differ by at most one sample', () => {
    fc.assert(
      fc.property(problem, ({ y, seed }) => {
        const k = 2;
        if (Math.max(y.filter((v) => v === 1).length, y.filter((v) => v === 0).length) < k) return;
        const splitter = new selection.StratifiedKFold({ nSplits: k, shuffle: true, seed });
        const ones = [...splitter.split(y, y)].map(({ test }) => Array.from(test).filter((i) => y[i] === 1).length);
        expect(Math.max(...ones) - Math.min(...ones)).toBeLessThanOrEqual(1);
      }),
      { numRuns: 40 },
    );
  });
  it('of time: training ends before testing begins', () => {
    fc.assert(
      fc.property(fc.integer({ min: 16, max: 50 }), fc.integer({ min: 0, max: 3 }), (n, gap) => {
        for (const { train, test } of make('TimeSeriesSplit', { nSplits: 3, gap }).split(new Array(n).fill(0)))
          expect(train.at(-1)! + gap).toBeLessThan(test[0]!);
      }),
    );
  });
});

describe('splitters refuse', () => {
  const y = [0, 0, 0, 1, 1, 1, 1, 1];
  const groups = ['a', 'a', 'b', 'b', 'c', 'c', 'c', 'c'];
  const rows: [keyof typeof SPLITTERS, object, RegExp, (unknown[] | undefined)?][] = [
    ['GroupKFold', {}, /3 groups can't be dealt into 5/],
    ['GroupKFold', { nSplits: 2 }, /needs the group/, [y, y]],
    ['GroupKFold', { nSplits: 2 }, /8 samples and groups 2/, [y, y, ['a', 'b']]],
    ['GroupKFold', { nSplits: 2, seed: 1 }, /no effect without shuffle/],
    ['StratifiedGroupKFold', { nSplits: 6 }, /no class has 6/],
    ['StratifiedGroupKFold', { nSplits: 5 }, /3 groups can't be dealt into 5/],
    ['StratifiedGroupKFold', { nSplits: 2 }, /names no class/, [y, y.map((v) => v + 0.5), groups]],
    ['RepeatedKFold', { nRepeats: 0 }, /nRepeats must be an integer ≥ 1/],
    ['RepeatedKFold', { nSplits: 9 }, /8 samples can't be dealt into 9/],
    ['RepeatedKFold', { shuffle: true }, /unknown option 'shuffle'/],
    ['RepeatedStratifiedKFold', { nSplits: 6 }, /no class has 6/],
    ['RepeatedStratifiedKFold', { nSplits: 2 }, /needs the labels/, [y]],
    ['KFold', { shuffle: 1 }, /shuffle must be true or false/],
    ['TimeSeriesSplit', { nSplits: 8 }, /too few for 8 splits, which need 9/],
    ['TimeSeriesSplit', { nSplits: 3, testSize: 3 }, /too few for 3 splits with testSize 3 and gap 0/],
    ['TimeSeriesSplit', { gap: -1 }, /gap must be an integer ≥ 0/],
    ['TimeSeriesSplit', { maxTrainSize: 0.5 }, /maxTrainSize must be/],
    ['LeavePOut', {}, /p must be an integer ≥ 1, got undefined/],
    ['LeavePOut', { p: 8 }, /p 8 must be less than the number of samples, 8/],
    ['LeaveOneOut', {}, /at least 2 samples/, [[1]]],
    ['LeaveOneGroupOut', {}, /at least 2 groups/, [y, y, y.map(() => 1)]],
    ['LeavePGroupsOut', { nGroups: 3 }, /nGroups 3 must be less/],
    ['ShuffleSplit', { nSplits: 0 }, /nSplits must be an integer ≥ 1/],
    ['ShuffleSplit', { test_size: 0.5 }, /did you mean 'testSize'/],
    ['ShuffleSplit', { testSize: 8 }, /testSize must be a fraction/],
    ['GroupShuffleSplit', { testSize: 4 }, /testSize must be a fraction/],
    ['StratifiedShuffleSplit', { testSize: 1 }, /can't hold all 2 classes/],
    ['PredefinedSplit', { testFold: [0, -2] }, /from −1 on, got -2/],
    ['PredefinedSplit', { testFold: [-1, -1] }, /names no part/],
    ['PredefinedSplit', { testFold: [0, 1] }, /has 2 entries/],
    ['PredefinedSplit', {}, /names no part/],
  ];
  for (const [name, options, message, args = [y, y, groups]] of rows) {
    it(`${name} ${JSON.stringify(options)}: ${message.source}`, () => {
      const split = (): unknown => [...make(name, options).split(...(args as [never, never, never]))];
      expect(split).toThrow(ConfigError);
      expect(split).toThrow(message);
    });
  }
  it('nothing of classes that are rarer than parts, but tell of them', () => {
    for (const name of ['StratifiedKFold', 'RepeatedStratifiedKFold', 'StratifiedGroupKFold'] as const) {
      const told: string[] = [];
      const onWarning = (warning: Error): unknown => told.push(warning.message);
      [...make(name, { nSplits: 3, onWarning }).split(y, [0, 0, 1, 1, 1, 1, 1, 1], groups)];
      expect(told.join()).toMatch(/smallest class has only 2 samples/);
    }
  });
});
