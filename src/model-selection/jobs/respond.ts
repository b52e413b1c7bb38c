import { ConfigError } from '../../core/errors';
import type { FittedEstimator } from '../../data/estimator';
import type { Matrix } from '../../data/matrix';
import { readHost } from '../../data/vector';

/** Which of a model's methods is asked. */
export type Method = 'predict' | 'predictProba' | 'decisionFunction';

export const METHODS: readonly Method[] = ['predict', 'predictProba', 'decisionFunction'];

/** What a model says about samples, as plain data. */
export interface Response {
  /** Row by row. Text and booleans only come from `predict`. */
  readonly values: ArrayLike<number | string | boolean>;
  /** `[samples]` or `[samples, outputs]`. */
  readonly shape: readonly number[];
  /** The classes that columns belong to. */
  readonly classes: readonly (number | string | boolean)[] | null;
}

/** What `model` says about `X`. */
export function respond(model: FittedEstimator, X: Matrix, method: Method): Response {
  if (typeof model[method] !== 'function') {
    const has = METHODS.filter((m) => typeof model[m] === 'function').join(', ');
    throw new ConfigError(`method '${method}': the model has only ${has}. Choose one of these.`);
  }
  const said = model[method]!(X);
  const { data, shape } = readHost(said as never, method);
  return { values: data as ArrayLike<number | string | boolean>, shape, classes: model.classes ?? null };
}
