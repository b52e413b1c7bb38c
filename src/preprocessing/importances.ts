import { ConfigError } from '../core/errors';
import { shown } from '../core/shown';
import type { Labels } from '../data/labels';
import type { Matrix } from '../data/matrix';
import { readHost } from '../data/vector';

/** An estimator whose fitted model says how much each feature counts: by `featureImportances` or `coef`. */
export interface ImportanceEstimator {
  fit(X: Matrix, y: never): Promise<object>;
}

/** Importances `[outputs, features]`: coefficients of several outputs are several rows. */
export interface Importances {
  readonly data: ArrayLike<number>;
  readonly features: number;
}

/** @throws ConfigError for a model that does not say how much features count. */
export function importancesOf(model: object, features: number, what: string): Importances {
  const { featureImportances, coef } = model as { readonly featureImportances?: unknown; readonly coef?: unknown };
  const found = featureImportances ?? coef;
  if (found === undefined || found === null) {
    throw new ConfigError(
      `${what}: the fitted estimator has neither featureImportances nor coef. Use a tree, a forest or a linear model.`,
    );
  }
  const { data } = readHost(found as never, `${what}: importances`);
  if (data.length % features !== 0)
    throw new ConfigError(`${what}: the fitted estimator has ${data.length} importances for ${features} features.`);
  return { data, features };
}

/** One number per feature: f of each output's, added. */
export function addOutputs({ data, features }: Importances, f: (v: number) => number): Float64Array {
  const out = new Float64Array(features);
  for (let i = 0; i < data.length; i++) out[i % features]! += f(data[i]!);
  return out;
}

/** Fits an estimator of the user's. */
export async function fitEstimator(estimator: unknown, X: Matrix, y: Labels, what: string): Promise<object> {
  if (typeof (estimator as ImportanceEstimator | null)?.fit !== 'function')
    throw new ConfigError(
      `${what}: estimator must be an estimator such as new LogisticRegression(), got ${shown(estimator)}.`,
    );
  return (estimator as ImportanceEstimator).fit(X, y as never);
}
