import { MultinomialNB } from 'kompakt/bayes';
import { CsrMatrix } from 'kompakt/data';
import { BaggingClassifier, BaggingRegressor } from 'kompakt/ensemble';
import { BalancedBaggingClassifier, EasyEnsembleClassifier, RUSBoostClassifier } from 'kompakt/imbalanced';
import { Ridge } from 'kompakt/linear';
import { AdaBoostClassifier, AdaBoostRegressor } from 'kompakt/trees';
import { describe, expect, it } from 'vitest';

const rows = Array.from({ length: 60 }, (_, i) =>
  Array.from({ length: 6 }, (_, f) => ((i * (f + 3)) % 7 < 2 ? (i * f) % 5 : 0)),
);
const y = rows.map((row, i) => Number(row[1]! + row[3]! > 2 || i % 9 === 0));
const values = rows.map((row, i) => row[1]! - 2 * row[3]! + (i % 4));
const sparse = CsrMatrix.fromDense(rows);
const counted = { estimator: new MultinomialNB() };

interface Fitted {
  readonly oobScore?: number | null;
  predict(X: never): ArrayLike<unknown>;
  predictProba?(X: never): { dataSync(): ArrayLike<number> };
}
interface Fits {
  fit(X: never, y: never): Promise<unknown>;
}

describe('ensembles of sparse samples say what they say of dense ones', () => {
  it.each<[string, Fits]>([
    ['BaggingClassifier', new BaggingClassifier({ seed: 1, nEstimators: 4, oobScore: true, maxFeatures: 0.5 })],
    ['BaggingClassifier of counts', new BaggingClassifier({ ...counted, seed: 1, nEstimators: 4 })],
    ['BaggingRegressor', new BaggingRegressor({ seed: 1, nEstimators: 4, oobScore: true, bootstrapFeatures: true })],
    ['BaggingRegressor of lines', new BaggingRegressor({ estimator: new Ridge(), seed: 1, maxSamples: 0.7 })],
    ['BalancedBaggingClassifier', new BalancedBaggingClassifier({ seed: 1, nEstimators: 4 })],
    ['EasyEnsembleClassifier', new EasyEnsembleClassifier({ seed: 1, nEstimators: 3 })],
    ['RUSBoostClassifier', new RUSBoostClassifier({ seed: 1, nEstimators: 6 })],
    ['AdaBoostClassifier', new AdaBoostClassifier({ seed: 1, nEstimators: 6 })],
    ['AdaBoostClassifier of counts', new AdaBoostClassifier({ ...counted, seed: 1, nEstimators: 3 })],
    ['AdaBoostRegressor', new AdaBoostRegressor({ seed: 1, nEstimators: 6 })],
  ])('%s', async (name, made) => {
    const target = name.includes('Regressor') ? values : y;
    const [a, b] = await Promise.all([rows, sparse].map((X) => made.fit(X as never, target as never)));
    const [dense, fitted] = [a as Fitted, b as Fitted];
    const told = (model: Fitted, X: unknown): number[] =>
      Array.from(model.predictProba?.(X as never).dataSync() ?? (model.predict(X as never) as ArrayLike<number>));
    const expected = told(dense, rows);
    for (const X of [rows, sparse, sparse.toCsc()])
      told(fitted, X).forEach((v, i) => {
        expect(v).toBeCloseTo(expected[i]!, 9);
      });
    if (dense.oobScore !== undefined && dense.oobScore !== null) expect(fitted.oobScore).toBeCloseTo(dense.oobScore, 9);
  });
});
