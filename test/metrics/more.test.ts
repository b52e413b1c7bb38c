import { describe, expect, it } from 'vitest';
import { ConfigError, type KompaktError, ShapeError } from '../../src/core/errors';
import type { Average } from '../../src/metrics/index';
import * as metrics from '../../src/metrics/index';
import { expectClose, readGolden } from './close';

type Row = { readonly [key: string]: unknown };
const golden = readGolden<Record<'labels' | 'scores' | 'regression' | 'clusters' | 'drift', Row[]>>('more');

const AVERAGES: readonly [string, Average][] = [
  ['macro', 'macro'],
  ['micro', 'micro'],
  ['weighted', 'weighted'],
  ['None', null],
  ['binary', 'binary'],
];

describe('scores of labels against scikit-learn and imbalanced-learn', () => {
  for (const g of golden.labels) {
    const [t, p] = [g.yTrue as number[], g.yPred as number[]];
    const sampleWeight = g.weights as number[];
    const k = new Set(t).size;

    it(`${k} classes, averaged every way`, () => {
      for (const [key, average] of AVERAGES) {
        if (!(`jaccard ${key}` in g)) continue;
        expectClose(metrics.jaccardScore(t, p, { average }), g[`jaccard ${key}`]);
        expectClose(metrics.jaccardScore(t, p, { average, sampleWeight }), g[`jaccard ${key} weights`]);
        const [sensitivity, specificity, support] = g[`rates ${key}`] as [unknown, unknown, unknown];
        expectClose(metrics.sensitivityScore(t, p, { average }), sensitivity);
        expectClose(metrics.specificityScore(t, p, { average }), specificity);
        const both = metrics.sensitivitySpecificitySupport(t, p, { average } as { average: null });
        expectClose(both.specificity, specificity);
        if (support !== null) expectClose(both.support, support);
        expectClose(metrics.geometricMeanScore(t, p, { average }), g[`gmean ${key}`]);
        const iba = metrics.makeIndexBalancedAccuracy(metrics.geometricMeanScore, { alpha: 0.2 });
        expectClose(iba(t, p, { average }), g[`iba ${key}`]);
      }
    });

    it(`${k} classes, the rest`, () => {
      expectClose(metrics.geometricMeanScore(t, p), g.gmean);
      const none = t.map(() => 0);
      expectClose(metrics.geometricMeanScore(t, none, { correction: 0.001 }), g['gmean corrected']);
      const iba = metrics.makeIndexBalancedAccuracy(metrics.geometricMeanScore, { squared: false });
      expectClose(iba(t, p), g.iba);
      expect(metrics.classificationReportImbalanced(t, p, { digits: 3 })).toBe(g.report);
      expectClose(metrics.zeroOneLoss(t, p, { sampleWeight }), g.zeroOneLoss);
      expectClose(metrics.zeroOneLoss(t, p, { sampleWeight, normalize: false }), g.zeroOneSum);
      expectClose(metrics.hammingLoss(t, p, { sampleWeight }), g.hammingLoss);
      expectClose(metrics.multilabelConfusionMatrix(t, p, { sampleWeight }), g.byClass);
      expectClose(metrics.macroAveragedMeanAbsoluteError(t, p), g.macroMae);
      expectClose(metrics.macroAveragedMeanAbsoluteError(t, p, { sampleWeight }), g.macroMaeWeights);
      if (k > 2) return;
      const ratios = metrics.classLikelihoodRatios(t, p, { sampleWeight });
      expectClose([ratios.positive, ratios.negative], g.likelihood);
    });
  }
});

describe('scores of rankings against scikit-learn', () => {
  golden.scores.forEach((g, i) => {
    const t = g.yTrue as number[];
    const sampleWeight = g.weights as number[];
    it(`case ${i}`, () => {
      const score = g.score as never;
      expectClose(metrics.hingeLoss(t, score, { sampleWeight }), g.hinge);
      expectClose(metrics.topKAccuracyScore(t, score, { k: 1, sampleWeight }), g.top1);
      if (g.relevance === undefined) {
        const { fpr, fnr, thresholds } = metrics.detCurve(t, score, { sampleWeight });
        expectClose([fpr, fnr, thresholds], g.det);
        expectClose(metrics.topKAccuracyScore(t, g.prob as number[], { k: 1 }), g.top1prob);
        for (const strategy of ['uniform', 'quantile'] as const) {
          const curve = metrics.calibrationCurve(t, g.prob as number[], { nBins: 6, strategy });
          expectClose([curve.probTrue, curve.probPred], g[`calibration ${strategy}`]);
          expect(curve.counts.reduce((a, b) => a + b, 0)).toBe(t.length);
        }
        return;
      }
      for (const k of [2, 3]) expectClose(metrics.topKAccuracyScore(t, score, { k, sampleWeight }), g[`top${k}`]);
      expectClose(metrics.topKAccuracyScore(t, score, { normalize: false }), g.top2sum);
      const relevance = g.relevance as number[][];
      expectClose(metrics.dcgScore(relevance, score, { sampleWeight }), g.dcg);
      expectClose(metrics.dcgScore(relevance, score, { k: 2, logBase: 10 }), g.dcg2);
      expectClose(metrics.dcgScore(relevance, score, { ignoreTies: true }), g.dcgTies);
      expectClose(metrics.ndcgScore(relevance, score), g.ndcg);
      expectClose(metrics.ndcgScore(relevance, score, { k: 2, sampleWeight }), g.ndcg2);
    });
  });
});

describe('scores of regressions against scikit-learn', () => {
  golden.regression.forEach((g, i) => {
    it(`case ${i}`, () => {
      const [t, p] = [g.yTrue as number[], g.yPred as number[]];
      const o = { sampleWeight: g.weights as number[] | null };
      expectClose(metrics.meanSquaredLogError(t, p, o), g.meanSquaredLogError);
      const root = metrics.rootMeanSquaredLogError(t, p, { ...o, multioutput: 'rawValues' });
      const squares = metrics.meanSquaredLogError(t, p, { ...o, multioutput: 'rawValues' });
      expectClose(
        root.map((v) => v * v),
        squares,
      );
      expectClose(metrics.medianAbsoluteError(t, p, o), g.medianAbsoluteError);
      expectClose(metrics.meanAbsolutePercentageError(t, p, o), g.meanAbsolutePercentageError);
      expectClose(metrics.explainedVarianceScore(t, p, o), g.explainedVarianceScore);
      expectClose(metrics.meanPinballLoss(t, p, { ...o, alpha: 0.8 }), g.pinball);
      expectClose(metrics.d2PinballScore(t, p, { ...o, alpha: 0.8 }), g.d2Pinball);
      expectClose(metrics.d2AbsoluteErrorScore(t, p, o), g.d2AbsoluteErrorScore);
      if (g.maxError === undefined) {
        expect(() => metrics.maxError(t, p)).toThrow(ConfigError);
        return;
      }
      expectClose(metrics.maxError(t, p), g.maxError);
      for (const power of [-1, 0, 1, 1.5, 2, 3]) {
        expectClose(metrics.meanTweedieDeviance(t, p, { ...o, power }), g[`tweedie ${power}`]);
        expectClose(metrics.d2TweedieScore(t, p, { ...o, power }), g[`d2 ${power}`]);
      }
      expectClose(metrics.meanPoissonDeviance(t, p, o), g['tweedie 1']);
      expectClose(metrics.meanGammaDeviance(t, p, o), g['tweedie 2']);
    });
  });
});

describe('scores of clusterings against scikit-learn', () => {
  golden.clusters.forEach((g, i) => {
    it(`case ${i}`, () => {
      const [X, a, b] = [g.X as number[][], g.a as number[], g.b as number[]];
      expectClose(metrics.adjustedRandScore(a, b), g.adjustedRandScore);
      expectClose(metrics.fowlkesMallowsScore(a, b), g.fowlkesMallowsScore);
      for (const averageMethod of ['arithmetic', 'geometric', 'min', 'max'] as const) {
        expectClose(metrics.normalizedMutualInfoScore(a, b, { averageMethod }), g[`nmi ${averageMethod}`]);
      }
      const v = metrics.homogeneityCompletenessVMeasure(a, b, { beta: 0.5 });
      expectClose([v.homogeneity, v.completeness, v.vMeasure], g.vMeasure);
      expectClose(metrics.silhouetteSamples(X, b), g.silhouetteSamples);
      expectClose(metrics.silhouetteScore(X, b), g.silhouetteScore);
      expectClose(metrics.calinskiHarabaszScore(X, b), g.calinskiHarabaszScore);
      expectClose(metrics.daviesBouldinScore(X, b), g.daviesBouldinScore);
    });
  });

  it('don’t mind what clusters are called', () => {
    const [a, b] = [
      [0, 0, 1, 1, 2],
      [5, 5, 3, 3, 4],
    ];
    expect(metrics.adjustedRandScore(a, b)).toBe(1);
    expect(metrics.normalizedMutualInfoScore(a, b.map(String))).toBeCloseTo(1, 12);
    expect(metrics.normalizedMutualInfoScore([0, 0], [1, 1])).toBe(1);
  });
});

describe('drift', () => {
  golden.drift.forEach((g, i) => {
    it(`Kolmogorov–Smirnov as in SciPy, case ${i}`, () => {
      const test = metrics.kolmogorovSmirnov(g.a as number[], g.b as number[]);
      expectClose(test.statistic, g.statistic);
      expect(test.pValue).toBeCloseTo(g.pValue as number, 12);
    });
  });

  it('finds the feature that moved, and no other', () => {
    const before = Array.from({ length: 200 }, (_, i) => [Math.sin(i), Math.cos(7 * i), (i * 13) % 11]);
    const now = before.map(([a, b, c]) => [a!, b! + 0.6, c!]);
    expect(metrics.featureDrift(before, now).map((f) => f.drifted)).toEqual([false, true, false]);
    expect(metrics.featureDrift(before, before).every((f) => f.statistic === 0 && f.stabilityIndex === 0)).toBe(true);
  });

  it('computes the stability index of its definition', () => {
    // Bins of the reference: ≤ 1.5 and above. Shares 1/2, 1/2 then 3/4, 1/4.
    const index = metrics.populationStabilityIndex([0, 1, 2, 3], [0, 0, 1, 3], { nBins: 2 });
    expect(index).toBeCloseTo(0.25 * Math.log(1.5) - 0.25 * Math.log(0.5), 12);
  });
});

describe('what can’t be scored', () => {
  it.each<[string, () => unknown, new (message: string) => KompaktError]>([
    ['jaccard of three classes', () => metrics.jaccardScore([0, 1, 2], [0, 1, 2]), ConfigError],
    ['a log error of −1', () => metrics.meanSquaredLogError([0, -1], [0, 0]), ConfigError],
    ['a pinball outside [0, 1]', () => metrics.meanPinballLoss([1], [1], { alpha: 2 }), ConfigError],
    ['a power without distribution', () => metrics.meanTweedieDeviance([1], [1], { power: 0.5 }), ConfigError],
    ['a gamma deviance at 0', () => metrics.meanGammaDeviance([0], [1]), ConfigError],
    ['a Poisson deviance of a negative mean', () => metrics.meanPoissonDeviance([1], [-1]), ConfigError],
    ['other lengths', () => metrics.hammingLoss([0, 1], [0]), ShapeError],
    ['hinge with missing columns', () => metrics.hingeLoss([0, 1, 2], [[1], [2], [3]]), ShapeError],
    ['a top 0', () => metrics.topKAccuracyScore([0, 1], [0.1, 0.9], { k: 0 }), ConfigError],
    ['likelihood ratios of three classes', () => metrics.classLikelihoodRatios([0, 1, 2], [0, 1, 2]), ConfigError],
    ['an area whose x turns back', () => metrics.auc([0, 1, 0.5], [0, 1, 1]), ConfigError],
    ['an area of one point', () => metrics.auc([0], [0]), ShapeError],
    ['a detection curve of one class', () => metrics.detCurve([1, 1], [0.2, 0.3]), ConfigError],
    ['calibration of decision values', () => metrics.calibrationCurve([0, 1], [-2, 3]), ConfigError],
    ['calibration in no bins', () => metrics.calibrationCurve([0, 1], [0, 1], { nBins: 0 }), ConfigError],
    ['negative relevance', () => metrics.ndcgScore([[-1, 2]], [[1, 2]]), ConfigError],
    ['one cluster', () => metrics.silhouetteScore([[0], [1], [2]], [1, 1, 1]), ConfigError],
    ['a cluster per sample', () => metrics.daviesBouldinScore([[0], [1], [2]], [0, 1, 2]), ConfigError],
    ['drift of other features', () => metrics.featureDrift([[1, 2]], [[1]]), ShapeError],
    ['drift of nothing', () => metrics.kolmogorovSmirnov([], [1]), ConfigError],
    ['a stability index of NaN', () => metrics.populationStabilityIndex([Number.NaN], [1]), ConfigError],
    ['ordinal errors of text', () => metrics.macroAveragedMeanAbsoluteError(['a'], ['b']), ConfigError],
    [
      'too few names',
      () => metrics.classificationReportImbalanced([0, 1], [0, 1], { targetNames: ['a'] }),
      ConfigError,
    ],
    ['an unknown option', () => metrics.geometricMeanScore([0, 1], [0, 1], { avg: 'macro' } as never), ConfigError],
  ])('refuses %s', (_, call, type) => {
    expect(call).toThrow(type);
  });

  it('warns of ratios that are not defined', () => {
    const seen: string[] = [];
    const onWarning = (w: KompaktError): void => void seen.push(w.message);
    expect(metrics.classLikelihoodRatios([0, 1], [0, 1], { onWarning }).positive).toBeNaN();
    expect(metrics.specificityScore([1, 1], [1, 1], { onWarning })).toBe(0);
    expect(seen).toHaveLength(2);
  });
});
