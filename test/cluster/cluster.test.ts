import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  DBSCAN,
  FittedDBSCAN,
  FittedKMeans,
  FittedMiniBatchKMeans,
  KMeans,
  MiniBatchKMeans,
} from '../../src/cluster/index';
import { ConfigError, NotConvergedWarning, ShapeError } from '../../src/core/errors';
import { breastCancer, CsrMatrix, digits, iris, wine } from '../../src/data/index';
import { fromJSON, type ModelState } from '../../src/estimator/state';
import { numpyRandom } from '../../src/ops/numpy-random';
import { checkTransform } from '../../src/testing/index';
import { js, refuses } from '../bad-input/refusals';

const golden = JSON.parse(readFileSync(new URL('../fixtures/cluster/cluster.json', import.meta.url), 'utf8'));

interface Row {
  readonly data: 'iris' | 'wine' | 'breast_cancer' | 'digits';
  readonly k: number;
  readonly seed: number;
  readonly options: { readonly [name: string]: number | string | boolean };
  readonly labels: string;
  readonly inertia: number;
  readonly nIter: number;
  readonly nSteps: number;
  readonly centers: number[];
  readonly distances: number[];
  readonly score: number;
}

/** The generator's data: the values moved apart, so that no sample is as near to one centre as to another. */
function load(name: Row['data']): number[][] {
  const { X } = { iris, wine, breast_cancer: breastCancer, digits }[name]();
  const [rows, cols] = [name === 'digits' ? 400 : X.shape[0], X.shape[1]];
  return Array.from({ length: rows }, (_, i) =>
    Array.from({ length: cols }, (_v, j) => X.data[i * cols + j]! + 1e-3 * Math.sin(1 + 7 * i + 3 * j)),
  );
}

const weightsFor = (n: number): number[] => Array.from({ length: n }, (_, i) => 0.5 + (i % 4));

const camel = (name: string): string => name.replace(/_([a-z])/g, (_, c: string) => c.toUpperCase());

/** The data and options of a row, in our names. */
function prepare({ data, k, seed, options }: Row) {
  const X = load(data);
  const { weighted, sparse, ...rest } = options;
  const ours = Object.fromEntries(Object.entries(rest).map(([name, v]) => [camel(name), v]));
  return {
    X: sparse === true ? CsrMatrix.fromDense(X) : X,
    fit: weighted === true ? { sampleWeight: weightsFor(X.length) } : {},
    options: { nClusters: k, nInit: 1, seed: numpyRandom(seed), ...ours },
  };
}

function expectClose(got: ArrayLike<number>, expected: readonly number[], tolerance = 1e-8): void {
  expect(got.length).toBe(expected.length);
  expected.forEach((v, i) => {
    expect(Math.abs(got[i]! - v), `${got[i]} and ${v} at ${i}`).toBeLessThanOrEqual(tolerance * (1 + Math.abs(v)));
  });
}

function expectSame(model: FittedKMeans | FittedMiniBatchKMeans, row: Row, X: number[][] | CsrMatrix): void {
  expect(Array.from(model.labels, (l) => String.fromCharCode(48 + l)).join('')).toBe(row.labels);
  expect(model.nIter).toBe(row.nIter);
  expectClose([model.inertia], [row.inertia]);
  const cols = model.nFeatures;
  expectClose(
    Array.from(model.clusterCenters.dataSync()).filter((_, at) => at % cols < 5),
    row.centers,
  );
  const two = Array.isArray(X) ? X.slice(0, 2) : X.takeRows([0, 1]);
  const distances = model.transform(two) as unknown;
  expectClose(
    Array.isArray(distances) ? distances.flat() : (distances as { data: Float64Array }).data,
    row.distances,
    1e-6,
  );
  expectClose([model.score(X)], [row.score]);
  expect(model.predict(X)).toEqual(model.labels);
}

describe('KMeans draws, assigns and stops as scikit-learn', () => {
  for (const row of golden.kmeans as Row[]) {
    it(`${row.data}, k ${row.k}, ${JSON.stringify(row.options)}`, async () => {
      const { X, fit, options } = prepare(row);
      expectSame(await new KMeans(options).fit(X, null, fit), row, X);
    });
  }

  it('moves a centre without samples to the farthest one', async () => {
    const model = await new KMeans({ nClusters: 3, init: golden.empty.init }).fit(load('iris'));
    expectSame(model, golden.empty, load('iris'));
  });
});

describe('MiniBatchKMeans draws the same batches as scikit-learn', () => {
  for (const row of golden.mini as Row[]) {
    it(`${row.data}, k ${row.k}, ${JSON.stringify(row.options)}`, async () => {
      const { X, fit, options } = prepare(row);
      const model = await new MiniBatchKMeans(options).fit(X, null, fit);
      expect(model.nSteps).toBe(row.nSteps);
      expectSame(model, row, X);
    });
  }
});

describe('DBSCAN as scikit-learn', () => {
  for (const row of golden.dbscan) {
    it(`${row.data}, eps ${row.eps}, ${row.metric}${row.weighted ? ', weighted' : ''}`, async () => {
      const X = load(row.data);
      const options = { eps: row.eps, minSamples: row.k, metric: row.metric };
      const fit = row.weighted ? { sampleWeight: weightsFor(X.length) } : {};
      for (const samples of [X, CsrMatrix.fromDense(X)]) {
        const model = await new DBSCAN(options).fit(samples, null, fit);
        expect(Array.from(model.labels)).toEqual(row.labels);
        expect(model.coreSampleIndices.length).toBe(row.core);
      }
    });
  }
});

describe('laws', () => {
  it('every label is that of the nearest centre, and every settled centre the mean of its samples', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.integer({ min: -9, max: 9 }), fc.integer({ min: -9, max: 9 })), {
          minLength: 4,
          maxLength: 40,
        }),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 0, max: 1e6 }),
        async (X, nClusters, seed) => {
          const model = await new KMeans({ nClusters, seed, tol: 0 }).fit(X);
          const distances = model.transform(X) as unknown as number[][];
          model.labels.forEach((l, i) => {
            expect(distances[i]![l]).toBe(Math.min(...distances[i]!));
          });
          const centers = model.clusterCenters.toArraySync() as number[][];
          if (new Set(model.labels).size < nClusters) expect(model.warnings[0]).toBeInstanceOf(NotConvergedWarning);
          else
            centers.forEach((center, c) => {
              const own = X.filter((_, i) => model.labels[i] === c);
              center.forEach((v, t) => {
                expect(v).toBeCloseTo(own.reduce((s, x) => s + x[t]!, 0) / own.length, 9);
              });
            });
        },
      ),
      { numRuns: 40 },
    );
  });

  it('the same seed gives the same clusters, on any backend and for large sets on the engine', async () => {
    const { X } = digits();
    const make = () => new KMeans({ nClusters: 40, seed: 3, maxIter: 5 });
    const [a, b] = [await make().fit(X), await make().fit(X)];
    expect(a.labels).toEqual(b.labels);
    // As many distances as this are measured by the engine; a part of them by a loop.
    expect(a.predict({ data: X.data.slice(0, 640), shape: [10, 64] })).toEqual(a.predict(X).slice(0, 10));
  });

  for (const make of [
    () => new KMeans({ nClusters: 3, seed: 1 }),
    () => new MiniBatchKMeans({ nClusters: 3, seed: 1, batchSize: 8 }),
  ]) {
    it(`${make().name} is a transformer, and the same after a round trip through JSON`, async () => {
      await checkTransform(make as never);
      const model = await make().fit(load('iris'));
      const state = fromJSON(JSON.parse(JSON.stringify(model))) as ModelState;
      const again = (make().name === 'KMeans' ? FittedKMeans : FittedMiniBatchKMeans).fromState(state);
      expect(again.predict(load('iris'))).toEqual(model.labels);
      expect(again.toState()).toEqual(model.toState());
    });
  }

  it('DBSCAN keeps its labels through JSON', async () => {
    const model = await new DBSCAN().fit(load('iris'));
    const again = FittedDBSCAN.fromState(fromJSON(JSON.parse(JSON.stringify(model))) as ModelState);
    expect(again.labels).toEqual(model.labels);
  });
});

describe('what can not be done is refused', () => {
  const X = [[0], [1], [2]];
  refuses([
    ['more clusters than samples', () => new KMeans().fit(X), ShapeError, /3 samples can't make 8/],
    ['no clusters', () => new KMeans({ nClusters: 0 }).fit(X), ConfigError, /nClusters/],
    ['an unknown init', () => new KMeans({ nClusters: 2, init: js('best') }).fit(X), ConfigError, /init/],
    ['centres of another width', () => new KMeans({ nClusters: 1, init: [[1, 2]] }).fit(X), ShapeError, /features/],
    ['no runs', () => new KMeans({ nClusters: 1, nInit: 0 }).fit(X), ConfigError, /nInit/],
    ['a negative tol', () => new KMeans({ nClusters: 1, tol: -1 }).fit(X), ConfigError, /tol/],
    ['no iterations', () => new KMeans({ nClusters: 1, maxIter: 0 }).fit(X), ConfigError, /maxIter/],
    ['an unknown option', () => new KMeans(js({ n_clusters: 2 })).fit(X), ConfigError, /nClusters/],
    [
      'weights for fewer',
      () => new KMeans({ nClusters: 1 }).fit(X, null, { sampleWeight: [1] }),
      ShapeError,
      /1 values/,
    ],
    ['NaN', () => new MiniBatchKMeans({ nClusters: 1 }).fit([[Number.NaN]]), ConfigError, /NaN/],
    ['batches of none', () => new MiniBatchKMeans({ nClusters: 1, batchSize: 0 }).fit(X), ConfigError, /batchSize/],
    ['too few to begin with', () => new MiniBatchKMeans({ nClusters: 2, initSize: 1 }).fit(X), ConfigError, /initSize/],
    ['an eps of 0', () => new DBSCAN({ eps: 0 }).fit(X), ConfigError, /eps/],
    ['a fraction of a sample', () => new DBSCAN({ minSamples: 1.5 }).fit(X), ConfigError, /minSamples/],
    ['an unknown metric', () => new DBSCAN({ metric: js('far') }).fit(X), ConfigError, /metric/],
    [
      'other features',
      async () => (await new KMeans({ nClusters: 1 }).fit(X)).predict([[1, 2]]),
      ShapeError,
      /features/,
    ],
  ]);
});
