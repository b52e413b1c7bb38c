import { breastCancer, iris } from '../../src/data/index';
import type { HistGradientBoostingOptions } from '../../src/trees/index';

/** One model of `test/fixtures/trees/hist.json`. */
export interface HistGolden {
  readonly estimator: 'HistGradientBoostingClassifier' | 'HistGradientBoostingRegressor';
  readonly data: 'cancer' | 'iris' | 'plain' | 'missing' | 'classes' | 'large';
  readonly weight: boolean;
  readonly options: HistGradientBoostingOptions & { readonly randomState?: number };
  /** Predictions are for every so manieth sample. */
  readonly every: number;
  readonly nodes: number[][];
  readonly features: number[];
  readonly raw: number[];
  readonly predict: number[];
  readonly trainScore: number[];
  readonly validationScore: number[];
}

/** The samples of the generator, value by value. */
export function histData(name: HistGolden['data']): { X: number[][]; y: number[] } {
  if (name === 'cancer' || name === 'iris') {
    const { X, y } = name === 'cancer' ? breastCancer() : iris();
    const cols = X.shape[1];
    return { X: Array.from(y, (_, i) => Array.from(X.data.subarray(i * cols, (i + 1) * cols))), y: Array.from(y) };
  }
  if (name === 'large') {
    const X = Array.from({ length: 12_000 }, (_, i) => [((i * 7919) % 12_007) / 12_007, ((i * 613) % 11_003) / 11_003]);
    const y = X.map(([a, b], i) => Number((4 * a! + 3 * b! + ((i * 101) % 37) / 9) % 5 > 2.5));
    return { X, y };
  }
  const all = Array.from({ length: 1200 }, (_, i) => i);
  const X = all.map((i) => [((i * 7919) % 1201) / 1201, (i * 31) % 17, (i * 53) % 23, ((i * 263) % 997) / 997]);
  const y = X.map(
    ([a, b, c, d], i) => 3 * a! + Math.abs(b! - 8) / 4 + ((c! * 5) % 7) + 2 * d! * a! + ((i * 101) % 37) / 37,
  );
  if (name === 'missing') {
    for (const i of all) {
      if (i % 5 === 0) X[i]![3] = Number.NaN;
      if (i % 7 === 0) X[i]![2] = Number.NaN;
    }
    return { X, y: y.map((v, i) => v + 2 * Number(i % 5 === 0)) };
  }
  if (name === 'classes') {
    for (const i of all) if (i % 9 === 0) X[i]![0] = Number.NaN;
    return { X, y: y.map((v) => [4, 6, 8].filter((edge) => v >= edge).length) };
  }
  return { X, y };
}
