import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ConfigError, FormatError, ShapeError } from '../../src/core/errors';
import { CsrMatrix, digits, iris, wine } from '../../src/data/index';
import { fromJSON, fromState, type ModelState } from '../../src/estimator/state';
import {
  FittedKNeighborsClassifier,
  FittedKNeighborsRegressor,
  FittedNearestCentroid,
  FittedNearestNeighbors,
  FittedRadiusNeighborsClassifier,
  FittedRadiusNeighborsRegressor,
  KNeighborsClassifier,
  KNeighborsRegressor,
  kneighbors,
  type MetricName,
  NearestCentroid,
  type NearestCentroidOptions,
  NearestNeighbors,
  RadiusNeighborsClassifier,
  RadiusNeighborsRegressor,
} from '../../src/neighbors/index';
import { checkEstimator } from '../../src/testing/index';
import { refuses } from '../bad-input/refusals';

const golden = JSON.parse(readFileSync(new URL('../fixtures/neighbors/neighbors.json', import.meta.url), 'utf8'));

/** A row of any part of the goldens. */
interface Row {
  readonly data: string;
  readonly metric: MetricName & NearestCentroidOptions['metric'];
  readonly p: number;
  readonly k: number;
  readonly weights: 'uniform' | 'distance';
  readonly radius: number;
  readonly shrink: number | null;
  readonly train: number[] | null;
  readonly distances: number[];
  readonly indices: number[];
  readonly own: number[];
  readonly predict: number[];
  readonly proba: number[];
  readonly score: number;
  readonly counts: number[];
  readonly first: number[];
  readonly last: number[];
  readonly regress: (number | null)[];
  readonly centroids: number[];
}

/** The generator's `load`: the values moved apart, so that no two distances are equal. */
function load(name: string): { X: number[][]; y: number[] } {
  const { X, y } = { iris, wine, digits }[name as 'iris']();
  const [rows, cols] = [name === 'digits' ? 300 : X.shape[0], X.shape[1]];
  return {
    X: Array.from({ length: rows }, (_, i) =>
      Array.from({ length: cols }, (_v, j) => X.data[i * cols + j]! + 1e-3 * Math.sin(1 + 7 * i + 3 * j)),
    ),
    y: Array.from(y.subarray(0, rows)),
  };
}

function expectClose(got: ArrayLike<number>, expected: readonly number[], digits = 8): void {
  expect(got.length).toBe(expected.length);
  for (let i = 0; i < expected.length; i++) expect(got[i]).toBeCloseTo(expected[i]!, digits);
}

const take = <T>(list: readonly T[], index: readonly number[]): T[] => index.map((i) => list[i]!);

describe('NearestNeighbors as scikit-learn', () => {
  for (const row of golden.search as Row[]) {
    for (const algorithm of ['auto', 'brute', 'kdTree'] as const) {
      it(`${row.data}, ${row.metric}, p ${row.p}, ${algorithm}`, async () => {
        const { X } = load(row.data);
        const options = { nNeighbors: 4, metric: row.metric as MetricName, p: row.p, algorithm };
        const model = await new NearestNeighbors(options).fit(X.slice(0, -20));
        const { distances, indices } = model.kneighbors(X.slice(-20));
        expect([distances.shape, distances.dtype, indices.dtype]).toEqual([[20, 4], 'float64', 'int32']);
        expectClose(distances.dataSync(), row.distances);
        expect(Array.from(indices.dataSync())).toEqual(row.indices);
        const own = model.kneighbors(null, { nNeighbors: 2, returnDistance: false });
        expect('distances' in own).toBe(false);
        expect(Array.from(own.indices.dataSync().slice(0, 60))).toEqual(row.own);
      });
    }
  }

  it('measures Hamming distances, and sparse samples in every metric', async () => {
    const { X } = digits();
    const rows = Array.from({ length: 120 }, (_, i) => Array.from(X.data.subarray(64 * i, 64 * i + 64)));
    const bits = rows.map((row) => row.map((v) => Number(v > 7)));
    const hamming = await kneighbors(bits.slice(0, 100), {
      queries: bits.slice(100),
      nNeighbors: 6,
      metric: 'hamming',
    });
    expectClose(hamming.distances.dataSync(), golden.hamming);
    for (const metric of ['euclidean', 'manhattan', 'chebyshev', 'cosine', 'hamming'] as const) {
      const options = { queries: rows.slice(100), nNeighbors: 3, metric };
      const dense = await kneighbors(rows.slice(0, 100), options);
      for (const queries of [rows.slice(100), CsrMatrix.fromDense(rows.slice(100))]) {
        const sparse = await kneighbors(CsrMatrix.fromDense(rows.slice(0, 100)), { ...options, queries });
        expect(sparse.distances.dataSync()).toEqual(dense.distances.dataSync());
        expect(sparse.indices.dataSync()).toEqual(dense.indices.dataSync());
      }
      const mixed = await kneighbors(rows.slice(0, 100), { ...options, queries: CsrMatrix.fromDense(rows.slice(100)) });
      expect(mixed.indices.dataSync()).toEqual(dense.indices.dataSync());
    }
  });

  it('counts points at 0 as 1 away from all others by cosine', async () => {
    for (const points of [
      [
        [0, 0],
        [1, 1],
        [0, 2],
      ],
      CsrMatrix.fromDense([
        [0, 0],
        [1, 1],
        [0, 2],
      ]),
    ]) {
      const { distances } = await kneighbors(points, { queries: [[0, 0]], nNeighbors: 3, metric: 'cosine' });
      expectClose(distances.dataSync(), [1, 1, 1], 14);
    }
  });

  it('gives the graph of neighbours', async () => {
    const model = await new NearestNeighbors({ nNeighbors: 3 }).fit(load('iris').X.slice(0, 40));
    const graph = model.kneighborsGraph(null, { mode: 'distance' });
    expect(graph.shape).toEqual([40, 40]);
    expect(Array.from(graph.indices)).toEqual(golden.graph.indices);
    expect(Array.from(graph.indptr)).toEqual(golden.graph.indptr);
    expectClose(graph.data, golden.graph.data);
    expect(new Set(model.kneighborsGraph().data)).toEqual(new Set([1]));
  });

  it('takes the lower row of equally near points, whatever the algorithm', async () => {
    const X = [[2], [1], [0], [1], [3]];
    for (const algorithm of ['brute', 'kdTree'] as const) {
      for (const metric of ['euclidean', 'manhattan', 'chebyshev'] as const) {
        const { indices } = await kneighbors(X, { queries: [[1], [2]], nNeighbors: 3, algorithm, metric });
        expect(indices.toArraySync()).toEqual([
          [1, 3, 0],
          [0, 1, 3],
        ]);
      }
    }
  });

  it('does not notice what becomes of the data it was fitted with', async () => {
    const X = { data: Float64Array.of(0, 1, 5), shape: [3, 1] };
    const model = await new NearestNeighbors({ nNeighbors: 1 }).fit(X);
    X.data.fill(9);
    expect(model.kneighbors([[0.9]]).indices.dataSync()[0]).toBe(1);
  });
});

/** The permutation that the generator trained with is in the first row of each data set. */
const trainOf = (data: string): number[] =>
  (golden.classify as Row[]).find((r) => r.data === data && r.train !== null)!.train!;

describe('models by neighbours as scikit-learn', () => {
  for (const [at, row] of (golden.classify as Row[]).entries()) {
    it(`KNeighbors: ${row.data}, ${row.weights}, k ${row.k}`, async () => {
      const { X, y } = load(row.data);
      const train = trainOf(row.data);
      const test = X.map((_, i) => i).filter((i) => !train.includes(i));
      const order = Array.from(X.keys()).sort((a, b) => Math.sin(a * 12.9898) - Math.sin(b * 12.9898));
      const ask = [...order.slice(-30), ...train.slice(0, 3)];
      expect(test.length).toBe(30);
      const model = await new KNeighborsClassifier({ nNeighbors: row.k, weights: row.weights }).fit(
        take(X, train),
        take(y, train),
      );
      expect(model.predict(take(X, ask))).toEqual(row.predict);
      expectClose(model.predictProba(take(X, ask)).dataSync(), row.proba);
      expect(model.score(take(X, ask), take(y, ask))).toBeCloseTo(row.score, 12);
      const regressor = new KNeighborsRegressor({ nNeighbors: row.k, weights: row.weights, metric: 'manhattan' });
      const targets = train.map((i) => X[i]![1]! * 2 - y[i]!);
      const fitted = await regressor.fit(take(X, train), targets);
      expectClose(fitted.predict(take(X, ask)), golden.regress[at].predict);
    });
  }

  for (const row of golden.radius as Row[]) {
    it(`RadiusNeighbors: ${row.data}, ${row.weights}`, async () => {
      const { X, y } = load(row.data);
      const train = trainOf(row.data);
      const order = Array.from(X.keys()).sort((a, b) => Math.sin(a * 12.9898) - Math.sin(b * 12.9898));
      const test = take(X, order.slice(-30));
      for (const algorithm of ['brute', 'kdTree'] as const) {
        const options = { radius: row.radius, weights: row.weights, algorithm };
        const model = await new RadiusNeighborsClassifier({ ...options, outlierLabel: 'mostFrequent' }).fit(
          take(X, train),
          take(y, train),
        );
        expect(model.predict(test)).toEqual(row.predict);
        expectClose(model.predictProba(test).dataSync(), row.proba);
        const { indices } = model.radiusNeighbors(test);
        expect(indices.map((v) => v.length)).toEqual(row.counts);
        expect(indices.map((v) => v[0] ?? -1)).toEqual(row.first);
        expect(indices.map((v) => v[v.length - 1] ?? -1)).toEqual(row.last);
        const regressor = new RadiusNeighborsRegressor(options);
        const targets = train.map((i) => X[i]![0]! + y[i]!);
        const predicted = (await regressor.fit(take(X, train), targets)).predict(test);
        row.regress.forEach((v, i) => {
          if (v === null) expect(predicted[i]).toBeNaN();
          else expect(predicted[i]).toBeCloseTo(v, 9);
        });
      }
    });
  }

  for (const row of golden.centroid as Row[]) {
    it(`NearestCentroid: ${row.data}, ${row.metric}, shrink ${row.shrink}`, async () => {
      const { X, y } = load(row.data);
      const cols = X[0]!.length;
      const moved = X.map((r, i) => r.map((v, j) => v + 0.01 * Math.cos(i * cols + j)));
      const model = await new NearestCentroid({ metric: row.metric, shrinkThreshold: row.shrink }).fit(moved, y);
      expectClose(model.centroids.subarray(0, row.centroids.length), row.centroids);
      const order = Array.from(X.keys()).sort((a, b) => Math.sin(a * 12.9898) - Math.sin(b * 12.9898));
      expect(model.predict(take(X, order.slice(-30)))).toEqual(row.predict);
    });
  }

  it('lets a function weigh the neighbours', async () => {
    const weights = (d: Float64Array): number[] => Array.from(d, (v) => 1 / (1 + v));
    const model = await new KNeighborsClassifier({ nNeighbors: 3, weights }).fit([[0], [1], [3]], ['a', 'b', 'b']);
    expect(Array.from(model.predictProba([[0]]).dataSync())).toEqual([1 / 1.75, 0.75 / 1.75]);
    expect(() => model.toState()).toThrow(ConfigError);
    const negative = await new KNeighborsRegressor({ nNeighbors: 2, weights: () => [1, -1] }).fit([[0], [1]], [0, 1]);
    expect(() => negative.predict([[0]])).toThrow(/must be ≥ 0/);
  });
});

describe('contracts', () => {
  const estimators = [
    ['KNeighborsClassifier', () => new KNeighborsClassifier({ nNeighbors: 3 })],
    ['KNeighborsClassifier by distance', () => new KNeighborsClassifier({ weights: 'distance', metric: 'cosine' })],
    ['KNeighborsRegressor', () => new KNeighborsRegressor({ nNeighbors: 3, algorithm: 'kdTree' })],
    ['RadiusNeighborsClassifier', () => new RadiusNeighborsClassifier({ radius: 3 })],
    ['RadiusNeighborsRegressor', () => new RadiusNeighborsRegressor({ radius: 3 })],
    ['NearestCentroid', () => new NearestCentroid({ shrinkThreshold: 0.1 })],
  ] as const;
  for (const [name, make] of estimators) {
    it(`${name} is an estimator`, async () => {
      await checkEstimator(make as never, { sampleWeight: false, minScore: 0.7 });
    });
  }

  const classes = [
    FittedKNeighborsClassifier,
    FittedKNeighborsRegressor,
    FittedRadiusNeighborsClassifier,
    FittedRadiusNeighborsRegressor,
    FittedNearestCentroid,
    FittedNearestNeighbors,
  ] as const;
  for (const [name, make] of estimators) {
    it(`${name} predicts the same after a round trip through JSON`, async () => {
      const { X, y } = load('iris');
      for (const samples of name === 'NearestCentroid' ? [X] : [X, CsrMatrix.fromDense(X)]) {
        const sparse = !Array.isArray(samples);
        const options = { ...make().options, ...(sparse ? { algorithm: 'auto' as const } : {}) };
        const model = await new (make().constructor as never as new (o: object) => KNeighborsClassifier)(options).fit(
          samples,
          y,
        );
        const again = fromState(fromJSON(JSON.parse(JSON.stringify(model))) as ModelState, classes as never) as never;
        expect((again as typeof model).predict(X)).toEqual(model.predict(X));
        expect((again as typeof model).name).toBe(model.name);
      }
    });
  }

  it('NearestNeighbors goes through JSON, too', async () => {
    const model = await new NearestNeighbors({ nNeighbors: 2, metric: 'chebyshev' }).fit([
      [0, 1],
      [2, 3],
      [4, 9],
    ]);
    const again = FittedNearestNeighbors.fromState(fromJSON(JSON.parse(JSON.stringify(model))) as ModelState);
    expect(again.kneighbors().distances.toArraySync()).toEqual(model.kneighbors().distances.toArraySync());
    expect(() => fromState({ type: 'Other' }, classes as never)).toThrow(FormatError);
  });
});

describe('what can not be done is refused', () => {
  const X = [[0], [1], [2]];
  const y = [0, 1, 1];
  refuses([
    ['k above the points', () => new KNeighborsClassifier({ nNeighbors: 4 }).fit(X, y), ShapeError, /only 3/],
    ['k above the other points', () => kneighbors(X, { nNeighbors: 3 }), ShapeError, /only 2/],
    ['k of 0', () => new NearestNeighbors({ nNeighbors: 0 }).fit(X), ConfigError, /integer ≥ 1/],
    ['k that is no integer', () => kneighbors(X, { nNeighbors: 1.5 }), ConfigError, /integer ≥ 1/],
    ['an unknown metric', () => kneighbors(X, { metric: 'l3' as never, nNeighbors: 1 }), ConfigError, /one of/],
    ['p below 1', () => kneighbors(X, { p: 0.5, nNeighbors: 1 }), ConfigError, /p must be/],
    ['an unknown algorithm', () => kneighbors(X, { algorithm: 'ball' as never }), ConfigError, /algorithm/],
    ['unknown options', () => kneighbors(X, { n_neighbors: 2 } as never), ConfigError, /nNeighbors/],
    [
      'weights by another name',
      () => new KNeighborsRegressor({ weights: 'no' as never }).fit(X, y),
      ConfigError,
      /weights/,
    ],
    [
      'a tree of sparse samples',
      () => new NearestNeighbors({ algorithm: 'kdTree' }).fit(CsrMatrix.fromDense(X)),
      ConfigError,
      /brute/,
    ],
    ['a negative radius', () => new RadiusNeighborsClassifier({ radius: -1 }).fit(X, y), ConfigError, /radius/],
    [
      'a label of outliers that is none',
      () => new RadiusNeighborsClassifier({ outlierLabel: 7 }).fit(X, y),
      ConfigError,
      /outlierLabel/,
    ],
    [
      'outliers without a label',
      async () => (await new RadiusNeighborsClassifier().fit(X, y)).predict([[9]]),
      ConfigError,
      /no neighbour/,
    ],
    ['other features', () => kneighbors(X, { queries: [[1, 2]], nNeighbors: 1 }), ShapeError, /features/],
    ['NaN', () => kneighbors([[NaN], [1]], { nNeighbors: 1 }), ConfigError, /NaN/],
    [
      'a constant table to shrink',
      () => new NearestCentroid({ shrinkThreshold: 1 }).fit([[1], [1], [1]], y),
      ConfigError,
      /shrinkThreshold/,
    ],
    [
      'a shrinkThreshold of 0',
      () => new NearestCentroid({ shrinkThreshold: 0 }).fit(X, y),
      ConfigError,
      /shrinkThreshold/,
    ],
  ]);
});
