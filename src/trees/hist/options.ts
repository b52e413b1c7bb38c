import { ConfigError } from '../../core/errors';
import type { Seed } from '../../core/rng';
import { shown } from '../../core/shown';
import { checkNumber } from '../../estimator/settings';
import { checkOption } from '../../metrics/warning';
import type { Boosted } from './boosted';

/** A fitted model that boosting can go on from. */
export interface Continuable {
  readonly boosted: Boosted;
}

/** Options of both histogram gradient boosting estimators. */
export interface HistGradientBoostingOptions {
  /** Factor on the values of all leaves, > 0; 0.1 by default. */
  readonly learningRate?: number | undefined;
  /** Iterations at most: of one tree each, or one tree per class where there are more than two. 100 by default. */
  readonly maxIter?: number | undefined;
  /** Leaves of a tree at most, ≥ 2; 31 by default, null for no limit. */
  readonly maxLeafNodes?: number | null | undefined;
  /** Splits between root and leaf at most; null, the default, for no limit. */
  readonly maxDepth?: number | null | undefined;
  /** Samples of a leaf at least; 20 by default. */
  readonly minSamplesLeaf?: number | undefined;
  /** Added to the sum of hessians of every node; 0 by default. */
  readonly l2Regularization?: number | undefined;
  /** Bins of a feature at most, from 2 to 255; missing values have one more. 255 by default. */
  readonly maxBins?: number | undefined;
  /** Features whose values are categories, coded 0 … maxBins − 1: their positions, or true or false for each feature. */
  readonly categoricalFeatures?: readonly number[] | readonly boolean[] | null | undefined;
  /** For each feature 1, −1 or 0: predictions never fall, never rise, or are free as its value rises. Not for several classes. */
  readonly monotonicCst?: readonly number[] | null | undefined;
  /** Groups of features that may meet in a path of a tree; features in no group form one. 'pairwise' or 'noInteractions'. */
  readonly interactionCst?: readonly (readonly number[])[] | 'pairwise' | 'noInteractions' | null | undefined;
  /** A model that was fitted to the same data: its trees are kept, and `maxIter` counts them. */
  readonly warmStart?: Continuable | null | undefined;
  /** Whether to stop when the score no longer rises; 'auto', the default: where there are more than 10,000 samples. */
  readonly earlyStopping?: 'auto' | boolean | undefined;
  /** What early stopping looks at: 'loss', the default and only choice. */
  readonly scoring?: 'loss' | undefined;
  /** The part (or number) of the samples that early stopping sets aside; null to look at the training samples. 0.1 by default. */
  readonly validationFraction?: number | null | undefined;
  /** Iterations without a better score before stopping; 10 by default. */
  readonly nIterNoChange?: number | undefined;
  /** How much better a better score is; 1e-7 by default. */
  readonly tol?: number | undefined;
  /** Deals samples for validation, and draws those that bins come from where there are more than 200,000. */
  readonly seed?: Seed | undefined;
}

export const HIST_OPTIONS = [
  'learningRate',
  'maxIter',
  'maxLeafNodes',
  'maxDepth',
  'minSamplesLeaf',
  'l2Regularization',
  'maxBins',
  'categoricalFeatures',
  'monotonicCst',
  'interactionCst',
  'warmStart',
  'earlyStopping',
  'scoring',
  'validationFraction',
  'nIterNoChange',
  'tol',
  'seed',
] as const;

/** The options with defaults filled in, and what is said by feature spelt out. */
export interface HistSettings {
  readonly learningRate: number;
  readonly maxIter: number;
  readonly maxLeafNodes: number | null;
  readonly maxDepth: number | null;
  readonly minSamplesLeaf: number;
  readonly l2: number;
  readonly maxBins: number;
  readonly isCategorical: readonly boolean[];
  readonly monotonic: Int8Array;
  readonly interactions: readonly ReadonlySet<number>[] | null;
  readonly warmStart: Boosted | null;
  readonly earlyStopping: 'auto' | boolean;
  readonly validationFraction: number | null;
  readonly nIterNoChange: number;
  readonly tol: number;
  readonly seed: Seed | undefined;
}

/** Fills in defaults and checks values, for data of `features` features. */
export function readHistSettings(options: HistGradientBoostingOptions, features: number, what: string): HistSettings {
  const isCategorical = readCategorical(options.categoricalFeatures ?? null, features, what);
  const monotonic = readMonotonic(options.monotonicCst ?? null, isCategorical, what);
  const {
    learningRate = 0.1,
    maxIter = 100,
    maxLeafNodes = 31,
    maxDepth = null,
    minSamplesLeaf = 20,
    l2Regularization = 0,
    maxBins = 255,
    earlyStopping = 'auto',
    validationFraction = 0.1,
    nIterNoChange = 10,
    tol = 1e-7,
  } = options;
  checkOption(options.scoring ?? 'loss', ['loss'], 'scoring', what);
  checkOption(earlyStopping, ['auto', true, false], 'earlyStopping', what);
  checkNumber(learningRate, 'learningRate', what, { above: 0 });
  checkNumber(l2Regularization, 'l2Regularization', what, { min: 0 });
  checkNumber(tol, 'tol', what, { min: 0 });
  checkNumber(maxIter, 'maxIter', what, { integer: true, min: 1 });
  checkNumber(minSamplesLeaf, 'minSamplesLeaf', what, { integer: true, min: 1 });
  checkNumber(nIterNoChange, 'nIterNoChange', what, { integer: true, min: 1 });
  if (maxLeafNodes !== null) checkNumber(maxLeafNodes, 'maxLeafNodes', what, { integer: true, min: 2 });
  if (maxDepth !== null) checkNumber(maxDepth, 'maxDepth', what, { integer: true, min: 1 });
  checkNumber(maxBins, 'maxBins', what, { integer: true, min: 2, max: 255 });
  return {
    learningRate,
    maxIter,
    maxLeafNodes,
    maxDepth,
    minSamplesLeaf,
    l2: l2Regularization,
    maxBins,
    isCategorical,
    monotonic,
    interactions: readInteractions(options.interactionCst ?? null, features, what),
    warmStart: readWarmStart(options.warmStart ?? null, what),
    earlyStopping,
    validationFraction,
    nIterNoChange,
    tol,
    seed: options.seed,
  };
}

function readCategorical(
  given: readonly number[] | readonly boolean[] | null,
  features: number,
  what: string,
): boolean[] {
  const flags = new Array<boolean>(features).fill(false);
  if (given === null) return flags;
  if (!Array.isArray(given))
    throw new ConfigError(
      `${what}: categoricalFeatures must be positions of features, or true or false for each; got ${shown(given)}.`,
    );
  if (typeof given[0] === 'boolean') {
    if (given.length !== features || given.some((v) => typeof v !== 'boolean'))
      throw new ConfigError(
        `${what}: categoricalFeatures has ${given.length} flags for ${features} features. Give true or false for each.`,
      );
    return [...(given as readonly boolean[])];
  }
  for (const f of given as readonly number[]) {
    checkFeature(f, features, 'categoricalFeatures', what);
    flags[f] = true;
  }
  return flags;
}

function checkFeature(f: unknown, features: number, name: string, what: string): void {
  if (Number.isInteger(f) && (f as number) >= 0 && (f as number) < features) return;
  throw new ConfigError(
    `${what}: ${name} names the feature ${shown(f)}; features are numbered from 0 to ${features - 1}.`,
  );
}

function readMonotonic(given: readonly number[] | null, isCategorical: readonly boolean[], what: string): Int8Array {
  if (given === null) return new Int8Array(isCategorical.length);
  const isFine = Array.isArray(given) && given.length === isCategorical.length;
  if (!isFine || given.some((v) => v !== 1 && v !== 0 && v !== -1))
    throw new ConfigError(
      `${what}: monotonicCst must be 1, 0 or -1 for each of the ${isCategorical.length} features, got ${shown(given)}.`,
    );
  const at = given.findIndex((v, c) => v !== 0 && isCategorical[c]);
  if (at >= 0)
    throw new ConfigError(
      `${what}: feature ${at} holds categories, which have no order for monotonicCst to follow. Set it to 0.`,
    );
  return Int8Array.from(given);
}

function readInteractions(
  given: HistGradientBoostingOptions['interactionCst'],
  features: number,
  what: string,
): ReadonlySet<number>[] | null {
  if (given === null || given === undefined) return null;
  const groups = spellOut(given, features, what);
  for (const group of groups) for (const f of group) checkFeature(f, features, 'interactionCst', what);
  const listed = new Set(groups.flat());
  const rest = Array.from({ length: features }, (_, f) => f).filter((f) => !listed.has(f));
  return [...groups, ...(rest.length > 0 ? [rest] : [])].map((group) => new Set(group));
}

function spellOut(
  given: readonly (readonly number[])[] | 'pairwise' | 'noInteractions',
  features: number,
  what: string,
): number[][] {
  const all = Array.from({ length: features }, (_, f) => f);
  if (given === 'noInteractions') return all.map((f) => [f]);
  if (given === 'pairwise') return all.flatMap((a) => all.slice(a + 1).map((b) => [a, b]));
  if (Array.isArray(given) && given.every((group) => Array.isArray(group))) return given.map((group) => [...group]);
  throw new ConfigError(
    `${what}: interactionCst must be groups of features such as [[0, 1], [2, 3]], 'pairwise' or 'noInteractions', got ${shown(given)}.`,
  );
}

function readWarmStart(given: Continuable | null, what: string): Boosted | null {
  if (given === null) return null;
  const boosted = (given as Partial<Continuable> | undefined)?.boosted;
  if (boosted !== undefined) return boosted;
  throw new ConfigError(
    `${what}: warmStart must be a model that an estimator of this class has fitted, got ${shown(given)}.`,
  );
}
