import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Estimator, FittedEstimator } from '../../src/data/index';
import { breastCancer, iris } from '../../src/data/index';
import { LogisticRegression } from '../../src/linear/index';
import { crossValScore, KFold, type ScoringName } from '../../src/model-selection/index';
import { standardise } from '../linear/cases';

interface Golden {
  readonly data: 'iris' | 'breastCancer';
  readonly cv: number;
  readonly scoring: ScoringName;
  readonly values: number[];
}
const goldens = JSON.parse(
  readFileSync(new URL('../fixtures/model-selection/splits.json', import.meta.url), 'utf8'),
) as { scores: Golden[] };

function rowsOf({ X, y }: ReturnType<typeof iris>): number[][] {
  return Array.from(y, (_, i) => Array.from(X.data.subarray(i * X.shape[1], (i + 1) * X.shape[1])));
}

const sets = {
  iris: { X: rowsOf(iris()), y: iris().y },
  breastCancer: { X: standardise(rowsOf(breastCancer())), y: breastCancer().y },
};

/** Predicts the mean of the training targets, and remembers what it was given. */
class MeanRegressor implements Estimator {
  readonly kind = 'regressor';
  readonly seen: { rows: number; weights: number[] | null }[] = [];
  async fit(X: unknown, y: unknown, options: { sampleWeight?: unknown } = {}): Promise<FittedEstimator> {
    const targets = y as number[];
    this.seen.push({
      rows: (X as unknown[]).length,
      weights: options.sampleWeight === undefined ? null : Array.from(options.sampleWeight as number[]),
    });
    const mean = targets.reduce((a, b) => a + b, 0) / targets.length;
    return { predict: (A) => (A as unknown[]).map(() => mean), score: () => 42 };
  }
}

describe('crossValScore', () => {
  for (const g of goldens.scores) {
    it(`equals scikit-learn’s: ${g.data}, ${g.scoring}`, async () => {
      const { X, y } = sets[g.data];
      const scores = await crossValScore(new LogisticRegression({ C: 0.1, tol: 1e-10, maxIter: 10_000 }), X, y, {
        cv: g.cv,
        scoring: g.scoring,
      });
      expect(scores.length).toBe(g.values.length);
      scores.forEach((s, i) => {
        expect(Math.abs(s - g.values[i]!)).toBeLessThan(1e-7);
      });
    });
  }

  it('deals regressors’ samples in order, scores with the model unless told otherwise, and passes weights on', async () => {
    const X = [[1], [2], [3], [4]];
    const y = [1, 2, 3, 4];
    const model = new MeanRegressor();
    expect(await crossValScore(model, X, y, { cv: 2, sampleWeight: [1, 2, 3, 4] })).toEqual([42, 42]);
    expect(model.seen).toEqual([
      { rows: 2, weights: [3, 4] },
      { rows: 2, weights: [1, 2] },
    ]);
    expect(await crossValScore(model, X, y, { cv: 2, scoring: 'negMeanAbsoluteError' })).toEqual([-2, -2]);
    expect(
      await crossValScore(model, X, y, {
        cv: new KFold({ nSplits: 4 }),
        scoring: (_m, A) => (A as number[][])[0]![0]!,
      }),
    ).toEqual([1, 2, 3, 4]);
    expect(
      await crossValScore(model, X, y, { cv: [{ train: [0, 1, 2], test: [3] }], scoring: 'negMeanSquaredError' }),
    ).toEqual([-4]);
  });

  it('says which figures there are, and when one does not fit', async () => {
    const { X, y } = sets.iris;
    const model = new LogisticRegression();
    await expect(crossValScore(model, X, y, { scoring: 'acc' as ScoringName })).rejects.toThrow(
      /unknown figure 'acc'.*accuracy.*negLogLoss/,
    );
    await expect(crossValScore(model, X, y, { scoring: 'rocAuc' })).rejects.toThrow(/rocAucOvr/);
    await expect(crossValScore(model, X, y, { scoring: 'f1' })).rejects.toThrow(/average is 'binary'/);
    await expect(
      crossValScore(new MeanRegressor(), [[1], [2]], [1, 2], { cv: 2, scoring: 'negLogLoss' }),
    ).rejects.toThrow(/no predictProba/);
    await expect(crossValScore(model, X, y, { cv: 'five' as never })).rejects.toThrow(/cv must be/);
  });
});
