import { ConfigError } from '../../core/errors';
import { type Rng, type Seed, toRng } from '../../core/rng';
import { type Encoded, encodeLabels } from '../../data/labels';
import type { Dense } from '../../data/matrix';
import { splitSizes } from '../../model-selection/sizes';
import { stratifiedSplit, type TrainTest } from '../../model-selection/stratify';
import { SEEDS } from '../decision-tree';
import { treeGrower } from '../grow/compose';
import { rankColumns } from '../grow/ranks';
import type { TreeArrays } from '../grow/types';
import { resolveLimits, type TreeDefaults } from '../options';
import { leavesOf, type SingleRows, toSingle } from '../tree';
import { addTree, type Ensemble, rawOf, stagedRaw } from './ensemble';
import type { GradientLoss, Scored } from './losses';
import type { GradientSettings } from './options';

/** What there is to learn from. */
export interface GradientProblem {
  readonly X: Dense;
  /** Targets, or codes of classes. */
  readonly y: Float64Array;
  readonly weights: Float64Array | null;
  readonly loss: GradientLoss;
  readonly settings: GradientSettings;
  /** The classes, of which each has its share of samples set aside; null in regression. */
  readonly strata: Encoded | null;
  readonly what: string;
}

/** Boosts: each stage grows trees on the residuals of the predictions so far, and gives their leaves values of their own. */
export function boostTrees(problem: GradientProblem): Ensemble {
  const { settings, loss } = problem;
  const split = splitOff(problem);
  const train = takePart(problem, split?.train ?? null);
  const validation = split === null ? null : takePart(problem, split.test);
  const previous = checkPrevious(problem);
  const stages = new Stages(train, problem, previous);
  const rng = freshStream(settings.trees.seed);
  const done = previous === null ? 0 : previous.trees.length / loss.outputs;
  for (let stage = 0; stage < done; stage++) stages.skipDraws(rng);
  const history = new Float64Array(settings.nIterNoChange ?? 0).fill(Number.POSITIVE_INFINITY);
  for (let stage = done; stage < settings.stages; stage++) {
    stages.add(rng);
    if (validation === null) continue;
    const now = loss.value({ ...validation, raw: stages.rawOn(validation.rows) });
    if (!history.some((before) => now + settings.tol < before)) break;
    history[stage % history.length] = now;
  }
  return stages.ensemble();
}

interface Part {
  readonly X: Dense;
  readonly rows: SingleRows;
  readonly y: Float64Array;
  readonly weights: Float64Array;
  readonly given: Float64Array | null;
}

function splitOff({ X, strata, settings, what }: GradientProblem): TrainTest | null {
  if (settings.nIterNoChange === null) return null;
  const n = X.rows;
  const sizes = splitSizes(n, { testSize: settings.validationFraction }, 0.1, `${what}: validationFraction`);
  const rng = freshStream(settings.trees.seed);
  if (strata !== null) {
    const split = stratifiedSplit(strata, sizes, rng, what);
    const met = encodeLabels(Array.from(split.train, (i) => strata.codes[i]!)).classes.length;
    if (met < strata.classes.length)
      throw new ConfigError(
        `${what}: only ${met} of ${strata.classes.length} classes are left to train on. Use another seed.`,
      );
    return split;
  }
  const order = rng.permutation(n);
  return { test: order.slice(0, sizes.test), train: order.slice(sizes.test, sizes.test + sizes.train) };
}

function takePart({ X, y, weights }: GradientProblem, rows: Int32Array | null): Part {
  const part = rows === null ? X : takeSamples(X, rows);
  const pick = (v: Float64Array): Float64Array => (rows === null ? v : Float64Array.from(rows, (i) => v[i]!));
  const given = weights === null ? null : pick(weights);
  const all = given ?? new Float64Array(part.rows).fill(1);
  return { X: part, rows: toSingle(part), y: pick(y), weights: all, given };
}

function takeSamples({ data, cols }: Dense, rows: Int32Array): Dense {
  const out = new Float64Array(rows.length * cols);
  rows.forEach((row, i) => {
    out.set(data.subarray(row * cols, (row + 1) * cols), i * cols);
  });
  return { data: out, rows: rows.length, cols };
}

function checkPrevious({ X, loss, settings, what }: GradientProblem): Ensemble | null {
  const { previous, stages } = settings;
  if (previous === null) return null;
  const had = previous.trees.length / previous.outputs;
  const fits = previous.outputs === loss.outputs && previous.trees.every((t) => t.feature.every((f) => f < X.cols));
  if (!fits) throw new ConfigError(`${what}: warmStart is a model of other data. Give one fitted to the same data.`);
  if (stages < had)
    throw new ConfigError(`${what}: nEstimators ${stages} is less than the ${had} stages of warmStart. Raise it.`);
  return previous;
}

/** The stages so far. */
class Stages {
  readonly #part: Part;
  readonly #problem: GradientProblem;
  readonly #grow: Grow;
  readonly #trees: TreeArrays[];
  readonly #start: Float64Array;
  readonly #raw: Float64Array;
  readonly #trainScore: number[];
  readonly #improvement: number[];
  #staged: Generator<Float64Array> | null = null;

  constructor(part: Part, problem: GradientProblem, previous: Ensemble | null) {
    const { loss, settings } = problem;
    this.#part = part;
    this.#problem = problem;
    this.#grow = growerOf(part, problem);
    this.#trees = [...(previous?.trees ?? [])];
    this.#trainScore = Array.from(previous?.trainScore ?? []);
    this.#improvement = Array.from(previous?.oobImprovement ?? []);
    const zeros = new Float64Array(loss.outputs);
    this.#start = previous?.start ?? (settings.startsAtZero ? zeros : loss.start(part.y, part.given));
    this.#raw = previous === null ? repeated(this.#start, part.y.length) : rawOf(this.ensemble(), part.rows);
  }

  ensemble(): Ensemble {
    const { loss, settings } = this.#problem;
    return {
      outputs: loss.outputs,
      start: this.#start,
      learningRate: settings.learningRate,
      trees: this.#trees,
      trainScore: Float64Array.from(this.#trainScore),
      oobImprovement: settings.subsample < 1 ? Float64Array.from(this.#improvement) : null,
    };
  }

  /** Raw predictions of the stages so far on other samples, which are asked about after each stage. */
  rawOn(rows: SingleRows): Float64Array {
    this.#staged ??= stagedRaw({ ...this.ensemble(), trees: this.#trees }, rows);
    return this.#staged.next().value as Float64Array;
  }

  /** Draws what a stage draws, for nothing. */
  skipDraws(rng: Rng): void {
    if (this.#problem.settings.subsample < 1) for (let i = 0; i < this.#part.y.length; i++) rng.random();
    for (let k = 0; k < this.#problem.loss.outputs; k++) rng.integer(SEEDS);
  }

  /** Adds a stage. */
  add(rng: Rng): void {
    const { loss, settings } = this.#problem;
    const { y, weights } = this.#part;
    const mask = settings.subsample < 1 ? drawMask(y.length, settings.subsample, rng) : null;
    const inside = mask === null ? weights : weights.map((w, i) => w * mask[i]!);
    const data: Scored = { y, raw: this.#raw.slice(), weights };
    const before = mask === null ? 0 : loss.value(some(data, mask, 0));
    for (let k = 0; k < loss.outputs; k++) {
      const residuals = loss.residuals(data, k);
      const tree = this.#grow(residuals, inside, rng.integer(SEEDS));
      const leaves = leavesOf(tree, this.#part.rows);
      const valued =
        loss.leaf === undefined
          ? tree
          : withValues(tree, leaves, mask, { ...data, weights: inside }, residuals, loss, k);
      addTree(valued, leaves, settings.learningRate, this.#raw, k * y.length);
      this.#trees.push(valued);
    }
    const after: Scored = { y, raw: this.#raw, weights };
    this.#trainScore.push(loss.value(mask === null ? after : some(after, mask, 1)));
    if (mask !== null) this.#improvement.push(before - loss.value(some(after, mask, 0)));
  }
}

/** Grows a tree on residuals. */
type Grow = (residuals: Float64Array, weights: Float64Array, seed: number) => TreeArrays;

const DEFAULTS: TreeDefaults = {
  criterion: 'friedmanMse',
  criteria: ['friedmanMse', 'squaredError'],
  splitter: 'best',
  maxFeatures: null,
};

function growerOf({ X }: Part, { settings, what }: GradientProblem): Grow {
  const columns = rankColumns(X, `${what}: X`);
  const grow = treeGrower();
  return (residuals, weights, seed) => {
    const totalWeight = weights.reduce((a, b) => a + b, 0);
    const limits = resolveLimits(settings.trees, DEFAULTS, { samples: X.rows, features: X.cols, totalWeight }, what);
    return grow(columns, { codes: new Int32Array(0), values: residuals, classes: 0 }, { limits, weights, seed });
  };
}

const freshStream = (seed: Seed | undefined): Rng => (seed === undefined ? toRng(undefined) : toRng(seed).restart());

const repeated = (start: Float64Array, n: number): Float64Array =>
  Float64Array.from({ length: start.length * n }, (_, i) => start[Math.floor(i / n)]!);

/** Marks a part of the samples, drawn without replacement in one pass. */
function drawMask(n: number, part: number, rng: Rng): Uint8Array {
  const wanted = Math.max(1, Math.floor(part * n));
  const draws = Float64Array.from({ length: n }, () => rng.random());
  let taken = 0;
  return Uint8Array.from(draws, (u, i) => {
    if (u * (n - i) >= wanted - taken) return 0;
    taken++;
    return 1;
  });
}

/** The samples that are marked as `wanted`. */
function some({ y, raw, weights }: Scored, mask: Uint8Array, wanted: 0 | 1): Scored {
  const keep = (_: number, i: number): boolean => mask[i % y.length] === wanted;
  return { y: y.filter(keep), raw: raw.filter(keep), weights: weights.filter(keep) };
}

/** The tree with values of its leaves that the loss gives them. */
function withValues(
  tree: TreeArrays,
  leaves: Int32Array,
  mask: Uint8Array | null,
  data: Scored,
  residuals: Float64Array,
  loss: GradientLoss,
  k: number,
): TreeArrays {
  const rowsOf = new Map<number, number[]>();
  leaves.forEach((leaf, i) => {
    if (mask !== null && mask[i] === 0) return;
    const rows = rowsOf.get(leaf);
    if (rows === undefined) rowsOf.set(leaf, [i]);
    else rows.push(i);
  });
  const value = tree.value.slice();
  for (const [leaf, rows] of rowsOf) value[leaf] = loss.leaf!(rows, data, residuals, k);
  return { ...tree, value };
}
