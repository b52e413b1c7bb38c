import { describe, expect, it } from 'vitest';
import { ConfigError, NonFiniteError, NotConvergedWarning, ShapeError } from '../../src/core/errors';
import { CsrMatrix, type Estimator, iris } from '../../src/data/index';
import { fromJSON, fromState, type ModelState, type Restorable } from '../../src/estimator/state';
import {
  FittedPassiveAggressiveClassifier,
  FittedPassiveAggressiveRegressor,
  FittedPerceptron,
  FittedSGDClassifier,
  FittedSGDRegressor,
  PassiveAggressiveClassifier,
  PassiveAggressiveRegressor,
  Perceptron,
  SGDClassifier,
  type SGDClassifierOptions,
  SGDRegressor,
} from '../../src/linear/index';
import { checkEstimator } from '../../src/testing/index';
import { standardise } from './cases';

const set = iris();
const X = standardise(Array.from(set.y, (_, i) => Array.from(set.X.data.subarray(4 * i, 4 * i + 4))));
const y = Array.from(set.y);
const values = X.map((row, i) => row[0]! - row[2]! + y[i]!);

const ESTIMATORS: [string, () => Estimator][] = [
  ['SGDClassifier', () => new SGDClassifier({ seed: 1 })],
  ['SGDClassifier, probabilities', () => new SGDClassifier({ loss: 'logLoss', average: true, seed: 1 })],
  ['SGDClassifier, modified Huber', () => new SGDClassifier({ loss: 'modifiedHuber', penalty: 'l1', seed: 1 })],
  ['SGDRegressor', () => new SGDRegressor({ seed: 1 })],
  ['SGDRegressor, absolute errors', () => new SGDRegressor({ loss: 'epsilonInsensitive', eta0: 0.1, seed: 1 })],
  ['Perceptron', () => new Perceptron({ seed: 1 })],
  ['PassiveAggressiveClassifier', () => new PassiveAggressiveClassifier({ seed: 1 })],
  ['PassiveAggressiveRegressor', () => new PassiveAggressiveRegressor({ seed: 1 })],
];

describe('models fitted by stochastic gradient descent', () => {
  it.each(ESTIMATORS)('%s keeps the contract of estimators', async (_name, make) => {
    // Sparse samples move the intercept by a hundredth of what dense ones do, as scikit-learn has it.
    await checkEstimator(make as () => Estimator, { sparseAlike: false });
    expect(make().name).toBe(make().constructor.name);
  });

  it('learn in parts what they learn in one run, to the bit', async () => {
    const rows = [0, 50, 51, 90, 150];
    for (const options of [
      {},
      { penalty: null, average: 3 },
      { loss: 'logLoss', learningRate: 'invscaling' },
    ] as const) {
      const order = { ...options, shuffle: false, tol: null } as SGDClassifierOptions;
      const whole = await new SGDClassifier({ ...order, maxIter: 1 }).fit(X, y);
      let parts = await new SGDClassifier(order).partialFit(X.slice(0, 50), y.slice(0, 50), { classes: [0, 1, 2] });
      for (let p = 1; p < 4; p++)
        parts = await parts.partialFit(X.slice(rows[p], rows[p + 1]), y.slice(rows[p], rows[p + 1]));
      expect(parts.coef.dataSync()).toEqual(whole.coef.dataSync());
      expect(parts.intercept.dataSync()).toEqual(whole.intercept.dataSync());
      expect(parts.t).toBe(whole.t);
    }
    const order = { shuffle: false, tol: null } as const;
    const whole = await new SGDRegressor({ ...order, maxIter: 3 }).fit(X, values);
    let epochs = await new SGDRegressor(order).partialFit(X, values);
    for (let e = 1; e < 3; e++) epochs = await epochs.partialFit(X, values);
    expect(epochs.coef.dataSync()).toEqual(whole.coef.dataSync());
  });

  it('stay as they are when they are taken further', async () => {
    const first = await new SGDClassifier({ seed: 3 }).partialFit(X, y, { classes: [0, 1, 2] });
    const coef = first.coef.dataSync().slice();
    const second = await first.partialFit(X, y);
    expect(first.coef.dataSync()).toEqual(coef);
    expect(second.coef.dataSync()).not.toEqual(coef);
    expect((await first.partialFit(X, y)).coef.dataSync()).toEqual(second.coef.dataSync());
  });

  interface Online {
    predict(X: number[][]): unknown;
    predictProba?: FittedSGDClassifier['predictProba'];
    partialFit(X: number[][], y: number[]): Promise<FittedSGDClassifier | FittedSGDRegressor>;
  }

  it.each<[string, () => Promise<Online>, Restorable<unknown>, number[]]>([
    ['SGDClassifier', () => new SGDClassifier({ loss: 'logLoss', seed: 1 }).fit(X, y), FittedSGDClassifier, y],
    ['Perceptron', () => new Perceptron({ seed: 1 }).fit(X, y), FittedPerceptron, y],
    [
      'PassiveAggressiveClassifier',
      () => new PassiveAggressiveClassifier({ seed: 1 }).fit(X, y),
      FittedPassiveAggressiveClassifier,
      y,
    ],
    ['SGDRegressor', () => new SGDRegressor({ seed: 1, average: true }).fit(X, values), FittedSGDRegressor, values],
    [
      'PassiveAggressiveRegressor',
      () => new PassiveAggressiveRegressor({ seed: 1 }).fit(X, values),
      FittedPassiveAggressiveRegressor,
      values,
    ],
  ])('%s comes back from JSON with the same bits, and goes on learning', async (_name, fit, Class, target) => {
    const model = await fit();
    const state = fromJSON(JSON.parse(JSON.stringify(model))) as ModelState;
    const again = fromState(state, [Class]) as Online & { readonly constructor: unknown };
    expect(again.constructor).toBe(Class);
    expect(again.predict(X)).toEqual(model.predict(X));
    expect(again.predictProba?.(X).dataSync()).toEqual(model.predictProba?.(X).dataSync());
    const [a, b] = [await again.partialFit(X, target), await model.partialFit(X, target)];
    expect(a.coef.dataSync()).toEqual(b.coef.dataSync());
    expect(a.intercept.dataSync()).toEqual(b.intercept.dataSync());
    expect(a.t).toBe(b.t);
  });

  it('have probabilities only where the loss gives them', async () => {
    expect((await new SGDClassifier({ seed: 1 }).fit(X, y)).predictProba).toBeUndefined();
    expect((await new SGDClassifier({ seed: 1, loss: 'modifiedHuber' }).fit(X, y)).predictProba).toBeDefined();
  });

  it('take sparse samples; only the intercept, which takes smaller steps then, differs', async () => {
    const options = { seed: 1, fitIntercept: false } as const;
    const dense = await new SGDClassifier(options).fit(X, y);
    const sparse = await new SGDClassifier(options).fit(CsrMatrix.fromDense(X), y);
    expect(sparse.coef.dataSync()).toEqual(dense.coef.dataSync());
    expect(sparse.predict(CsrMatrix.fromDense(X))).toEqual(dense.predict(X));
  });

  it('begin anew without a seed, and repeat with one', async () => {
    const coefOf = async (options: SGDClassifierOptions) =>
      Array.from((await new SGDClassifier(options).fit(X, y)).coef.dataSync());
    expect(await coefOf({})).not.toEqual(await coefOf({}));
    expect(await coefOf({ seed: 'a' })).toEqual(await coefOf({ seed: 'a' }));
    expect(await coefOf({ seed: 'a' })).not.toEqual(await coefOf({ seed: 'b' }));
  });

  it('say when they have used all epochs', async () => {
    const model = await new SGDClassifier({ maxIter: 2, seed: 1 }).fit(X, y);
    expect(model.warnings[0]).toBeInstanceOf(NotConvergedWarning);
    expect((await new SGDClassifier({ maxIter: 2, tol: null, seed: 1 }).fit(X, y)).warnings).toEqual([]);
  });

  it('stop where coefficients overflow', async () => {
    const huge = X.map((row) => row.map((v) => v * 1e305));
    await expect(new SGDRegressor({ seed: 1, eta0: 1 }).fit(huge, values)).rejects.toThrow(NonFiniteError);
  });

  it('refuse what they can’t use', async () => {
    const bad: [SGDClassifierOptions, RegExp][] = [
      [{ loss: 'log' as never }, /loss must be one of/],
      [{ penalty: 'none' as never }, /penalty must be one of/],
      [{ alpha: -1 }, /alpha must be a finite number ≥ 0/],
      [{ alpha: 0 }, /learningRate 'optimal' falls with alpha/],
      [{ l1Ratio: 2 }, /l1Ratio must be/],
      [{ maxIter: 0 }, /maxIter must be an integer ≥ 1/],
      [{ tol: -1 }, /tol must be/],
      [{ learningRate: 'constant', eta0: 0 }, /eta0 must be a finite number > 0/],
      [{ learningRate: 'fast' as never }, /learningRate must be one of/],
      [{ validationFraction: 1 }, /validationFraction must be/],
      [{ nIterNoChange: 0 }, /nIterNoChange must be/],
      [{ average: 0.5 }, /average must be an integer/],
      [{ shuffle: 'yes' as never }, /shuffle must be true or false/],
      [{ randomState: 1 } as never, /unknown option 'randomState'/],
      [{ classWeight: { 5: 1 } }, /no class of the data/],
    ];
    for (const [options, message] of bad) {
      await expect(new SGDClassifier(options).fit(X, y)).rejects.toThrow(ConfigError);
      await expect(new SGDClassifier(options).fit(X, y)).rejects.toThrow(message);
    }
    await expect(new SGDRegressor({ loss: 'hinge' as never }).fit(X, values)).rejects.toThrow(/loss must be one of/);
    await expect(new Perceptron({ average: true } as never).fit(X, y)).rejects.toThrow(/unknown option 'average'/);
    await expect(new PassiveAggressiveClassifier({ C: 0 }).fit(X, y)).rejects.toThrow(/C must be/);
    await expect(new PassiveAggressiveRegressor({ loss: 'hinge' as never }).fit(X, values)).rejects.toThrow(
      /loss must/,
    );
  });

  it('refuse to go on with what does not fit', async () => {
    const estimator = new SGDClassifier({ seed: 1 });
    await expect(estimator.partialFit(X, y)).rejects.toThrow(/needs \{ classes \}/);
    await expect(estimator.partialFit(X, y, { classes: [1] })).rejects.toThrow(/At least two/);
    await expect(estimator.partialFit(X, y, { classes: [0, 1] })).rejects.toThrow(/label 2, which is not in classes/);
    await expect(estimator.partialFit(X, y, { labels: [0] } as never)).rejects.toThrow(/unknown option 'labels'/);
    const classes = { classes: [0, 1, 2] };
    await expect(new SGDClassifier({ earlyStopping: true }).partialFit(X, y, classes)).rejects.toThrow(/earlyStopping/);
    await expect(new SGDClassifier({ classWeight: 'balanced' }).partialFit(X, y, classes)).rejects.toThrow(/balanced/);
    const model = await estimator.partialFit(X.slice(0, 5), y.slice(0, 5), classes);
    await expect(model.partialFit([[1, 2]], [0])).rejects.toThrow(ShapeError);
    await expect(
      model.partialFit(
        X,
        y.map((v) => v + 1),
      ),
    ).rejects.toThrow(/label 3/);
    await expect(new SGDRegressor({ earlyStopping: true }).partialFit(X, values)).rejects.toThrow(/earlyStopping/);
  });
});
