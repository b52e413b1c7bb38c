import { ConfigError } from '../core/errors';
import { checkOptions } from '../core/options';
import type { Seed } from '../core/rng';
import { checkBoolean, checkNumber } from '../estimator/settings';
import { checkOption } from '../metrics/warning';
import { type ClassificationLoss, lossOf, type RegressionLoss } from './sgd-loss';
import type { LearningRate, Penalty, SgdSettings } from './sgd-run';

/** What classifiers and regressors fitted by stochastic gradient descent have in common. */
export interface SGDOptions {
  /** `'l2'` (default): α/2·‖w‖²; `'l1'`: α·‖w‖₁; `'elasticnet'`: both, see `l1Ratio`; null: none. */
  readonly penalty?: Penalty | null | undefined;
  /** Strength of the penalty, and for the learning rate `'optimal'` how fast it falls; 1e-4 by default. */
  readonly alpha?: number | undefined;
  /** Share of the L1 penalty in `'elasticnet'`; 0.15 by default. */
  readonly l1Ratio?: number | undefined;
  /** Whether there is an (unpenalised) intercept; true by default. */
  readonly fitIntercept?: boolean | undefined;
  /** Most passes over the data; 1000 by default. */
  readonly maxIter?: number | undefined;
  /**
   * Stops when the mean loss has not fallen, or with `earlyStopping` the score not risen, by more for `nIterNoChange` epochs;
   * 1e-3 by default, null for never.
   */
  readonly tol?: number | null | undefined;
  /** Shuffle the samples before each epoch; true by default. */
  readonly shuffle?: boolean | undefined;
  /** ε of the losses `'huber'`, `'epsilonInsensitive'` and `'squaredEpsilonInsensitive'`; 0.1 by default. */
  readonly epsilon?: number | undefined;
  /**
   * η of step t: `'constant'`: eta0; `'optimal'`: 1 / (α·(t + t₀)); `'invscaling'`: eta0 / t^powerT; `'adaptive'`: eta0,
   * divided by 5 each time there is no more improvement.
   */
  readonly learningRate?: LearningRate | undefined;
  /** 0.01 by default. */
  readonly eta0?: number | undefined;
  readonly powerT?: number | undefined;
  /** Hold samples back and stop when the score on them no longer rises; false by default. */
  readonly earlyStopping?: boolean | undefined;
  /** Share of the samples held back; 0.1 by default. */
  readonly validationFraction?: number | undefined;
  /** 5 by default. */
  readonly nIterNoChange?: number | undefined;
  /** Use the mean of the coefficients over all steps, or over those from a step on; false by default. */
  readonly average?: boolean | number | undefined;
  /** Decides the order of the samples, and which are held back. */
  readonly seed?: Seed | undefined;
}

/** Options that all models fitted sample by sample have. */
export const ONLINE_OPTIONS: readonly string[] = [
  'fitIntercept',
  'maxIter',
  'tol',
  'shuffle',
  'earlyStopping',
  'validationFraction',
  'nIterNoChange',
  'seed',
];

export const SGD_OPTIONS: readonly string[] = [
  ...ONLINE_OPTIONS,
  'loss',
  'penalty',
  'alpha',
  'l1Ratio',
  'epsilon',
  'learningRate',
  'eta0',
  'powerT',
  'average',
];

/** Settings of a run, and of what is around it. */
export interface SgdPlan extends SgdSettings {
  readonly lossName: ClassificationLoss | RegressionLoss;
  readonly epsilon: number;
  readonly maxIter: number;
  /** Share of the samples to hold back; null: none. */
  readonly validationFraction: number | null;
  readonly seed: Seed | undefined;
}

/** Checks options and fills in the defaults. */
export function planSgd<N extends ClassificationLoss | RegressionLoss>(
  options: SGDOptions & { readonly loss?: N | undefined },
  losses: readonly N[],
  defaults: { readonly loss: N; readonly learningRate: LearningRate; readonly powerT: number },
  known: readonly string[],
  what: string,
): SgdPlan {
  checkOptions(options, known, what);
  const { penalty = 'l2', learningRate = defaults.learningRate, seed } = options;
  checkOption<Penalty | null>(penalty, ['l2', 'l1', 'elasticnet', null], 'penalty', what);
  checkOption<string>(learningRate, ['constant', 'optimal', 'invscaling', 'adaptive'], 'learningRate', what);
  const lossName = checkOption(options.loss ?? defaults.loss, losses, 'loss', what);
  const number = (name: 'alpha' | 'epsilon' | 'eta0' | 'powerT' | 'l1Ratio', standard: number, range: object): number =>
    checkNumber(options[name] ?? standard, name, what, range);
  const alpha = number('alpha', 1e-4, { min: 0 });
  if (learningRate === 'optimal' && alpha === 0)
    throw new ConfigError(
      `${what}: learningRate 'optimal' falls with alpha, which must then be > 0. Set learningRate.`,
    );
  const epsilon = number('epsilon', 0.1, { min: 0 });
  const l1Ratio = number('l1Ratio', 0.15, { min: 0, max: 1 });
  return {
    lossName,
    epsilon,
    loss: lossOf(lossName, epsilon),
    penalty,
    alpha,
    l1Ratio: penalty === 'l2' ? 0 : penalty === 'l1' ? 1 : l1Ratio,
    fitIntercept: checkBoolean(options.fitIntercept ?? true, 'fitIntercept', what),
    shuffle: checkBoolean(options.shuffle ?? true, 'shuffle', what),
    learningRate,
    eta0: number('eta0', 0.01, learningRate === 'optimal' ? { min: 0 } : { above: 0 }),
    powerT: number('powerT', defaults.powerT, {}),
    aggressiveness: 1,
    average: readAverage(options.average, what),
    seed,
    ...planStopping(options, what),
  };
}

/** The options that say when to stop. */
export function planStopping(
  options: Pick<SGDOptions, 'maxIter' | 'tol' | 'earlyStopping' | 'validationFraction' | 'nIterNoChange'>,
  what: string,
): Pick<SgdPlan, 'maxIter' | 'tol' | 'nIterNoChange' | 'validationFraction'> {
  const { tol = 1e-3 } = options;
  const early = checkBoolean(options.earlyStopping ?? false, 'earlyStopping', what);
  const fraction = checkNumber(options.validationFraction ?? 0.1, 'validationFraction', what, { above: 0, below: 1 });
  return {
    maxIter: checkNumber(options.maxIter ?? 1000, 'maxIter', what, { min: 1, integer: true }),
    tol: tol === null ? Number.NEGATIVE_INFINITY : checkNumber(tol, 'tol', what, { min: 0 }),
    nIterNoChange: checkNumber(options.nIterNoChange ?? 5, 'nIterNoChange', what, { min: 1, integer: true }),
    validationFraction: early ? fraction : null,
  };
}

function readAverage(average: boolean | number | undefined, what: string): number {
  if (average === undefined || typeof average === 'boolean') return Number(average ?? false);
  return checkNumber(average, 'average', what, { min: 0, integer: true });
}
