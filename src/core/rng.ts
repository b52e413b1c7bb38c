import alea from 'seedrandom/lib/alea.js';
import { ConfigError } from './errors';

/** Where randomness comes from: a number or string to start a stream from, or a stream. */
export type Seed = number | string | Rng;

/** Two independent standard normal numbers from a stream of uniform ones, by Marsaglia's polar method. */
export function polarPair(stream: { random(): number }): [number, number] {
  for (;;) {
    const u = 2 * stream.random() - 1;
    const v = 2 * stream.random() - 1;
    const s = u * u + v * v;
    if (s > 0 && s < 1) {
      const f = Math.sqrt((-2 * Math.log(s)) / s);
      return [u * f, v * f];
    }
  }
}

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
    return Int32Array.from({ length: n }, () => this.integer(max));
  }

  /** The numbers 0 … n − 1 in random order (Fisher–Yates). */
  permutation(n: number): Int32Array {
    checkCount(n);
    const p = Int32Array.from({ length: n }, (_, i) => i);
    for (let i = n - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      const t = p[i]!;
      p[i] = p[j]!;
      p[j] = t;
    }
    return p;
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

/** The stream a seed stands for; a fresh, unpredictable one when there is none. */
export function toRng(seed: Seed | undefined): Rng {
  if (seed instanceof Rng) return seed;
  return new Rng(seed ?? `${Date.now()}:${Math.random()}`);
}
