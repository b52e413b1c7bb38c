import { type KompaktError, NotConvergedWarning } from '../core/errors';
import type { FitOptions } from '../data/estimator';
import type { Labels } from '../data/labels';
import { countFeatures, type Matrix } from '../data/matrix';
import { readClassification } from '../estimator/supervised';
import { FittedLogisticRegression } from './fitted-logistic-regression';
import {
  checkFlag,
  checkLogistic,
  checkPenalty,
  checkStrength,
  LOGISTIC_OPTIONS,
  type LogisticOptions,
  type LogisticPenalty,
} from './logistic-settings';
import { type Solution, schemeOf, solveLogistic } from './logistic-solve';
import { uploadSamples } from './loss';

export interface LogisticRegressionOptions extends LogisticOptions {
  /** `'l2'` (default), `'l1'`, `'elasticnet'`, or `'none'` or null for no penalty. */
  readonly penalty?: LogisticPenalty | null | undefined;
  /** The INVERSE of the strength of the penalty: smaller is stronger. 1 by default; Infinity is no penalty. */
  readonly C?: number | undefined;
  /** With `'elasticnet'`: the share of the L1 penalty, from 0 to 1. */
  readonly l1Ratio?: number | null | undefined;
  /** Start each fit of this estimator where the last one ended, if the shapes agree. */
  readonly warmStart?: boolean | undefined;
}

const OPTIONS = /* @__PURE__ */ [...LOGISTIC_OPTIONS, 'penalty', 'C', 'l1Ratio', 'warmStart'];

/**
 * Logistic regression: a linear classifier with probabilities.
 *
 * Minimises C·Σ sᵢ·lossᵢ + (1 − r)/2·‖w‖² + r·‖w‖₁, divided by C·Σ sᵢ as scikit-learn does so that `tol` means the same for
 * any number of samples; r is 0 for `'l2'`, 1 for `'l1'`, `l1Ratio` for `'elasticnet'`. Two classes: loss = ln(1 + exp(−y·z)),
 * z = w·x + b, y = ±1. More: the cross-entropy of softmax(W·x + b), or each class against the rest.
 *
 * | solver | penalties | `tol` bounds |
 * |---|---|---|
 * | `lbfgs` (default), `newton-cg`, `newton-cholesky` | l2, none | the largest component of the gradient |
 * | `liblinear` | l2, l1 | the largest component of the (sub)gradient |
 * | `sag` | l2, none | the change of a coefficient in a round, relative to the largest |
 * | `saga` | l2, l1, elasticnet, none | the same |
 *
 * The intercept is not penalised, except by `liblinear`, to which it is the coefficient of a feature that is always
 * `interceptScaling`; and which tells several classes apart each against the rest. `sag` and `saga` need features of
 * like scale. Sparse samples are computed with as they are.
 *
 * The constructor only stores the options; `fit` returns the model and leaves the estimator as it was.
 *
 * Reference: Hastie, Tibshirani, Friedman 2009, “The Elements of Statistical Learning”, section 4.4.
 *
 * @example
 * ```ts
 * import { iris } from 'kompakt/data';
 * import { LogisticRegression } from 'kompakt/linear';
 * const { X, y } = iris();
 * const model = await new LogisticRegression({ C: 1 }).fit(X, y);
 * console.log(model.coef.shape, model.score(X, y).toFixed(3)); // → [ 3, 4 ] 0.973
 * const sparse = await new LogisticRegression({ penalty: 'l1', solver: 'liblinear', C: 0.1 }).fit(X, y);
 * console.log(Array.from(sparse.coef.dataSync()).filter((w) => w === 0).length); // → 6
 * ```
 */
export class LogisticRegression {
  readonly kind = 'classifier';
  readonly name = 'LogisticRegression' as const;
  readonly options: LogisticRegressionOptions;
  #last: readonly Float64Array[] | null = null;

  /** @param options - see {@link LogisticRegressionOptions}; checked by `fit`. */
  constructor(options: LogisticRegressionOptions = {}) {
    this.options = options;
  }

  /**
   * Learns coefficients from labelled samples.
   *
   * @param X - `[samples, features]`, finite numbers, dense or sparse.
   * @param y - one label per sample, of at least two classes.
   * @param options - `sampleWeight`: one weight ≥ 0 per sample.
   * @returns the model. If `maxIter` was reached first its `converged` is false and `warnings` says what to do; it is
   * usable all the same.
   * @throws ConfigError for unsupported options, NaN or infinity, or fewer than two classes; ShapeError for data that does
   * not fit together.
   */
  async fit<L extends Labels>(X: Matrix, y: L, options: FitOptions = {}): Promise<FittedLogisticRegression<L>> {
    const what = 'LogisticRegression.fit';
    const settings = checkLogistic(this.options, OPTIONS, what);
    const penalty = checkPenalty(this.options.penalty, settings.solver, what);
    const strength = checkStrength(penalty, this.options.C ?? 1, this.options.l1Ratio, what);
    const warmStart = checkFlag(this.options.warmStart ?? false, 'warmStart', what);
    const data = await readClassification(X, y, options, what, { sparse: true });
    const table = uploadSamples(data.X);
    let solution: Solution;
    try {
      solution = solveLogistic(data, table, settings, strength, warmStart ? this.#last : null, what);
    } finally {
      table?.dispose();
    }
    if (warmStart) this.#last = solution.points;
    return new FittedLogisticRegression({
      name: this.name,
      classes: data.classes,
      likeLabels: y,
      nFeatures: countFeatures(data.X),
      scheme: schemeOf(data.classes.length, settings),
      weights: solution,
      nIter: solution.iterations,
      warnings: warningsOf(solution, settings),
      like: X,
    });
  }
}

function warningsOf(
  { reason, iterations, gradientNorm }: Solution,
  { tol, maxIter, solver }: { readonly tol: number; readonly maxIter: number; readonly solver: string },
): KompaktError[] {
  if (reason === 'gradient' || reason === 'value') return [];
  const measure = solver === 'sag' || solver === 'saga' ? 'a relative change' : 'a gradient';
  return [
    new NotConvergedWarning(
      `LogisticRegression: stopped after ${iterations} iterations (${reason}) with ${measure} of ` +
        `${gradientNorm.toExponential(2)}, above tol ${tol}. Raise maxIter (now ${maxIter}) or scale the features.`,
    ),
  ];
}
