import { ConfigError } from '../core/errors';
import { checkOptions } from '../core/options';
import { type ClassWeight, classWeights } from '../data/class-weight';
import type { FitOptions } from '../data/estimator';
import type { Labels } from '../data/labels';
import { countFeatures, type Matrix } from '../data/matrix';
import { isSparse } from '../data/sparse';
import type { Vector } from '../data/vector';
import { checkBoolean, checkNumber } from '../estimator/settings';
import type { ModelState } from '../estimator/state';
import { readClassification, readRegression } from '../estimator/supervised';
import { checkOption } from '../metrics/warning';
import { type Centred, centre, interceptFor } from './centre';
import {
  classifierParts,
  FittedLinearClassifier,
  FittedLinearRegressor,
  type LinearClassifierParts,
  type LinearRegressorParts,
  regressorParts,
} from './fitted-linear';
import { type LeastSquares, leastSquares } from './least-squares';
import { stepsWarning } from './linear-regression';
import { solveByCholesky } from './normal-equations';

/** `'auto'` and `'svd'`: by orthogonal transformations; `'cholesky'`: by the normal equations, faster and less exact. */
export type RidgeSolver = 'auto' | 'svd' | 'cholesky';

export interface RidgeOptions {
  /** Strength of the penalty, ≥ 0; 1 by default. */
  readonly alpha?: number | undefined;
  /** Whether there is an (unpenalised) intercept; true by default. */
  readonly fitIntercept?: boolean | undefined;
  /** For dense samples; see {@link RidgeSolver}. Sparse ones are solved for by conjugate gradients. */
  readonly solver?: RidgeSolver | undefined;
}

export interface RidgeClassifierOptions extends RidgeOptions {
  /** Weights of the classes: `'balanced'`, a record or map by label, or null (default) for none. */
  readonly classWeight?: ClassWeight | undefined;
}

const OPTIONS = ['alpha', 'fitIntercept', 'solver'];

interface Settings {
  readonly alpha: number;
  readonly fitIntercept: boolean;
  readonly solver: RidgeSolver;
}

function readSettings(options: RidgeOptions, known: readonly string[], what: string): Settings {
  checkOptions(options, known, what);
  return {
    alpha: checkNumber(options.alpha ?? 1, 'alpha', what, { min: 0 }),
    fitIntercept: checkBoolean(options.fitIntercept ?? true, 'fitIntercept', what),
    solver: checkOption(options.solver ?? 'auto', ['auto', 'svd', 'cholesky'], 'solver', what) as RidgeSolver,
  };
}

function solve(problem: Centred, { alpha, solver }: Settings): LeastSquares {
  if (solver === 'cholesky' && !isSparse(problem.X)) {
    const coefs = solveByCholesky(problem, alpha);
    if (coefs !== null) return { coefs, rank: null, iterations: 0, converged: true };
  }
  return leastSquares(problem, alpha);
}

/** Coefficients and intercepts of all targets in one. */
function assemble(problem: Centred, { coefs, iterations }: LeastSquares, { fitIntercept }: Settings) {
  const features = countFeatures(problem.X);
  const coef = new Float64Array(coefs.length * features);
  coefs.forEach((w, t) => {
    coef.set(w, t * features);
  });
  const intercept = Float64Array.from(coefs, (w, t) =>
    fitIntercept ? interceptFor(w, problem.mean, problem.targetMeans[t]!) : 0,
  );
  return { nFeatures: features, coef, intercept, nIter: iterations };
}

/**
 * Ridge regression: least squares with coefficients held small.
 *
 * Minimises Σ sᵢ·(w·xᵢ + b − yᵢ)² + α·‖w‖².
 *
 * Reference: Hoerl & Kennard 1970, “Ridge Regression: Biased Estimation for Nonorthogonal Problems”.
 *
 * @example
 * ```ts
 * import { Ridge } from 'kompakt/linear';
 * const model = await new Ridge({ alpha: 1 }).fit([[0, 0], [0, 0], [1, 1]], [0, 0.1, 1]);
 * console.log(Array.from(model.coef.dataSync(), (v) => v.toFixed(4))); // → [ '0.2714', '0.2714' ]
 * ```
 */
export class Ridge {
  readonly kind = 'regressor';
  readonly name = 'Ridge';
  readonly options: RidgeOptions;

  /** @param options - see {@link RidgeOptions}; checked by `fit`. */
  constructor(options: RidgeOptions = {}) {
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
  async fit(X: Matrix, y: Vector, options: FitOptions = {}): Promise<FittedRidge> {
    const what = 'Ridge.fit';
    const settings = readSettings(this.options, OPTIONS, what);
    const given = await readRegression(X, y, options, what, { sparse: true });
    const problem = centre(given.X, [given.y], given.weights, settings.fitIntercept);
    const found = solve(problem, settings);
    const parts = assemble(problem, found, settings);
    return new FittedRidge({ ...parts, warnings: stepsWarning('Ridge', found), beside: X });
  }
}

/** What `Ridge.fit` returns. */
export class FittedRidge extends FittedLinearRegressor {
  static readonly type = 'Ridge';

  constructor(parts: LinearRegressorParts) {
    super('Ridge', parts);
  }

  /** The model from what `toState` gave. */
  static fromState(state: ModelState): FittedRidge {
    return new FittedRidge(regressorParts(state));
  }
}

/**
 * Classification by ridge regression of targets −1 and 1: fast, and often as good as a support vector machine.
 *
 * Minimises Σ sᵢ·(w·xᵢ + b − yᵢ)² + α·‖w‖², for two classes once (1: the second), else for each class against the rest.
 *
 * @example
 * ```ts
 * import { iris } from 'kompakt/data';
 * import { RidgeClassifier } from 'kompakt/linear';
 * const { X, y } = iris();
 * const model = await new RidgeClassifier().fit(X, y);
 * console.log(model.coef.shape, model.score(X, y).toFixed(3)); // → [ 3, 4 ] 0.853
 * ```
 */
export class RidgeClassifier {
  readonly kind = 'classifier';
  readonly name = 'RidgeClassifier';
  readonly options: RidgeClassifierOptions;

  /** @param options - see {@link RidgeClassifierOptions}; checked by `fit`. */
  constructor(options: RidgeClassifierOptions = {}) {
    this.options = options;
  }

  /**
   * Finds the coefficients.
   *
   * @param X - `[samples, features]`, finite numbers; may be sparse.
   * @param y - one label per sample, of at least two classes.
   * @param options - `sampleWeight`: one weight ≥ 0 per sample.
   * @throws ConfigError for unsupported options, NaN or infinity, or fewer than two classes; ShapeError for data that does
   * not fit together.
   */
  async fit<L extends Labels>(X: Matrix, y: L, options: FitOptions = {}): Promise<FittedRidgeClassifier<L>> {
    const what = 'RidgeClassifier.fit';
    const settings = readSettings(this.options, [...OPTIONS, 'classWeight'], what);
    const given = await readClassification(X, y, options, what, { sparse: true });
    const { codes, classes } = given;
    const positives = classes.length === 2 ? [1] : [...classes.keys()];
    const targets = positives.map((c) => Float64Array.from(codes, (code) => (code === c ? 1 : -1)));
    const byClass = classWeights(this.options.classWeight, classes, codes, null, what);
    const weights =
      given.weights === null && byClass.every((w) => w === 1)
        ? null
        : Float64Array.from(codes, (c, i) => byClass[c]! * (given.weights === null ? 1 : given.weights[i]!));
    if (weights?.every((w) => w === 0))
      throw new ConfigError(`${what}: all samples weigh 0 once classWeight is applied. Give some class a weight > 0.`);
    const problem = centre(given.X, targets, weights, settings.fitIntercept);
    const found = solve(problem, settings);
    return new FittedRidgeClassifier({
      ...assemble(problem, found, settings),
      warnings: stepsWarning('RidgeClassifier', found),
      classes,
      likeLabels: y,
      beside: X,
    });
  }
}

/** What `RidgeClassifier.fit` returns. Labels come back in the form they were given in. */
export class FittedRidgeClassifier<L extends Labels = Labels> extends FittedLinearClassifier<L> {
  static readonly type = 'RidgeClassifier';

  constructor(parts: LinearClassifierParts<L>) {
    super('RidgeClassifier', parts);
  }

  /** The model from what `toState` gave; its labels come back in the same form. */
  static fromState(state: ModelState): FittedRidgeClassifier {
    return new FittedRidgeClassifier(classifierParts(state));
  }
}
