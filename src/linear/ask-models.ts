import type { FittedEstimator } from '../data/estimator';
import { asMatrix, countSamples, type Matrix, type Samples } from '../data/matrix';

/** What each model says of each sample: `[samples, models]`. A number in a model's place is what it says of any. */
export function askModels(
  models: readonly (FittedEstimator | number)[],
  X: Samples,
  ask: (model: FittedEstimator, X: Matrix) => ArrayLike<number>,
): Float64Array {
  const [n, k] = [countSamples(X), models.length];
  const out = new Float64Array(n * k);
  models.forEach((model, c) => {
    const values = typeof model === 'number' ? null : ask(model, asMatrix(X));
    for (let i = 0; i < n; i++) out[i * k + c] = values === null ? (model as number) : values[i]!;
  });
  return out;
}

/** What a model decides by. */
export const decisionsOf = (model: FittedEstimator, X: Matrix): ArrayLike<number> =>
  model.decisionFunction!(X).dataSync() as ArrayLike<number>;

/** The probability that a model of two classes gives the second. */
export function positiveOf(model: FittedEstimator, X: Matrix): Float64Array {
  const p = model.predictProba!(X).dataSync();
  return Float64Array.from({ length: p.length / 2 }, (_, i) => p[2 * i + 1]!);
}
