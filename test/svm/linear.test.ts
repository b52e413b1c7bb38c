import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ConfigError, NotConvergedWarning, ShapeError } from '../../src/core/errors';
import { CsrMatrix, type Estimator, type FitOptions, type Matrix } from '../../src/data/index';
import { fromJSON, fromState, type ModelState, type Restorable } from '../../src/estimator/state';
import { numpyRandom } from '../../src/ops/numpy-random';
import {
  FittedLinearSVC,
  FittedLinearSVR,
  LinearSVC,
  type LinearSVCOptions,
  LinearSVR,
  SVC,
} from '../../src/svm/index';
import { checkEstimator } from '../../src/testing/index';
import { camelOptions, load, relativeError } from './cases';

interface Golden {
  readonly model: 'LinearSVC' | 'LinearSVR';
  readonly data: string;
  readonly sparse: boolean;
  readonly weighted: boolean;
  readonly options: Record<string, unknown>;
  readonly coef: number[];
  readonly intercept: number[];
  readonly nIter: number;
}

const goldens = JSON.parse(readFileSync(new URL('../fixtures/svm/linear.json', import.meta.url), 'utf8')) as Golden[];
const nameOf = (g: Golden): string =>
  `${g.model} ${g.data} ${JSON.stringify(g.options)}${g.sparse ? ' sparse' : ''}${g.weighted ? ' weighted' : ''}`;
const targetsOf = (X: number[][], y: number[]): number[] => y.map((v, i) => X[i]![0]! * 2 + v);

type Model = new (
  options: object,
) => { fit(X: Matrix, y: number[], options: FitOptions): Promise<FittedLinearSVC | FittedLinearSVR> };
const MODELS: Record<string, Model> = { LinearSVC, LinearSVR };

describe('linear machines with numpyRandom(7) against scikit-learn with random_state=7', () => {
  for (const golden of goldens) {
    it(nameOf(golden), async () => {
      const { X, y } = load(golden.data, true);
      const options = camelOptions(golden.options) as Record<string, unknown>;
      if (typeof options.loss === 'string')
        options.loss = options.loss.replace(/_(\w)/g, (_m, c: string) => c.toUpperCase());
      const model = await new MODELS[golden.model]!({ ...options, seed: numpyRandom(7) }).fit(
        golden.sparse ? CsrMatrix.fromDense(X) : X,
        golden.model === 'LinearSVR' ? targetsOf(X, y) : y,
        golden.weighted ? { sampleWeight: y.map((_, i) => i % 3) } : {},
      );
      expect(model.coef.size).toBe(golden.coef.length);
      expect(relativeError(model.coef.dataSync(), golden.coef)).toBeLessThan(1e-6);
      expect(relativeError(model.intercept.dataSync(), golden.intercept)).toBeLessThan(1e-6);
      // Halving steps of the L1 penalty turn on the last bits near the end.
      expect(Math.abs(model.nIter - golden.nIter)).toBeLessThanOrEqual(golden.options.penalty === 'l1' ? 20 : 0);
    });
  }
});

describe('linear machines', () => {
  const { X, y } = load('iris', true);
  const values = targetsOf(X, y);

  it.each<[string, () => Estimator]>([
    ['LinearSVC', () => new LinearSVC({ seed: 1 })],
    ['LinearSVC, hinge', () => new LinearSVC({ seed: 1, loss: 'hinge', C: 0.5 })],
    ['LinearSVC, L1', () => new LinearSVC({ seed: 1, penalty: 'l1' })],
    ['LinearSVR', () => new LinearSVR({ seed: 1 })],
    ['LinearSVR, squared', () => new LinearSVR({ seed: 1, loss: 'squaredEpsilonInsensitive' })],
  ])('%s keeps the contract of estimators', async (_name, make) => {
    await checkEstimator(make);
    expect(make().name).toBe(make().constructor.name);
  });

  it.each<[string, () => Promise<FittedLinearSVC | FittedLinearSVR>, Restorable<unknown>]>([
    ['LinearSVC', () => new LinearSVC({ seed: 1 }).fit(X, y), FittedLinearSVC],
    ['LinearSVR', () => new LinearSVR({ seed: 1 }).fit(X, values), FittedLinearSVR],
  ])('%s comes back from JSON with the same bits', async (name, fit, Class) => {
    const model = await fit();
    const state = fromJSON(JSON.parse(JSON.stringify(model))) as ModelState;
    expect(state.type).toBe(name);
    const again = fromState(state, [Class]) as typeof model;
    expect(again.predict(X)).toEqual(model.predict(X));
    expect(again.coef.dataSync()).toEqual(model.coef.dataSync());
    expect(again.intercept.dataSync()).toEqual(model.intercept.dataSync());
  });

  it('agree with SVC’s linear kernel where the intercept is all but free', async () => {
    const rows = y.flatMap((label, i) => (label > 0 ? [i] : []));
    const [two, labels] = [rows.map((i) => X[i]!), rows.map((i) => y[i]!)];
    const options = { C: 0.1, tol: 1e-6 } as const;
    const kernel = await new SVC({ kernel: 'linear', ...options }).fit(two, labels);
    const machine = new LinearSVC({ loss: 'hinge', interceptScaling: 30, maxIter: 100_000, seed: 1, ...options });
    const linear = await machine.fit(two, labels);
    expect(linear.warnings).toEqual([]);
    // What is left of the penalty on the intercept is 1 / 30² of the others'.
    const expected = Array.from(kernel.decisionFunction(two).dataSync());
    expect(relativeError(linear.decisionFunction(two).dataSync(), expected)).toBeLessThan(2e-3);
  });

  it('find the same optimum in any order', async () => {
    const fit = (seed: number) => new LinearSVC({ tol: 1e-9, maxIter: 50_000, seed }).fit(X, y);
    const [a, b] = [await fit(1), await fit(2)];
    expect(relativeError(a.coef.dataSync(), Array.from(b.coef.dataSync()))).toBeLessThan(1e-5);
    expect(a.coef.dataSync()).not.toEqual(b.coef.dataSync());
    expect((await fit(1)).coef.dataSync()).toEqual(a.coef.dataSync());
  });

  it('leave coefficients 0 with the L1 penalty', async () => {
    const model = await new LinearSVC({ penalty: 'l1', C: 0.05, seed: 1 }).fit(X, y);
    expect(model.coef.dataSync().some((v) => v === 0)).toBe(true);
  });

  it('say when they were stopped too soon', async () => {
    const few = { maxIter: 1, tol: 1e-12, seed: 1 };
    expect((await new LinearSVC(few).fit(X, y)).warnings[0]).toBeInstanceOf(NotConvergedWarning);
    expect((await new LinearSVR(few).fit(X, values)).warnings[0]).toBeInstanceOf(NotConvergedWarning);
    expect((await new LinearSVC({ ...few, penalty: 'l1' }).fit(X, y)).warnings[0]).toBeInstanceOf(NotConvergedWarning);
  });

  it('refuse what they can’t use', async () => {
    const bad: [LinearSVCOptions, RegExp][] = [
      [{ C: 0 }, /C must be a finite number > 0/],
      [{ loss: 'logistic' as never }, /loss must be one of/],
      [{ penalty: null as never }, /penalty must be one of/],
      [{ penalty: 'l1', loss: 'hinge' }, /'l1' is not supported with loss 'hinge'/],
      [{ tol: 0 }, /tol must be/],
      [{ maxIter: 0.5 }, /maxIter must be an integer/],
      [{ interceptScaling: 0 }, /interceptScaling must be/],
      [{ fitIntercept: 'no' as never }, /fitIntercept must be true or false/],
      [{ dual: true } as never, /unknown option 'dual'/],
      [{ classWeight: { 0: 0, 1: 1, 2: 1 } }, /classWeight must be > 0/],
    ];
    for (const [options, message] of bad) {
      await expect(new LinearSVC(options).fit(X, y)).rejects.toThrow(ConfigError);
      await expect(new LinearSVC(options).fit(X, y)).rejects.toThrow(message);
    }
    await expect(new LinearSVR({ epsilon: -1 }).fit(X, values)).rejects.toThrow(/epsilon must be/);
    await expect(new LinearSVR({ loss: 'hinge' as never }).fit(X, values)).rejects.toThrow(/loss must be one of/);
    const model = await new LinearSVC({ seed: 1 }).fit(X, y);
    expect(() => model.predict([[1]])).toThrow(ShapeError);
  });
});
