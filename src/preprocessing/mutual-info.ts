import { ConfigError, ShapeError } from '../core/errors';
import { checkOptions } from '../core/options';
import { type Rng, type Seed, toRng } from '../core/rng';
import { shown } from '../core/shown';
import { digamma } from '../core/special';
import { encodeLabels, type Labels } from '../data/labels';
import { countFeatures, countSamples, type Matrix, readSamples, type Samples } from '../data/matrix';
import { isSparse } from '../data/sparse';
import { readVector, type Vector } from '../data/vector';
import { readClasses } from './univariate';

export interface MutualInfoOptions {
  /** Which features are categories: all, none, a mask, or positions; by default all of a sparse matrix, none of another. */
  readonly discreteFeatures?: 'auto' | boolean | readonly boolean[] | readonly number[] | undefined;
  /** How many neighbours the estimate looks at; 3 by default. More make it steadier and more biased. */
  readonly nNeighbors?: number | undefined;
  /** Makes reproducible the noise, 1e-10 of their spread, that is added to continuous values to tell equal ones apart. */
  readonly seed?: Seed | undefined;
}

/**
 * Mutual information of each feature and the classes, in nats, from the distances to nearest neighbours.
 *
 * For a continuous feature: ψ(n) + ⟨ψ(k)⟩ − ⟨ψ(nₓ)⟩ − ⟨ψ(m)⟩, with nₓ samples of the same class, and m of any within the
 * distance of the k-th neighbour of the same class.
 *
 * @param X - `[samples, features]`, finite.
 * @param y - one label per sample.
 * @param options - `discreteFeatures = 'auto'`, `nNeighbors = 3`, `seed`.
 * @throws ConfigError for NaN, infinity, one class, or a sparse matrix with continuous features; ShapeError for data that
 * does not fit together.
 *
 * Reference: Ross 2014, “Mutual Information between Discrete and Continuous Data Sets”, PLoS ONE 9.
 *
 * @example
 * ```ts
 * import { mutualInfoClassif } from 'kompakt/preprocessing';
 * const X = [[0, 5], [1, 1], [0, 2], [1, 2], [0, 1], [1, 5]];
 * const bits = mutualInfoClassif(X, ['a', 'b', 'a', 'b', 'a', 'b'], { discreteFeatures: true });
 * console.log(Array.from(bits, (v) => (v / Math.LN2).toFixed(3))); // → [ '1.000', '0.000' ]
 * ```
 */
export function mutualInfoClassif(X: Matrix, y: Labels, options: MutualInfoOptions = {}): Float64Array {
  const what = 'mutualInfoClassif';
  const { X: samples, classes } = readClasses(X, y, what);
  const { discrete, k, rng } = readOptions(samples, options, what);
  const columns = noisyColumns(samples, discrete, rng);
  return Float64Array.from(columns, (x, c) =>
    discrete[c] ? bothDiscrete(codesOf(x), classes.codes) : oneDiscrete(x, classes.codes, k),
  );
}

/**
 * Mutual information of each feature and a continuous target, in nats, from the distances to nearest neighbours.
 *
 * For a continuous feature: ψ(n) + ψ(k) − ⟨ψ(nₓ + 1)⟩ − ⟨ψ(n_y + 1)⟩, with nₓ and n_y samples nearer in x and in y than the
 * k-th neighbour, whose distance is the greater of the two.
 *
 * @param X - `[samples, features]`, finite.
 * @param y - one value per sample.
 * @param options - `discreteFeatures = 'auto'`, `nNeighbors = 3`, `seed`.
 * @throws ConfigError for NaN, infinity, or a sparse matrix with continuous features; ShapeError for data that does not fit
 * together.
 *
 * Reference: Kraskov, Stögbauer & Grassberger 2004, “Estimating mutual information”, Physical Review E 69.
 *
 * @example
 * ```ts
 * import { mutualInfoRegression } from 'kompakt/preprocessing';
 * const X = Array.from({ length: 60 }, (_, i) => [i, (i * 37) % 60]);
 * const y = X.map(([a]) => a! ** 2);
 * const scores = mutualInfoRegression(X, y, { seed: 1 });
 * console.log(scores[0]! > 2, scores[1]! < 0.5); // → true true
 * ```
 */
export function mutualInfoRegression(X: Matrix, y: Vector, options: MutualInfoOptions = {}): Float64Array {
  const what = 'mutualInfoRegression';
  const samples = readSamples(X, `${what}: X`);
  const target = Float64Array.from(readVector(y, `${what}: y`, countSamples(samples)));
  const { discrete, k, rng } = readOptions(samples, options, what);
  const columns = noisyColumns(samples, discrete, rng);
  scaleToVariance(target);
  addNoise([target], rng);
  return Float64Array.from(columns, (x, c) =>
    discrete[c] ? oneDiscrete(target, codesOf(x), k) : bothContinuous(x, target, k),
  );
}

function readOptions(X: Samples, options: MutualInfoOptions, what: string) {
  checkOptions(options, ['discreteFeatures', 'nNeighbors', 'seed'], what);
  const { discreteFeatures: given = 'auto', nNeighbors: k = 3, seed } = options;
  if (!Number.isInteger(k) || k < 1)
    throw new ConfigError(`${what}: nNeighbors must be an integer ≥ 1, got ${shown(k)}.`);
  const cols = countFeatures(X);
  const discrete = readMask(given === 'auto' ? isSparse(X) : given, cols, what);
  if (isSparse(X) && discrete.includes(false))
    throw new ConfigError(
      `${what}: features of a sparse matrix can't be continuous. Set discreteFeatures: true, or give X.toDense().`,
    );
  if (k >= countSamples(X))
    throw new ConfigError(`${what}: nNeighbors ${k} needs more than the ${countSamples(X)} samples there are.`);
  return { discrete, k, rng: toRng(seed) };
}

function readMask(given: unknown, cols: number, what: string): boolean[] {
  if (typeof given === 'boolean') return new Array<boolean>(cols).fill(given);
  if (Array.isArray(given) && given.length === cols && given.every((v) => typeof v === 'boolean')) return given;
  if (Array.isArray(given) && given.every((v) => Number.isInteger(v) && v >= 0 && v < cols))
    return Array.from({ length: cols }, (_, c) => given.includes(c));
  throw new ShapeError(
    `${what}: discreteFeatures must be 'auto', true, false, a mask of ${cols} booleans or positions below ${cols}.`,
  );
}

/** Columns; those that are continuous scaled to variance 1, with noise. */
function noisyColumns(X: Samples, discrete: readonly boolean[], rng: Rng): Float64Array[] {
  const dense = isSparse(X) ? X.toDense().data : X.data;
  const cols = countFeatures(X);
  const columns = Array.from({ length: cols }, (_, c) =>
    Float64Array.from({ length: countSamples(X) }, (_v, r) => dense[r * cols + c]!),
  );
  const continuous = columns.filter((_, c) => !discrete[c]);
  for (const column of continuous) scaleToVariance(column);
  addNoise(continuous, rng);
  return columns;
}

function scaleToVariance(x: Float64Array): void {
  const mean = x.reduce((a, b) => a + b, 0) / x.length;
  const spread = Math.sqrt(x.reduce((s, v) => s + (v - mean) ** 2, 0) / x.length);
  if (spread >= 10 * Number.EPSILON) for (let i = 0; i < x.length; i++) x[i]! /= spread;
}

/** Drawn sample by sample, as NumPy fills a matrix. */
function addNoise(columns: readonly Float64Array[], rng: Rng): void {
  const sizes = columns.map((x) => Math.max(1, x.reduce((s, v) => s + Math.abs(v), 0) / x.length));
  const n = columns[0]?.length ?? 0;
  for (let r = 0; r < n; r++)
    columns.forEach((x, c) => {
      x[r]! += 1e-10 * sizes[c]! * rng.gaussian();
    });
}

const codesOf = (x: Float64Array): Int32Array => encodeLabels(Array.from(x)).codes;

/** Σ p log(p / (p_a p_b)). */
function bothDiscrete(a: Int32Array, b: Int32Array): number {
  const [ka, kb] = [Math.max(...a) + 1, Math.max(...b) + 1];
  const both = new Float64Array(ka * kb);
  const [inA, inB] = [new Float64Array(ka), new Float64Array(kb)];
  a.forEach((code, i) => {
    both[code * kb + b[i]!]!++;
    inA[code]!++;
    inB[b[i]!]!++;
  });
  let sum = 0;
  both.forEach((count, at) => {
    if (count > 0)
      sum += (count / a.length) * Math.log((count * a.length) / (inA[Math.floor(at / kb)]! * inB[at % kb]!));
  });
  return Math.max(0, sum);
}

/** Of a continuous and a discrete variable. A class of one sample says nothing and is left out. */
function oneDiscrete(x: Float64Array, codes: Int32Array, k: number): number {
  const counts = new Int32Array(Math.max(...codes) + 1);
  for (const code of codes) counts[code]!++;
  const kept = Array.from(codes.keys()).filter((i) => counts[codes[i]!]! > 1);
  const all = Float64Array.from(kept, (i) => x[i]!).sort();
  let sum = 0;
  counts.forEach((count, code) => {
    if (count < 2) return;
    const own = Float64Array.from(
      kept.filter((i) => codes[i] === code),
      (i) => x[i]!,
    ).sort();
    const neighbors = Math.min(k, count - 1);
    for (let i = 0; i < count; i++) {
      const radius = below(distanceOfNeighbor(own, i, neighbors));
      sum += digamma(neighbors) - digamma(count) - digamma(countWithin(all, own[i]!, radius));
    }
  });
  return Math.max(0, digamma(kept.length) + sum / kept.length);
}

/** Distance to the k-th nearest of the other values, which are sorted. */
function distanceOfNeighbor(sorted: Float64Array, i: number, k: number): number {
  let [left, right] = [i - 1, i + 1];
  let distance = 0;
  for (let found = 0; found < k; found++) {
    const toLeft = left >= 0 ? sorted[i]! - sorted[left]! : Number.POSITIVE_INFINITY;
    const toRight = right < sorted.length ? sorted[right]! - sorted[i]! : Number.POSITIVE_INFINITY;
    if (toLeft <= toRight) {
      distance = toLeft;
      left--;
    } else {
      distance = toRight;
      right++;
    }
  }
  return distance;
}

/** How many of sorted values are within a distance of `v`. */
function countWithin(sorted: Float64Array, v: number, radius: number): number {
  const first = partition(sorted, (u) => v - u <= radius);
  const last = partition(sorted, (u) => u - v > radius);
  return last - first;
}

/** The first position whose value is as asked for; those after it are, too. */
function partition(sorted: Float64Array, from: (v: number) => boolean): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (from(sorted[middle]!)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The greatest number below a positive one. */
function below(v: number): number {
  if (v === 0) return 0;
  const bits = new BigInt64Array(1);
  const value = new Float64Array(bits.buffer);
  value[0] = v;
  bits[0]!--;
  return value[0]!;
}

/** Of two continuous variables. */
function bothContinuous(x: Float64Array, y: Float64Array, k: number): number {
  const n = x.length;
  const order = Array.from(x.keys()).sort((a, b) => x[a]! - x[b]!);
  const xs = Float64Array.from(order, (i) => x[i]!);
  const ys = Float64Array.from(order, (i) => y[i]!);
  const sortedY = Float64Array.from(y).sort();
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const radius = below(chebyshevNeighbor(xs, ys, i, k));
    sum += digamma(countWithin(xs, xs[i]!, radius)) + digamma(countWithin(sortedY, ys[i]!, radius));
  }
  return Math.max(0, digamma(n) + digamma(k) - sum / n);
}

/** Distance max(|Δx|, |Δy|) to the k-th nearest point; points come in the order of x, so only near ones are looked at. */
function chebyshevNeighbor(xs: Float64Array, ys: Float64Array, i: number, k: number): number {
  const best = new Float64Array(k).fill(Number.POSITIVE_INFINITY);
  const offer = (j: number): boolean => {
    const dx = Math.abs(xs[j]! - xs[i]!);
    if (dx >= best[k - 1]!) return false;
    const d = Math.max(dx, Math.abs(ys[j]! - ys[i]!));
    if (d < best[k - 1]!) {
      best[k - 1] = d;
      best.sort();
    }
    return true;
  };
  let [left, right] = [i - 1, i + 1];
  for (let go = true; go; ) {
    go = false;
    if (left >= 0 && offer(left)) {
      left--;
      go = true;
    } else left = -1;
    if (right < xs.length && offer(right)) {
      right++;
      go = true;
    } else right = xs.length;
  }
  return best[k - 1]!;
}
