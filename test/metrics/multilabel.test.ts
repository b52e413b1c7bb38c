import { tensor } from 'kompakt';
import { describe, expect, it } from 'vitest';
import { ConfigError, DTypeError, ShapeError } from '../../src/core/errors';
import { ColumnTable, CsrMatrix } from '../../src/data/index';
import type { LabelAverage, ReportRow } from '../../src/metrics/index';
import * as metrics from '../../src/metrics/index';
import { expectClose, readGolden } from './close';

interface Labelled {
  readonly input: string;
  readonly yTrue: number[][];
  readonly yPred: number[][];
  readonly weights: number[] | null;
  readonly labels: number[] | null;
  readonly [key: string]: unknown;
}

interface Classes {
  readonly yTrue: number[];
  readonly yPred: number[];
  readonly weights: number[] | null;
  readonly labels: number[] | null;
  readonly confusion: number[][][];
}

interface Ranked {
  readonly input: string;
  readonly yTrue: number[][];
  readonly yScore: number[][];
  readonly weights: number[] | null;
  readonly [key: string]: unknown;
}

interface Golden {
  readonly labelled: Labelled[];
  readonly classes: Classes[];
  readonly ranked: Ranked[];
  readonly column: { yTrue: number[][]; yScore: number[][]; labelRankingAveragePrecisionScore: number };
}

const golden = readGolden<Golden>('multilabel');

const AVERAGES: readonly [string, LabelAverage][] = [
  ['micro', 'micro'],
  ['macro', 'macro'],
  ['weighted', 'weighted'],
  ['samples', 'samples'],
  ['None', null],
];

describe('samples with several labels, against scikit-learn', () => {
  for (const g of golden.labelled) {
    const { yTrue: t, yPred: p, labels } = g;
    const name = `${g.input}${g.weights === null ? '' : ', weighted'}${labels === null ? '' : `, labels ${labels}`}`;
    const options = { sampleWeight: g.weights, labels };

    it(`ratios of ${name}`, () => {
      for (const [key, average] of AVERAGES)
        for (const zeroDivision of [0, 1] as const) {
          const expected = g[`ratios ${key} ${zeroDivision}`] as Record<string, unknown> | undefined;
          if (expected === undefined) continue;
          const o = { ...options, average, zeroDivision };
          expectClose(metrics.precisionScore(t, p, o), expected.precisionScore);
          expectClose(metrics.recallScore(t, p, o), expected.recallScore);
          expectClose(metrics.f1Score(t, p, o), expected.f1Score);
          expectClose(metrics.fbetaScore(t, p, { ...o, beta: 2 }), expected.fbetaScore);
          expectClose(metrics.jaccardScore(t, p, o), expected.jaccardScore);
          const all = metrics.precisionRecallFscoreSupport(t, p, { ...o, beta: 0.5 } as { average: null });
          expectClose([all.precision, all.recall, all.fscore], expected.all);
          if (average === null) expectClose(all.support, g.support);
          else expect(all.support).toBeNull();
        }
    });

    it(`confusion and report of ${name}`, () => {
      expectClose(metrics.multilabelConfusionMatrix(t, p, options), g.confusion);
      expectClose(metrics.multilabelConfusionMatrix(t, p, { ...options, samplewise: true }), g.samplewise);
      expect(metrics.classificationReport(t, p, { ...options, digits: 3 })).toBe(g.report);
      const expected = g.reportDict as Record<string, Record<string, number>>;
      const targetNames = (labels ?? t[0]!.map((_, c) => c)).map((c) => `label ${c}`);
      const got = metrics.classificationReport(t, p, { ...options, targetNames, outputDict: true });
      expect(Object.keys(got)).toEqual(Object.keys(expected));
      for (const [key, row] of Object.entries(expected)) {
        const { precision, recall, f1Score, support } = got[key] as ReportRow;
        expectClose([precision, recall, f1Score, support], Object.values(row));
      }
    });

    if (labels !== null) continue;
    it(`whole samples of ${name}`, () => {
      const { sampleWeight } = options;
      expectClose(metrics.accuracyScore(t, p, { sampleWeight }), g.accuracyScore);
      expectClose(metrics.accuracyScore(t, p, { sampleWeight, normalize: false }), g.accuracySum);
      expectClose(metrics.zeroOneLoss(t, p, { sampleWeight }), g.zeroOneLoss);
      expectClose(metrics.zeroOneLoss(t, p, { sampleWeight, normalize: false }), g.zeroOneSum);
      expectClose(metrics.hammingLoss(t, p, { sampleWeight }), g.hammingLoss);
      const proba = g.proba as number[][];
      expectClose(metrics.logLoss(t, proba, { sampleWeight }), g.logLoss);
      expectClose(metrics.logLoss(t, proba, { sampleWeight, normalize: false }), g.logLossSum);
    });
  }

  it.each(golden.classes)('confusion of single labels $labels', ({ yTrue, yPred, weights, labels, confusion }) => {
    expectClose(metrics.multilabelConfusionMatrix(yTrue, yPred, { sampleWeight: weights, labels }), confusion);
  });
});

describe('rankings of labels, against scikit-learn', () => {
  const { averagePrecisionScore, rocAucScore, labelRankingAveragePrecisionScore: precision } = metrics;
  const isMixed = (row: number[]): boolean => row.includes(0) && row.includes(1);

  golden.ranked.forEach(({ input, yTrue: t, yScore: s, weights: sampleWeight, ...g }, at) => {
    it(`case ${at}: ${input}`, () => {
      expectClose(metrics.coverageError(t, s, { sampleWeight }), g.coverageError);
      expectClose(precision(t, s, { sampleWeight }), g.labelRankingAveragePrecisionScore);
      expectClose(metrics.labelRankingLoss(t, s, { sampleWeight }), g.labelRankingLoss);
      for (const [key, average] of AVERAGES as readonly [string, metrics.TableAverage][]) {
        expectClose(averagePrecisionScore(t, s, { average, sampleWeight }), g[`averagePrecisionScore ${key}`]);
        const rows = t.flatMap((row, i) => (average !== 'samples' || isMixed(row) ? [i] : []));
        const [own, scores] = [rows.map((i) => t[i]!), rows.map((i) => s[i]!)];
        for (const maxFpr of [null, 0.4]) {
          const o = { average, maxFpr, sampleWeight: sampleWeight === null ? null : rows.map((i) => sampleWeight[i]!) };
          expectClose(rocAucScore(own, scores, o), g[`rocAucScore ${key} ${maxFpr ?? 'None'}`]);
        }
      }
    });
  });

  it('of a single label are all right', () => {
    const { yTrue, yScore, labelRankingAveragePrecisionScore: expected } = golden.column;
    expect(precision(yTrue, yScore)).toBe(expected);
    expect(precision(tensor(yTrue), yScore)).toBe(1);
  });

  it('take sparse tables and any form of scores', () => {
    const { yTrue, yScore } = golden.ranked[0]!;
    const [sparse, scores] = [CsrMatrix.fromDense(yTrue), { data: Float64Array.from(yScore.flat()), shape: [25, 5] }];
    expect(averagePrecisionScore(sparse, scores)).toBe(averagePrecisionScore(yTrue, yScore));
    expect(rocAucScore(sparse, scores)).toBe(rocAucScore(yTrue, yScore));
    for (const score of [precision, metrics.coverageError, metrics.labelRankingLoss])
      expect(score(sparse, scores)).toBe(score(yTrue, yScore));
  });

  const micro = (t: number[][], s: number[][]): number => averagePrecisionScore(t, s, { average: 'micro' });
  it('do not change with what keeps the order of scores', () => {
    for (const { yTrue, yScore } of golden.ranked)
      for (const score of [micro, precision, metrics.coverageError, metrics.labelRankingLoss])
        expectClose(
          score(
            yTrue,
            yScore.map((row) => row.map((v) => Math.exp(v) - 9)),
          ),
          score(yTrue, yScore),
        );
  });

  it('of samples with all labels or none', () => {
    const [t, s] = [
      [
        [1, 1, 1],
        [0, 0, 0],
      ],
      [
        [3, 2, 1],
        [1, 2, 3],
      ],
    ];
    expect([metrics.coverageError(t, s), precision(t, s), metrics.labelRankingLoss(t, s)]).toEqual([1.5, 1, 0]);
  });

  it('of labels that all or no samples have are undefined, and told of', () => {
    const told: string[] = [];
    const onWarning = ({ message }: Error): unknown => told.push(message);
    const [t, s] = [
      [
        [1, 0, 1],
        [1, 0, 0],
      ],
      [
        [1, 2, 3],
        [3, 2, 1],
      ],
    ];
    expect(rocAucScore(t, s, { average: null, onWarning })).toEqual([Number.NaN, Number.NaN, 1]);
    expect(rocAucScore(t, s, { onWarning })).toBeNaN();
    expect(told).toHaveLength(4);
    expect(averagePrecisionScore(t, s, { average: null })).toEqual([1, 0, 1]);
    expect(
      rocAucScore(
        [
          [0, 0],
          [0, 0],
        ],
        [
          [1, 2],
          [2, 1],
        ],
        { average: 'weighted' },
      ),
    ).toBe(0);
    // Of no weight, undefined areas do not count.
    expect(
      rocAucScore(
        [
          [1, 0],
          [1, 1],
        ],
        [
          [1, 2],
          [2, 1],
        ],
        { average: 'samples', sampleWeight: [1, 0] },
      ),
    ).toBe(0);
  });

  it('of classes, averaged over samples', () => {
    const proba = [
      [0.7, 0.2, 0.1],
      [0.5, 0.4, 0.1],
      [0.3, 0.3, 0.4],
    ];
    const oneHot = [
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ];
    expect(averagePrecisionScore([0, 1, 2], proba, { average: 'samples' })).toBe(
      averagePrecisionScore(oneHot, proba, { average: 'samples' }),
    );
  });
});

const T = [
  [1, 0, 1],
  [0, 0, 0],
  [1, 1, 1],
  [0, 1, 0],
];
const P = [
  [1, 1, 1],
  [0, 0, 0],
  [1, 0, 1],
  [0, 1, 0],
];

describe('tables of labels', () => {
  const flat = (rows: number[][]): Float64Array => Float64Array.from(rows.flat());
  const forms: readonly [string, (rows: number[][]) => metrics.ClassTargets][] = [
    ['booleans', (rows) => rows.map((row) => row.map(Boolean))],
    ['typed rows', (rows) => rows.map((row) => Uint8Array.from(row))],
    ['a tensor', (rows) => tensor(rows)],
    ['a tensor of int32', (rows) => tensor(rows, { dtype: 'int32' })],
    ['flat data', (rows) => ({ data: flat(rows), shape: [4, 3] })],
    [
      'a transposed ndarray',
      (rows) => ({
        data: Int32Array.from([0, 1, 2].flatMap((c) => rows.map((row) => row[c]!))),
        shape: [4, 3],
        stride: [1, 4],
        offset: 0,
      }),
    ],
    ['CSR', (rows) => CsrMatrix.fromDense(rows)],
    ['CSC', (rows) => CsrMatrix.fromDense(rows).toCsc()],
    [
      'CSR with zeros kept',
      (rows) =>
        new CsrMatrix({
          data: flat(rows),
          indices: [0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2],
          indptr: [0, 3, 6, 9, 12],
          shape: [4, 3],
        }),
    ],
    ['columns', (rows) => new ColumnTable(['a', 'b', 'c'].map((n, c) => [n, rows.map((row) => row[c]!)] as const))],
  ];

  it.each(forms)('are taken as %s', (_name, form) => {
    const expected = metrics.precisionRecallFscoreSupport(T, P, { average: null });
    expect(metrics.precisionRecallFscoreSupport(form(T), form(P), { average: null })).toEqual(expected);
    expect(metrics.precisionRecallFscoreSupport(form(T), P, { average: null })).toEqual(expected);
    expect(metrics.accuracyScore(T, form(P))).toBe(0.5);
    expect(metrics.zeroOneLoss(form(T), P, { normalize: false })).toBe(2);
    expect(metrics.hammingLoss(form(T), form(P))).toBeCloseTo(1 / 6, 15);
  });

  it('may have one column where they are sparse', () => {
    expect(() => metrics.f1Score([[1], [0], [1]], [[1], [1], [1]])).toThrow(/Flatten the column/);
    const column = CsrMatrix.fromDense([[1], [0], [1]]);
    expect(metrics.recallScore(column, CsrMatrix.fromDense([[1], [1], [0]]), { average: null })).toEqual([0.5]);
  });

  it('of one label per sample score as those do', () => {
    const [t, p] = [
      [0, 2, 1, 2, 0, 1, 1],
      [0, 1, 1, 2, 2, 1, 0],
    ];
    const oneHot = (codes: number[]): number[][] => codes.map((c) => [0, 1, 2].map((k) => Number(k === c)));
    for (const average of ['macro', 'weighted', 'micro', null] as const) {
      expectClose(metrics.f1Score(oneHot(t), oneHot(p), { average }), metrics.f1Score(t, p, { average }));
      expectClose(metrics.jaccardScore(oneHot(t), oneHot(p), { average }), metrics.jaccardScore(t, p, { average }));
    }
    expect(metrics.accuracyScore(oneHot(t), oneHot(p))).toBe(metrics.accuracyScore(t, p));
    expect(metrics.multilabelConfusionMatrix(oneHot(t), oneHot(p))).toEqual(metrics.multilabelConfusionMatrix(t, p));
    const proba = oneHot(t).map((row) => row.map((v) => (v + 1) / 4));
    expectClose(metrics.logLoss(oneHot(t), proba), metrics.logLoss(t, proba));
  });

  it('leave undefined ratios out of means as NaN, or tell of them', () => {
    const [t, p] = [[[0, 1]], [[0, 1]]];
    expect(metrics.precisionScore(t, p, { average: 'macro', zeroDivision: Number.NaN })).toBe(1);
    expect(metrics.precisionScore([[0, 0]], [[0, 0]], { average: 'samples', zeroDivision: Number.NaN })).toBeNaN();
    const told: string[] = [];
    metrics.recallScore(t, p, { average: 'macro', onWarning: ({ message }) => told.push(message) });
    metrics.f1Score([[0, 0]], t, { average: 'samples', onWarning: ({ message }) => told.push(message) });
    metrics.f1Score([[0, 0]], [[0, 0]], { average: 'samples', onWarning: ({ message }) => told.push(message) });
    expect(told).toEqual([
      'recallScore: recall is undefined for classes with no true samples; it is counted as 0. Set zeroDivision.',
      'f1Score: fscore is undefined for samples with no true nor predicted labels; it is counted as 0. Set zeroDivision.',
    ]);
  });
});

describe('tables of labels are refused', () => {
  const { accuracyScore, f1Score, multilabelConfusionMatrix: confusion } = metrics;
  const refused: readonly [string, () => unknown, new (...args: never[]) => Error, RegExp][] = [
    [
      'beside single labels',
      () => accuracyScore(T, [1, 0, 1, 0]),
      ShapeError,
      /yTrue is a table.*yPred is not.*argMax/,
    ],
    ['beside single labels, the other way', () => f1Score([1, 0], T), ShapeError, /yPred is a table.*yTrue is not/],
    ['of other samples', () => accuracyScore(T, P.slice(1)), ShapeError, /4 samples of 3 labels, yPred 3/],
    [
      'of other labels',
      () =>
        accuracyScore(
          T,
          P.map((r) => r.slice(1)),
        ),
      ShapeError,
      /yPred 4 of 2/,
    ],
    [
      'of classes',
      () =>
        accuracyScore(
          [
            [1, 2],
            [3, 1],
          ],
          [
            [1, 2],
            [3, 1],
          ],
        ),
      ConfigError,
      /found 2 at row 0, column 1.*one by one/,
    ],
    ['of signs', () => accuracyScore([[1, -1]], [[1, -1]]), ConfigError, /found -1/],
    ['of scores', () => accuracyScore([[1, 0]], [[0.7, 0.2]]), ConfigError, /found 0.7.*threshold/],
    [
      'of scores, sparse',
      () => f1Score(CsrMatrix.fromDense([[0, 0.5]]), [[0, 1]]),
      ConfigError,
      /found 0.5 at row 0, column 1/,
    ],
    ['of NaN', () => accuracyScore([[1, Number.NaN]], [[1, 0]]), ConfigError, /NaN at row 0/],
    ['as lists of labels', () => accuracyScore([[1, 2], [0]], [[1, 2], [0]]), ConfigError, /MultiLabelBinarizer/],
    [
      'as lists of texts',
      () => accuracyScore([['a', 'b']] as never, [['a', 'b']] as never),
      ConfigError,
      /MultiLabelBinarizer/,
    ],
    ['with other elements', () => accuracyScore([[1, null]] as never, [[1, 0]]), DTypeError, /row 0, column 1/],
    ['without an average', () => f1Score(T, P), ConfigError, /average is 'binary'.*'samples'/],
    [
      'of single labels by sample',
      () => f1Score([0, 1], [0, 1], { average: 'samples' }),
      ConfigError,
      /'samples' is for several/,
    ],
    [
      'with an unknown average',
      () => f1Score(T, P, { average: 'mean' as never }),
      ConfigError,
      /average must be one of/,
    ],
    ['with labels beyond', () => f1Score(T, P, { average: null, labels: [3] }), ConfigError, /0 to 2; got 3/],
    ['with names of labels', () => f1Score(T, P, { average: null, labels: ['a'] }), ConfigError, /got 'a'|got a/],
    ['with a label twice', () => f1Score(T, P, { average: null, labels: [1, 1] }), ConfigError, /twice/],
    [
      'with few weights',
      () => metrics.hammingLoss(T, P, { sampleWeight: [1, 2] }),
      ShapeError,
      /2 values for 4 samples/,
    ],
    [
      'samplewise for single labels',
      () => confusion([0, 1], [0, 1], { samplewise: true }),
      ConfigError,
      /samplewise is for/,
    ],
    [
      'with other names',
      () => metrics.classificationReport(T, P, { targetNames: ['a'] }),
      ConfigError,
      /1 targetNames for 3/,
    ],
    ['by figures of one label', () => metrics.balancedAccuracyScore(T as never, P as never), ShapeError, /got a table/],
    ['by a confusion matrix', () => metrics.confusionMatrix(T as never, P as never), ShapeError, /argMax/],
    [
      'by specificity',
      () => metrics.specificityScore(T as never, P as never, { average: 'macro' }),
      ShapeError,
      /table/,
    ],
    [
      'with labels, by the log loss',
      () => metrics.logLoss(T, P, { labels: [0, 1, 2] }),
      ConfigError,
      /labels are for one/,
    ],
    [
      'by the log loss of other columns',
      () =>
        metrics.logLoss(T, [
          [1, 0],
          [0, 1],
          [1, 0],
          [0, 1],
        ]),
      ShapeError,
      /2 columns for 3/,
    ],
    [
      'by a ranking of single labels',
      () => metrics.coverageError([0, 1] as never, [0.1, 0.2]),
      ShapeError,
      /MultiLabelBinarizer/,
    ],
    [
      'by a ranking of one label',
      () => metrics.labelRankingLoss([[0], [1]], [[1], [2]]),
      ShapeError,
      /at least two labels/,
    ],
    [
      'by a ranking with other columns',
      () =>
        metrics.coverageError(
          T,
          P.map((r) => r.slice(1)),
        ),
      ShapeError,
      /2 columns for 3 labels/,
    ],
    ['by a ranking with other rows', () => metrics.rocAucScore(T, P.slice(1)), ShapeError, /3 rows for 4/],
    [
      'by a ranking with one list',
      () => metrics.averagePrecisionScore(T, [1, 2, 3, 4]),
      ShapeError,
      /1 columns for 3 labels/,
    ],
    [
      'by a ranking with a positive label',
      () => metrics.averagePrecisionScore(T, P, { posLabel: 0 }),
      ConfigError,
      /posLabel/,
    ],
    ['by a ranking with NaN', () => metrics.labelRankingLoss([[0, 1]], [[Number.NaN, 1]]), ConfigError, /NaN/],
    ['by a ranking with classes', () => metrics.labelRankingLoss([[0, 2]], [[1, 2]]), ConfigError, /found 2/],
    [
      'by samples of classes',
      () =>
        metrics.rocAucScore(
          [0, 1, 2],
          [
            [1, 0, 0],
            [0, 1, 0],
            [0, 0, 1],
          ],
          { multiClass: 'ovr', average: 'samples' },
        ),
      ConfigError,
      /'samples'/,
    ],
  ];
  it.each(refused)('%s', (_name, run, type, message) => {
    expect(run).toThrow(type);
    expect(run).toThrow(message);
  });
});
