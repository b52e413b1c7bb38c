import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  breastCancer,
  CsrMatrix,
  type Dataset,
  digits,
  type FitOptions,
  iris,
  type Matrix,
  wine,
} from '../../src/data/index';
import * as linear from '../../src/linear/index';
import { numpyRandom } from '../../src/ops/numpy-random';
import { standardise } from './cases';

interface Golden {
  readonly model: string;
  readonly data: string;
  readonly sparse: boolean;
  readonly weighted: boolean;
  readonly options: Record<string, unknown>;
  readonly random: boolean;
  readonly coef: number[];
  readonly intercept: number[];
  readonly rank?: number;
  readonly dualGap?: number;
  readonly alpha?: number;
  readonly l1Ratio?: number;
  readonly nIter?: number;
  readonly msePath?: number[];
  readonly bestScore?: number;
}

interface Goldens {
  readonly cases: Golden[];
  readonly paths: {
    readonly data: string;
    readonly options: Record<string, unknown>;
    readonly alphas: number[];
    readonly coefs: number[];
    readonly nIter: number[];
  }[];
  readonly classifiers: {
    readonly options: Record<string, unknown>;
    readonly binary: boolean;
    readonly coef: number[];
    readonly intercept: number[];
    readonly score: number;
  }[];
}

const { cases, paths, classifiers } = JSON.parse(
  readFileSync(new URL('../fixtures/linear/regression.json', import.meta.url), 'utf8'),
) as Goldens;

const camelOptions = (options: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(options).map(([k, v]) => [k.replace(/_(\w)/g, (_m, c: string) => c.toUpperCase()), v]),
  );

function relativeError(got: ArrayLike<number>, expected: readonly number[]): number {
  expect(got.length).toBe(expected.length);
  return Math.max(...expected.map((v, i) => Math.abs(v - got[i]!))) / Math.max(1e-12, ...expected.map(Math.abs));
}

const rowsOf = ({ X, y }: Dataset): number[][] =>
  Array.from(y, (_, i) => Array.from(X.data.subarray(i * X.shape[1], (i + 1) * X.shape[1])));

/** The data of the generator. */
function load(name: string): { X: number[][]; y: number[] } {
  if (name === 'wine') {
    const rows = rowsOf(wine());
    return { X: rows.map((r) => r.slice(0, -1)), y: rows.map((r) => r.at(-1)!) };
  }
  if (name === 'wide') return { X: rowsOf(digits()).slice(0, 40), y: Array.from(digits().y.subarray(0, 40)) };
  if (name === 'deficient') {
    const rows = rowsOf(iris());
    return {
      X: rows.map((r) => [...r, r[0]! + 2 * r[1]!, 1]),
      y: rows.map((r, i) => iris().y[i]! + r[0]! ** 2),
    };
  }
  const rows = standardise(rowsOf(breastCancer()));
  return { X: rows.map((r) => r.slice(1)), y: rows.map((r) => r[0]! * 10 + r[3]! ** 2) };
}

interface Fitted {
  readonly coef: { dataSync(): ArrayLike<number> };
  readonly intercept: { dataSync(): ArrayLike<number> };
  readonly nIter: number;
  readonly rank?: number;
  readonly dualGap?: number;
  readonly alpha?: number;
  readonly l1Ratio?: number;
  readonly bestScore?: number;
  readonly msePath?: { dataSync(): ArrayLike<number> };
}
type Model = new (options: object) => { fit(X: Matrix, y: number[], options: FitOptions): Promise<Fitted> };

const nameOf = (g: Golden): string =>
  `${g.model} ${g.data} ${JSON.stringify(g.options)}${g.sparse ? ' sparse' : ''}${g.weighted ? ' weighted' : ''}`;

describe('least squares and elastic nets against scikit-learn', () => {
  for (const golden of cases) {
    it(nameOf(golden), async () => {
      const { X, y } = load(golden.data);
      const Estimator = (linear as unknown as Record<string, Model>)[golden.model]!;
      const options = { ...camelOptions(golden.options), ...(golden.random ? { seed: numpyRandom(7) } : {}) };
      const model = await new Estimator(options).fit(
        golden.sparse ? CsrMatrix.fromDense(X) : X,
        y,
        golden.weighted ? { sampleWeight: y.map((_, i) => i % 4) } : {},
      );
      expect(relativeError(model.coef.dataSync(), golden.coef)).toBeLessThan(1e-8);
      const size = Math.max(1, Math.abs(golden.intercept[0] ?? 0));
      expect(Math.abs(model.intercept.dataSync()[0]! - golden.intercept[0]!) / size).toBeLessThan(1e-7);
      if (golden.nIter !== undefined && !golden.sparse) expect(model.nIter).toBe(golden.nIter);
      if (golden.rank !== undefined) expect(model.rank).toBe(golden.rank);
      if (golden.dualGap !== undefined && golden.nIter !== undefined)
        expect(Math.abs(model.dualGap! - golden.dualGap)).toBeLessThan(1e-9 * y.reduce((s, v) => s + v * v, 0));
      for (const key of ['alpha', 'l1Ratio', 'bestScore'] as const)
        if (golden[key] !== undefined) expect(relativeError([model[key]!], [golden[key]])).toBeLessThan(1e-8);
      if (golden.msePath) expect(relativeError(model.msePath!.dataSync(), golden.msePath)).toBeLessThan(1e-6);
    });
  }

  for (const { data, options, alphas, coefs, nIter } of paths) {
    it(`path ${data} ${JSON.stringify(options)}`, async () => {
      const { X, y } = load(data);
      const path = await ('l1_ratio' in options ? linear.enetPath : linear.lassoPath)(X, y, {
        ...camelOptions(options),
        tol: 1e-6,
        maxIter: 50_000,
      });
      expect(relativeError(path.alphas, alphas)).toBeLessThan(1e-11);
      expect(relativeError(path.coefs.dataSync(), coefs)).toBeLessThan(1e-7);
      expect(Array.from(path.nIter)).toEqual(nIter);
      expect(path.coefs.shape).toEqual([X[0]!.length, alphas.length]);
    });
  }

  for (const { options, binary, coef, intercept, score } of classifiers) {
    it(`RidgeClassifier ${binary ? 'two' : 'three'} classes ${JSON.stringify(options)}`, async () => {
      const rows = rowsOf(iris());
      const labels = Array.from(iris().y);
      const kept = labels.flatMap((label, i) => (binary && label === 0 ? [] : [i]));
      const [X, y] = [kept.map((i) => rows[i]!), kept.map((i) => labels[i]!)];
      const model = await new linear.RidgeClassifier(camelOptions(options)).fit(X, y);
      expect(relativeError(model.coef.dataSync(), coef)).toBeLessThan(1e-9);
      expect(relativeError(model.intercept.dataSync(), intercept)).toBeLessThan(1e-9);
      expect(model.score(X, y)).toBeCloseTo(score, 12);
    });
  }
});
