import { type Rng, type Seed, toRng } from '../core/rng';
import { countFeatures, countSamples, type Samples } from '../data/matrix';
import { isSparse } from '../data/sparse';
import type { MinimizeResult } from '../optim/lbfgs-minimize';
import { shrink } from './logistic-coordinate-descent';

import { softmaxInPlace } from './logistic-probabilities';
import { type Problem, parameterCount } from './loss';
import { addOuterProducts } from './products';

export interface StochasticOptions {
  /** Converged when in a round over the samples no coefficient changes by more than this, relative to the largest. */
  readonly tol: number;
  /** Rounds over the samples. */
  readonly maxIter: number;
  readonly method: 'sag' | 'saga';
  readonly seed: Seed | undefined;
}

/**
 * Minimises a logistic objective by stochastic average gradients: each step takes one sample at random, replaces its
 * gradient in the average, and moves along the average (SAG) or along an unbiased estimate made with it (SAGA, which may
 * have an L1 penalty).
 *
 * The first average is the gradient at the start. Samples are drawn in proportion to 1, weights scale their gradients.
 *
 * Reference: Schmidt, Le Roux & Bach 2017, “Minimizing finite sums with the stochastic average gradient”; Defazio, Bach &
 * Lacoste-Julien 2014, “SAGA: A Fast Incremental Gradient Method”.
 */
export function minimizeStochastic(
  problem: Problem,
  start: Float64Array,
  { tol, maxIter, method, seed }: StochasticOptions,
): MinimizeResult {
  const walk = new Walk(problem, start, method);
  const rng = seed === undefined ? toRng(seed) : toRng(seed).restart();
  let iterations = 0;
  let change = Number.POSITIVE_INFINITY;
  const finish = (reason: MinimizeResult['reason']): MinimizeResult => {
    return { x: walk.x, value: Number.NaN, gradientNorm: change, iterations, evaluations: iterations + 1, reason };
  };
  while (iterations < maxIter) {
    const before = walk.x.slice();
    walk.round(rng);
    iterations++;
    let [largest, moved] = [0, 0];
    for (let j = 0; j < before.length; j++) {
      largest = Math.max(largest, Math.abs(walk.x[j]!));
      moved = Math.max(moved, Math.abs(walk.x[j]! - before[j]!));
    }
    change = largest === 0 ? moved : moved / largest;
    if (change <= tol) return finish('gradient');
  }
  return finish('iterations');
}

/** The rows of X as entries. */
interface RowEntries {
  readonly data: Float64Array;
  /** The feature of each entry; null where a row has one of every feature. */
  readonly indices: Int32Array | null;
  /** Where each row begins, and at last the number of entries. */
  readonly starts: Int32Array;
}

function rowsOf(X: Samples): RowEntries {
  if (isSparse(X)) return { data: X.data, indices: X.indices, starts: X.indptr };
  return { data: X.data, indices: null, starts: Int32Array.from({ length: X.rows + 1 }, (_, i) => i * X.cols) };
}

/**
 * The walk and its memory. A feature's coefficients are brought up to date only when a sample has the feature, so that a
 * step costs as much as its sample has entries.
 */
class Walk {
  readonly x: Float64Array;
  readonly #problem: Problem;
  readonly #rows: RowEntries;
  readonly #n: number;
  readonly #cols: number;
  readonly #isSaga: boolean;
  readonly #rate: number;
  /** Derivatives of each sample's loss by its scores when last seen, times n and its weight. */
  readonly #seen: Float64Array;
  /** The average of the gradients that these give. */
  readonly #average: Float64Array;
  /** Those derivatives for the sample at hand. */
  readonly #now: Float64Array;
  /** The step before which each feature's coefficients are. */
  readonly #upTo: Int32Array;
  #step = 0;

  constructor(problem: Problem, start: Float64Array, method: 'sag' | 'saga') {
    const { X, outputs: k, fitIntercept } = problem;
    this.#problem = problem;
    this.#n = countSamples(X);
    this.#cols = countFeatures(X);
    this.#rows = rowsOf(X);
    this.x = start.slice();
    this.#isSaga = method === 'saga';
    this.#seen = new Float64Array(this.#n * k);
    this.#average = new Float64Array(parameterCount(problem));
    this.#now = new Float64Array(k);
    this.#upTo = new Int32Array(this.#cols);
    this.#rate = this.#learningRate();
    for (let i = 0; i < this.#n; i++) {
      this.#differentiate(i);
      this.#seen.set(this.#now, i * k);
    }
    const share = this.#seen.map((r) => r / this.#n);
    addOuterProducts(X, share, k, this.#average);
    if (fitIntercept) for (let at = 0; at < share.length; at++) this.#average[k * this.#cols + (at % k)]! += share[at]!;
  }

  /** As many steps as there are samples. */
  round(rng: Rng): void {
    this.#step = 0;
    this.#upTo.fill(0);
    for (let t = 0; t < this.#n; t++) this.#visit(rng.integer(this.#n));
    for (let j = 0; j < this.#cols; j++) this.#catchUp(j);
  }

  #visit(i: number): void {
    const { outputs: k, fitIntercept } = this.#problem;
    const { indices, starts } = this.#rows;
    const [from, to] = [starts[i]!, starts[i + 1]!];
    for (let e = from; e < to; e++) this.#catchUp(indices === null ? e - from : indices[e]!);
    this.#differentiate(i);
    for (let c = 0; c < k; c++) {
      const change = this.#now[c]! - this.#seen[i * k + c]!;
      this.#seen[i * k + c] = this.#now[c]!;
      this.#move(from, to, c, change);
      if (fitIntercept) this.#moveIntercept(k * this.#cols + c, change);
    }
    this.#step++;
    // SAGA has taken this step already; to SAG it is one more along the average.
    if (this.#isSaga)
      for (let e = from; e < to; e++) this.#upTo[indices === null ? e - from : indices[e]!] = this.#step;
  }

  /**
   * Changes the average of the features of a row. SAGA moves along the change itself and the average before it; SAG along
   * the average after it, which can wait as for any other feature.
   */
  #move(from: number, to: number, c: number, change: number): void {
    const { l1, l2 } = this.#problem;
    const { indices, data } = this.#rows;
    const [x, average, rate, isSaga] = [this.x, this.#average, this.#rate, this.#isSaga];
    const [keep, threshold, share] = [1 - rate * l2, rate * l1, change / this.#n];
    const first = c * this.#cols;
    for (let e = from; e < to; e++) {
      const at = first + (indices === null ? e - from : indices[e]!);
      if (isSaga) x[at] = shrink(keep * x[at]! - rate * (change * data[e]! + average[at]!), threshold);
      average[at]! += share * data[e]!;
    }
  }

  #moveIntercept(b: number, change: number): void {
    if (this.#isSaga) this.x[b]! -= this.#rate * (change + this.#average[b]!);
    this.#average[b]! += change / this.#n;
    if (!this.#isSaga) this.x[b]! -= this.#rate * this.#average[b]!;
  }

  /** Takes the steps that coefficients of feature j have missed, along an average that has not changed since. */
  #catchUp(j: number): void {
    const missed = this.#step - this.#upTo[j]!;
    if (missed === 0) return;
    this.#upTo[j] = this.#step;
    const { outputs: k, l1, l2 } = this.#problem;
    for (let c = 0; c < k; c++) {
      const at = c * this.#cols + j;
      const [w, average] = [this.x[at]!, this.#average[at]!];
      this.x[at] =
        missed === 1
          ? shrink((1 - this.#rate * l2) * w - this.#rate * average, this.#rate * l1)
          : repeatSteps(w, average, { missed, rate: this.#rate, l1, l2 });
    }
  }

  /** The derivatives of sample i's loss by its scores, times n and its weight, at the coefficients of now. */
  #differentiate(i: number): void {
    const { outputs: k, codes, weights, fitIntercept } = this.#problem;
    const { indices, data, starts } = this.#rows;
    const [from, to] = [starts[i]!, starts[i + 1]!];
    const [x, z] = [this.x, this.#now];
    for (let c = 0; c < k; c++) {
      const first = c * this.#cols;
      let sum = fitIntercept ? x[k * this.#cols + c]! : 0;
      if (indices === null) for (let e = from; e < to; e++) sum += data[e]! * x[first + e - from]!;
      else for (let e = from; e < to; e++) sum += data[e]! * x[first + indices[e]!]!;
      z[c] = sum;
    }
    if (k === 1) z[0] = 1 / (1 + Math.exp(-z[0]!)) - codes[i]!;
    else {
      softmaxInPlace(z, k);
      z[codes[i]!]! -= 1;
    }
    const weight = this.#n * weights[i]!;
    for (let c = 0; c < k; c++) z[c]! *= weight;
  }

  /** From the largest curvature that a sample's loss can have along its own features. */
  #learningRate(): number {
    const { outputs: k, weights, fitIntercept, l2 } = this.#problem;
    const { data, starts } = this.#rows;
    let most = 0;
    for (let i = 0; i < this.#n; i++) {
      let norm = Number(fitIntercept);
      for (let e = starts[i]!; e < starts[i + 1]!; e++) norm += data[e]! * data[e]!;
      most = Math.max(most, norm * this.#n * weights[i]!);
    }
    const L = (k === 1 ? 0.25 : 0.5) * most + l2;
    if (L === 0) return 1;
    return 1 / (this.#isSaga ? 2 * L + Math.min(2 * this.#n * l2, L) : L);
  }
}

interface Steps {
  readonly missed: number;
  readonly rate: number;
  readonly l1: number;
  readonly l2: number;
}

/** `missed` times w ← shrink(w − rate·(average + λ·w), rate·μ), in closed form as long as w keeps its sign. */
export function repeatSteps(w: number, average: number, { missed, rate, l1, l2 }: Steps): number {
  const keep = 1 - rate * l2;
  for (let left = missed; left > 0; left--) {
    const sign = Math.sign(w);
    if (left > 1 && (l1 === 0 || sign !== 0)) {
      const power = keep ** left;
      const sum = keep === 1 ? left : (1 - power) / (1 - keep);
      const end = power * w - rate * (average + sign * l1) * sum;
      // The way there is monotone: an end on the same side has crossed nothing.
      if (l1 === 0 || end * sign >= 0) return end;
    }
    w = shrink(keep * w - rate * average, rate * l1);
    if (w === 0 && Math.abs(average) <= l1) return 0;
  }
  return w;
}
