import { ConfigError, DisposedError, DTypeError, ones, ShapeError } from 'kompakt';
import { computeClassWeight, computeSampleWeight, RandomUnderSampler, SMOTE } from 'kompakt/imbalanced';
import { LogisticRegression } from 'kompakt/linear';
import * as m from 'kompakt/metrics';
import { crossValScore, KFold, StratifiedKFold, trainTestSplit } from 'kompakt/model-selection';
import { describe } from 'vitest';
import { js, loose, type Refusal, refuses } from './refusals';

const X = Array.from({ length: 12 }, (_, i) => [i, 12 - i, i % 3, 1]);
const y = X.map((_, i) => i % 3);
const rare = [0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1];
const fitted = () => new LogisticRegression().fit(X, y);

function disposed() {
  const x = ones([2]);
  x.dispose();
  return x;
}

describe('estimators refuse', () => {
  const fit = (options: object) => () => new LogisticRegression(options).fit(X, y);
  const rows: Refusal[] = [
    ['unknown penalties', fit({ penalty: 'l3' }), ConfigError, /'l3'/],
    ['unknown solvers', fit({ solver: 'newton' }), ConfigError, /lbfgs.*'newton'/],
    ['a strength of 0', fit({ C: 0 }), ConfigError, /C .*0/],
    ['a strength of NaN', fit({ C: Number.NaN }), ConfigError, /NaN/],
    ['a strength of text', fit({ C: '1' }), ConfigError, /C .*1/],
    ['a negative tolerance', fit({ tol: -1 }), ConfigError, /-1/],
    ['Python’s names', fit({ max_iter: 10 }), ConfigError, /did you mean 'maxIter'/],
    ['an intercept of text', fit({ fitIntercept: 'no' }), ConfigError, /fitIntercept.*no/],
    [
      'measurements as labels',
      () =>
        new LogisticRegression().fit(
          X,
          y.map((v) => v + 0.5),
        ),
      ConfigError,
      /label 0 is 0.5.*regression/,
    ],
    ['options that are no object', fit(js(null)), ConfigError, /null/],
    [
      'misspelt options of fit',
      () => new LogisticRegression().fit(X, y, js({ sampleWeights: [] })),
      ConfigError,
      /did you mean 'sampleWeight'/,
    ],
    [
      'one class',
      () =>
        new LogisticRegression().fit(
          X,
          y.map(() => 1),
        ),
      ConfigError,
      /only the class 1/,
    ],
    ['no samples', () => new LogisticRegression().fit([], []), ShapeError, /0 samples/],
    ['NaN', () => new LogisticRegression().fit([[Number.NaN], [1]], [0, 1]), ConfigError, /NaN at row 0, column 0/],
    ['ragged rows', () => new LogisticRegression().fit([[1], [1, 2]], [0, 1]), ShapeError, /row 1 has 2/],
    ['text', () => new LogisticRegression().fit(js([['a'], ['b']]), [0, 1]), DTypeError, /'a'/],
    ['no labels', () => loose((a: never, b: never) => new LogisticRegression().fit(a, b))(X), ConfigError, /undefined/],
    ['too few labels', () => new LogisticRegression().fit(X, [0]), ShapeError, /12 samples.*1 labels/],
    [
      'labels of two types',
      () => new LogisticRegression().fit(X, js(y.map((v, i) => (i > 0 ? v : 'a')))),
      DTypeError,
      /label 1/,
    ],
    ['one-hot labels', () => new LogisticRegression().fit(X, js(y.map(() => [0, 1]))), DTypeError, /array of length 2/],
    [
      'negative weights',
      () => new LogisticRegression().fit(X, y, { sampleWeight: X.map(() => -1) }),
      ConfigError,
      /-1/,
    ],
    [
      'weights of 0 throughout',
      () => new LogisticRegression().fit(X, y, { sampleWeight: X.map(() => 0) }),
      ConfigError,
      /0/,
    ],
    ['disposed tensors', () => new LogisticRegression().fit(disposed(), y), DisposedError, /disposed/],
    ['other features than in fit', async () => (await fitted()).predict([[1]]), ShapeError, /1 features.*4/],
    ['one sample alone', async () => (await fitted()).predict(js([1, 2, 3, 4])), ShapeError, /\[sample\]/],
    ['NaN to predict from', async () => (await fitted()).predict([[Number.NaN, 1, 1, 1]]), ConfigError, /NaN/],
  ];
  refuses(rows);
});

describe('resamplers refuse', () => {
  const smote =
    (options: object, labels: number[] = y) =>
    () =>
      new SMOTE(options).fitResample(X, labels);
  const rows: Refusal[] = [
    [
      'measurements as labels',
      smote(
        {},
        y.map((v) => v + 0.5),
      ),
      ConfigError,
      /label 0 is 0.5/,
    ],
    ['no neighbours', smote({ kNeighbors: 0 }, rare), ConfigError, /kNeighbors.*0/],
    ['classes with too few samples', smote({}, rare), ConfigError, /class 1 has 3 samples.*kNeighbors below 3/],
    [
      'one class',
      smote(
        {},
        y.map(() => 1),
      ),
      ConfigError,
      /class/,
    ],
    ['unknown strategies', smote({ samplingStrategy: 'max' }), ConfigError, /max/],
    ['a ratio for three classes', smote({ samplingStrategy: 0.5 }), ConfigError, /0\.5|two classes|binary/],
    ['fewer samples than there are', smote({ samplingStrategy: { 0: 1 } }), ConfigError, /1.*4/],
    ['classes that are not there', smote({ samplingStrategy: { 9: 10 } }), ConfigError, /9/],
    ['Python’s names', smote({ k_neighbors: 3 }), ConfigError, /did you mean 'kNeighbors'/],
    ['no data', () => loose((a: never, b: never) => new SMOTE().fitResample(a, b))(), ConfigError, /undefined/],
    ['NaN', () => new SMOTE().fitResample([[Number.NaN], [1]], [0, 1]), ConfigError, /NaN/],
    [
      'more samples than there are',
      () => new RandomUnderSampler({ samplingStrategy: { 0: 100 } }).fitResample(X, y),
      ConfigError,
      /100.*4/,
    ],
    ['unknown class weights', () => computeClassWeight(js('x'), [0, 1], [0, 1]), ConfigError, /'balanced'.*x/],
    ['labels beyond the classes', () => computeClassWeight('balanced', [0, 1], [0, 0, 2]), ConfigError, /label 2/],
    ['weights of other classes', () => computeSampleWeight({ 9: 1 }, y), ConfigError, /9/],
  ];
  refuses(rows);
});

describe('metrics refuse', () => {
  const eye = [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ];
  const rows: Refusal[] = [
    ['nothing', () => loose(m.accuracyScore)(), ConfigError, /yTrue.*undefined/],
    ['no samples', () => m.accuracyScore([], []), ShapeError, /no labels/],
    ['other numbers of predictions', () => m.accuracyScore([0], [0, 1]), ShapeError, /1.*2/],
    ['text against numbers', () => m.accuracyScore([0, 1], js(['0', '1'])), DTypeError, /text and numbers/],
    [
      'probabilities for labels',
      () =>
        m.accuracyScore(
          [0, 1],
          js([
            [0.3, 0.7],
            [0.1, 0.9],
          ]),
        ),
      ShapeError,
      /yPred is a table.*yTrue is not.*argMax/,
    ],
    ['NaN labels', () => m.accuracyScore([Number.NaN, 1], [0, 1]), ConfigError, /NaN/],
    [
      'misspelt options',
      () => m.accuracyScore([0, 1], [0, 1], js({ sample_weight: [1, 2] })),
      ConfigError,
      /did you mean 'sampleWeight'/,
    ],
    ['unknown averages', () => m.precisionScore([0, 1], [0, 1], { average: js('mean') }), ConfigError, /'mean'/],
    ['three classes as two', () => m.precisionScore([0, 1, 2], [0, 1, 2]), ConfigError, /average/],
    [
      'a positive class that is not there',
      () => m.precisionScore([0, 1], [0, 1], { posLabel: 5 }),
      ConfigError,
      /posLabel 5/,
    ],
    ['negative beta', () => m.fbetaScore([0, 1], [0, 1], { beta: -1 }), ConfigError, /beta.*-1/],
    ['several classes without a rule', () => m.rocAucScore([0, 1, 2], eye), ConfigError, /multiClass/],
    [
      'rows that don’t sum to 1',
      () =>
        m.rocAucScore(
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
    ['NaN scores', () => m.rocAucScore([0, 1], [Number.NaN, 1]), ConfigError, /NaN/],
    ['probabilities of 2', () => m.logLoss([0, 1], [-1, 2]), ConfigError, /\[0, 1\]/],
    [
      'missing columns',
      () =>
        m.logLoss(
          [0, 1, 2],
          [
            [0.5, 0.5],
            [0.5, 0.5],
            [0.5, 0.5],
          ],
        ),
      ShapeError,
      /2 columns for 3/,
    ],
    ['negative digits', () => m.classificationReport([0, 1], [0, 1], { digits: -1 }), ConfigError, /digits.*-1/],
    [
      'too few names',
      () => m.classificationReport([0, 1], [0, 1], { targetNames: ['a'] }),
      ConfigError,
      /1 targetNames for 2/,
    ],
    ['disposed tensors', () => m.accuracyScore(disposed(), [1, 1]), DisposedError, /disposed/],
  ];
  refuses(rows);
});

describe('splitters refuse', () => {
  const split = (options: object) => () => trainTestSplit(X, y, options);
  const rows: Refusal[] = [
    ['a test part of nothing', split({ testSize: 0 }), ConfigError, /testSize.*0/],
    ['a test part of everything', split({ testSize: 12 }), ConfigError, /1 to 11.*12/],
    ['more than there is', split({ testSize: 0.6, trainSize: 0.6 }), ConfigError, /0\.6 and trainSize 0\.6/],
    ['sizes of text', split({ testSize: '0.2' }), ConfigError, /0\.2/],
    ['Python’s names', split({ test_size: 0.2 }), ConfigError, /did you mean 'testSize'/],
    [
      'to stratify by a class of one',
      () =>
        trainTestSplit(
          X,
          X.map((_, i) => Number(i === 0)),
          { stratify: true },
        ),
      ConfigError,
      /only 1 sample/,
    ],
    ['to stratify without shuffling', split({ stratify: true, shuffle: false }), ConfigError, /shuffle/],
    ['one sample', () => trainTestSplit([[1]], [0]), ConfigError, /train/],
    [
      'measurements as classes',
      () => [
        ...new StratifiedKFold().split(
          X,
          y.map((v) => v + 0.5),
        ),
      ],
      ConfigError,
      /label 0 is 0.5.*KFold/,
    ],
    ['one part', () => [...new KFold({ nSplits: 1 }).split(X)], ConfigError, /≥ 2, got 1/],
    ['more parts than samples', () => [...new KFold({ nSplits: 100 }).split(X)], ConfigError, /12.*100/],
    ['a seed without shuffling', () => [...new KFold({ seed: 1 }).split(X)], ConfigError, /shuffle: true/],
    [
      'Python’s names of parts',
      () => [...new KFold(js({ n_splits: 2 })).split(X)],
      ConfigError,
      /did you mean 'nSplits'/,
    ],
    ['to stratify without labels', () => [...new StratifiedKFold().split(X)], ConfigError, /split\(X, y\)/],
    [
      'a class for an estimator',
      () => crossValScore(js(LogisticRegression), X, y),
      ConfigError,
      /new LogisticRegression/,
    ],
    [
      'unknown figures',
      () => crossValScore(new LogisticRegression(), X, y, { scoring: js('acc'), cv: 2 }),
      ConfigError,
      /'acc'.*accuracy/,
    ],
  ];
  refuses(rows);
});
