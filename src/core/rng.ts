import alea from 'seedrandom/lib/alea.js';
import {
  type ChoiceOptions,
  checkProbabilities,
  drawBeta,
  drawBinomial,
  drawChoice,
  drawEach,
  drawExponential,
  drawGamma,
  drawMultinomial,
  drawPermutation,
  polarPair,
  shuffleBy,
} from './draws';
import { ConfigError } from './errors';

export type { ChoiceOptions } from './draws';

/** What can be put into another order in place: a list, or the rows of flat data. */
export type Shuffled =
  | { [i: number]: unknown; readonly length: number }
  | { readonly data: { [i: number]: number; readonly length: number }; readonly shape: readonly number[] };

/** Where randomness comes from: a number or string to start a stream from, or a stream. */
export type Seed = number | string | Rng;

/**
 * A stream of random numbers: seedrandom's Alea, the same for a seed on every platform.
 *
 * `split()` gives streams that are independent of each other and of how much was drawn before.
 */
export class Rng {
  readonly #next: () => number;
  readonly #path: string;
  #children = 0;
  #spare: number | null = null;

  constructor(seed: number | string) {
    if (typeof seed === 'number' && !Number.isFinite(seed)) {
      throw new ConfigError(`rng: the seed must be a finite number or a string, got ${seed}.`);
    }
    if (typeof seed !== 'number' && typeof seed !== 'string') {
      throw new ConfigError(`rng: the seed must be a finite number or a string, got ${typeof seed}.`);
    }
    this.#path = String(seed);
    this.#next = alea(this.#path);
  }

  /** Uniform in [0, 1), 32 bits of randomness. */
  random(): number {
    return this.#next();
  }

  /** Standard normal. */
  gaussian(): number {
    if (this.#spare !== null) {
      const z = this.#spare;
      this.#spare = null;
      return z;
    }
    const [first, second] = polarPair(this);
    this.#spare = second;
    return first;
  }

  /** An integer in [0, max). */
  integer(max: number): number {
    if (!Number.isInteger(max) || max < 1) throw new ConfigError(`rng: max must be a positive integer, got ${max}.`);
    return Math.floor(this.random() * max);
  }

  /** `n` integers in [0, max). */
  integers(n: number, max: number): Int32Array {
    checkCount(n);
    return drawEach(n, () => this.integer(max));
  }

  /** The numbers 0 … n − 1 in random order (Fisher–Yates). */
  permutation(n: number): Int32Array;
  /** A copy of a list in random order. */
  permutation<T extends ArrayLike<unknown>>(list: T): T;
  permutation(of: number | ArrayLike<unknown>): unknown {
    if (typeof of === 'number') {
      checkCount(of);
      return drawPermutation(this, of);
    }
    const copy = Array.prototype.slice.call(of);
    this.shuffle(copy);
    return Array.isArray(of) ? copy : (of.constructor as ArrayConstructor).from(copy);
  }

  /**
   * Puts a list into random order in place: an array (of rows, too), a typed array, or the rows of `{ data, shape }`.
   *
   * @throws ConfigError for anything else.
   */
  shuffle(x: Shuffled): void {
    if (typeof x !== 'object' || x === null || !('length' in x || ('data' in x && 'shape' in x)))
      throw new ConfigError(`rng: shuffle takes an array, a typed array or { data, shape }, got ${String(x)}.`);
    const isList = 'length' in x;
    const data = (isList ? x : x.data) as { [i: number]: unknown; readonly length: number };
    const n = isList ? x.length : (x.shape[0] ?? 0);
    const width = n === 0 ? 0 : data.length / n;
    shuffleBy(this, n, (i, j) => {
      for (let c = 0; c < width; c++) {
        const t = data[i * width + c];
        data[i * width + c] = data[j * width + c];
        data[j * width + c] = t;
      }
    });
  }

  /**
   * Draws from 0 … n − 1, or from a list: with or without replacement, all alike or with probabilities `p`.
   *
   * @param from - n, or the list.
   * @param options - `size`: how many; without it, a single one comes back. `replace = true`, `p`.
   * @throws ConfigError when there are too few to draw without replacement, or `p` are no probabilities.
   */
  choice(from: number, options: ChoiceOptions & { readonly size: number }): Int32Array;
  choice(from: number, options?: ChoiceOptions): number;
  choice<T>(from: ArrayLike<T>, options: ChoiceOptions & { readonly size: number }): T[];
  choice<T>(from: ArrayLike<T>, options?: ChoiceOptions): T;
  choice(from: number | ArrayLike<unknown>, options: ChoiceOptions = {}): unknown {
    const n = typeof from === 'number' ? from : from.length;
    if (!Number.isInteger(n) || n < 1)
      throw new ConfigError(`rng: choice draws from a positive number or a list that is not empty, got ${n}.`);
    const { size = 1 } = options;
    checkCount(size);
    const drawn = drawChoice(this, n, size, options);
    const out = typeof from === 'number' ? drawn : Array.from(drawn, (i) => from[i]);
    return options.size === undefined ? out[0] : out;
  }

  /** Exponential with the given mean. */
  exponential(scale = 1): number {
    checkNotNegative(scale, 'scale', 'exponential');
    return scale * drawExponential(this);
  }

  /** Gamma with the given shape and scale. */
  gamma(shape: number, scale = 1): number {
    checkNotNegative(shape, 'shape', 'gamma');
    checkNotNegative(scale, 'scale', 'gamma');
    return scale * drawGamma(this, shape);
  }

  /** Beta in (0, 1) with the shapes `a`, `b`. */
  beta(a: number, b: number): number {
    if (!(a > 0 && b > 0)) throw new ConfigError(`rng: beta's a and b must be above 0, got ${a} and ${b}.`);
    return drawBeta(this, a, b);
  }

  /** How many of `n` trials succeed, each with probability `p`. */
  binomial(n: number, p: number): number {
    checkCount(n);
    if (!(p >= 0 && p <= 1)) throw new ConfigError(`rng: binomial's p must be in [0, 1], got ${p}.`);
    return drawBinomial(this, n, p);
  }

  /** How many of `n` trials have each outcome, of probabilities `p`. */
  multinomial(n: number, p: ArrayLike<number>): Int32Array {
    checkCount(n);
    checkProbabilities(p, p.length, 'multinomial');
    return drawMultinomial(this, n, p);
  }

  /** A stream of the same kind from another seed: as the Python libraries seed each part of an ensemble. */
  seeded(seed: number): this {
    const Stream = this.constructor as new (seed: number) => this;
    return new Stream(seed);
  }

  /** What the stream starts from, as text: a stream of the same class made of it is the same. */
  get seed(): string {
    return this.#path;
  }

  /** The same stream from its beginning, whatever was drawn from this one. */
  restart(): this {
    const Stream = this.constructor as new (seed: string) => this;
    return new Stream(this.#path);
  }

  /** The next child stream; the k-th child of a seed is always the same stream. */
  split(): this {
    const Stream = this.constructor as new (seed: string) => this;
    return new Stream(`${this.#path}/${this.#children++}`);
  }
}

function checkCount(n: number): void {
  if (!Number.isInteger(n) || n < 0) throw new ConfigError(`rng: n must be a non-negative integer, got ${n}.`);
}

function checkNotNegative(value: number, name: string, what: string): void {
  if (!(value >= 0)) throw new ConfigError(`rng: ${what}'s ${name} must not be negative, got ${value}.`);
}

/** The stream a seed stands for; a fresh, unpredictable one when there is none. */
export function toRng(seed: Seed | undefined): Rng {
  if (seed instanceof Rng) return seed;
  return new Rng(seed ?? `${Date.now()}:${Math.random()}`);
}
