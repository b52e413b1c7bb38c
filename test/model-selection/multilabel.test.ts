import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/core/errors';
import { CsrMatrix } from '../../src/data/index';
import { LogisticRegression, OneVsRestClassifier } from '../../src/linear/index';
import { averagePrecisionScore, labelRankingLoss, logLoss } from '../../src/metrics/index';
import {
  crossValidate,
  crossValScore,
  makeScorer,
  type ScoringName,
  StratifiedKFold,
} from '../../src/model-selection/index';
import { KNeighborsClassifier } from '../../src/neighbors/index';

type Judged = { readonly labels: number; readonly scores: Record<string, number[]> };

const golden = JSON.parse(readFileSync(new URL('../fixtures/linear/multilabel.json', import.meta.url), 'utf8')) as {
  X: number[][];
  Y: number[][];
  order: number[];
  judged: { logistic: Judged; near: Judged };
};
const X = golden.order.map((i) => golden.X[i]!);
const labels = (k: number): number[][] => golden.order.map((i) => golden.Y[i]!.slice(0, k));
const logistic = (): OneVsRestClassifier =>
  new OneVsRestClassifier({ estimator: new LogisticRegression({ solver: 'newton-cg', tol: 1e-10, maxIter: 500 }) });
const near = (): OneVsRestClassifier => new OneVsRestClassifier({ estimator: new KNeighborsClassifier() });

describe('cross-validation of several labels per sample', () => {
  it.each([['logistic', logistic] as const, ['near', near] as const])('is scikit-learn’s: %s', async (name, make) => {
    const { labels: k, scores } = golden.judged[name];
    const names = Object.keys(scores).map((key) => `${key[4]!.toLowerCase()}${key.slice(5)}` as ScoringName);
    const got = await crossValidate(make(), X, labels(k), { cv: 4, scoring: names });
    for (const [key, expected] of Object.entries(scores)) {
      got[key as 'test']!.forEach((v, i) => {
        expect(v).toBeCloseTo(expected[i]!, 9);
      });
    }
  });

  it('scores by the model, by name and by own figures alike, dense or sparse', async () => {
    const Y = labels(2);
    const byModel = await crossValScore(near(), X, Y, { cv: 3 });
    expect(await crossValScore(near(), X, Y, { cv: 3, scoring: 'accuracy' })).toEqual(byModel);
    expect(await crossValScore(near(), CsrMatrix.fromDense(X), CsrMatrix.fromDense(Y), { cv: 3 })).toEqual(byModel);
    const named = await crossValScore(logistic(), X, Y, { cv: 3, scoring: 'negLogLoss' });
    const own = makeScorer(logLoss, { greaterIsBetter: false, needsProba: true });
    expect(await crossValScore(logistic(), X, Y, { cv: 3, scoring: own })).toEqual(named);
    const ranked = await crossValScore(near(), X, Y, { cv: 3, scoring: 'averagePrecision' });
    const precision = makeScorer(averagePrecisionScore as typeof labelRankingLoss, { needsThreshold: true });
    expect(await crossValScore(near(), X, Y, { cv: 3, scoring: precision })).toEqual(ranked);
    const losses = makeScorer(labelRankingLoss, { greaterIsBetter: false, needsThreshold: true });
    for (const loss of await crossValScore(logistic(), X, Y, { cv: 3, scoring: losses }))
      expect(loss).toBeLessThanOrEqual(0);
  });

  it('refuses to stratify by a table', async () => {
    const cv = new StratifiedKFold({ nSplits: 3 });
    await expect(crossValScore(near(), X, labels(2), { cv })).rejects.toThrow(/label 0 is an array|got shape/);
    await expect(crossValScore(near(), X, labels(2), { scoring: 'f1' })).rejects.toThrow(ConfigError);
  });
});
