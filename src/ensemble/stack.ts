import { ConfigError } from '../core/errors';
import type { Estimator, FitOptions, FittedEstimator } from '../data/estimator';
import { codesOf, type Label, type Labels } from '../data/labels';
import { type Dense, type Matrix, readMatrix } from '../data/matrix';
import type { Rows } from '../data/rows';
import { readHost } from '../data/vector';
import { crossValPredict } from '../model-selection/cross-val-predict';
import { type CrossValidation, partsOf } from '../model-selection/cv';
import type { NamedModels } from './members';

/** Which of a member's answers become features. */
export type StackMethod = 'predict' | 'predictProba' | 'decisionFunction';

export const STACK_METHODS = ['auto', 'predictProba', 'decisionFunction', 'predict'] as const;

/** What turns samples into features of the final estimator. */
export interface Stack {
  readonly models: NamedModels;
  /** By model. */
  readonly methods: readonly StackMethod[];
  /** The classes of a classification; null in regression. */
  readonly classes: readonly Label[] | null;
  /** Whether the samples' own features follow. */
  readonly passthrough: boolean;
}

/** The method of each model: the one asked for, or the first it has. */
export function methodsOf(models: NamedModels, asked: 'auto' | StackMethod, what: string): StackMethod[] {
  return models.map(([name, model]) => {
    if (asked === 'auto') return firstMethod(model);
    if (typeof model[asked] === 'function') return asked;
    throw new ConfigError(`${what}: '${name}' has no ${asked}. Use stackMethod 'auto', or leave it out.`);
  });
}

function firstMethod(model: FittedEstimator): StackMethod {
  return (['predictProba', 'decisionFunction'] as const).find((m) => typeof model[m] === 'function') ?? 'predict';
}

/** What `model.method` says, as columns of features: of two probabilities the second only. */
function columnsOf(said: unknown, method: StackMethod, classes: readonly Label[] | null): Dense {
  const { data, shape } = readHost(said as never, method);
  const rows = shape[0]!;
  if (method === 'predict') {
    const values = classes === null ? data : codesOf(Array.from(data as unknown as ArrayLike<Label>), classes);
    return { data: Float64Array.from(values), rows, cols: 1 };
  }
  const width = shape[1] ?? 1;
  if (method !== 'predictProba' || classes?.length !== 2 || width !== 2)
    return { data: Float64Array.from(data), rows, cols: width };
  return { data: Float64Array.from({ length: rows }, (_, i) => data[2 * i + 1]!), rows, cols: 1 };
}

function beside(parts: readonly Dense[]): Dense {
  const { rows } = parts[0]!;
  const cols = parts.reduce((n, part) => n + part.cols, 0);
  const data = new Float64Array(rows * cols);
  let at = 0;
  for (const part of parts) {
    for (let i = 0; i < rows; i++) data.set(part.data.subarray(i * part.cols, (i + 1) * part.cols), i * cols + at);
    at += part.cols;
  }
  return { data, rows, cols };
}

const ownFeatures = (X: Matrix, passthrough: boolean, what: string): Dense[] =>
  passthrough ? [readMatrix(X, `${what}: X`)] : [];

/** The features of the final estimator. */
export function stacked({ models, methods, classes, passthrough }: Stack, X: Matrix, what: string): Dense {
  const said = models.map(([, model], m) => columnsOf(model[methods[m]!]!(X), methods[m]!, classes));
  return beside([...said, ...ownFeatures(X, passthrough, what)]);
}

/** The features of the training samples: what members say that were fitted without them. */
export async function stackedOut(
  members: readonly (readonly [string, Estimator])[],
  { methods, classes, passthrough }: Stack,
  X: Matrix,
  y: Labels,
  cv: CrossValidation | undefined,
  weights: FitOptions,
  what: string,
): Promise<Dense> {
  const kind = classes === null ? 'regressor' : 'classifier';
  const parts = partsOf(cv, kind, X as Rows, y, undefined, what);
  const columns: Dense[] = [];
  for (const [m, [, estimator]] of members.entries()) {
    const method = methods[m]!;
    const said = await crossValPredict(estimator, X as Rows, y, { cv: parts, method, ...weights });
    columns.push(columnsOf(said, method, classes));
  }
  return beside([...columns, ...ownFeatures(X, passthrough, what)]);
}
