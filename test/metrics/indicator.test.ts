import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/core/errors';
import {
  classificationReport,
  explainedVarianceScore,
  meanAbsoluteError,
  meanAbsolutePercentageError,
  meanSquaredError,
  medianAbsoluteError,
  r2Score,
  rocAucScore,
} from '../../src/metrics/index';

interface Absent {
  readonly yTrue: number[];
  readonly labels: number[];
  readonly proba: number[][];
  readonly macro: number;
  readonly weighted: number;
}

interface Outputs {
  readonly yTrue: number[][];
  readonly yPred: number[][];
  readonly weights: number[] | null;
  readonly share: number[];
  readonly byVariance: number[];
  readonly byShare: number[];
}

interface Report {
  readonly yTrue: number[];
  readonly yPred: number[];
  readonly weights: number[];
  readonly text: string;
}

const golden = JSON.parse(readFileSync(new URL('../fixtures/metrics/indicator.json', import.meta.url), 'utf8')) as {
  readonly absent: readonly Absent[];
  readonly outputs: readonly Outputs[];
  readonly reports: readonly Report[];
};

describe('classes that no sample has', () => {
  it.each(golden.absent)('make no pairs: labels $labels', ({ yTrue, labels, proba, ...expected }) => {
    for (const average of ['macro', 'weighted'] as const)
      expect(rocAucScore(yTrue, proba, { multiClass: 'ovo', labels, average })).toBeCloseTo(expected[average], 12);
  });
});

describe('several outputs', () => {
  it.each(golden.outputs)('are averaged by variance and by given shares, $share', (g) => {
    const weighted = { sampleWeight: g.weights };
    [r2Score, explainedVarianceScore].forEach((figure, i) => {
      const got = figure(g.yTrue, g.yPred, { ...weighted, multioutput: 'varianceWeighted' });
      expect(got).toBeCloseTo(g.byVariance[i]!, 10);
    });
    const figures = [r2Score, explainedVarianceScore, meanSquaredError, meanAbsoluteError, medianAbsoluteError];
    ([...figures, meanAbsolutePercentageError] as (typeof meanSquaredError)[]).forEach((figure, i) => {
      expect(figure(g.yTrue, g.yPred, { ...weighted, multioutput: g.share })).toBeCloseTo(g.byShare[i]!, 10);
    });
  });

  it('refuse shares that fit no output, and variances where there are none', () => {
    const [t, p] = [[[1, 2]], [[1, 3]]];
    for (const multioutput of [[1], [1, 2, 3], [0, 0], [-1, 2], [Number.NaN, 1]])
      expect(() => meanSquaredError(t, p, { multioutput })).toThrow(ConfigError);
    expect(() => meanSquaredError([1, 2], [1, 3], { multioutput: [1] })).toThrow(/several outputs/);
    expect(() => meanSquaredError(t, p, { multioutput: 'varianceWeighted' as never })).toThrow(/'rawValues'/);
  });

  it('that are constant are not defined where asked so', () => {
    expect(r2Score([2, 2], [2, 2], { forceFinite: false })).toBeNaN();
    expect(r2Score([2, 2], [2, 3], { forceFinite: false })).toBe(Number.NEGATIVE_INFINITY);
    expect(explainedVarianceScore([2, 2], [2, 3], { forceFinite: false })).toBe(Number.NEGATIVE_INFINITY);
  });
});

describe('a report of weighted samples', () => {
  it.each(golden.reports)('shows weights with a decimal: $weights', ({ yTrue, yPred, weights, text }) => {
    expect(classificationReport(yTrue, yPred, { sampleWeight: weights })).toBe(text);
  });
});
