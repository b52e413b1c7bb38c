import { describe, expect, it } from 'vitest';
import { ConfigError, DTypeError, ShapeError } from '../../src/core/errors';
import {
  accuracyScore,
  averagePrecisionScore,
  balancedAccuracyScore,
  brierScoreLoss,
  classificationReport,
  cohenKappaScore,
  confusionMatrix,
  f1Score,
  fbetaScore,
  logLoss,
  matthewsCorrcoef,
  meanSquaredError,
  precisionRecallCurve,
  precisionScore,
  r2Score,
  recallScore,
  rocAucScore,
  rocCurve,
} from '../../src/metrics/index';
import { tensor } from '../../src/ops/create';

/** Runs `f` with an ear for warnings and returns its value and what was heard. */
function listen<T>(f: (onWarning: (w: Error) => void) => T): [T, string[]] {
  const heard: string[] = [];
  const value = f((w) => heard.push(`${w.name}: ${w.message}`));
  return [value, heard];
}

describe('metrics take labels and scores in any form', () => {
  it('scores in one column, as models with one output predict them', () => {
    const y = [0, 1, 0, 1];
    const p = [0.2, 0.3, 0.1, 0.9];
    const columns: never[] = [p.map((v) => [v]) as never, tensor(p, { shape: [4, 1], dtype: 'float64' }) as never];
    for (const column of columns) {
      expect(rocAucScore(y, column)).toBe(rocAucScore(y, p));
      expect(averagePrecisionScore(y, column)).toBe(averagePrecisionScore(y, p));
      expect(logLoss(y, column)).toBe(logLoss(y, p));
      expect(brierScoreLoss(y, column)).toBe(brierScoreLoss(y, p));
      expect(rocCurve(y, column)).toEqual(rocCurve(y, p));
      expect(precisionRecallCurve(y, column)).toEqual(precisionRecallCurve(y, p));
    }
    expect(brierScoreLoss(y, p)).toBeCloseTo(0.1375, 12);
    expect(rocCurve([false, true], [0.1, 0.9], { posLabel: 1 })).toEqual(rocCurve([0, 1], [0.1, 0.9]));
  });

  it('counts ties and signed zeros alike with equal weights and with none', () => {
    const y = [0, 1, 1, 0, 1, 0, 0, 1, 1, 0];
    const p = [0.5, 0.5, -0, 0, 0.9, 0, 0.2, -0, 0.5, -3];
    const weighted = { sampleWeight: y.map(() => 1), dropIntermediate: false };
    expect(rocCurve(y, p, { dropIntermediate: false })).toEqual(rocCurve(y, p, weighted));
    expect(precisionRecallCurve(y, p)).toEqual(precisionRecallCurve(y, p, weighted));
    expect([...rocCurve(y, p, weighted).tpr]).toEqual([0, 0.2, 0.6, 0.6, 1, 1]);
  });

  it('but no fractions as labels', () => {
    expect(() => accuracyScore([0, 1], [0.2, 0.7])).toThrow(/yPred: label 0 is 0.2.*not probabilities/);
    expect(() => f1Score([0.5, 1], [0, 1])).toThrow(/yTrue: label 0 is 0.5.*regression/);
    expect(() => accuracyScore([1], [1, 2])).toThrow(/yTrue has 1 labels and yPred 2/);
  });

  it('arrays, typed arrays, tensors, text and booleans', () => {
    expect(accuracyScore(new Int8Array([1, 0]), tensor([1, 1], { dtype: 'int32' }))).toBe(0.5);
    expect(accuracyScore(['a', 'b'], ['a', 'b'])).toBe(1);
    expect(accuracyScore([true, false], [true, true])).toBe(0.5);
    expect(accuracyScore([true, false], [1, 0])).toBe(1);
    expect(confusionMatrix([true, false], [1, 1], { labels: [0, 1] })).toEqual([
      [0, 1],
      [0, 1],
    ]);
    expect(f1Score([true, false, true], [true, true, false])).toBe(0.5);
    expect(f1Score([true, false, true], [1, 1, 0])).toBe(0.5);
    expect(f1Score([true, false, true], [true, true, false], { posLabel: 0 })).toBe(0);
    expect(() => accuracyScore(['a'], [true])).toThrow(DTypeError);
    expect(rocAucScore(['no', 'yes', 'no'], tensor([0.1, 0.9, 0.2]))).toBe(1);
    expect(rocAucScore([true, false], new Float32Array([2, 1]))).toBe(1);
    expect(
      logLoss(
        [0, 1],
        tensor(
          [
            [0.5, 0.5],
            [0.5, 0.5],
          ],
          { dtype: 'float64' },
        ),
      ),
    ).toBeCloseTo(Math.LN2, 15);
    expect(recallScore(['a', 'b'], ['b', 'b'], { posLabel: 'b' })).toBe(1);
    expect(
      meanSquaredError({ data: [1, 2, 3, 4], shape: [2, 2] }, [
        [1, 2],
        [3, 6],
      ]),
    ).toBe(1);
  });
});

describe('what is undefined', () => {
  it('follows zeroDivision, and is told to onWarning only', () => {
    const [truth, guess] = [
      [0, 0, 0],
      [0, 0, 0],
    ];
    expect(listen((onWarning) => f1Score(truth, guess, { onWarning }))).toEqual([
      0,
      [expect.stringMatching(/^UndefinedMetricWarning: f1Score: fscore is undefined/)],
    ]);
    expect(listen((onWarning) => precisionScore(truth, guess, { onWarning, zeroDivision: 1 }))).toEqual([1, []]);
    expect(recallScore(truth, guess, { zeroDivision: Number.NaN })).toBeNaN();
    expect(precisionScore([0, 1, 2], [0, 0, 2], { average: 'macro', zeroDivision: Number.NaN })).toBe(0.75);
    expect(precisionScore([0, 1, 2], [0, 0, 2], { average: null, zeroDivision: Number.NaN })).toEqual([
      0.5,
      Number.NaN,
      1,
    ]);
    expect(() => precisionScore(truth, guess, { zeroDivision: 2 })).toThrow(/zeroDivision/);
  });
  it('is NaN for the area of one class, 0 for average precision without positives', () => {
    expect(listen((onWarning) => rocAucScore([1, 1], [0.5, 0.6], { onWarning }))).toEqual([
      Number.NaN,
      [expect.stringMatching(/only one class/)],
    ]);
    expect(listen((onWarning) => averagePrecisionScore([0, 0], [0.5, 0.6], { onWarning }))).toEqual([
      0,
      [expect.stringMatching(/no positive/)],
    ]);
    const [curve, heard] = listen((onWarning) => rocCurve([0, 0], [0.5, 0.6], { onWarning }));
    expect([...curve.tpr].every(Number.isNaN), heard.join()).toBe(true);
    const [pr, said] = listen((onWarning) => precisionRecallCurve([0, 0], [0.5, 0.6], { onWarning }));
    expect([[...pr.recall], said.length]).toEqual([[1, 1, 0], 1]);
  });
  it('is 0 for Matthews and NaN for kappa of a single class', () => {
    expect(matthewsCorrcoef([1, 1], [1, 1])).toBe(0);
    expect(listen((onWarning) => cohenKappaScore([1, 1], [1, 1], { onWarning }))).toEqual([
      Number.NaN,
      [expect.stringMatching(/kappa/)],
    ]);
  });
  it('is told when predictions have unknown classes, or R² one sample', () => {
    expect(listen((onWarning) => balancedAccuracyScore([0, 0], [0, 1], { onWarning }))).toEqual([
      0.5,
      [expect.stringMatching(/yTrue lacks/)],
    ]);
    expect(listen((onWarning) => r2Score([1], [1], { onWarning }))).toEqual([
      Number.NaN,
      [expect.stringMatching(/two samples/)],
    ]);
  });
});

describe('details of scikit-learn', () => {
  it('balanced accuracy adjusted for chance', () => {
    expect(balancedAccuracyScore([0, 0, 1, 1], [0, 0, 0, 0], { adjusted: true })).toBe(0);
  });
  it('log loss clips by the precision of the probabilities, and leaves rows as they are', () => {
    expect(
      logLoss(
        [0, 1],
        [
          [1, 0],
          [1, 0],
        ],
      ),
    ).toBeCloseTo(-Math.log(Number.EPSILON) / 2, 10);
    expect(
      logLoss(
        [0, 1],
        tensor([
          [1, 0],
          [1, 0],
        ]),
      ),
    ).toBeCloseTo(-Math.log(2 ** -23) / 2, 6);
    const [loss, heard] = listen((onWarning) =>
      logLoss(
        [0, 1],
        [
          [0.5, 0.1],
          [0.1, 0.5],
        ],
        { onWarning },
      ),
    );
    expect(loss).toBeCloseTo(Math.LN2, 12);
    expect(heard).toEqual([expect.stringMatching(/do not sum to 1/)]);
    expect(logLoss([1, 1], [0.5, 0.5], { labels: [0, 1] })).toBeCloseTo(Math.LN2, 12);
  });
  it('the Brier score of two columns is that of one, and labels may be text', () => {
    expect(
      brierScoreLoss(
        [0, 1],
        [
          [0.8, 0.2],
          [0.4, 0.6],
        ],
      ),
    ).toBeCloseTo(brierScoreLoss([0, 1], [0.2, 0.6]), 15);
    expect(brierScoreLoss(['a', 'b'], [0.2, 0.6], { posLabel: 'b' })).toBeCloseTo(0.1, 15);
    expect(brierScoreLoss([0, 1], [0.2, 0.6], { scaleByHalf: false })).toBeCloseTo(0.2, 15);
  });
  it('an infinite beta is recall, a beta of 0 precision', () => {
    const [t, p] = [
      [1, 1, 0, 0],
      [1, 0, 1, 0],
    ];
    expect(fbetaScore(t, p, { beta: Number.POSITIVE_INFINITY })).toBe(recallScore(t, p));
    expect(fbetaScore([1, 1, 0], [1, 0, 0], { beta: 0 })).toBe(1);
  });
  it('names in a report, and exact halves rounded to even', () => {
    const weighted = classificationReport([0, 1], [0, 1], { sampleWeight: [0.1234567891234, 1] });
    expect(weighted).toMatch(/1\.00 0\.1234567891234\n/);
    const text = classificationReport([0, 0, 0, 0, 0, 0, 0, 0, 1], [0, 1, 1, 1, 1, 1, 1, 1, 1], {
      targetNames: ['none', 'a very long name'],
    });
    expect(text).toContain('a very long name       0.12      1.00      0.22         1');
  });
  it('maps the thresholds of the precision–recall curve to its points', () => {
    const { precision, recall, thresholds } = precisionRecallCurve([0, 1, 1], [0.2, 0.5, 0.9], {
      dropIntermediate: true,
    });
    expect([[...precision], [...recall], [...thresholds]]).toEqual([
      [2 / 3, 1, 1, 1],
      [1, 1, 0.5, 0],
      [0.2, 0.5, 0.9],
    ]);
  });
});

describe('metrics refuse', () => {
  const refused: [string, () => unknown, new (m: string) => Error, RegExp][] = [
    ['different lengths', () => accuracyScore([1, 2], [1]), ShapeError, /2 .* 1/],
    ['nothing', () => accuracyScore([], []), ShapeError, /no labels/],
    ['a mix of text and numbers', () => accuracyScore([1, 2], ['1', '2']), DTypeError, /mix/],
    ['one-hot labels', () => accuracyScore(tensor([[0, 1]]), [1]), ShapeError, /argMax/],
    ['missing labels', () => accuracyScore([1, Number.NaN], [1, 1]), ConfigError, /label 1 is NaN/],
    ['null labels', () => accuracyScore([1, null] as never, [1, 1]), DTypeError, /label 1 is null/],
    ['several classes as binary', () => f1Score([0, 1, 2], [0, 1, 2]), ConfigError, /3 classes.*'macro'/],
    ['a positive label that is none', () => f1Score(['a', 'b'], ['a', 'b']), ConfigError, /posLabel 1 is none/],
    [
      'an unknown average',
      () => f1Score([0, 1], [0, 1], { average: 'mean' as never }),
      ConfigError,
      /'binary', 'macro'/,
    ],
    ['no beta', () => fbetaScore([0, 1], [0, 1], {} as never), ConfigError, /beta/],
    [
      'an unknown normalisation',
      () => confusionMatrix([0], [0], { normalize: 'rows' as never }),
      ConfigError,
      /'true', 'pred'/,
    ],
    [
      'labels that do not occur',
      () => confusionMatrix([0], [0], { labels: [7] }),
      ConfigError,
      /none of the labels \[7\]/,
    ],
    ['labels named twice', () => confusionMatrix([0], [0], { labels: [0, 0] }), ConfigError, /twice/],
    [
      'several classes without multiClass',
      () =>
        rocAucScore(
          [0, 1, 2],
          [
            [1, 0, 0],
            [0, 1, 0],
            [0, 0, 1],
          ],
        ),
      ConfigError,
      /'ovr'.*'ovo'/,
    ],
    [
      'rows that do not sum to 1',
      () =>
        rocAucScore(
          [0, 1, 2],
          [
            [1, 1, 0],
            [0, 1, 0],
            [0, 0, 1],
          ],
          { multiClass: 'ovr' },
        ),
      ConfigError,
      /sum to 1/,
    ],
    [
      'two columns for two classes',
      () =>
        rocAucScore(
          [0, 1],
          [
            [1, 0],
            [0, 1],
          ],
        ),
      ShapeError,
      /class 1 alone/,
    ],
    [
      'too few columns',
      () =>
        rocAucScore(
          [0, 1, 2, 3],
          [
            [1, 0, 0],
            [0, 1, 0],
            [0, 0, 1],
            [0, 0, 1],
          ],
          { multiClass: 'ovr' },
        ),
      ShapeError,
      /3 columns for 4 classes/,
    ],
    [
      'weights by pairs',
      () =>
        rocAucScore(
          [0, 1, 2],
          [
            [1, 0, 0],
            [0, 1, 0],
            [0, 0, 1],
          ],
          { multiClass: 'ovo', sampleWeight: [1, 1, 1] },
        ),
      ConfigError,
      /'ovo'/,
    ],
    [
      'micro by pairs',
      () =>
        rocAucScore(
          [0, 1, 2],
          [
            [1, 0, 0],
            [0, 1, 0],
            [0, 0, 1],
          ],
          { multiClass: 'ovo', average: 'micro' },
        ),
      ConfigError,
      /'macro' or 'weighted'/,
    ],
    ['a false positive rate of 0', () => rocAucScore([0, 1], [0, 1], { maxFpr: 0 }), ConfigError, /maxFpr/],
    ['an unclear positive label', () => rocCurve(['a', 'b'], [0, 1]), ConfigError, /Set posLabel/],
    ['a curve of three classes', () => rocCurve([0, 1, 2], [0, 1, 2], { posLabel: 1 }), ConfigError, /3 classes/],
    ['NaN scores', () => rocCurve([0, 1], [0, Number.NaN]), ConfigError, /NaN at position 1/],
    ['a single label in log loss', () => logLoss([1, 1], [0.5, 0.5]), ConfigError, /Name all classes/],
    ['decision values as probabilities', () => logLoss([0, 1], [3, -2]), ConfigError, /probabilities lie in/],
    ['negative weights', () => accuracyScore([0, 1], [0, 1], { sampleWeight: [1, -1] }), ConfigError, /weight 1 is -1/],
    ['weights of 0', () => accuracyScore([0, 1], [0, 1], { sampleWeight: [0, 0] }), ConfigError, /all weights are 0/],
    ['too few weights', () => accuracyScore([0, 1], [0, 1], { sampleWeight: [1] }), ShapeError, /1 values for 2/],
    [
      'too few names',
      () => classificationReport([0, 1], [0, 1], { targetNames: ['a'] }),
      ConfigError,
      /1 targetNames for 2/,
    ],
    ['other outputs', () => meanSquaredError([[1, 2]], [[1]]), ShapeError, /\[1, 2\].*\[1, 1\]/],
    ['text as numbers', () => meanSquaredError([1], ['1'] as never), DTypeError, /the string '1'/],
  ];
  for (const [what, run, type, message] of refused) {
    it(what, () => {
      expect(run).toThrow(type);
      expect(run).toThrow(message);
    });
  }
});
