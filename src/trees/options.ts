import { ConfigError } from '../core/errors';
import { checkOptions } from '../core/options';
import type { Seed } from '../core/rng';
import { shown } from '../core/shown';
import type { ClassWeight } from '../data/class-weight';
import { checkOption } from '../metrics/warning';
import type { CriterionName, GrowLimits } from './grow/types';

/** Options that every tree takes. */
export interface TreeOptions {
  /** How cuts are chosen: the best (default of decision trees), or at random (that of extremely random trees). */
  readonly splitter?: 'best' | 'random' | undefined;
  /** The greatest depth; null (default): no limit. */
  readonly maxDepth?: number | null | undefined;
  /** How few samples a node may have to be split: a number from 2 on (default 2), or a fraction of all below 1. */
  readonly minSamplesSplit?: number | undefined;
  /** How few samples a leaf may have: a number from 1 on (default 1), or a fraction of all below 1. */
  readonly minSamplesLeaf?: number | undefined;
  /** How little of the total weight a leaf may have; 0 by default. */
  readonly minWeightFractionLeaf?: number | undefined;
  /** How many features are looked at for a split: a number from 1 on, a fraction below 1, `'sqrt'`, `'log2'` or null for all. */
  readonly maxFeatures?: number | 'sqrt' | 'log2' | null | undefined;
  /** Grow the most useful nodes first, up to so many leaves; null (default): no limit. */
  readonly maxLeafNodes?: number | null | undefined;
  /** How much a split must lessen the impurity, by the node's share of all weight; 0 by default. */
  readonly minImpurityDecrease?: number | undefined;
  /** How much impurity a leaf less must cost to be kept, in minimal cost-complexity pruning; 0 (default): no pruning. */
  readonly ccpAlpha?: number | undefined;
  /** Features are looked at in random order, so ties, and `maxFeatures`, depend on it. */
  readonly seed?: Seed | undefined;
}

export interface ClassifierTreeOptions extends TreeOptions {
  /** `'gini'` (default), `'entropy'` or `'logLoss'`, which is the same as entropy. */
  readonly criterion?: 'gini' | 'entropy' | 'logLoss' | undefined;
  /** Weights of the classes: `'balanced'`, a record or map by label, or null (default) for none. */
  readonly classWeight?: ClassWeight | undefined;
}

export interface RegressorTreeOptions extends TreeOptions {
  /** `'squaredError'` (default), `'friedmanMse'`, `'absoluteError'` (medians) or `'poisson'` (counts). */
  readonly criterion?: 'squaredError' | 'friedmanMse' | 'absoluteError' | 'poisson' | undefined;
}

/** Names of the options of one tree. */
export const TREE_OPTIONS: readonly string[] = [
  'criterion',
  'splitter',
  'maxDepth',
  'minSamplesSplit',
  'minSamplesLeaf',
  'minWeightFractionLeaf',
  'maxFeatures',
  'maxLeafNodes',
  'minImpurityDecrease',
  'ccpAlpha',
  'seed',
];

/** What differs between kinds of trees. */
export interface TreeDefaults {
  readonly criterion: CriterionName;
  readonly criteria: readonly CriterionName[];
  readonly splitter: 'best' | 'random';
  readonly maxFeatures: 'sqrt' | null;
}

export const CLASSES: Pick<TreeDefaults, 'criterion' | 'criteria'> = {
  criterion: 'gini',
  criteria: ['gini', 'entropy', 'logLoss'],
};

export const NUMBERS: Pick<TreeDefaults, 'criterion' | 'criteria'> = {
  criterion: 'squaredError',
  criteria: ['squaredError', 'friedmanMse', 'absoluteError', 'poisson'],
};

const isFraction = (v: number): boolean => v > 0 && v < 1;

/** A number of samples from `least` on, or a fraction of all, rounded up. */
function countOf(value: unknown, least: number, samples: number, name: string, what: string): number {
  if (typeof value === 'number' && isFraction(value)) return Math.max(least, Math.ceil(value * samples));
  if (typeof value === 'number' && Number.isInteger(value) && value >= least) return value;
  throw new ConfigError(
    `${what}: ${name} must be an integer ≥ ${least} or a fraction between 0 and 1, got ${shown(value)}.`,
  );
}

/** How many features a split looks at. */
export function featureCount(value: TreeOptions['maxFeatures'], features: number, what: string): number {
  if (value === null) return features;
  if (value === 'sqrt') return Math.max(1, Math.floor(Math.sqrt(features)));
  if (value === 'log2') return Math.max(1, Math.floor(Math.log2(features)));
  if (typeof value === 'number' && isFraction(value)) return Math.max(1, Math.floor(value * features));
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1) return Math.min(value, features);
  throw new ConfigError(
    `${what}: maxFeatures must be an integer ≥ 1, a fraction between 0 and 1, 'sqrt', 'log2' or null for all ${features}, got ${shown(value)}.`,
  );
}

/** Checks options that don't depend on the data, for forests and trees alike. */
export function checkTreeOptions(options: object, more: readonly string[], what: string): void {
  checkOptions(options, [...TREE_OPTIONS, ...more], what);
}

/**
 * Options as numbers for data of this size.
 *
 * @param totalWeight - of all samples; their number without weights.
 */
export function resolveLimits(
  options: TreeOptions & { readonly criterion?: string | undefined },
  defaults: TreeDefaults,
  size: { readonly samples: number; readonly features: number; readonly totalWeight: number },
  what: string,
): GrowLimits {
  const { maxDepth = null, maxLeafNodes = null, minWeightFractionLeaf = 0, minImpurityDecrease = 0 } = options;
  const { minSamplesSplit = 2, minSamplesLeaf = 1, ccpAlpha = 0 } = options;
  const criterion = checkOption(
    (options.criterion ?? defaults.criterion) as CriterionName,
    defaults.criteria,
    'criterion',
    what,
  );
  const splitter = checkOption(options.splitter ?? defaults.splitter, ['best', 'random'] as const, 'splitter', what);
  if (maxDepth !== null && (!Number.isInteger(maxDepth) || maxDepth < 1))
    throw new ConfigError(`${what}: maxDepth must be an integer ≥ 1 or null, got ${shown(maxDepth)}.`);
  if (maxLeafNodes !== null && (!Number.isInteger(maxLeafNodes) || maxLeafNodes < 2))
    throw new ConfigError(`${what}: maxLeafNodes must be an integer ≥ 2 or null, got ${shown(maxLeafNodes)}.`);
  if (!(typeof minWeightFractionLeaf === 'number' && minWeightFractionLeaf >= 0 && minWeightFractionLeaf <= 0.5))
    throw new ConfigError(`${what}: minWeightFractionLeaf must be in [0, 0.5], got ${shown(minWeightFractionLeaf)}.`);
  for (const [name, value] of Object.entries({ minImpurityDecrease, ccpAlpha })) {
    if (!(typeof value === 'number' && value >= 0))
      throw new ConfigError(`${what}: ${name} must be ≥ 0, got ${shown(value)}.`);
  }
  const leaf = countOf(minSamplesLeaf, 1, size.samples, 'minSamplesLeaf', what);
  const split = countOf(minSamplesSplit, 2, size.samples, 'minSamplesSplit', what);
  const maxFeatures = options.maxFeatures === undefined ? defaults.maxFeatures : options.maxFeatures;
  return {
    criterion,
    splitter,
    maxDepth: maxDepth ?? 2 ** 31 - 1,
    minSamplesSplit: Math.max(split, 2 * leaf),
    minSamplesLeaf: leaf,
    minWeightLeaf: minWeightFractionLeaf * size.totalWeight,
    maxFeatures: featureCount(maxFeatures, size.features, what),
    maxLeafNodes: maxLeafNodes ?? -1,
    minImpurityDecrease,
  };
}
