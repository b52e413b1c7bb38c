import { ConfigError } from '../core/errors';
import { roundHalfToEven } from '../core/fixed-point';
import { type Rng, toRng } from '../core/rng';
import { shown } from '../core/shown';
import { type ClassWeight, classWeights } from '../data/class-weight';
import { type Rows, takeRows } from '../data/rows';
import { resolveJobs } from '../estimator/worker';
import { SEEDS } from './decision-tree';
import { growForest } from './grow/many';
import type { GrowLimits, TreeArrays } from './grow/types';
import type { TreeData } from './learn';
import { resolveLimits, TREE_OPTIONS, type TreeDefaults, type TreeOptions } from './options';
import { prune } from './prune';
import { addShares, addValues, type SingleRows } from './tree';

/** Options that every forest takes beside those of its trees. */
export interface ForestOptions extends Omit<TreeOptions, 'splitter'> {
  /** Number of trees; 100 by default. */
  readonly nEstimators?: number | undefined;
  /** Whether each tree sees a sample of the samples, drawn with replacement. */
  readonly bootstrap?: boolean | undefined;
  /** How many samples are drawn for each: a number from 1 on, a fraction below 1; null (default): as many as there are. */
  readonly maxSamples?: number | null | undefined;
  /** Whether to judge the forest by the samples that trees did not see; false by default. */
  readonly oobScore?: boolean | undefined;
  /** Number of threads; 1 by default, −1: as many as processors. The forest is the same for any number. */
  readonly nJobs?: number | undefined;
  /** Add trees to those of the last fit of this estimator; false by default. */
  readonly warmStart?: boolean | undefined;
}

const forestOptions = (): string[] => [
  ...TREE_OPTIONS.filter((name) => name !== 'splitter'),
  'nEstimators',
  'bootstrap',
  'maxSamples',
  'oobScore',
  'nJobs',
  'warmStart',
];

/** Names of the options that forests have. */
export const FOREST_OPTIONS: readonly string[] = /* @__PURE__ */ forestOptions();

/** What a forest was grown with, so that more trees can follow. */
export interface Grown {
  readonly trees: readonly TreeArrays[];
  /** The seed of each tree, which its bootstrap and its splits depend on. */
  readonly seeds: readonly number[];
  readonly rng: Rng;
  readonly drawn: number | null;
  /** The rows that each tree's bag is drawn from; null: all. */
  readonly parts: readonly (Int32Array | null)[];
}

/** How each tree gets rows of its own, before its bag is drawn from them. */
export interface Resampling {
  /** How many rows each tree gets. */
  readonly size: number;
  draw(rng: Rng): Int32Array;
}

/** The most that an estimator's seed may be, in scikit-learn. */
const MAX_SEED = 2 ** 31 - 1;

interface Settings {
  readonly nEstimators: number;
  readonly jobs: number;
  /** How many samples each tree draws; null: it sees all. */
  readonly drawn: number | null;
}

function checkForest(options: ForestOptions, bootstraps: boolean, rows: number, what: string): Settings {
  const { nEstimators = 100, nJobs = 1, maxSamples = null, bootstrap = bootstraps, oobScore = false } = options;
  if (!Number.isInteger(nEstimators) || nEstimators < 1)
    throw new ConfigError(`${what}: nEstimators must be an integer ≥ 1, got ${shown(nEstimators)}.`);
  if (!Number.isInteger(nJobs) || nJobs === 0)
    throw new ConfigError(
      `${what}: nJobs must be a number of threads, or −1 for as many as processors, got ${shown(nJobs)}.`,
    );
  for (const [name, value] of Object.entries({ bootstrap, oobScore, warmStart: options.warmStart ?? false })) {
    if (typeof value !== 'boolean')
      throw new ConfigError(`${what}: ${name} must be true or false, got ${shown(value)}.`);
  }
  if (!bootstrap && oobScore)
    throw new ConfigError(`${what}: oobScore needs bootstrap: true, or no sample is out of any tree's bag.`);
  if (!bootstrap && maxSamples !== null)
    throw new ConfigError(`${what}: maxSamples needs bootstrap: true; without it every tree sees all samples.`);
  const isFraction = typeof maxSamples === 'number' && maxSamples > 0 && maxSamples < 1;
  const isCount = Number.isInteger(maxSamples) && maxSamples! >= 1 && maxSamples! <= rows;
  if (maxSamples !== null && !isFraction && !isCount)
    throw new ConfigError(
      `${what}: maxSamples must be 1 to ${rows} samples, or a fraction of them below 1, got ${shown(maxSamples)}.`,
    );
  const drawn = maxSamples === null ? rows : isFraction ? Math.max(1, roundHalfToEven(maxSamples * rows)) : maxSamples;
  return { nEstimators, jobs: resolveJobs(nJobs), drawn: bootstrap ? drawn : null };
}

/** How often each sample is in a tree's bag. */
export function bagOf(rng: Rng, rows: number, drawn: number): Float64Array {
  const counts = new Float64Array(rows);
  for (let k = 0; k < drawn; k++) counts[rng.integer(rows)]!++;
  return counts;
}

/** Grows a forest, or adds to `last`. With `resampling` each tree is grown on rows drawn for it. */
export async function plant(
  data: TreeData,
  options: ForestOptions,
  defaults: TreeDefaults & { readonly bootstrap: boolean },
  last: Grown | null,
  subsampleWeight: ClassWeight,
  what: string,
  resampling: Resampling | null = null,
): Promise<Grown> {
  const { columns, target, weights, totalWeight } = data;
  const { nEstimators, jobs, drawn: most } = checkForest(options, defaults.bootstrap, columns.rows, what);
  const rows = resampling?.size ?? columns.rows;
  const drawn = most === null ? null : Math.min(most, rows);
  const old = options.warmStart === true ? last : null;
  if (old !== null && nEstimators < old.trees.length) {
    throw new ConfigError(
      `${what}: nEstimators is ${nEstimators}, but warmStart keeps ${old.trees.length} trees. Ask for as many or more.`,
    );
  }
  const rng = options.seed === undefined ? toRng(undefined) : toRng(options.seed).restart();
  const next = (): { seed: number; part: Int32Array | null } => {
    const seed = rng.integer(MAX_SEED);
    return { seed, part: resampling === null ? null : resampling.draw(rng.seeded(rng.integer(MAX_SEED))) };
  };
  for (let t = 0; t < (old?.trees.length ?? 0); t++) next();
  const started = Array.from({ length: nEstimators - (old?.trees.length ?? 0) }, next);
  const limits = (total: number): GrowLimits =>
    resolveLimits(options, defaults, { samples: rows, features: columns.features, totalWeight: total }, what);
  const whole = limits(totalWeight);
  const needsTotal = (options.minWeightFractionLeaf ?? 0) > 0;
  const task = (index: number) => {
    const { seed, part } = started[index]!;
    const first = rng.seeded(seed).integer(SEEDS);
    if (drawn === null && part === null) return { limits: whole, weights, seed: first };
    const here = { weights: weights === null ? null : taken(weights, part), codes: taken(target.codes, part) };
    const bag = drawn === null ? new Float64Array(rows).fill(1) : bagOf(rng.seeded(seed), rows, drawn);
    const own = weighBag(bag, here, target.classes, subsampleWeight, what);
    const total = needsTotal ? own.reduce((a, b) => a + b, 0) : 0;
    return { limits: needsTotal ? limits(total) : whole, rows: part, weights: own, seed: first };
  };
  const grown = await growForest(columns, target, { count: started.length, task }, jobs);
  const width = Math.max(1, target.classes);
  const trees = [...(old?.trees ?? []), ...grown.map((tree) => prune(tree, options.ccpAlpha ?? 0, width))];
  const seeds = [...(old?.seeds ?? []), ...started.map(({ seed }) => seed)];
  return { trees, seeds, rng, drawn, parts: [...(old?.parts ?? []), ...started.map(({ part }) => part)] };
}

function taken<T extends Float64Array | Int32Array>(all: T, rows: Int32Array | null): T {
  return rows === null ? all : (takeRows(all as Rows, rows) as unknown as T);
}

/** Weights of a bag: how often each sample is in it, times its own weight, times that of its class among the bag's. */
function weighBag(
  bag: Float64Array,
  { weights, codes }: { readonly weights: Float64Array | null; readonly codes: Int32Array },
  classes: number,
  subsample: ClassWeight,
  what: string,
): Float64Array {
  const own = weights === null ? bag : bag.map((count, i) => count * weights[i]!);
  if (subsample === null) return own;
  // Classes weigh by how often they are in the bag, whatever their samples weigh.
  const present = Array.from({ length: classes }, (_, c) => c).filter((c) =>
    codes.some((code, i) => code === c && bag[i]! > 0),
  );
  const drawnCodes: number[] = [];
  bag.forEach((count, i) => {
    for (let k = 0; k < count; k++) drawnCodes.push(present.indexOf(codes[i]!));
  });
  const ofClass = classWeights(subsample, present, Int32Array.from(drawnCodes), null, what);
  return own.map((w, i) => (w === 0 ? 0 : w * ofClass[present.indexOf(codes[i]!)]!));
}

/** The rows of a forest's samples that tree `t` could have drawn, but did not. */
function outsideOf({ rng, seeds, parts, drawn }: Grown, t: number, rows: number): number[] {
  const part = parts[t]!;
  const n = part?.length ?? rows;
  const bag = bagOf(rng.seeded(seeds[t]!), n, drawn!);
  const rowOf = (i: number): number => (part === null ? i : part[i]!);
  // A row that the part holds twice is out of the bag only if neither is in it.
  const inside = new Set<number>();
  bag.forEach((count, i) => {
    if (count > 0) inside.add(rowOf(i));
  });
  const able = part === null ? Array.from(bag.keys()) : [...new Set(part)];
  return able.filter((row) => !inside.has(row));
}

/** What trees say of training samples that are not in their bags: sums, and how many trees there are of each. */
export function outOfBag(
  grown: Grown,
  X: SingleRows,
  classes: number,
): { readonly means: Float64Array; readonly seen: Int32Array } {
  const width = Math.max(1, classes);
  const sums = new Float64Array(X.rows * width);
  const seen = new Int32Array(X.rows);
  grown.trees.forEach((tree, t) => {
    const outside = outsideOf(grown, t, X.rows);
    const data = new Float32Array(outside.length * X.cols);
    outside.forEach((i, at) => {
      data.set(X.data.subarray(i * X.cols, (i + 1) * X.cols), at * X.cols);
    });
    const rows = { data, rows: outside.length, cols: X.cols };
    const own = new Float64Array(outside.length * width);
    if (classes > 0) addShares(tree, rows, classes, own);
    else addValues(tree, rows, own);
    outside.forEach((i, at) => {
      seen[i]!++;
      for (let c = 0; c < width; c++) sums[i * width + c]! += own[at * width + c]!;
    });
  });
  return { means: sums.map((v, at) => v / seen[Math.floor(at / width)]!), seen };
}
