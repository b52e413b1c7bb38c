import { ConfigError } from '../core/errors';
import { checkOptions } from '../core/options';
import { shown } from '../core/shown';
import type { FitOptions } from '../data/estimator';
import type { Dense, Matrix } from '../data/matrix';
import type { Vector } from '../data/vector';
import { checkBoolean, checkNumber } from '../estimator/settings';
import type { ModelState } from '../estimator/state';
import { readRegression } from '../estimator/supervised';
import { type Centred, centre, interceptFor } from './centre';
import { FittedLinearRegressor, type LinearRegressorParts, regressorParts } from './fitted-linear';
import { triangleOf } from './least-squares';
import { backSubstitute, forwardSubstitute } from './orthogonal';

export interface RidgeCVOptions {
  /** Strengths to choose from, all > 0; [0.1, 1, 10] by default. */
  readonly alphas?: readonly number[] | undefined;
  /** Whether there is an (unpenalised) intercept; true by default. */
  readonly fitIntercept?: boolean | undefined;
}

/**
 * Ridge regression that chooses the strength of its penalty by leaving out each sample in turn.
 *
 * The errors of samples left out follow from one fit: eᵢ = (yᵢ − ŷᵢ) / (1 − hᵢ), with hᵢ the leverage of sample i. The α with
 * the least mean square of them wins, the first of equals.
 *
 * Reference: Golub, Heath, Wahba 1979, “Generalized Cross-Validation as a Method for Choosing a Good Ridge Parameter”.
 *
 * @example
 * ```ts
 * import { RidgeCV } from 'kompakt/linear';
 * const X = Array.from({ length: 20 }, (_, i) => [i, (i * i) % 7]);
 * const model = await new RidgeCV({ alphas: [0.1, 10, 1000] }).fit(X, X.map(([a, b]) => a! - b! + Math.sin(a!)));
 * console.log(model.alpha); // → 0.1
 * ```
 */
export class RidgeCV {
  readonly kind = 'regressor';
  readonly name = 'RidgeCV';
  readonly options: RidgeCVOptions;

  /** @param options - see {@link RidgeCVOptions}; checked by `fit`. */
  constructor(options: RidgeCVOptions = {}) {
    this.options = options;
  }

  /**
   * Chooses α and finds the coefficients.
   *
   * @param X - `[samples, features]`, finite numbers.
   * @param y - `[samples]`.
   * @param options - `sampleWeight`: one weight ≥ 0 per sample, also for its error.
   * @throws ConfigError for unsupported options, NaN or infinity; ShapeError for data that does not fit together.
   */
  async fit(X: Matrix, y: Vector, options: FitOptions = {}): Promise<FittedRidgeCV> {
    const what = 'RidgeCV.fit';
    checkOptions(this.options, ['alphas', 'fitIntercept'], what);
    const fitIntercept = checkBoolean(this.options.fitIntercept ?? true, 'fitIntercept', what);
    const alphas = readAlphas(this.options.alphas ?? [0.1, 1, 10], what);
    const given = await readRegression(X, y, options, what);
    const problem = centre(given.X, [given.y], given.weights, fitIntercept);
    let best: { readonly alpha: number; readonly error: number; readonly coef: Float64Array } | null = null;
    for (const alpha of alphas) {
      const tried = leaveEachOut(problem, alpha, fitIntercept);
      if (best === null || tried.error < best.error) best = { alpha, ...tried };
    }
    const { alpha, error, coef } = best!;
    return new FittedRidgeCV({
      nFeatures: given.X.cols,
      coef,
      intercept: Float64Array.of(fitIntercept ? interceptFor(coef, problem.mean, problem.targetMeans[0]!) : 0),
      nIter: 0,
      alpha,
      bestScore: -error,
      beside: X,
    });
  }
}

function readAlphas(alphas: readonly number[], what: string): readonly number[] {
  if (!Array.isArray(alphas) || alphas.length === 0)
    throw new ConfigError(`${what}: alphas must be a list of numbers > 0, got ${shown(alphas)}.`);
  return alphas.map((alpha, i) => checkNumber(alpha, `alphas[${i}]`, what, { above: 0 }));
}

/** The coefficients for α, and the mean square of the errors of samples left out. */
function leaveEachOut(problem: Centred, alpha: number, fitIntercept: boolean) {
  const { X, mean, root, targets } = problem;
  const { data, rows, cols } = X as Dense;
  const R = triangleOf(problem, alpha);
  const coef = Float64Array.from({ length: cols }, (_, j) => R[j * (cols + 1) + cols]!);
  backSubstitute(R, cols, cols + 1, coef);
  let total = 0;
  if (root === null) total = rows;
  else for (const r of root) total += r * r;
  const x = new Float64Array(cols);
  let error = 0;
  for (let i = 0; i < rows; i++) {
    const s = root === null ? 1 : root[i]!;
    let predicted = 0;
    for (let j = 0; j < cols; j++) {
      x[j] = (data[i * cols + j]! - mean[j]!) * s;
      predicted += x[j]! * coef[j]!;
    }
    forwardSubstitute(R, cols, cols + 1, x);
    let leverage = fitIntercept ? (s * s) / total : 0;
    for (let j = 0; j < cols; j++) leverage += x[j]! * x[j]!;
    error += ((targets[0]![i]! - predicted) / (1 - leverage)) ** 2;
  }
  return { coef, error: error / rows };
}

interface Parts extends LinearRegressorParts {
  readonly alpha: number;
  readonly bestScore: number;
}

/** What `RidgeCV.fit` returns. */
export class FittedRidgeCV extends FittedLinearRegressor {
  static readonly type = 'RidgeCV';
  /** The strength chosen. */
  readonly alpha: number;
  /** Minus the mean squared error of samples left out, with that strength. */
  readonly bestScore: number;

  constructor(parts: Parts) {
    super('RidgeCV', parts);
    this.alpha = parts.alpha;
    this.bestScore = parts.bestScore;
  }

  override toState(): ModelState {
    return { ...super.toState(), alpha: this.alpha, bestScore: this.bestScore };
  }

  /** The model from what `toState` gave. */
  static fromState(state: ModelState): FittedRidgeCV {
    const { alpha, bestScore } = state as ModelState & { readonly alpha: number; readonly bestScore: number };
    return new FittedRidgeCV({ ...regressorParts(state), alpha, bestScore });
  }
}
