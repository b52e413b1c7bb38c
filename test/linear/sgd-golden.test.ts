import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { breastCancer, CsrMatrix, iris } from '../../src/data/index';
import {
  PassiveAggressiveClassifier,
  PassiveAggressiveRegressor,
  Perceptron,
  SGDClassifier,
  SGDRegressor,
} from '../../src/linear/index';
import { numpyRandom } from '../../src/ops/numpy-random';
import { standardise } from './cases';

interface Golden {
  readonly model: string;
  readonly data: 'iris' | 'breastCancer';
  readonly sparse: boolean;
  readonly weighted: boolean;
  /** null: `fit`; else `partialFit` of so many parts. */
  readonly parts: number | null;
  readonly options: Record<string, unknown>;
  readonly coef: number[];
  readonly intercept: number[];
  readonly nIter: number;
  readonly t: number;
  readonly proba?: number[];
}

const goldens = JSON.parse(readFileSync(new URL('../fixtures/linear/sgd.json', import.meta.url), 'utf8')) as Golden[];
const MODELS = {
  PassiveAggressiveClassifier,
  PassiveAggressiveRegressor,
  Perceptron,
  SGDClassifier,
  SGDRegressor,
} as unknown as Record<string, new (options: object) => SGDClassifier>;

const camel = (text: string): string => text.replace(/_(\w)/g, (_m, c: string) => c.toUpperCase());
const nameOf = (g: Golden): string =>
  `${g.model} ${g.data} ${JSON.stringify(g.options)}${g.sparse ? ' sparse' : ''}${g.weighted ? ' weighted' : ''}${g.parts ? ` in ${g.parts} parts` : ''}`;

function relativeError(got: ArrayLike<number>, expected: readonly number[]): number {
  expect(got.length).toBe(expected.length);
  return Math.max(...expected.map((v, i) => Math.abs(v - got[i]!))) / Math.max(1e-12, ...expected.map(Math.abs));
}

function load(data: Golden['data'], regression: boolean): { X: number[][]; y: number[] } {
  const set = { iris, breastCancer }[data]();
  const cols = set.X.shape[1];
  const X = standardise(Array.from(set.y, (_, i) => Array.from(set.X.data.subarray(i * cols, (i + 1) * cols))));
  return { X, y: Array.from(set.y, (v, i) => (regression ? X[i]![0]! * 2 + v : v)) };
}

/** The parts of `np.array_split`. */
function splitRows(n: number, parts: number): number[][] {
  const size = Math.floor(n / parts);
  const larger = n % parts;
  let at = 0;
  return Array.from({ length: parts }, (_, p) => Array.from({ length: size + Number(p < larger) }, () => at++));
}

async function train(golden: Golden, X: number[][], y: number[]) {
  const options = Object.fromEntries(
    Object.entries(golden.options).map(([k, v]) => [camel(k), k === 'loss' ? camel(v as string) : v]),
  );
  const estimator = new MODELS[golden.model]!({ ...options, seed: numpyRandom(7) });
  const form = (rows: number[][]) => (golden.sparse ? CsrMatrix.fromDense(rows) : rows);
  if (golden.parts === null) {
    return estimator.fit(form(X), y, golden.weighted ? { sampleWeight: y.map((_, i) => 0.5 + (i % 3)) } : {});
  }
  const [first, ...rest] = splitRows(y.length, golden.parts).map(
    (rows) => [form(rows.map((i) => X[i]!)), rows.map((i) => y[i]!)] as const,
  );
  const begin = golden.model.endsWith('Regressor') ? {} : { classes: [...new Set(y)] };
  let model = await estimator.partialFit(...first!, begin);
  for (const part of rest) model = await model.partialFit(...part);
  return model;
}

describe('stochastic gradient descent with numpyRandom(7) against scikit-learn with random_state=7', () => {
  for (const golden of goldens) {
    it(nameOf(golden), async () => {
      const { X, y } = load(golden.data, golden.model.endsWith('Regressor'));
      const model = await train(golden, X, y);
      // The rate 'optimal' begins with steps so large that the last bit of exp is magnified a hundred million times.
      const isWild = golden.options.loss === 'log_loss' && golden.options.learning_rate === undefined;
      const tolerance = isWild ? 1e-6 : 1e-11;
      expect([model.nIter, model.t]).toEqual([golden.nIter, golden.t]);
      expect(relativeError(model.coef.dataSync(), golden.coef)).toBeLessThan(tolerance);
      expect(relativeError(model.intercept.dataSync(), golden.intercept)).toBeLessThan(tolerance);
      if (golden.proba) {
        const p = model.predictProba!(X.filter((_, i) => i % 40 === 0)).dataSync();
        expect(relativeError(p, golden.proba)).toBeLessThan(Math.max(tolerance, 1e-9));
      }
    });
  }
});
