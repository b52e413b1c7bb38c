import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ConfigError, NotConvergedWarning, ShapeError } from '../../src/core/errors';
import { CsrMatrix, iris } from '../../src/data/index';
import { fromJSON, fromState, type ModelState } from '../../src/estimator/state';
import { FittedSVC, SVC, type SVCOptions } from '../../src/svm/index';
import { checkEstimator } from '../../src/testing/index';
import { camelOptions, hasPima, load, relativeError, shownOf } from './cases';

interface Golden {
  readonly data: string;
  readonly scale: boolean;
  readonly weighted: boolean;
  readonly options: Record<string, unknown>;
  readonly support: number[];
  readonly nIter: number[];
  readonly intercept: number[];
  readonly decisions: number[];
  readonly predicted: number[];
  readonly dualCoef?: number[];
}

const goldens = JSON.parse(readFileSync(new URL('../fixtures/svm/svc.json', import.meta.url), 'utf8')) as Golden[];
const nameOf = (g: Golden): string =>
  `${g.data}${g.scale ? ' scaled' : ''}${g.weighted ? ' weighted' : ''} ${JSON.stringify(g.options)}`;
const weightsFor = (y: readonly number[]): number[] => y.map((_, i) => 0.5 + (i % 4));

describe('SVC against scikit-learn', () => {
  for (const golden of goldens) {
    it.skipIf(golden.data === 'pima' && !hasPima)(nameOf(golden), async () => {
      const { X, y } = load(golden.data, golden.scale);
      const model = await new SVC(camelOptions(golden.options) as SVCOptions).fit(
        X,
        y,
        golden.weighted ? { sampleWeight: weightsFor(y) } : {},
      );
      expect(Array.from(model.support)).toEqual(golden.support);
      expect(Array.from(model.nIter)).toEqual(golden.nIter);
      expect(relativeError(model.intercept.dataSync(), golden.intercept)).toBeLessThan(1e-7);
      if (golden.dualCoef) expect(relativeError(model.dualCoef.dataSync(), golden.dualCoef)).toBeLessThan(1e-7);
      expect(relativeError(model.decisionFunction(shownOf(X)).dataSync(), golden.decisions)).toBeLessThan(1e-7);
      expect(model.predict(shownOf(X))).toEqual(golden.predicted);
    });
  }
});

describe('SVC', () => {
  it.each<SVCOptions>([{}, { kernel: 'linear' }, { kernel: 'poly', degree: 2, coef0: 1 }, { cacheSize: 1e-9 }])(
    'keeps the contract of estimators with %j',
    async (options) => {
      await checkEstimator(() => new SVC(options));
    },
  );

  it('learns the same from sparse samples', async () => {
    const { X, y } = load('digits', false);
    const [rows, labels] = [X.slice(0, 200), y.slice(0, 200)];
    const dense = await new SVC().fit(rows, labels);
    const sparse = await new SVC().fit(CsrMatrix.fromDense(rows), labels);
    expect(sparse.support).toEqual(dense.support);
    expect(sparse.gamma).toBeCloseTo(dense.gamma, 15);
    const decisions = sparse.decisionFunction(CsrMatrix.fromDense(X.slice(200, 250))).dataSync();
    expect(relativeError(decisions, Array.from(dense.decisionFunction(X.slice(200, 250)).dataSync()))).toBeLessThan(
      1e-9,
    );
    expect(sparse.supportVectors).toBeInstanceOf(CsrMatrix);
  });

  it('does not depend on how many kernel rows are kept, nor much on shrinking', async () => {
    const { X, y } = load('breastCancer', true);
    const kept = await new SVC({ C: 10 }).fit(X, y);
    const tight = await new SVC({ C: 10, cacheSize: 0.01 }).fit(X, y);
    expect(tight.dualCoef.dataSync()).toEqual(kept.dualCoef.dataSync());
    const exact = { C: 10, tol: 1e-9 };
    const [a, b] = await Promise.all([true, false].map((shrinking) => new SVC({ ...exact, shrinking }).fit(X, y)));
    expect(
      relativeError(a!.decisionFunction(X).dataSync(), Array.from(b!.decisionFunction(X).dataSync())),
    ).toBeLessThan(1e-6);
  });

  it('meets the optimality conditions: α between its bounds, Σ α·y = 0, margins of free vectors 1', async () => {
    const { X, y } = load('breastCancer', true);
    const model = await new SVC({ C: 2, tol: 1e-6 }).fit(X, y);
    const alpha = Array.from(model.dualCoef.dataSync());
    expect(alpha.reduce((s, v) => s + v, 0)).toBeCloseTo(0, 9);
    const decisions = model.decisionFunction(X).dataSync();
    model.support.forEach((row, s) => {
      const a = Math.abs(alpha[s]!);
      const margin = decisions[row]! * (y[row] === 1 ? 1 : -1);
      expect(a).toBeLessThanOrEqual(2);
      if (a < 2) expect(margin).toBeCloseTo(1, 5);
      else expect(margin).toBeLessThan(1 + 1e-5);
    });
  });

  it('leaves samples of weight 0 out, and counts support by the rows that were given', async () => {
    const { X, y } = load('iris', false);
    const weight = y.map((_, i) => i % 3);
    const all = await new SVC().fit(X, y, { sampleWeight: weight });
    const used = weight.flatMap((w, i) => (w > 0 ? [i] : []));
    // gamma 'scale' sees all samples, so it is given here.
    const some = await new SVC({ gamma: all.gamma }).fit(
      used.map((i) => X[i]!),
      used.map((i) => y[i]!),
      { sampleWeight: used.map((i) => weight[i]!) },
    );
    expect(Array.from(all.support)).toEqual(Array.from(some.support, (i) => used[i]!));
    expect(all.dualCoef.dataSync()).toEqual(some.dualCoef.dataSync());
  });

  it.each<[string, SVCOptions, boolean]>([
    ['two classes', {}, false],
    ['three classes and ties broken', { breakTies: true }, false],
    ['sparse samples', { decisionFunctionShape: 'ovo', kernel: 'linear' }, true],
  ])('comes back from JSON with the same bits: %s', async (name, options, sparse) => {
    const set = load('iris', false);
    const rows = name === 'two classes' ? set.y.flatMap((c, i) => (c > 0 ? [i] : [])) : [...set.y.keys()];
    const dense = rows.map((i) => set.X[i]!);
    const X = sparse ? CsrMatrix.fromDense(dense) : dense;
    const model = await new SVC(options).fit(
      X,
      rows.map((i) => `class ${set.y[i]}`),
    );
    const again = fromState(fromJSON(JSON.parse(JSON.stringify(model))) as ModelState, [FittedSVC]);
    expect(again.predict(X)).toEqual(model.predict(X));
    expect(again.decisionFunction(X).dataSync()).toEqual(model.decisionFunction(X).dataSync());
    expect(again.support).toEqual(model.support);
    expect(again.intercept.dataSync()).toEqual(model.intercept.dataSync());
  });

  it('says when it was stopped before the conditions held', async () => {
    const { X, y } = iris();
    const model = await new SVC({ maxIter: 5 }).fit(X, y);
    expect(model.warnings[0]).toBeInstanceOf(NotConvergedWarning);
    expect(Array.from(model.nIter)).toEqual([5, 5, 5]);
    expect((await new SVC().fit(X, y)).warnings).toEqual([]);
  });

  it('separates what only a constant separates', async () => {
    const model = await new SVC().fit(
      [
        [1, 1],
        [1, 1],
        [1, 1],
      ],
      [0, 0, 1],
    );
    expect(model.predict([[1, 1]])).toEqual([0]);
    expect(model.gamma).toBe(1);
  });

  it('refuses what it can’t use', async () => {
    const { X, y } = iris();
    const bad: [SVCOptions, RegExp][] = [
      [{ C: 0 }, /C must be a finite number > 0/],
      [{ C: Number.POSITIVE_INFINITY }, /C must be/],
      [{ kernel: 'gauss' as never }, /kernel must be one of/],
      [{ gamma: -1 }, /gamma must be/],
      [{ gamma: 'big' as never }, /gamma must be/],
      [{ degree: 2.5 }, /degree must be an integer/],
      [{ coef0: Number.NaN }, /coef0 must be/],
      [{ tol: 0 }, /tol must be/],
      [{ maxIter: -2 }, /maxIter must be/],
      [{ cacheSize: 0 }, /cacheSize must be/],
      [{ shrinking: 1 as never }, /shrinking must be true or false/],
      [{ breakTies: true, decisionFunctionShape: 'ovo' }, /breakTies needs/],
      [{ probability: true } as never, /unknown option 'probability'/],
      [{ classWeight: { 7: 1 } }, /no class of the data/],
    ];
    for (const [options, message] of bad) {
      await expect(new SVC(options).fit(X, y)).rejects.toThrow(ConfigError);
      await expect(new SVC(options).fit(X, y)).rejects.toThrow(message);
    }
    await expect(new SVC().fit(X, y, { sampleWeight: Array.from(y, (c) => Number(c > 0)) })).rejects.toThrow(
      /class 0 weigh 0/,
    );
    const model = await new SVC().fit(X, y);
    expect(() => model.decisionFunction([[1, 2]])).toThrow(ShapeError);
  });
});
