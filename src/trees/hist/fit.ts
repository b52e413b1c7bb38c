import { ConfigError } from '../../core/errors';
import { type Rng, toRng } from '../../core/rng';
import { scope } from '../../core/scope';
import { Tensor } from '../../core/tensor';
import type { Encoded } from '../../data/labels';
import type { Dense } from '../../data/matrix';
import { splitSizes } from '../../model-selection/sizes';
import { stratifiedSplit, type TrainTest } from '../../model-selection/stratify';
import { addLeaves } from '../../ops/boosting/leaves';
import { type Bins, findBins, toBins } from './binning';
import type { Boosted } from './boosted';
import { Grower, type GrowNode } from './grower';
import { joined, type Loss, type Targets, weightedMean } from './losses';
import { makeTree } from './make-tree';
import type { HistSettings } from './options';
import { bitsetOf } from './splitter';
import { addTrees, type HistTree } from './tree';

/** What there is to learn from. */
export interface BoostProblem {
  readonly X: Dense;
  /** Targets, or codes of classes. */
  readonly y: Float64Array;
  readonly weights: Float64Array | null;
  readonly loss: Loss;
  readonly settings: HistSettings;
  /** The classes, for validation samples of which each has its share; null in regression. */
  readonly strata: Encoded | null;
  readonly what: string;
}

/** Samples with their raw predictions. */
interface Part {
  readonly X: Dense;
  readonly y: Float64Array;
  readonly weights: Float64Array | null;
  /** Output by output. */
  raw(): Float64Array;
}

/** Boosts: each iteration grows trees on the derivatives of the loss at the raw predictions so far. */
export function boost(problem: BoostProblem): Boosted {
  const { loss, settings, what } = problem;
  const previous = checkPrevious(problem);
  const { drawSeed, stream } = draws(settings, previous);
  const categories = findCategories(problem);
  const split = splitOff(problem, stream);
  const train = takePart(problem, split?.train ?? null);
  const bins = findBins(train.X, settings.maxBins, categories, stream);
  const known = categories.map((values) => (values === null ? null : bitsetOf(values)));
  const start = previous?.start ?? loss.start(train.y, train.weights);
  const trees = [...(previous?.trees ?? [])];
  const parts = [train, ...(split === null ? [] : [takePart(problem, split.test)])].map((part) =>
    withRaw(part, start, trees, known),
  );
  const scores = new Scores(parts, loss, settings, previous);
  scope(() => {
    const machine = new Machine(parts[0]!, problem, bins);
    if (previous === null) scores.add();
    for (let done = trees.length / loss.outputs; done < settings.maxIter; done++) {
      const grown = machine.iterate();
      trees.push(...grown);
      if (parts[1] !== undefined) addTrees(grown, loss.outputs, parts[1].X, parts[1].raw(), known);
      if (scores.add()) break;
    }
  });
  if (trees.some(({ value }) => value.some((v) => !Number.isFinite(v))))
    throw new ConfigError(`${what}: the loss grew beyond all numbers. Scale the targets, or lower learningRate.`);
  return { outputs: loss.outputs, start, trees, known, drawSeed, ...scores.lists() };
}

/** The samples to learn from on the engine, with their raw predictions, which trees are added to. */
class Machine {
  readonly #grower: Grower;
  readonly #targets: Targets;
  readonly #loss: Loss;
  readonly #bins: Bins;
  readonly #learningRate: number;
  #raw: readonly Tensor[];

  constructor(part: Part, { loss, settings }: BoostProblem, bins: Bins) {
    const binned = toBins(part.X, bins);
    const n = part.y.length;
    const put = (values: Float64Array): Tensor => Tensor.from(binned.tensor.backend, values, 'float64', [n]);
    const { y, weights } = part;
    this.#grower = new Grower(binned, bins, settings);
    this.#targets = { y, weights, onEngine: { y: put(y), weights: weights === null ? null : put(weights) } };
    this.#loss = loss;
    this.#bins = bins;
    this.#learningRate = settings.learningRate;
    const raw = part.raw();
    this.#raw = Array.from({ length: loss.outputs }, (_, k) => put(raw.subarray(k * n, (k + 1) * n)));
    part.raw = () => joined(this.#raw, n);
  }

  /** Grows the trees of an iteration, and adds them to the raw predictions. */
  iterate(): HistTree[] {
    const before = this.#raw;
    const { trees, after } = scope(() => {
      const derivatives = this.#loss.derivatives(this.#targets, before);
      const grown = before.map((raw, k) => {
        const { root, leaves } = this.#grower.grow(derivatives[k]!);
        this.#finish(leaves, raw);
        const rows = leaves.map((leaf) => leaf.rows);
        const added = addLeaves(
          raw,
          rows,
          leaves.map((leaf) => leaf.value),
        );
        for (const t of rows) t.dispose();
        return { tree: makeTree(root, this.#bins), added };
      });
      return { trees: grown.map(({ tree }) => tree), after: grown.map(({ added }) => added) };
    });
    this.#raw = after;
    for (const t of before) t.dispose();
    return trees;
  }

  /** Gives leaves their final values: of losses without a useful hessian by what remains of the targets. */
  #finish(leaves: readonly GrowNode[], raw: Tensor): void {
    const { leaf: valueOf } = this.#loss;
    const z = valueOf === undefined ? null : raw.dataSync();
    const { y, weights } = this.#targets;
    for (const leaf of leaves) {
      if (valueOf !== undefined) {
        const rows = leaf.rows.dataSync();
        const rest = Float64Array.from(rows, (row) => y[row]! - z![row]!);
        leaf.value = valueOf(rest, weights === null ? null : Float64Array.from(rows, (row) => weights[row]!));
      }
      leaf.value *= this.#learningRate;
    }
  }
}

/** The model to go on from, if it fits. */
function checkPrevious({ loss, settings, X, what }: BoostProblem): Boosted | null {
  const { warmStart: previous, maxIter } = settings;
  if (previous === null) return null;
  if (previous.outputs !== loss.outputs || previous.known.length !== X.cols)
    throw new ConfigError(
      `${what}: warmStart is a model of ${previous.known.length} features and ${previous.outputs} trees per iteration; ` +
        `the data has ${X.cols} and needs ${loss.outputs}. Give a model that was fitted to the same data.`,
    );
  const had = previous.trees.length / previous.outputs;
  if (maxIter < had)
    throw new ConfigError(`${what}: maxIter ${maxIter} is less than the ${had} iterations of warmStart. Raise it.`);
  return previous;
}

/** Streams for the draws: all begin alike, as scikit-learn seeds each of its draws with the same number. */
function draws(settings: HistSettings, previous: Boosted | null): { drawSeed: number; stream: () => Rng } {
  const rng = settings.seed === undefined ? toRng(undefined) : toRng(settings.seed).restart();
  const drawSeed = previous?.drawSeed ?? rng.integer(2 ** 32 - 1);
  const Stream = rng.constructor as new (seed: number) => Rng;
  return { drawSeed, stream: () => new Stream(drawSeed) };
}

/** By feature the categories of all samples, ascending; null for a feature of numbers. */
function findCategories({ X, settings, what }: BoostProblem): (Float64Array | null)[] {
  return settings.isCategorical.map((isCategorical, c) => {
    if (!isCategorical) return null;
    const found = new Set<number>();
    for (let i = c; i < X.data.length; i += X.cols) if (X.data[i]! >= 0) found.add(X.data[i]!);
    const bad = [...found].find((v) => !Number.isInteger(v) || v >= settings.maxBins);
    if (bad !== undefined)
      throw new ConfigError(
        `${what}: feature ${c} has the category ${bad}. Code categories as integers from 0 to maxBins − 1 = ${settings.maxBins - 1}.`,
      );
    return Float64Array.from(found).sort();
  });
}

/** Sets samples aside where early stopping needs them. */
function splitOff({ X, strata, settings, what }: BoostProblem, stream: () => Rng): TrainTest | null {
  const { earlyStopping, validationFraction } = settings;
  if (!stopsEarly(earlyStopping, X.rows) || validationFraction === null) return null;
  const sizes = splitSizes(X.rows, { testSize: validationFraction }, 0.1, `${what}: validationFraction`);
  if (strata !== null) return stratifiedSplit(strata, sizes, stream(), what);
  const order = stream().permutation(X.rows);
  return { test: order.slice(0, sizes.test), train: order.slice(sizes.test, sizes.test + sizes.train) };
}

const stopsEarly = (option: 'auto' | boolean, samples: number): boolean =>
  option === 'auto' ? samples > 10_000 : option;

function takePart({ X, y, weights }: BoostProblem, rows: Int32Array | null): Omit<Part, 'raw'> {
  if (rows === null) return { X, y, weights };
  const data = new Float64Array(rows.length * X.cols);
  rows.forEach((row, i) => {
    data.set(X.data.subarray(row * X.cols, (row + 1) * X.cols), i * X.cols);
  });
  const pick = (v: Float64Array): Float64Array => Float64Array.from(rows, (row) => v[row]!);
  return { X: { data, rows: rows.length, cols: X.cols }, y: pick(y), weights: weights === null ? null : pick(weights) };
}

function withRaw(
  part: Omit<Part, 'raw'>,
  start: Float64Array,
  trees: readonly HistTree[],
  known: Boosted['known'],
): Part {
  const n = part.y.length;
  const raw = new Float64Array(n * start.length);
  for (let k = 0; k < start.length; k++) raw.fill(start[k]!, k * n, (k + 1) * n);
  addTrees(trees, start.length, part.X, raw, known);
  return { ...part, raw: () => raw };
}

/** The scores so far, and whether they still rise. */
class Scores {
  readonly #train: number[];
  readonly #validation: number[];
  readonly #parts: readonly Part[];
  readonly #loss: Loss;
  readonly #settings: HistSettings;
  readonly #counts: boolean;

  constructor(parts: readonly Part[], loss: Loss, settings: HistSettings, previous: Boosted | null) {
    this.#parts = parts;
    this.#loss = loss;
    this.#settings = settings;
    this.#train = [...(previous?.trainScore ?? [])];
    this.#validation = [...(previous?.validationScore ?? [])];
    const samples = parts.reduce((n, { y }) => n + y.length, 0);
    this.#counts = stopsEarly(settings.earlyStopping, samples);
  }

  lists(): Pick<Boosted, 'trainScore' | 'validationScore'> {
    return { trainScore: this.#train, validationScore: this.#validation };
  }

  /** Adds the scores of now; says whether to stop. */
  add(): boolean {
    if (!this.#counts) return false;
    const [train, validation] = this.#parts;
    this.#train.push(this.#score(train!));
    if (validation === undefined) return this.#stalls(this.#train);
    this.#validation.push(this.#score(validation));
    return this.#stalls(this.#validation);
  }

  #score(part: Part): number {
    const { y, weights } = part;
    const raw = part.raw();
    return -weightedMean(y.length, weights, (i) => this.#loss.at(y, raw, i, y.length));
  }

  /** Whether none of the last scores is better than the one before them. */
  #stalls(scores: readonly number[]): boolean {
    const { nIterNoChange, tol } = this.#settings;
    if (scores.length <= nIterNoChange) return false;
    const reference = scores[scores.length - nIterNoChange - 1]! + tol;
    return scores.slice(-nIterNoChange).every((score) => !(score > reference));
  }
}
