import { describe, expect, it } from 'vitest';
import type { Labels } from '../../src/data/index';
import type { Average, ReportRow } from '../../src/metrics/index';
import * as metrics from '../../src/metrics/index';
import { expectClose, readGolden } from './close';

interface Classification {
  readonly input: string;
  readonly yTrue: number[];
  readonly yPred: number[];
  readonly weights: number[] | null;
  readonly [key: string]: unknown;
}

const AVERAGES: [string, Average][] = [
  ['macro', 'macro'],
  ['micro', 'micro'],
  ['weighted', 'weighted'],
  ['None', null],
  ['binary', 'binary'],
];

describe('classification metrics against scikit-learn', () => {
  for (const g of readGolden<Classification[]>('classification')) {
    const name = `${g.input}${g.weights === null ? '' : ', weighted'}`;
    const { yTrue, yPred } = g;
    const options = { sampleWeight: g.weights };

    it(`scores of ${name}`, () => {
      expectClose(metrics.accuracyScore(yTrue, yPred, options), g.accuracyScore);
      expectClose(metrics.balancedAccuracyScore(yTrue, yPred, options), g.balancedAccuracyScore);
      expectClose(metrics.matthewsCorrcoef(yTrue, yPred, options), g.matthewsCorrcoef);
      const kappas = g.cohenKappaScore as Record<string, number> | undefined;
      for (const weights of kappas ? ([null, 'linear', 'quadratic'] as const) : []) {
        expectClose(metrics.cohenKappaScore(yTrue, yPred, { ...options, weights }), kappas![weights ?? 'None']);
      }
    });

    it(`confusion of ${name}`, () => {
      expectClose(metrics.confusionMatrix(yTrue, yPred, options), g.confusionMatrix);
      for (const normalize of ['true', 'pred', 'all'] as const) {
        expectClose(metrics.confusionMatrix(yTrue, yPred, { ...options, normalize }), g[`confusion ${normalize}`]);
      }
    });

    it(`precision, recall and F of ${name}`, () => {
      for (const [key, average] of AVERAGES) {
        const scores = g[`scores ${key}`] as Record<string, number> | undefined;
        if (scores === undefined) continue;
        const o = { ...options, average };
        expectClose(metrics.precisionScore(yTrue, yPred, o), scores.precisionScore);
        expectClose(metrics.recallScore(yTrue, yPred, o), scores.recallScore);
        expectClose(metrics.f1Score(yTrue, yPred, o), scores.f1Score);
        expectClose(metrics.fbetaScore(yTrue, yPred, { ...o, beta: 0.5 }), scores.fbetaScore);
        const ones = g[`zero division ${key}`] as Record<string, number>;
        expectClose(metrics.precisionScore(yTrue, yPred, { ...o, zeroDivision: 1 }), ones.precisionScore);
        expectClose(metrics.recallScore(yTrue, yPred, { ...o, zeroDivision: 1 }), ones.recallScore);
      }
      expectClose(metrics.precisionRecallFscoreSupport(yTrue, yPred, options).support, g.support);
    });

    it(`report of ${name}`, () => {
      if (g.weights === null) {
        expect(metrics.classificationReport(yTrue, yPred, { ...options, digits: 3 })).toBe(g.report);
      }
      const expected = g.reportDict as Record<string, number | Record<string, number>>;
      const got = metrics.classificationReport(yTrue, yPred, { ...options, outputDict: true });
      expect(Object.keys(got).sort()).toEqual(Object.keys(expected).sort());
      for (const [key, row] of Object.entries(expected)) {
        if (typeof row === 'number') expectClose(got[key], row);
        else {
          const r = got[key] as ReportRow;
          expectClose(
            [r.precision, r.recall, r.f1Score, r.support],
            [row.precision, row.recall, row['f1-score'], row.support],
          );
        }
      }
    });

    it(`some labels of ${name}`, () => {
      const subset = g.subset as {
        labels: Labels;
        f1Score: number;
        micro: number;
        confusionMatrix: number[][];
        report: string;
      };
      const o = { ...options, labels: subset.labels };
      expectClose(metrics.f1Score(yTrue, yPred, { ...o, average: 'macro' }), subset.f1Score);
      expectClose(metrics.precisionScore(yTrue, yPred, { ...o, average: 'micro' }), subset.micro);
      expectClose(metrics.confusionMatrix(yTrue, yPred, o), subset.confusionMatrix);
      if (g.weights === null) expect(metrics.classificationReport(yTrue, yPred, o)).toBe(subset.report);
    });
  }
});

interface Ranking {
  readonly input: 'binary' | 'several';
  readonly yTrue: number[];
  readonly score: number[];
  readonly proba: number[] & number[][];
  readonly weights: number[] | null;
  readonly [key: string]: unknown;
}

describe('ranking and probability metrics against scikit-learn', () => {
  const rankings = readGolden<Ranking[]>('ranking');
  rankings
    .filter((g) => g.input === 'binary')
    .forEach((g, i) => {
      it(`two classes, ${g.yTrue.length} samples${g.weights === null ? '' : ', weighted'} (${i})`, () => {
        const o = { sampleWeight: g.weights };
        const curve = metrics.rocCurve(g.yTrue, g.score, o);
        expectClose([curve.fpr, curve.tpr, curve.thresholds], g.rocCurve);
        const all = metrics.rocCurve(g.yTrue, g.score, { ...o, dropIntermediate: false });
        expectClose([all.fpr, all.tpr, all.thresholds], g.rocCurveAll);
        const pr = metrics.precisionRecallCurve(g.yTrue, g.score, o);
        expectClose([pr.precision, pr.recall, pr.thresholds], g.precisionRecallCurve);
        expectClose(metrics.rocAucScore(g.yTrue, g.score, o), g.rocAucScore);
        expectClose(metrics.rocAucScore(g.yTrue, g.score, { ...o, maxFpr: 0.3 }), g.partial);
        expectClose(metrics.averagePrecisionScore(g.yTrue, g.score, o), g.averagePrecisionScore);
        expectClose(metrics.logLoss(g.yTrue, g.proba, o), g.logLoss);
        expectClose(metrics.logLoss(g.yTrue, g.proba, { ...o, normalize: false }), g.logLossSum);
        expectClose(metrics.brierScoreLoss(g.yTrue, g.proba, o), g.brierScoreLoss);
      });
    });
  for (const g of rankings.filter((r) => r.input === 'several')) {
    it(`several classes, ${g.yTrue.length} samples`, () => {
      for (const average of ['macro', 'weighted'] as const) {
        for (const multiClass of ['ovr', 'ovo'] as const) {
          expectClose(metrics.rocAucScore(g.yTrue, g.proba, { multiClass, average }), g[`${multiClass} ${average}`]);
        }
        const weighted = { multiClass: 'ovr', average, sampleWeight: g.weights } as const;
        expectClose(metrics.rocAucScore(g.yTrue, g.proba, weighted), g[`ovr ${average} weights`]);
        expectClose(metrics.averagePrecisionScore(g.yTrue, g.proba, { average }), g[`ap ${average}`]);
      }
      expectClose(metrics.rocAucScore(g.yTrue, g.proba, { multiClass: 'ovr', average: null }), g['ovr null']);
      expectClose(metrics.rocAucScore(g.yTrue, g.proba, { multiClass: 'ovr', average: 'micro' }), g['ovr micro']);
      expectClose(metrics.averagePrecisionScore(g.yTrue, g.proba, { average: 'micro' }), g['ap micro']);
      expectClose(metrics.logLoss(g.yTrue, g.proba), g.logLoss);
      expectClose(metrics.logLoss(g.yTrue, g.proba, { sampleWeight: g.weights }), g.logLossWeights);
      expectClose(metrics.brierScoreLoss(g.yTrue, g.proba), g.brier);
    });
  }
});

interface Regression {
  readonly yTrue: number[];
  readonly yPred: number[];
  readonly weights: number[] | null;
  readonly [key: string]: unknown;
}

describe('regression metrics against scikit-learn', () => {
  readGolden<Regression[]>('regression').forEach((g, i) => {
    it(`case ${i}`, () => {
      const o = { sampleWeight: g.weights };
      for (const name of ['meanSquaredError', 'meanAbsoluteError', 'rootMeanSquaredError', 'r2Score'] as const) {
        expectClose((metrics[name] as typeof metrics.meanSquaredError)(g.yTrue, g.yPred, o), g[name]);
      }
      expectClose(metrics.r2Score(g.yTrue, g.yPred, { ...o, multioutput: 'rawValues' }), g.raw);
    });
  });
});
