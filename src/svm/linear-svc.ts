import { ConfigError, NotConvergedWarning } from '../core/errors';
import { checkOptions } from '../core/options';
import type { Seed } from '../core/rng';
import { type ClassWeight, classWeights } from '../data/class-weight';
import type { FitOptions } from '../data/estimator';
import type { Labels } from '../data/labels';
import { countFeatures, type Matrix, type Samples } from '../data/matrix';
import { checkBoolean, checkNumber } from '../estimator/settings';
import type { ModelState } from '../estimator/state';
import { readClassification } from '../estimator/supervised';
import { classifierParts, FittedLinearClassifier, type LinearClassifierParts } from '../linear/fitted-linear';
import { checkOption } from '../metrics/warning';
import { solveClassDual } from './linear-dual';
import { BiasedRows, drawsFrom, type LinearSolution } from './linear-problem';
import { biasedColumns, solveSparse } from './linear-sparse';

/** What linear machines have in common. */
export interface LinearMachineOptions {
  /** How much the loss counts against the size of the coefficients: larger fits closer. 1 by default. */
  readonly C?: number | undefined;
  /** How exactly the optimality conditions must hold; 1e-4 by default. */
  readonly tol?: number | undefined;
  /** Most passes over the samples; 1000 by default. */
  readonly maxIter?: number | undefined;
  /** Whether there is an intercept; true by default. */
  readonly fitIntercept?: boolean | undefined;
  /**
   * Value of the constant feature that the intercept is the coefficient of: it is penalised like any other, the less the
   * larger this is. 1 by default.
   */
  readonly interceptScaling?: number | undefined;
  /** Decides the order in which samples are gone through. */
  readonly seed?: Seed | undefined;
}

export interface LinearSVCOptions extends LinearMachineOptions {
  /** `'squaredHinge'` (default): max(0, 1 − z)², or `'hinge'`: max(0, 1 − z). */
  readonly loss?: 'squaredHinge' | 'hinge' | undefined;
  /** `'l2'` (default): ½‖w‖²; `'l1'`: ‖w‖₁, which leaves coefficients 0 and needs the squared hinge. */
  readonly penalty?: 'l2' | 'l1' | undefined;
  /** Multiplies C by class: `'balanced'`, a record or map by label, or null (default) for none. */
  readonly classWeight?: ClassWeight | undefined;
}

export const MACHINE_OPTIONS: readonly string[] = [
  'C',
  'tol',
  'maxIter',
  'fitIntercept',
  'interceptScaling',
  'seed',
  'loss',
];

/** Settings of linear machines. */
export interface MachineSettings {
  readonly C: number;
  readonly tol: number;
  readonly maxIter: number;
  /** Value of the constant feature; null: none. */
  readonly bias: number | null;
}

/** Checks the options that linear machines have in common. */
export function readMachine(options: LinearMachineOptions, what: string): MachineSettings {
  const fitIntercept = checkBoolean(options.fitIntercept ?? true, 'fitIntercept', what);
  const scaling = checkNumber(options.interceptScaling ?? 1, 'interceptScaling', what, { above: 0 });
  return {
    C: checkNumber(options.C ?? 1, 'C', what, { above: 0 }),
    tol: checkNumber(options.tol ?? 1e-4, 'tol', what, { above: 0 }),
    maxIter: checkNumber(options.maxIter ?? 1000, 'maxIter', what, { min: 1, integer: true }),
    bias: fitIntercept ? scaling : null,
  };
}

/** Coefficients and intercepts of solutions that have the constant feature's last. */
export function splitBias(solutions: readonly LinearSolution[], features: number, bias: number | null) {
  const coef = new Float64Array(solutions.length * features);
  solutions.forEach(({ w }, c) => {
    coef.set(w.subarray(0, features), c * features);
  });
  return {
    coef,
    intercept: Float64Array.from(solutions, ({ w }) => (bias === null ? 0 : bias * w[features]!)),
    nIter: Math.max(...solutions.map((s) => s.iterations)),
  };
}

/** A warning where a solution was not reached. */
export function machineWarnings(name: string, solutions: readonly LinearSolution[]): NotConvergedWarning[] {
  const missed = solutions.find((s) => !s.converged);
  if (missed === undefined) return [];
  return [
    new NotConvergedWarning(
      `${name}: stopped after ${missed.iterations} passes, before the optimality conditions held. Raise maxIter or tol, or scale the features.`,
    ),
  ];
}

interface Machine extends MachineSettings {
  readonly loss: 'squaredHinge' | 'hinge';
  readonly penalty: 'l2' | 'l1';
  readonly draw: (range: number) => number;
}

function trainMachine(X: Samples, samples: Int32Array, y: Float64Array, C: Float64Array, machine: Machine) {
  const { tol, maxIter, draw, bias, loss, penalty } = machine;
  if (penalty === 'l2') {
    const rows = new BiasedRows(X, bias);
    return solveClassDual({ rows, samples, y, C, isSquared: loss === 'squaredHinge', tol, maxIter, draw });
  }
  // The conditions are met relative to the rarer class, which would else be lost sight of.
  const positive = y.filter((v) => v > 0).length;
  const share = Math.max(Math.min(positive, y.length - positive), 1) / y.length;
  return solveSparse({ columns: biasedColumns(X, samples, bias), y, C, tol: tol * share, maxIter, draw });
}

/**
 * Linear support vector classification, for many samples, dense or sparse.
 *
 * Minimises R(w) + C·Σ sᵢ·loss(yᵢ·(w·xᵢ + b)), with the intercept penalised as the coefficient of a constant feature, by
 * coordinate descent. More than two classes are told apart one against the rest. Scale the features first.
 *
 * Reference: Fan et al. 2008, “LIBLINEAR: A Library for Large Linear Classification”, JMLR 9.
 *
 * @example
 * ```ts
 * import { LinearSVC } from 'kompakt/svm';
 * const model = await new LinearSVC({ seed: 0 }).fit([[-1, 0], [-2, 1], [1, 0], [2, 1]], ['no', 'no', 'yes', 'yes']);
 * console.log(model.predict([[-3, 0], [3, 0]])); // → [ 'no', 'yes' ]
 * ```
 */
export class LinearSVC {
  readonly kind = 'classifier';
  readonly name = 'LinearSVC';
  readonly options: LinearSVCOptions;

  /** @param options - see {@link LinearSVCOptions}; checked by `fit`. */
  constructor(options: LinearSVCOptions = {}) {
    this.options = options;
  }

  /**
   * Finds the coefficients.
   *
   * @param X - `[samples, features]`, finite numbers; may be sparse.
   * @param y - one label per sample, of at least two classes.
   * @param options - `sampleWeight`: multiplies C by sample; those of weight 0 are left out.
   * @returns the model. If `maxIter` was reached first, `warnings` says what to do; it is usable all the same.
   * @throws ConfigError for unsupported options, NaN or infinity, or fewer than two classes; ShapeError for data that does
   * not fit together.
   */
  async fit<L extends Labels>(X: Matrix, y: L, options: FitOptions = {}): Promise<FittedLinearSVC<L>> {
    const what = 'LinearSVC.fit';
    const { loss = 'squaredHinge', penalty = 'l2', classWeight } = this.options;
    checkOptions(this.options, [...MACHINE_OPTIONS, 'penalty', 'classWeight'], what);
    checkOption(loss, ['squaredHinge', 'hinge'], 'loss', what);
    checkOption(penalty, ['l2', 'l1'], 'penalty', what);
    if (penalty === 'l1' && loss === 'hinge')
      throw new ConfigError(`${what}: penalty 'l1' is not supported with loss 'hinge'. Use 'squaredHinge'.`);
    const settings = readMachine(this.options, what);
    const given = await readClassification(X, y, options, what, { sparse: true });
    const { codes, classes, weights } = given;
    const byClass = classWeights(classWeight, classes, codes, null, what);
    const samples = samplesByClass(codes, classes.length, weights);
    const machine = { ...settings, loss, penalty, draw: drawsFrom(this.options.seed) };
    const positives = classes.length === 2 ? [1] : [...classes.keys()];
    const solutions = positives.map((c) => {
      const target = Float64Array.from(samples, (i) => (codes[i] === c ? 1 : -1));
      // As in LIBLINEAR, the rest of several classes is not weighted.
      const weightOf = (code: number): number => (classes.length === 2 || code === c ? byClass[code]! : 1);
      const C = Float64Array.from(
        samples,
        (i) => settings.C * weightOf(codes[i]!) * (weights === null ? 1 : weights[i]!),
      );
      if (C.some((v) => v === 0))
        throw new ConfigError(
          `${what}: classWeight must be > 0 here. Leave out the samples of a class that should not count.`,
        );
      return trainMachine(given.X, samples, target, C, machine);
    });
    const features = countFeatures(given.X);
    return new FittedLinearSVC({
      ...splitBias(solutions, features, settings.bias),
      nFeatures: features,
      classes,
      likeLabels: y,
      warnings: machineWarnings('LinearSVC', solutions),
      beside: X,
    });
  }
}

/** The samples that count, class by class. */
function samplesByClass(codes: Int32Array, classes: number, weights: Float64Array | null): Int32Array {
  const groups: number[][] = Array.from({ length: classes }, () => []);
  codes.forEach((c, i) => {
    if (weights === null || weights[i]! > 0) groups[c]!.push(i);
  });
  return Int32Array.from(groups.flat());
}

/** What `LinearSVC.fit` returns. Labels come back in the form they were given in. */
export class FittedLinearSVC<L extends Labels = Labels> extends FittedLinearClassifier<L> {
  static readonly type = 'LinearSVC';

  constructor(parts: LinearClassifierParts<L>) {
    super('LinearSVC', parts);
  }

  /** The model from what `toState` gave; its labels come back in the same form. */
  static fromState(state: ModelState): FittedLinearSVC {
    return new FittedLinearSVC(classifierParts(state));
  }
}
