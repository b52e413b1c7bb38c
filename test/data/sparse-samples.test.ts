import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/core/errors';
import { CsrMatrix } from '../../src/data/index';
import { FittedNearestCentroid, NearestCentroid } from '../../src/neighbors/index';
import { numpyRandom } from '../../src/ops/numpy-random';
import { FittedQuantileTransformer, QuantileTransformer } from '../../src/preprocessing/index';
import { GradientBoostingClassifier, GradientBoostingRegressor } from '../../src/trees/index';

interface Quantiles {
  readonly X: number[][];
  readonly then: number[][];
  readonly normal: boolean;
  readonly ignoreImplicitZeros: boolean;
  readonly subsample: number;
  readonly quantiles: number[][];
  readonly out: number[][];
  readonly entries: number;
  readonly back: number[][];
}

interface Golden {
  readonly X: number[][];
  readonly y: number[];
  readonly target: number[];
  readonly weights: number[];
  readonly new: number[][];
  readonly centroids: { X: number[][]; metric: 'euclidean' | 'manhattan'; centroids: number[][]; predict: number[] }[];
  readonly boosted: {
    subsample: number;
    maxFeatures: number | null;
    maxDepth: number;
    proba: number[][];
    decision: number[][];
    predict: number[];
    stages: [number[][], number[]];
  }[];
  readonly quantiles: Quantiles[];
}

const golden = JSON.parse(
  readFileSync(new URL('../fixtures/data/sparse.json', import.meta.url), 'utf8'),
  (_key: string, v: unknown) => (v === 'NaN' ? Number.NaN : v),
) as Golden;
const { X, y, target, weights: sampleWeight, new: fresh } = golden;
const csr = (rows: number[][]): CsrMatrix => CsrMatrix.fromDense(rows);

function close(got: ArrayLike<number>, expected: ArrayLike<number>): void {
  expect(got.length).toBe(expected.length);
  for (let i = 0; i < got.length; i++) {
    if (Number.isNaN(expected[i])) expect(got[i]).toBeNaN();
    else expect(Math.abs(got[i]! - expected[i]!)).toBeLessThan(1e-9 * (1 + Math.abs(expected[i]!)));
  }
}

describe('sparse samples, against scikit-learn', () => {
  it.each(golden.centroids)('NearestCentroid, $metric', async ({ X: S, metric, centroids, predict }) => {
    const model = await new NearestCentroid({ metric }).fit(csr(S), y);
    close(model.centroids, centroids.flat());
    expect(model.predict(csr(fresh))).toEqual(predict);
    const dense = await new NearestCentroid({ metric }).fit(S, y);
    close(dense.centroids, model.centroids);
    expect(dense.predict(csr(fresh).toCsc())).toEqual(predict);
    expect(FittedNearestCentroid.fromState(model.toState()).predict(csr(fresh))).toEqual(predict);
    expect(model.score(csr(S), y)).toBe(dense.score(S, y));
  });

  it.each(golden.boosted)('gradient boosting, subsample $subsample, maxFeatures $maxFeatures', async (g) => {
    const { subsample, maxFeatures, maxDepth } = g;
    const options = { nEstimators: 5, minSamplesLeaf: 4, subsample, maxFeatures, maxDepth };
    const seeded = () => ({ ...options, seed: numpyRandom(5) });
    const c = await new GradientBoostingClassifier(seeded()).fit(csr(X), y, { sampleWeight });
    close(c.predictProba(csr(fresh)).dataSync(), g.proba.flat());
    close(c.decisionFunction(csr(fresh)).dataSync(), g.decision.flat());
    close(c.stagedPredictProba(csr(fresh)).next().value!.dataSync(), g.stages[0].flat());
    expect(Array.from(c.stagedPredict(csr(fresh))).at(-1)).toEqual(c.predict(fresh));
    const r = await new GradientBoostingRegressor(seeded()).fit(csr(X).toCsc(), target, { sampleWeight });
    close(r.predict(csr(fresh)), g.predict);
    close(r.stagedPredict(csr(fresh)).next().value!, g.stages[1]);
    const dense = await new GradientBoostingRegressor(seeded()).fit(X, target, { sampleWeight });
    expect(Array.from(dense.predict(fresh))).toEqual(Array.from(r.predict(csr(fresh))));
  });

  it.each(golden.quantiles)('QuantileTransformer, case %#', async (g) => {
    const { ignoreImplicitZeros, subsample } = g;
    const scaler = new QuantileTransformer({
      nQuantiles: 11,
      outputDistribution: g.normal ? 'normal' : 'uniform',
      ignoreImplicitZeros,
      subsample,
      seed: numpyRandom(2),
    });
    const fitted = await scaler.fit(csr(g.X));
    close(
      fitted.quantiles.flatMap((q) => Array.from(q)),
      g.quantiles.flat(),
    );
    for (const model of [fitted, FittedQuantileTransformer.fromState(fitted.toState())]) {
      const made = model.transform(csr(g.then)) as CsrMatrix;
      expect(made.nnz).toBe(g.entries);
      close(made.toDense().data, g.out.flat());
      close((model.inverseTransform(made) as CsrMatrix).toDense().data, g.back.flat());
    }
  });
});

describe('sparse samples and dense ones', () => {
  it('have the same quantiles', async () => {
    const [dense, sparse] = [X, csr(X)];
    const make = (): QuantileTransformer => new QuantileTransformer({ nQuantiles: 20 });
    const [a, b] = [await make().fit(dense), await make().fit(sparse)];
    expect(a.quantiles).toEqual(b.quantiles);
    const made = (b.transform(sparse) as CsrMatrix).toArray();
    const expected = a.transform(dense) as number[][];
    // Where a value is kept; zeros that are not kept stay 0.
    made.forEach((row, i) => {
      close(
        row,
        expected[i]!.map((v, c) => (X[i]![c] === 0 ? 0 : v)),
      );
    });
  });

  it('are refused where zeros would have to move', async () => {
    const negative = csr([
      [0, -1],
      [2, 0],
    ]);
    await expect(new QuantileTransformer({ nQuantiles: 2 }).fit(negative)).rejects.toThrow(/holds -1.*toDense/);
    const fitted = await new QuantileTransformer({ nQuantiles: 2 }).fit(
      csr([
        [0, 1],
        [2, 0],
      ]),
    );
    expect(() => fitted.transform(negative)).toThrow(ConfigError);
    expect(() => fitted.inverseTransform(negative)).not.toThrow();
    await expect(new NearestCentroid({ shrinkThreshold: 0.1 }).fit(csr(X), y)).rejects.toThrow(/dense samples/);
    const model = await new NearestCentroid().fit(csr(X), y);
    expect(() => model.predict(csr([[1, 2]]))).toThrow(/2 features.*fitted with 6/);
    const nan = csr([[Number.NaN, 1]]);
    await expect(new GradientBoostingClassifier().fit(nan, [1])).rejects.toThrow(/NaN at row 0/);
  });
});
