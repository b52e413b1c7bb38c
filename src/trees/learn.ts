import { ConfigError } from '../core/errors';
import { type ClassWeight, classWeights } from '../data/class-weight';
import type { FitOptions } from '../data/estimator';
import type { Encoded, Labels } from '../data/labels';
import type { Dense, Matrix, Samples } from '../data/matrix';
import { isSparse } from '../data/sparse';
import type { Vector } from '../data/vector';
import { readClassification, readRegression } from '../estimator/supervised';
import { rankColumns } from './grow/ranks';
import type { RankedColumns, Target } from './grow/types';

/** What trees learn from, read, checked and ranked. */
export interface TreeData {
  readonly columns: RankedColumns;
  readonly target: Target;
  /** Weights of samples times those of their classes; null: all 1. */
  readonly weights: Float64Array | null;
  readonly totalWeight: number;
}

export interface ClassTreeData extends TreeData {
  readonly encoded: Encoded;
  /** As they were, for what is predicted of the training samples. */
  readonly X: Dense;
}

/** Samples as trees learn from them. */
export function asDense(X: Samples): Dense {
  if (!isSparse(X)) return X;
  const { data, shape } = X.toDense();
  return { data, rows: shape[0], cols: shape[1] };
}

const sum = (w: Float64Array | null, n: number): number => (w === null ? n : w.reduce((a, b) => a + b, 0));

/** Reads what a classifying tree or forest is fitted with. */
export async function readClasses(
  X: Matrix,
  y: Labels,
  options: FitOptions,
  classWeight: ClassWeight | undefined,
  what: string,
): Promise<ClassTreeData> {
  const given = await readClassification(X, y, options, what, { sparse: true });
  const { codes, classes, counts } = given;
  const samples = asDense(given.X);
  const columns = rankColumns(samples, `${what}: X`);
  const target = { codes, values: new Float64Array(0), classes: classes.length };
  const weights = expandWeights(given.weights, given, classWeight, what);
  return {
    X: samples,
    columns,
    target,
    weights,
    totalWeight: sum(weights, codes.length),
    encoded: { codes, classes, counts },
  };
}

/** Weights of samples times those of their classes; null when all are 1. */
function expandWeights(
  weights: Float64Array | null,
  { codes, classes }: Encoded,
  classWeight: ClassWeight | undefined,
  what: string,
): Float64Array | null {
  if (classWeight === null || classWeight === undefined) return weights;
  const ofClass = classWeights(classWeight, classes, codes, null, what);
  const expanded = Float64Array.from(codes, (c, i) => ofClass[c]! * (weights?.[i] ?? 1));
  if (!expanded.some((w) => w > 0))
    throw new ConfigError(
      `${what}: all samples weigh 0 once classWeight is applied. Give some class a positive weight.`,
    );
  return expanded;
}

/** Reads what a regressing tree or forest is fitted with. */
export async function readNumbers(
  X: Matrix,
  y: Vector,
  options: FitOptions,
  criterion: string | undefined,
  what: string,
): Promise<TreeData & { readonly X: Dense }> {
  const given = await readRegression(X, y, options, what, { sparse: true });
  if (criterion === 'poisson') {
    const at = given.y.findIndex((v) => v < 0);
    if (at >= 0) throw new ConfigError(`${what}: y[${at}] is ${given.y[at]}; the Poisson criterion needs counts ≥ 0.`);
    if (!given.y.some((v) => v > 0))
      throw new ConfigError(`${what}: all of y is 0; the Poisson criterion needs some count above.`);
  }
  const samples = asDense(given.X);
  return {
    X: samples,
    columns: rankColumns(samples, `${what}: X`),
    target: { codes: new Int32Array(0), values: given.y, classes: 0 },
    weights: given.weights,
    totalWeight: sum(given.weights, given.y.length),
  };
}
