import { NotConvergedWarning } from '../core/errors';
import { checkOptions } from '../core/options';
import type { FitOptions } from '../data/estimator';
import { countFeatures, type Dense, type Matrix } from '../data/matrix';
import type { Vector } from '../data/vector';
import { checkBoolean } from '../estimator/settings';
import type { ModelState } from '../estimator/state';
import { readRegression } from '../estimator/supervised';
import { centre, interceptFor } from './centre';
import { FittedLinearRegressor, type LinearRegressorParts, regressorParts } from './fitted-linear';
import { type LeastSquares, leastSquares, triangleOf } from './least-squares';
import { nonnegativeLeastSquares } from './nonnegative';

export interface LinearRegressionOptions {
  /** Whether there is an intercept; true by default. */
  readonly fitIntercept?: boolean | undefined;
  /** Allow only coefficients ≥ 0; false by default. Dense samples only. */
  readonly positive?: boolean | undefined;
}

/**
 * Linear regression by least squares.
 *
 * Minimises Σ sᵢ·(w·xᵢ + b − yᵢ)². Dense samples are reduced by orthogonal transformations, which loses no digits to
 * squaring; where several coefficients do equally well, those of least norm are returned. Sparse samples are solved for by
 * conjugate gradients.
 *
 * Reference: Golub & Van Loan 2013, “Matrix Computations”, chapter 5.
 *
 * @example
 * ```ts
 * import { LinearRegression } from 'kompakt/linear';
 * const model = await new LinearRegression().fit([[1, 1], [1, 2], [2, 2], [2, 3]], [6, 8, 9, 11]);
 * console.log(Array.from(model.coef.dataSync(), (v) => v.toFixed(3)), model.intercept.item().toFixed(3)); // → [ '1.000', '2.000' ] 3.000
 * ```
 */
export class LinearRegression {
  readonly kind = 'regressor';
  readonly name = 'LinearRegression';
  readonly options: LinearRegressionOptions;

  /** @param options - see {@link LinearRegressionOptions}; checked by `fit`. */
  constructor(options: LinearRegressionOptions = {}) {
    this.options = options;
  }

  /**
   * Finds the coefficients.
   *
   * @param X - `[samples, features]`, finite numbers; may be sparse.
   * @param y - `[samples]`.
   * @param options - `sampleWeight`: one weight ≥ 0 per sample.
   * @throws ConfigError for unsupported options, NaN or infinity; ShapeError for data that does not fit together.
   */
  async fit(X: Matrix, y: Vector, options: FitOptions = {}): Promise<FittedLinearRegression> {
    const what = 'LinearRegression.fit';
    checkOptions(this.options, ['fitIntercept', 'positive'], what);
    const fitIntercept = checkBoolean(this.options.fitIntercept ?? true, 'fitIntercept', what);
    const positive = checkBoolean(this.options.positive ?? false, 'positive', what);
    const given = positive
      ? await readRegression(X, y, options, what)
      : await readRegression(X, y, options, what, { sparse: true });
    const problem = centre(given.X, [given.y], given.weights, fitIntercept);
    const features = countFeatures(given.X);
    const found: LeastSquares = positive
      ? {
          coefs: [nonnegativeLeastSquares(triangleOf(problem, 0), (problem.X as Dense).cols)],
          rank: null,
          iterations: 0,
          converged: true,
        }
      : leastSquares(problem, 0);
    const coef = found.coefs[0]!;
    return new FittedLinearRegression({
      nFeatures: features,
      coef,
      intercept: Float64Array.of(fitIntercept ? interceptFor(coef, problem.mean, problem.targetMeans[0]!) : 0),
      nIter: found.iterations,
      rank: found.rank,
      warnings: stepsWarning('LinearRegression', found),
      beside: X,
    });
  }
}

/** A warning where conjugate gradients ran out of steps. */
export function stepsWarning(name: string, { converged, iterations }: LeastSquares): NotConvergedWarning[] {
  if (converged) return [];
  return [
    new NotConvergedWarning(
      `${name}: conjugate gradients were not done after ${iterations} steps. Scale the features, or give them dense.`,
    ),
  ];
}

interface Parts extends LinearRegressorParts {
  readonly rank: number | null;
}

/** What `LinearRegression.fit` returns. */
export class FittedLinearRegression extends FittedLinearRegressor {
  static readonly type = 'LinearRegression';
  /** In how many directions the (centred) samples differ; null for sparse samples and positive coefficients. */
  readonly rank: number | null;

  constructor(parts: Parts) {
    super('LinearRegression', parts);
    this.rank = parts.rank;
  }

  override toState(): ModelState {
    return { ...super.toState(), rank: this.rank };
  }

  /** The model from what `toState` gave. */
  static fromState(state: ModelState): FittedLinearRegression {
    return new FittedLinearRegression({ ...regressorParts(state), rank: state.rank as number | null });
  }
}
