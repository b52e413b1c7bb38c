import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  BernoulliNB,
  ComplementNB,
  FittedBernoulliNB,
  FittedComplementNB,
  FittedGaussianNB,
  FittedMultinomialNB,
  GaussianNB,
  MultinomialNB,
} from '../../src/bayes/index';
import { ConfigError, ShapeError } from '../../src/core/errors';
import { breastCancer, CsrMatrix, digits, iris, wine } from '../../src/data/index';
import { fromJSON, fromState, type ModelState } from '../../src/estimator/state';
import { checkEstimator } from '../../src/testing/index';
import { js, refuses } from '../bad-input/refusals';

interface Row {
  readonly data: 'iris' | 'wine' | 'breast_cancer' | 'digits';
  readonly name: 'GaussianNB' | 'MultinomialNB' | 'ComplementNB' | 'BernoulliNB';
  readonly options: { readonly [name: string]: number | boolean | string };
  readonly how: 'fit' | 'weighted' | 'partial';
  readonly predict: number[];
  readonly score: number;
  readonly joint?: number[];
  readonly proba: number[];
}

const goldens = JSON.parse(readFileSync(new URL('../fixtures/bayes/bayes.json', import.meta.url), 'utf8')) as Row[];
const ROWS = [0, 20, 55, 77, 100, 120, 148];
const CLASSES = { GaussianNB, MultinomialNB, ComplementNB, BernoulliNB };
const FITTED = [FittedGaussianNB, FittedMultinomialNB, FittedComplementNB, FittedBernoulliNB] as const;

function load(name: Row['data']): { X: number[][]; y: number[] } {
  const { X, y } = { iris, wine, breast_cancer: breastCancer, digits }[name]();
  const [rows, cols] = X.shape;
  return {
    X: Array.from({ length: rows }, (_, i) => Array.from(X.data.subarray(i * cols, (i + 1) * cols))),
    y: Array.from(y),
  };
}

const take = <T>(list: readonly T[], index: readonly number[]): T[] => index.map((i) => list[i]!);

/** The generator's options in our names. */
function optionsOf(row: Row, classes: number, features: number): object {
  const priors = Array.from({ length: classes }, (_, c) => (c + 1) / ((classes * (classes + 1)) / 2));
  return Object.fromEntries(
    Object.entries(row.options).map(([name, v]) => [
      name.replace(/_([a-z])/g, (_, c: string) => c.toUpperCase()),
      name === 'priors' || name === 'class_prior'
        ? priors
        : v === 'vector'
          ? Array.from({ length: features }, (_, j) => 0.5 + (j % 3))
          : v,
    ]),
  );
}

async function fitted(row: Row, sparse: boolean) {
  const { X, y } = load(row.data);
  const classes = [...new Set(y)];
  const estimator = new CLASSES[row.name](optionsOf(row, classes.length, X[0]!.length) as never);
  const form = (rows: number[][]) => (sparse ? CsrMatrix.fromDense(rows) : rows);
  if (row.how !== 'partial')
    return estimator.fit(form(X), y, row.how === 'weighted' ? { sampleWeight: y.map((_, i) => (i % 4) * 0.5) } : {});
  const order = Array.from(X.keys()).sort((a, b) => Math.sin(a * 12.9898) - Math.sin(b * 12.9898));
  // NumPy's array_split: the first parts get one more.
  const sizes = [0, 1, 2].map((p) => Math.floor(X.length / 3) + Number(p < X.length % 3));
  const parts = sizes.map((n, p) => order.slice(sizes.slice(0, p).reduce((a, b) => a + b, 0)).slice(0, n));
  let model = await estimator.partialFit(form(take(X, parts[0]!)), take(y, parts[0]!), { classes });
  for (const part of parts.slice(1))
    model = (await model.partialFit(form(take(X, part)), take(y, part))) as typeof model;
  return model;
}

function expectClose(got: ArrayLike<number>, expected: readonly number[], tolerance: number): void {
  expect(got.length).toBe(expected.length);
  expected.forEach((v, i) => {
    expect(Math.abs(got[i]! - v), `${got[i]} and ${v} at ${i}`).toBeLessThanOrEqual(tolerance * (1 + Math.abs(v)));
  });
}

describe('naive Bayes as scikit-learn', () => {
  for (const row of goldens) {
    for (const sparse of row.name === 'GaussianNB' ? [false] : [false, true]) {
      it(`${row.name} on ${row.data}, ${row.how}, ${JSON.stringify(row.options)}${sparse ? ', sparse' : ''}`, async () => {
        const model = await fitted(row, sparse);
        const { X, y } = load(row.data);
        const some = take(X, ROWS);
        if (row.joint !== undefined) expectClose(model.predictJointLogProba(some).dataSync(), row.joint, 1e-9);
        expectClose(model.predictProba(some).dataSync(), row.proba, 1e-8);
        expectClose(Array.from(model.predictLogProba(some).dataSync(), Math.exp), row.proba, 1e-8);
        expect((model.predict(X) as number[]).filter((_, i) => i % 7 === 0)).toEqual(row.predict);
        expect(model.score(X, y)).toBeCloseTo(row.score, 12);
      });
    }
  }
});

describe('contracts', () => {
  for (const make of [() => new GaussianNB(), () => new BernoulliNB({ binarize: 1 }), () => new BernoulliNB()]) {
    it(`${make().name} is an estimator`, async () => {
      await checkEstimator(make, { minScore: 0.5 });
    });
  }

  for (const row of goldens.filter((r) => r.data === 'wine' && r.how === 'fit')) {
    it(`${row.name} ${JSON.stringify(row.options)} predicts and learns on the same after a round trip through JSON`, async () => {
      const { X, y } = load('wine');
      const model = await fitted(row, false);
      const again = fromState(fromJSON(JSON.parse(JSON.stringify(model))) as ModelState, FITTED) as typeof model;
      expect(again.predictJointLogProba(X).dataSync()).toEqual(model.predictJointLogProba(X).dataSync());
      const [a, b] = [await model.partialFit(X, y), await again.partialFit(X, y)];
      expect(b.toState()).toEqual(a.toState());
    });
  }

  it('learning on leaves the model as it was, and gives that of all samples together', async () => {
    const { X, y } = load('iris');
    const estimator = new MultinomialNB();
    const first = await estimator.partialFit(X.slice(0, 60), y.slice(0, 60), { classes: [0, 1, 2] });
    const before = JSON.stringify(first);
    const both = await first.partialFit(X.slice(60), y.slice(60));
    expect(JSON.stringify(first)).toBe(before);
    const whole = await estimator.fit(X, y);
    expectClose(both.featureLogProb.dataSync(), Array.from(whole.featureLogProb.dataSync()), 1e-13);
  });

  it('an event never seen rules a class out only for samples that have it', async () => {
    const model = await new MultinomialNB({ alpha: 0 }).fit(
      [
        [1, 0, 1],
        [0, 2, 1],
      ],
      ['a', 'b'],
    );
    expect(Array.from(model.predictProba([[1, 0, 1]]).dataSync())).toEqual([1, 0]);
    const both = model.predictProba([[0, 0, 1]]).dataSync();
    expect(both[0]).toBeCloseTo(1 / 2 / (1 / 2 + 1 / 3), 12);
  });
});

describe('what can not be done is refused', () => {
  const X = [
    [0, 1],
    [1, 0],
    [2, 1],
  ];
  const y = [0, 1, 1];
  refuses([
    ['negative counts', () => new MultinomialNB().fit([[-1], [1]], [0, 1]), ConfigError, /negative/],
    ['negative counts in a complement', () => new ComplementNB().fit([[-1], [1]], [0, 1]), ConfigError, /negative/],
    ['a negative alpha', () => new MultinomialNB({ alpha: -1 }).fit(X, y), ConfigError, /alpha/],
    ['alphas for other features', () => new MultinomialNB({ alpha: [1] }).fit(X, y), ShapeError, /alpha/],
    ['priors that add up to 2', () => new GaussianNB({ priors: [1, 1] }).fit(X, y), ConfigError, /add up to 1/],
    ['a prior too few', () => new BernoulliNB({ classPrior: [1] }).fit(X, y), ConfigError, /classPrior/],
    ['a negative smoothing', () => new GaussianNB({ varSmoothing: -1 }).fit(X, y), ConfigError, /varSmoothing/],
    ['one class', () => new GaussianNB().fit(X, [1, 1, 1]), ConfigError, /only the class/],
    ['an unknown option', () => new GaussianNB(js({ var_smoothing: 1 })).fit(X, y), ConfigError, /varSmoothing/],
    ['norm that is no boolean', () => new ComplementNB({ norm: js(1) }).fit(X, y), ConfigError, /norm/],
    ['a negative threshold', () => new BernoulliNB({ binarize: -1 }).fit(X, y), ConfigError, /binarize/],
    ['a first batch without classes', () => new GaussianNB().partialFit(X, y), ConfigError, /classes/],
    [
      'a label out of the classes',
      () => new MultinomialNB().partialFit(X, y, { classes: [1, 2] }),
      ConfigError,
      /label 0/,
    ],
    ['sparse measurements', () => new GaussianNB().fit(CsrMatrix.fromDense(X), y), ConfigError, /toDense/],
    ['NaN', () => new GaussianNB().fit([[Number.NaN], [1]], [0, 1]), ConfigError, /NaN/],
    ['other features', async () => (await new MultinomialNB().fit(X, y)).predict([[1]]), ShapeError, /features/],
    [
      'other features later',
      async () => (await new GaussianNB().fit(X, y)).partialFit([[1]], [1]),
      ShapeError,
      /features/,
    ],
  ]);
});
