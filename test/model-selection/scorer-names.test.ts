import { describe, expect, it } from 'vitest';
import type { FittedEstimator } from '../../src/data/index';
import * as metrics from '../../src/metrics/index';
import type { ScoringName } from '../../src/model-selection/index';
import { scorerByName } from '../../src/model-selection/scoring/names';
import { tensor } from '../../src/ops/create';

const Y = [0, 1, 1, 0, 1, 0, 1, 1];
const PREDICTED = [0, 1, 0, 0, 1, 1, 1, 1];
const PROBA = [0.1, 0.8, 0.4, 0.2, 0.9, 0.6, 0.7, 0.55];

/** A model that says what it is told to. */
const model = {
  classes: [0, 1],
  predict: () => PREDICTED,
  score: () => 0,
  predictProba: () =>
    tensor(
      PROBA.map((p) => [1 - p, p]),
      { dtype: 'float64' },
    ),
} as unknown as FittedEstimator;

const TRUTH = [3, 1.5, 2, 7, 4, 0.5, 2.5, 1];
const VALUES = [2.5, 1, 2, 8, 4.5, 0.75, 2, 1.5];
const regressor = { predict: () => VALUES, score: () => 0 } as unknown as FittedEstimator;

describe('names of figures', () => {
  it.each<[ScoringName, number]>([
    ['jaccard', metrics.jaccardScore(Y, PREDICTED)],
    ['jaccardMacro', metrics.jaccardScore(Y, PREDICTED, { average: 'macro' })],
    ['geometricMean', metrics.geometricMeanScore(Y, PREDICTED)],
    ['topKAccuracy', 1],
    ['positiveLikelihoodRatio', metrics.classLikelihoodRatios(Y, PREDICTED).positive],
    ['negNegativeLikelihoodRatio', -metrics.classLikelihoodRatios(Y, PREDICTED).negative],
  ])('%s is that figure of predicted classes', (name, expected) => {
    expect(scorerByName(name)(model, [[0]], Y)).toBeCloseTo(expected, 12);
  });

  it.each<[ScoringName, number]>([
    ['explainedVariance', metrics.explainedVarianceScore(TRUTH, VALUES)],
    ['d2AbsoluteError', metrics.d2AbsoluteErrorScore(TRUTH, VALUES)],
    ['negMaxError', -1],
    ['negMedianAbsoluteError', -0.5],
    ['negMeanAbsolutePercentageError', -metrics.meanAbsolutePercentageError(TRUTH, VALUES)],
    ['negMeanSquaredLogError', -metrics.meanSquaredLogError(TRUTH, VALUES)],
    ['negRootMeanSquaredLogError', -metrics.rootMeanSquaredLogError(TRUTH, VALUES)],
    ['negMeanPoissonDeviance', -metrics.meanPoissonDeviance(TRUTH, VALUES)],
    ['negMeanGammaDeviance', -metrics.meanGammaDeviance(TRUTH, VALUES)],
  ])('%s is that figure of predicted numbers', (name, expected) => {
    expect(scorerByName(name)(regressor, [[0]], TRUTH)).toBeCloseTo(expected, 12);
  });

  it('are listed where one is unknown', () => {
    expect(() => scorerByName('precision_macro' as never)).toThrow(/jaccard/);
  });
});
