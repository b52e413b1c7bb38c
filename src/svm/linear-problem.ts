import { type Rng, type Seed, toRng } from '../core/rng';
import { countFeatures, type Samples } from '../data/matrix';
import { SampleRows } from '../linear/sample-rows';

/** Samples of a linear machine, with a constant feature of value `bias` at the end where there is an intercept. */
export class BiasedRows {
  /** Features with the constant one. */
  readonly width: number;
  readonly #rows: SampleRows;
  readonly #features: number;
  readonly #bias: number;

  /** @param bias - null: no intercept. */
  constructor(X: Samples, bias: number | null) {
    this.#rows = new SampleRows(X);
    this.#features = countFeatures(X);
    this.#bias = bias ?? 0;
    this.width = this.#features + Number(bias !== null);
  }

  /** w·x of sample `i`. */
  dot(i: number, w: Float64Array): number {
    const own = this.#rows.dot(i, w);
    return this.#bias === 0 ? own : own + this.#bias * w[this.#features]!;
  }

  /** w += c·x of sample `i`. */
  add(i: number, c: number, w: Float64Array): void {
    this.#rows.add(i, c, w);
    if (this.#bias !== 0) w[this.#features]! += c * this.#bias;
  }

  squaredNorm(i: number): number {
    return this.#rows.squaredNorm(i) + this.#bias * this.#bias;
  }
}

/** What a linear machine ends with. */
export interface LinearSolution {
  /** Coefficients, that of the constant feature last. */
  readonly w: Float64Array;
  readonly iterations: number;
  readonly converged: boolean;
}

/** When to stop, and how to shuffle. */
export interface LinearStopping {
  readonly tol: number;
  readonly maxIter: number;
  /** A random number in [0, range). */
  readonly draw: (range: number) => number;
}

/**
 * Numbers drawn as LIBLINEAR draws them in scikit-learn: 32 random bits from a stream that a first stream seeds, times the
 * range, of which the upper 32 bits are taken.
 *
 * Reference: Lemire 2019, “Fast Random Integer Generation in an Interval”.
 */
export function drawsFrom(seed: Seed | undefined): (range: number) => number {
  const first = seed === undefined ? toRng(seed) : toRng(seed).restart();
  const Stream = first.constructor as new (seed: number) => Rng;
  const stream = new Stream(first.integer(2 ** 31 - 1));
  return (range) => {
    for (;;) {
      const word = stream.integer(2 ** 32);
      // Of the 64 bits of word · range, the lower 32; a few of them are refused, so that each number is as likely.
      const low = Math.imul(word | 0, range | 0) >>> 0;
      if (low >= range || low >= (2 ** 32 - range) % range) return Math.round((word * range - low) / 2 ** 32);
    }
  };
}

/** Shuffles the first `count` of `order`. */
export function shuffleFirst(order: Int32Array, count: number, draw: (range: number) => number): void {
  for (let i = 0; i < count; i++) {
    const j = i + draw(count - i);
    const t = order[i]!;
    order[i] = order[j]!;
    order[j] = t;
  }
}

/** Puts `order[s]` behind the first `count − 1`, which then are active. */
export function retire(order: Int32Array, s: number, count: number): number {
  const t = order[s]!;
  order[s] = order[count - 1]!;
  order[count - 1] = t;
  return count - 1;
}
