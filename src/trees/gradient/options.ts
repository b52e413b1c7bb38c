import { ConfigError } from '../../core/errors';
import { checkOptions } from '../../core/options';
import { checkNumber } from '../../estimator/settings';
import { checkOption } from '../../metrics/warning';
import { TREE_OPTIONS, type TreeOptions } from '../options';
import type { Ensemble } from './ensemble';

/** Options of both gradient boosting estimators; `maxDepth` is 3 by default. */
export interface GradientBoostingOptions extends Omit<TreeOptions, 'splitter' | 'ccpAlpha'> {
  /** Factor on what each tree adds, ≥ 0; 0.1 by default. */
  readonly learningRate?: number | undefined;
  /** How many stages; 100 by default. */
  readonly nEstimators?: number | undefined;
  /** The part of the samples that each stage sees, in (0, 1]; 1, all, by default. */
  readonly subsample?: number | undefined;
  /** What splits are to lower: 'friedmanMse' (default) or 'squaredError'. */
  readonly criterion?: 'friedmanMse' | 'squaredError' | undefined;
  /** What the first tree adds to: null (default) for the best constant, or 'zero'. */
  readonly init?: 'zero' | null | undefined;
  /** The part of the samples set aside where `nIterNoChange` is given; 0.1 by default. */
  readonly validationFraction?: number | undefined;
  /** Stop when the loss on samples set aside has not fallen for that many stages; null (default): never. */
  readonly nIterNoChange?: number | null | undefined;
  /** How much less a lower loss is; 1e-4 by default. */
  readonly tol?: number | undefined;
  /** A model that was fitted to the same data: its stages are kept, and `nEstimators` counts them. */
  readonly warmStart?: { readonly ensemble: Ensemble } | null | undefined;
}

/** Names of the options, but for those of trees. */
const BOOSTING_OPTIONS = [
  'learningRate',
  'nEstimators',
  'subsample',
  'init',
  'validationFraction',
  'nIterNoChange',
  'tol',
  'warmStart',
];

/** Throws for options other than these and `more`. */
export function checkGradientOptions(options: object, more: readonly string[], what: string): void {
  const ofTrees = TREE_OPTIONS.filter((name) => name !== 'splitter' && name !== 'ccpAlpha');
  checkOptions(options, [...BOOSTING_OPTIONS, ...ofTrees, ...more], what);
}

/** Options with defaults filled in. */
export interface GradientSettings {
  readonly learningRate: number;
  readonly stages: number;
  readonly subsample: number;
  readonly startsAtZero: boolean;
  readonly validationFraction: number;
  readonly nIterNoChange: number | null;
  readonly tol: number;
  readonly previous: Ensemble | null;
  readonly trees: TreeOptions & { readonly criterion?: string | undefined };
}

export function readGradientSettings(options: GradientBoostingOptions, what: string): GradientSettings {
  const { nIterNoChange = null, subsample = 1, validationFraction = 0.1, warmStart = null } = options;
  if (warmStart !== null && warmStart.ensemble === undefined)
    throw new ConfigError(`${what}: warmStart must be a model that an estimator of this class has fitted.`);
  return {
    learningRate: checkNumber(options.learningRate ?? 0.1, 'learningRate', what, { min: 0 }),
    stages: checkNumber(options.nEstimators ?? 100, 'nEstimators', what, { integer: true, min: 1 }),
    subsample: checkNumber(subsample, 'subsample', what, { above: 0, max: 1 }),
    startsAtZero: checkOption(options.init ?? null, ['zero', null], 'init', what) === 'zero',
    validationFraction: checkNumber(validationFraction, 'validationFraction', what, { above: 0, below: 1 }),
    nIterNoChange:
      nIterNoChange === null ? null : checkNumber(nIterNoChange, 'nIterNoChange', what, { integer: true, min: 1 }),
    tol: checkNumber(options.tol ?? 1e-4, 'tol', what, { min: 0 }),
    previous: warmStart?.ensemble ?? null,
    trees: { ...options, maxDepth: options.maxDepth === undefined ? 3 : options.maxDepth },
  };
}
