import { ConfigError } from '../core/errors';
import { shown } from '../core/shown';
import type { Estimator, FittedEstimator } from '../data/estimator';
import { codesOf, type Label } from '../data/labels';
import type { Matrix } from '../data/matrix';
import { describe } from '../data/rows';
import { readHost } from '../data/vector';
import type { ModelState, Stateful } from './state';

/** Throws unless `estimator` can be fitted and is of the kind. */
export function checkMember(
  estimator: unknown,
  kind: string,
  name: string,
  what: string,
): asserts estimator is Estimator {
  const candidate = estimator as Partial<Estimator> | null;
  if (typeof candidate !== 'object' || candidate === null || typeof candidate.fit !== 'function')
    throw new ConfigError(`${what}: ${name} is ${describe(estimator)}, which has no fit. Give an estimator.`);
  if (candidate.kind !== kind)
    throw new ConfigError(`${what}: ${name} is a ${shown(candidate.kind)}; a ${kind} is needed.`);
}

/** Positions in `classes` of what a model predicts. */
export function predictedCodes(model: FittedEstimator, X: Matrix, classes: readonly Label[]): Int32Array {
  const { data } = readHost(model.predict(X) as never, 'predict');
  return codesOf(Array.from(data as unknown as ArrayLike<Label>), classes);
}

/** What a regressor predicts. */
export function predictedValues(model: FittedEstimator, X: Matrix): Float64Array {
  return Float64Array.from(readHost(model.predict(X) as never, 'predict').data as ArrayLike<number>);
}

/** How many features a model was fitted with. */
export function featuresOf(model: FittedEstimator): number {
  return (model as { readonly nFeatures?: number }).nFeatures ?? Number.NaN;
}

/** Mean of the members' `featureImportances` by weight; null where one has none. */
export function meanImportances(models: readonly FittedEstimator[], weights: Float64Array): Float64Array | null {
  const all = models.map(
    (model) => (model as { readonly featureImportances?: Float64Array | null }).featureImportances,
  );
  const width = all[0]?.length;
  if (width === undefined || all.some((own) => own?.length !== width)) return null;
  const sums = new Float64Array(width);
  const total = weights.reduce((a, b) => a + b, 0);
  all.forEach((own, m) => {
    for (let f = 0; f < width; f++) sums[f]! += own![f]! * weights[m]!;
  });
  return sums.map((v) => v / total);
}

/** The state of a member. */
export function memberState(model: FittedEstimator, name: string, what: string): ModelState {
  const stateful = model as Partial<Stateful>;
  if (typeof stateful.toState === 'function') return stateful.toState();
  throw new ConfigError(`${what}: the model '${name}' has no toState. Only built-in models can be kept.`);
}
