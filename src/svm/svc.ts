import { ConfigError, NotConvergedWarning } from '../core/errors';
import { checkOptions } from '../core/options';
import type { Seed } from '../core/rng';
import { shown } from '../core/shown';
import { type ClassWeight, classWeights } from '../data/class-weight';
import type { FitOptions } from '../data/estimator';
import type { Labels } from '../data/labels';
import { countFeatures, type Matrix, takeSamples } from '../data/matrix';
import { checkBoolean, checkNumber } from '../estimator/settings';
import { readClassification } from '../estimator/supervised';
import { checkOption } from '../metrics/warning';
import { type DecisionFunctionShape, FittedSVC } from './fitted-svc';
import { KERNEL_OPTIONS, type KernelOptions, resolveKernel } from './kernel';
import { type Machines, trainPairs } from './one-vs-one';

export interface SVCOptions extends KernelOptions {
  /** How much a sample on the wrong side costs: larger fits closer. 1 by default. */
  readonly C?: number | undefined;
  /** Stops when no pair of samples breaks the optimality conditions by more; 1e-3 by default. */
  readonly tol?: number | undefined;
  /** Most steps for each pair of classes; −1 (default): as many as it takes. */
  readonly maxIter?: number | undefined;
  /** Multiplies C by class: `'balanced'`, a record or map by label, or null (default) for none. */
  readonly classWeight?: ClassWeight | undefined;
  /** What `decisionFunction` gives for more than two classes; `'ovr'` by default. See {@link DecisionFunctionShape}. */
  readonly decisionFunctionShape?: DecisionFunctionShape | undefined;
  /** Predict by `decisionFunction` instead of votes alone; false by default. */
  readonly breakTies?: boolean | undefined;
  /** Leave samples out for a while that seem settled, which is faster; true by default. */
  readonly shrinking?: boolean | undefined;
  /** How many megabytes of kernel values are kept; 200 by default. */
  readonly cacheSize?: number | undefined;
  /** Accepted as on every estimator; no random numbers are drawn. */
  readonly seed?: Seed | undefined;
}

const OPTIONS = [
  ...KERNEL_OPTIONS,
  'C',
  'tol',
  'maxIter',
  'classWeight',
  'decisionFunctionShape',
  'breakTies',
  'shrinking',
  'cacheSize',
  'seed',
];

/**
 * Support vector classification with kernels.
 *
 * For each two classes, maximises Σ αᵢ − ½ Σ αᵢαⱼyᵢyⱼK(xᵢ, xⱼ) with Σ αᵢyᵢ = 0 and 0 ≤ αᵢ ≤ C·wᵢ; samples with α > 0 are
 * the support vectors. More than two classes vote in pairs. The pairs to move are chosen, and samples set aside, as LIBSVM
 * does, so that with the same `tol` the support vectors are those of scikit-learn.
 *
 * Time grows at least with the square of the number of samples: beyond some ten thousands use `LinearSVC` or
 * `SGDClassifier`. Scale the features first.
 *
 * Reference: Cortes & Vapnik 1995, “Support-Vector Networks”; Chang & Lin 2011, “LIBSVM: A Library for Support Vector
 * Machines”.
 *
 * @example
 * ```ts
 * import { iris } from 'kompakt/data';
 * import { SVC } from 'kompakt/svm';
 * const { X, y } = iris();
 * const model = await new SVC({ kernel: 'rbf', C: 1 }).fit(X, y);
 * console.log(model.nSupport.join(), model.score(X, y).toFixed(3)); // → 7,29,24 0.973
 * ```
 */
export class SVC {
  readonly kind = 'classifier';
  readonly name = 'SVC';
  readonly options: SVCOptions;

  /** @param options - see {@link SVCOptions}; checked by `fit`. */
  constructor(options: SVCOptions = {}) {
    this.options = options;
  }

  /**
   * Finds the support vectors and their coefficients.
   *
   * @param X - `[samples, features]`, finite numbers; may be sparse.
   * @param y - one label per sample, of at least two classes.
   * @param options - `sampleWeight`: multiplies C by sample; those of weight 0 are left out.
   * @returns the model. If `maxIter` was reached first, `warnings` says what to do; it is usable all the same.
   * @throws ConfigError for unsupported options, NaN or infinity, or fewer than two classes; ShapeError for data that does
   * not fit together.
   */
  async fit<L extends Labels>(X: Matrix, y: L, options: FitOptions = {}): Promise<FittedSVC<L>> {
    const what = 'SVC.fit';
    checkOptions(this.options, OPTIONS, what);
    const settings = checkSettings(this.options, what);
    const given = await readClassification(X, y, options, what, { sparse: true });
    const { codes, classes, weights } = given;
    const byClass = classWeights(this.options.classWeight, classes, codes, null, what);
    const bound = Float64Array.from(codes, (c, i) => settings.C * byClass[c]! * (weights === null ? 1 : weights[i]!));
    checkClassesLeft(codes, classes, bound, what);
    const kernel = resolveKernel(this.options, given.X, what);
    const machines = trainPairs(given.X, codes, classes.length, bound, { kernel, ...settings });
    return new FittedSVC({
      nFeatures: countFeatures(given.X),
      classes,
      likeLabels: y,
      kernel,
      machines,
      vectors: takeSamples(given.X, machines.support),
      decisionFunctionShape: settings.decisionFunctionShape,
      breakTies: settings.breakTies,
      warnings: warningsOf(machines, settings.maxIter),
      beside: X,
    });
  }
}

function checkSettings(options: SVCOptions, what: string) {
  const { C = 1, tol = 1e-3, maxIter = -1, decisionFunctionShape = 'ovr', cacheSize = 200 } = options;
  checkOption(decisionFunctionShape, ['ovr', 'ovo'], 'decisionFunctionShape', what);
  if (!Number.isInteger(maxIter) || maxIter < -1)
    throw new ConfigError(`${what}: maxIter must be an integer ≥ 0, or −1 for no limit, got ${shown(maxIter)}.`);
  const breakTies = checkBoolean(options.breakTies ?? false, 'breakTies', what);
  if (breakTies && decisionFunctionShape === 'ovo')
    throw new ConfigError(`${what}: breakTies needs decisionFunctionShape 'ovr', which has one decision per class.`);
  return {
    C: checkNumber(C, 'C', what, { above: 0 }),
    tol: checkNumber(tol, 'tol', what, { above: 0 }),
    maxIter,
    decisionFunctionShape,
    breakTies,
    shrinking: checkBoolean(options.shrinking ?? true, 'shrinking', what),
    cacheBytes: checkNumber(cacheSize, 'cacheSize', what, { above: 0 }) * 2 ** 20,
  };
}

function checkClassesLeft(codes: Int32Array, classes: readonly unknown[], bound: Float64Array, what: string): void {
  classes.forEach((label, c) => {
    if (!codes.some((code, i) => code === c && bound[i]! > 0))
      throw new ConfigError(
        `${what}: all samples of class ${shown(label)} weigh 0. Leave them out, or give some of them a positive weight.`,
      );
  });
}

function warningsOf({ converged, iterations }: Machines, maxIter: number): NotConvergedWarning[] {
  if (converged) return [];
  return [
    new NotConvergedWarning(
      `SVC: stopped at ${Math.max(...iterations)} steps, before the optimality conditions held. Raise maxIter (now ${maxIter}) or scale the features.`,
    ),
  ];
}
