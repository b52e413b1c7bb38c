import { ConfigError } from '../core/errors';
import { checkOptions } from '../core/options';
import { shown } from '../core/shown';
import type { Tensor } from '../core/tensor';
import type { FitOptions, Splitter } from '../data/estimator';
import { type Matrix, type Samples, takeSamples } from '../data/matrix';
import type { Vector } from '../data/vector';
import { resultLike } from '../estimator/fitted';
import { checkBoolean, checkNumber } from '../estimator/settings';
import type { ModelState } from '../estimator/state';
import { type Regression, readRegression } from '../estimator/supervised';
import { KFold } from '../model-selection/splitters';
import { centre, interceptFor } from './centre';
import { balancedWeights, fitNet, type NetParts } from './elastic-net';
import {
  alphaGrid,
  DESCENT_OPTIONS,
  type DescentOptions,
  type DescentSettings,
  readAlphas,
  readDescent,
  walkPath,
} from './elastic-net-path';
import { FittedLinearRegressor, regressorParts, scoresOf } from './fitted-linear';

export interface LassoCVOptions extends DescentOptions {
  /** Strengths to choose from; by default a grid for the data. */
  readonly alphas?: ArrayLike<number> | null | undefined;
  /** Size of the grid; 100 by default. */
  readonly nAlphas?: number | undefined;
  /** Least strength of the grid over the largest; 1e-3 by default. */
  readonly eps?: number | undefined;
  /** Whether there is an (unpenalised) intercept; true by default. */
  readonly fitIntercept?: boolean | undefined;
  /** A number of parts in the order of the samples, or a splitter; 5 by default. */
  readonly cv?: number | Splitter | undefined;
}

export interface ElasticNetCVOptions extends LassoCVOptions {
  /** Share of the L1 penalty, or several to choose from; 0.5 by default. */
  readonly l1Ratio?: number | readonly number[] | undefined;
}

const OPTIONS = ['alphas', 'nAlphas', 'eps', 'fitIntercept', 'cv', ...DESCENT_OPTIONS];

/** The best strength and share for samples already read, and the errors that say so. */
interface Choice {
  readonly alpha: number;
  readonly l1Ratio: number;
  /** By share. */
  readonly alphas: readonly Float64Array[];
  /** `[shares, alphas, folds]`. */
  readonly errors: Float64Array;
  readonly folds: number;
}

async function fitByFolds(
  name: string,
  { X, y, options }: { readonly X: Matrix; readonly y: Vector; readonly options: FitOptions },
  own: LassoCVOptions,
  l1Ratios: readonly number[],
  known: readonly string[],
): Promise<CVParts> {
  const what = `${name}.fit`;
  checkOptions(own, known, what);
  const fitIntercept = checkBoolean(own.fitIntercept ?? true, 'fitIntercept', what);
  for (const ratio of l1Ratios) checkNumber(ratio, 'l1Ratio', what, { min: 0, max: 1 });
  readDescent(own, what);
  const given = await readRegression(X, y, options, what, { sparse: true });
  const choice = choose(given, own, l1Ratios, fitIntercept, what);
  const { alpha, l1Ratio } = choice;
  const settings = readDescent(own, what);
  const parts = fitNet(name, given, { alpha, l1Ratio, fitIntercept, settings }, null);
  return { ...parts, ...choice, beside: X };
}

function choose(
  given: Regression<Samples>,
  own: LassoCVOptions,
  l1Ratios: readonly number[],
  fitIntercept: boolean,
  what: string,
): Choice {
  const whole = centre(given.X, [given.y], null, fitIntercept);
  const isGiven = own.alphas !== null && own.alphas !== undefined;
  const alphas = l1Ratios.map((ratio) => {
    const found = readAlphas(own, (eps, count) => alphaGrid(whole, ratio, eps, count, what), what);
    return isGiven ? found.sort().reverse() : found;
  });
  const folds = [...splitterOf(own.cv ?? 5, what).split(given.y)];
  const count = alphas[0]!.length;
  const errors = new Float64Array(l1Ratios.length * count * folds.length);
  folds.forEach(({ train, test }, f) => {
    const [inner, outer] = [take(given, train), take(given, test)];
    l1Ratios.forEach((ratio, r) => {
      // A stream for random order begins anew in each fold, as in scikit-learn.
      const found = errorsAlong(inner, outer, alphas[r]!, ratio, readDescent(own, what), fitIntercept);
      found.forEach((error, a) => {
        errors[(r * count + a) * folds.length + f] = error;
      });
    });
  });
  let best = { at: 0, error: Number.POSITIVE_INFINITY };
  for (let at = 0; at < l1Ratios.length * count; at++) {
    let sum = 0;
    for (let f = 0; f < folds.length; f++) sum += errors[at * folds.length + f]!;
    if (sum / folds.length < best.error) best = { at, error: sum / folds.length };
  }
  const r = Math.floor(best.at / count);
  return { alpha: alphas[r]![best.at % count]!, l1Ratio: l1Ratios[r]!, alphas, errors, folds: folds.length };
}

function splitterOf(cv: number | Splitter, what: string): Splitter {
  if (typeof cv === 'number') return new KFold({ nSplits: cv });
  if (typeof cv === 'object' && cv !== null && typeof cv.split === 'function') return cv;
  throw new ConfigError(`${what}: cv must be a number of parts or a splitter, got ${shown(cv)}.`);
}

/** Mean squared error on `outer` of the nets that `inner` gives for each strength. */
function errorsAlong(
  inner: Regression<Samples>,
  outer: Regression<Samples>,
  alphas: Float64Array,
  l1Ratio: number,
  settings: DescentSettings,
  fitIntercept: boolean,
): number[] {
  const problem = centre(inner.X, [inner.y], balancedWeights(inner.weights), fitIntercept);
  return walkPath(problem, alphas, l1Ratio, settings, null).map(({ coef }) => {
    const intercept = fitIntercept ? interceptFor(coef, problem.mean, problem.targetMeans[0]!) : 0;
    const predicted = scoresOf(outer.X, { coef, intercept: Float64Array.of(intercept) });
    let sum = 0;
    let all = 0;
    for (let i = 0; i < predicted.length; i++) {
      const w = outer.weights === null ? 1 : outer.weights[i]!;
      sum += w * (predicted[i]! - outer.y[i]!) ** 2;
      all += w;
    }
    return sum / all;
  });
}

function take({ X, y, weights }: Regression<Samples>, rows: Int32Array): Regression<Samples> {
  return {
    X: takeSamples(X, rows),
    y: Float64Array.from(rows, (i) => y[i]!),
    weights: weights === null ? null : Float64Array.from(rows, (i) => weights[i]!),
  };
}

interface CVParts extends NetParts, Choice {}

/** Base of what elastic nets chosen by cross-validation return. */
abstract class FittedNetCV extends FittedLinearRegressor {
  /** The strength chosen. */
  readonly alpha: number;
  /** The share of the L1 penalty chosen. */
  readonly l1Ratio: number;
  /** The strengths tried, for each share. */
  readonly alphas: readonly Float64Array[];
  /** float64 `[shares, alphas, folds]`: mean squared errors. */
  readonly msePath: Tensor;
  /** By how much the objective may at most be above its minimum. */
  readonly dualGap: number;
  readonly #choice: Choice;

  constructor(name: string, parts: CVParts) {
    super(name, parts);
    const { alpha, l1Ratio, alphas, errors, folds, dualGap, beside } = parts;
    this.alpha = alpha;
    this.l1Ratio = l1Ratio;
    this.alphas = alphas;
    this.msePath = resultLike(beside, errors, [alphas.length, alphas[0]!.length, folds]);
    this.dualGap = dualGap;
    this.#choice = { alpha, l1Ratio, alphas, errors, folds };
  }

  override toState(): ModelState {
    return { ...super.toState(), ...this.#choice, dualGap: this.dualGap };
  }
}

const cvParts = (state: ModelState): CVParts => ({
  ...regressorParts(state),
  ...(state as unknown as Choice),
  dualGap: state.dualGap as number,
});

/**
 * The lasso with the strength of its penalty chosen by cross-validation.
 *
 * Walks the path of {@link lassoPath} on each fold, takes the strength with the least mean squared error on what was left out,
 * and fits all samples with it.
 *
 * @example
 * ```ts
 * import { LassoCV } from 'kompakt/linear';
 * const X = Array.from({ length: 40 }, (_, i) => [Math.sin(i), Math.cos(3 * i), (i % 7) / 7]);
 * const model = await new LassoCV({ nAlphas: 20 }).fit(X, X.map(([a, b]) => 2 * a! - b!));
 * console.log(model.score(X, X.map(([a, b]) => 2 * a! - b!)) > 0.99); // → true
 * ```
 */
export class LassoCV {
  readonly kind = 'regressor';
  readonly name = 'LassoCV';
  readonly options: LassoCVOptions;

  /** @param options - see {@link LassoCVOptions}; checked by `fit`. */
  constructor(options: LassoCVOptions = {}) {
    this.options = options;
  }

  /**
   * Chooses the strength and finds the coefficients.
   *
   * @param X - `[samples, features]`, finite numbers; may be sparse.
   * @param y - `[samples]`.
   * @param options - `sampleWeight`: one weight ≥ 0 per sample, also for its error.
   * @throws ConfigError for unsupported options, NaN or infinity; ShapeError for data that does not fit together.
   */
  async fit(X: Matrix, y: Vector, options: FitOptions = {}): Promise<FittedLassoCV> {
    return new FittedLassoCV(await fitByFolds(this.name, { X, y, options }, this.options, [1], OPTIONS));
  }
}

/** What `LassoCV.fit` returns. */
export class FittedLassoCV extends FittedNetCV {
  static readonly type = 'LassoCV';

  constructor(parts: CVParts) {
    super('LassoCV', parts);
  }

  /** The model from what `toState` gave. */
  static fromState(state: ModelState): FittedLassoCV {
    return new FittedLassoCV(cvParts(state));
  }
}

/**
 * The elastic net with the strength of its penalty, and the share of the L1 part if several are given, chosen by
 * cross-validation; see {@link LassoCV}.
 *
 * @example
 * ```ts
 * import { ElasticNetCV } from 'kompakt/linear';
 * const X = Array.from({ length: 40 }, (_, i) => [Math.sin(i), Math.cos(3 * i), (i % 7) / 7]);
 * const model = await new ElasticNetCV({ l1Ratio: [0.2, 0.9], nAlphas: 20 }).fit(X, X.map(([a, b]) => 2 * a! - b!));
 * console.log(model.l1Ratio); // → 0.9
 * ```
 */
export class ElasticNetCV {
  readonly kind = 'regressor';
  readonly name = 'ElasticNetCV';
  readonly options: ElasticNetCVOptions;

  /** @param options - see {@link ElasticNetCVOptions}; checked by `fit`. */
  constructor(options: ElasticNetCVOptions = {}) {
    this.options = options;
  }

  /**
   * Chooses strength and share and finds the coefficients.
   *
   * @param X - `[samples, features]`, finite numbers; may be sparse.
   * @param y - `[samples]`.
   * @param options - `sampleWeight`: one weight ≥ 0 per sample, also for its error.
   * @throws ConfigError for unsupported options, NaN or infinity; ShapeError for data that does not fit together.
   */
  async fit(X: Matrix, y: Vector, options: FitOptions = {}): Promise<FittedElasticNetCV> {
    const { l1Ratio = 0.5, ...rest } = this.options;
    const ratios = Array.isArray(l1Ratio) ? (l1Ratio as readonly number[]) : [l1Ratio as number];
    if (ratios.length === 0)
      throw new ConfigError('ElasticNetCV.fit: l1Ratio is an empty list. Give one share at least.');
    return new FittedElasticNetCV(
      await fitByFolds(this.name, { X, y, options }, rest, ratios, [...OPTIONS, 'l1Ratio']),
    );
  }
}

/** What `ElasticNetCV.fit` returns. */
export class FittedElasticNetCV extends FittedNetCV {
  static readonly type = 'ElasticNetCV';

  constructor(parts: CVParts) {
    super('ElasticNetCV', parts);
  }

  /** The model from what `toState` gave. */
  static fromState(state: ModelState): FittedElasticNetCV {
    return new FittedElasticNetCV(cvParts(state));
  }
}
