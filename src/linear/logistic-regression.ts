import { defaultBackend } from '../backends/default';
import type { Backend } from '../core/backend';
import { ConfigError, NotConvergedWarning } from '../core/errors';
import { checkOptions } from '../core/options';
import type { Seed } from '../core/rng';
import { Tensor } from '../core/tensor';
import { type ClassWeight, classWeights } from '../data/class-weight';
import type { FitOptions } from '../data/estimator';
import {
  checkAreClasses,
  checkSameLength,
  type Encoded,
  encodeLabels,
  type Label,
  type Labels,
  readLabelsAsync,
} from '../data/labels';
import { type Dense, type Matrix, readMatrixAsync } from '../data/matrix';
import { isTensor } from '../data/rows';
import { readWeights } from '../data/vector';
import { type MinimizeResult, minimizeLbfgs } from '../optim/lbfgs-minimize';
import { FittedLogisticRegression } from './fitted-logistic-regression';
import { logisticObjective, type Problem, parameterCount } from './loss';
import { refineByNewton } from './newton';

export interface LogisticRegressionOptions {
  /** `'l2'` (default), or `'none'` or null for no penalty. */
  readonly penalty?: 'l2' | 'none' | null | undefined;
  /** The INVERSE of the strength of the penalty: smaller is stronger. 1 by default; Infinity is no penalty. */
  readonly C?: number | undefined;
  /** 0, the default: the share of the L1 penalty, which lbfgs does not have. */
  readonly l1Ratio?: number | null | undefined;
  readonly solver?: 'lbfgs' | undefined;
  /** Stops when no component of the gradient of the mean loss is larger; 1e-4 by default. */
  readonly tol?: number | undefined;
  /** 100 by default. */
  readonly maxIter?: number | undefined;
  /** Weights of the classes: `'balanced'`, a record or map by label, or null (default) for none. */
  readonly classWeight?: ClassWeight | undefined;
  /** Whether there is an (unpenalised) intercept; true by default. */
  readonly fitIntercept?: boolean | undefined;
  /** Start each fit of this estimator where the last one ended, if the shapes agree. */
  readonly warmStart?: boolean | undefined;
  /** Accepted as on every estimator; lbfgs draws no random numbers. */
  readonly seed?: Seed | undefined;
}

/**
 * Logistic regression: a linear classifier with probabilities, fitted by L-BFGS.
 *
 * Minimises C·Σ sᵢ·lossᵢ + ½‖w‖², divided by C·Σ sᵢ as scikit-learn does so that `tol` means the same for any number of
 * samples. Two classes: loss = ln(1 + exp(−y·z)), z = w·x + b, y = ±1. More: the cross-entropy of softmax(W·x + b). The
 * intercept is not penalised.
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
 * ```
 */
export class LogisticRegression {
  readonly kind = 'classifier';
  readonly options: LogisticRegressionOptions;
  #last: Float64Array | null = null;

  /** @param options - see {@link LogisticRegressionOptions}; checked by `fit`. */
  constructor(options: LogisticRegressionOptions = {}) {
    this.options = options;
  }

  /**
   * Learns coefficients from labelled samples.
   *
   * @param X - `[samples, features]`, finite numbers.
   * @param y - one label per sample, of at least two classes.
   * @param options - `sampleWeight`: one weight ≥ 0 per sample.
   * @returns the model. If `maxIter` was reached first its `converged` is false and `warnings` says what to do; it is
   * usable all the same.
   * @throws ConfigError for unsupported options, NaN or infinity, or fewer than two classes; ShapeError for data that does
   * not fit together.
   */
  async fit<L extends Labels>(X: Matrix, y: L, options: FitOptions = {}): Promise<FittedLogisticRegression<L>> {
    const what = 'LogisticRegression.fit';
    checkOptions(options, ['sampleWeight'], what);
    const settings = checkSettings(this.options, what);
    const samples = await readMatrixAsync(X, `${what}: X`);
    const labels = await readLabelsAsync(y, `${what}: y`);
    checkSameLength(samples.rows, labels.length, what);
    checkAreClasses(labels, `${what}: y`, 'Measurements call for regression; group them into classes to classify.');
    const encoded = encodeLabels(labels);
    if (encoded.classes.length < 2) {
      throw new ConfigError(`${what}: y has only the class ${String(encoded.classes[0])}. At least two are needed.`);
    }
    const problem = makeProblem(
      samples,
      encoded,
      readWeights(options.sampleWeight, labels.length, what),
      settings,
      what,
    );
    const result = this.#minimize(problem, settings);
    return assemble(problem, result, settings, encoded.classes, { X, y });
  }

  #minimize(problem: Problem, settings: Settings): MinimizeResult {
    const n = parameterCount(problem);
    const start = settings.warmStart && this.#last?.length === n ? this.#last : new Float64Array(n);
    const result = minimizeLogistic(problem, start, settings);
    if (settings.warmStart) this.#last = result.x;
    return result;
  }
}

/** Iterations of L-BFGS after which a problem is so badly scaled that Newton's method is tried. */
const PATIENCE = 500;

/**
 * L-BFGS as scikit-learn runs it. Where that ends with a gradient above `tol`, because values no longer tell points apart
 * or because many iterations have not been enough, Newton steps take over.
 */
function minimizeLogistic(problem: Problem, start: Float64Array, { tol, maxIter }: Settings): MinimizeResult {
  const objective = logisticObjective(problem);
  const options = { gradientTolerance: tol, valueTolerance: 64 * Number.EPSILON };
  let result = minimizeLbfgs(objective, start, { ...options, maxIter: Math.min(maxIter, PATIENCE) });
  let { iterations } = result;
  while (result.reason !== 'gradient' && iterations < maxIter) {
    const refined = refineByNewton(problem, result.x, tol, maxIter - iterations);
    iterations += refined.steps;
    const isMinimum = refined.gradientNorm <= tol;
    result = { ...result, ...refined, reason: isMinimum ? 'gradient' : result.reason };
    if (isMinimum || result.reason !== 'iterations' || iterations >= maxIter) break;
    result = minimizeLbfgs(objective, result.x, { ...options, maxIter: maxIter - iterations });
    iterations += result.iterations;
  }
  return { ...result, iterations };
}

const OPTIONS = [
  'penalty',
  'C',
  'l1Ratio',
  'solver',
  'tol',
  'maxIter',
  'classWeight',
  'fitIntercept',
  'warmStart',
  'seed',
];

/** Options with their defaults filled in. */
interface Settings {
  readonly C: number;
  readonly tol: number;
  readonly maxIter: number;
  readonly classWeight: ClassWeight;
  readonly fitIntercept: boolean;
  readonly warmStart: boolean;
}

function checkSettings(options: LogisticRegressionOptions, what: string): Settings {
  checkOptions(options, OPTIONS, what);
  const { penalty = 'l2', C = 1, solver = 'lbfgs', tol = 1e-4, maxIter = 100 } = options;
  if (solver !== 'lbfgs') {
    throw new ConfigError(`${what}: solver '${String(solver)}' is not supported. Use 'lbfgs'.`);
  }
  if (penalty !== 'l2' && penalty !== 'none' && penalty !== null) {
    throw new ConfigError(
      `${what}: penalty '${String(penalty)}' is not supported by solver 'lbfgs'. Use 'l2', 'none' or null.`,
    );
  }
  const l1Ratio = options.l1Ratio ?? 0;
  if (l1Ratio !== 0)
    throw new ConfigError(`${what}: l1Ratio must be 0 with solver 'lbfgs', which has no L1 penalty; got ${l1Ratio}.`);
  if (typeof C !== 'number' || !(C > 0))
    throw new ConfigError(`${what}: C is the inverse of the penalty's strength and must be > 0, got ${String(C)}.`);
  if (!(tol > 0)) throw new ConfigError(`${what}: tol must be > 0, got ${String(tol)}.`);
  if (!Number.isInteger(maxIter) || maxIter < 0)
    throw new ConfigError(`${what}: maxIter must be an integer ≥ 0, got ${String(maxIter)}.`);
  for (const name of ['fitIntercept', 'warmStart'] as const) {
    const flag: unknown = options[name] ?? false;
    if (typeof flag !== 'boolean')
      throw new ConfigError(`${what}: ${name} must be true or false, got ${String(flag)}.`);
  }
  return {
    C: penalty === 'l2' ? C : Number.POSITIVE_INFINITY,
    tol,
    maxIter,
    classWeight: options.classWeight ?? null,
    fitIntercept: options.fitIntercept ?? true,
    warmStart: options.warmStart ?? false,
  };
}

function makeProblem(
  X: Dense,
  { codes, classes }: Encoded,
  sampleWeight: Float64Array | null,
  settings: Settings,
  what: string,
): Problem {
  const byClass = classWeights(settings.classWeight, classes, codes, sampleWeight, what);
  const weights = Float64Array.from(codes, (c, i) => byClass[c]! * (sampleWeight === null ? 1 : sampleWeight[i]!));
  const total = weights.reduce((a, b) => a + b, 0);
  if (!(total > 0))
    throw new ConfigError(
      `${what}: all samples weigh 0 once classWeight is applied. Give some class a positive weight.`,
    );
  for (let i = 0; i < weights.length; i++) weights[i]! /= total;
  const outputs = classes.length === 2 ? 1 : classes.length;
  return { X, codes, outputs, weights, l2: 1 / (settings.C * total), fitIntercept: settings.fitIntercept };
}

/** Where results live: beside the data if that backend can hold float64, else on the default one. */
function resultBackend(X: Matrix): Backend {
  return isTensor(X) && X.backend.dtypes.includes('float64') ? X.backend : defaultBackend();
}

function centre(v: Float64Array): void {
  const mean = v.reduce((a, b) => a + b, 0) / v.length;
  for (let i = 0; i < v.length; i++) v[i]! -= mean;
}

function assemble<L extends Labels>(
  problem: Problem,
  result: MinimizeResult,
  settings: Settings,
  classes: readonly Label[],
  given: { readonly X: Matrix; readonly y: L },
): FittedLogisticRegression<L> {
  const { outputs, X } = problem;
  const size = outputs * X.cols;
  const intercept = problem.fitIntercept ? result.x.slice(size) : new Float64Array(outputs);
  // Softmax does not see a shift of all intercepts; rounding lets them drift from the sum 0 they start with.
  if (outputs > 1) centre(intercept);
  const backend = resultBackend(given.X);
  const converged = result.reason === 'gradient' || result.reason === 'value';
  const warning = new NotConvergedWarning(
    `LogisticRegression: stopped after ${result.iterations} iterations (${result.reason}) with a gradient of ` +
      `${result.gradientNorm.toExponential(2)}, above tol ${settings.tol}. Raise maxIter (now ${settings.maxIter}) or scale the features.`,
  );
  return new FittedLogisticRegression({
    coef: Tensor.from(backend, result.x.slice(0, size), 'float64', [outputs, X.cols]),
    intercept: Tensor.from(backend, intercept, 'float64', [outputs]),
    classes,
    nIter: result.iterations,
    warnings: converged ? [] : [warning],
    likeLabels: given.y,
    weights: { coef: result.x.slice(0, size), intercept, features: X.cols },
  });
}
