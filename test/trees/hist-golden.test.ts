import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { numpyRandom } from '../../src/ops/numpy-random';
import { HistGradientBoostingClassifier, HistGradientBoostingRegressor } from '../../src/trees/index';
import { type HistGolden, histData } from './hist-cases';

const goldens = JSON.parse(
  readFileSync(new URL('../fixtures/trees/hist.json', import.meta.url), 'utf8'),
) as HistGolden[];

async function fitted(golden: HistGolden) {
  const { X, y } = histData(golden.data);
  const { randomState, ...options } = golden.options;
  const seeded = randomState === undefined ? options : { ...options, seed: numpyRandom(randomState) };
  const sampleWeight = golden.weight ? y.map((_, i) => 1 + (i % 3)) : null;
  const rows = X.filter((_, i) => i % golden.every === 0);
  if (golden.estimator === 'HistGradientBoostingClassifier') {
    const model = await new HistGradientBoostingClassifier(seeded).fit(X, y, { sampleWeight });
    return { model, raw: model.decisionFunction(rows).dataSync() as Float64Array, predicted: model.predict(rows) };
  }
  const model = await new HistGradientBoostingRegressor(seeded).fit(X, y, { sampleWeight });
  const predicted = model.predict(rows);
  const isLog = ['poisson', 'gamma'].includes(String((options as { loss?: string }).loss));
  return { model, raw: isLog ? predicted.map(Math.log) : predicted, predicted };
}

function furthest(got: ArrayLike<number>, expected: readonly number[]): number {
  expect(got.length).toBe(expected.length);
  return Math.max(0, ...expected.map((v, i) => Math.abs(v - got[i]!) / Math.max(1, Math.abs(v))));
}

describe('histogram gradient boosting against scikit-learn', () => {
  for (const golden of goldens) {
    it(`${golden.estimator} on ${golden.data}${golden.weight ? ', weighted' : ''}: ${JSON.stringify(golden.options)}`, async () => {
      const { model, raw, predicted } = await fitted(golden);
      const { trees, outputs } = model.boosted;
      expect(Array.from(trees[0]!.feature, (f) => Math.max(0, f))).toEqual(golden.features);
      const sizes = golden.nodes.map((_, i) =>
        trees.slice(i * outputs, (i + 1) * outputs).map((tree) => tree.feature.length),
      );
      expect(sizes).toEqual(golden.nodes);
      expect(model.nIter).toBe(golden.nodes.length);
      expect(furthest(raw, golden.raw)).toBeLessThan(1e-10);
      expect(furthest(predicted as ArrayLike<number>, golden.predict)).toBeLessThan(1e-10);
      expect(furthest(model.trainScore, golden.trainScore)).toBeLessThan(1e-10);
      expect(furthest(model.validationScore, golden.validationScore)).toBeLessThan(1e-10);
    });
  }
});
