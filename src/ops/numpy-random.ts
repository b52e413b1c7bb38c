import { polarPair } from '../core/draws';
import { ConfigError } from '../core/errors';
import { TensorRng } from './random';

const N = 624;
const M = 397;

/**
 * NumPy's legacy `RandomState`: the Mersenne Twister MT19937 and the ways NumPy draws from it, so that a split, a shuffle
 * or a resampling is the very one scikit-learn or imbalanced-learn makes for the same `random_state`.
 */
export class NumpyRandom extends TensorRng {
  readonly #state: Uint32Array;
  #at = N;
  #spareNormal: number | null = null;

  constructor(seed: number | string) {
    super(seed);
    const n = Number(seed);
    // A whole number, or the text of one (which `restart` passes on), seeds as NumPy does; children have no NumPy
    // counterpart and are seeded by the characters of their path.
    this.#state = Number.isInteger(n) && n >= 0 && n < 2 ** 32 ? seedByNumber(n) : seedByText(seed);
  }

  /** Uniform in [0, 1), 53 bits of randomness. */
  override random(): number {
    const a = this.#word() >>> 5;
    const b = this.#word() >>> 6;
    return (a * 67108864 + b) / 9007199254740992;
  }

  /** Standard normal, in the order of NumPy's `legacy_gauss`: the second of a pair comes first. */
  override gaussian(): number {
    if (this.#spareNormal !== null) {
      const z = this.#spareNormal;
      this.#spareNormal = null;
      return z;
    }
    const [second, first] = polarPair(this);
    this.#spareNormal = second;
    return first;
  }

  /** An integer in [0, max), by masking and rejection as `randint` and `shuffle` do; max ≤ 2^53. */
  override integer(max: number): number {
    if (!Number.isInteger(max) || max < 1 || max > 2 ** 53) {
      throw new ConfigError(`numpyRandom: max must be an integer in [1, 2^53], got ${max}.`);
    }
    const top = max - 1;
    if (top === 0) return 0;
    if (top > 0xffffffff) return this.#wide(top);
    const mask = 0xffffffff >>> Math.clz32(top);
    for (;;) {
      const value = (this.#word() & mask) >>> 0;
      if (value <= top) return value;
    }
  }

  /** An integer in [0, top] of more than 32 bits: the first word drawn is the higher. */
  #wide(top: number): number {
    const mask = 0xffffffff >>> Math.clz32(top / 2 ** 32);
    for (;;) {
      const high = (this.#word() & mask) >>> 0;
      const value = high * 2 ** 32 + this.#word();
      if (value <= top) return value;
    }
  }

  #word(): number {
    if (this.#at === N) {
      twist(this.#state);
      this.#at = 0;
    }
    let y = this.#state[this.#at++]!;
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return (y ^ (y >>> 18)) >>> 0;
  }
}

function seedByNumber(seed: number): Uint32Array {
  const state = new Uint32Array(N);
  state[0] = seed;
  for (let i = 1; i < N; i++) {
    const previous = state[i - 1]! ^ (state[i - 1]! >>> 30);
    state[i] = Math.imul(1812433253, previous) + i;
  }
  return state;
}

function seedByText(seed: number | string): Uint32Array {
  if (typeof seed !== 'string') {
    throw new ConfigError(`numpyRandom: the seed must be an integer in [0, 2^32), as in NumPy, got ${seed}.`);
  }
  const key = Array.from(seed, (c) => c.codePointAt(0)!);
  const state = seedByNumber(19650218);
  let i = 1;
  let j = 0;
  const step = (factor: number, add: number): void => {
    const previous = state[i - 1]! ^ (state[i - 1]! >>> 30);
    state[i] = (state[i]! ^ Math.imul(previous, factor)) + add;
    if (++i === N) {
      state[0] = state[N - 1]!;
      i = 1;
    }
  };
  for (let k = Math.max(N, key.length); k > 0; k--) {
    step(1664525, (key[j] ?? 0) + j);
    j = j + 1 >= key.length ? 0 : j + 1;
  }
  for (let k = N - 1; k > 0; k--) step(1566083941, -i);
  state[0] = 0x80000000;
  return state;
}

function twist(state: Uint32Array): void {
  for (let i = 0; i < N; i++) {
    const y = (state[i]! & 0x80000000) | (state[(i + 1) % N]! & 0x7fffffff);
    state[i] = state[(i + M) % N]! ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
  }
}

/**
 * A stream of random numbers equal to NumPy's legacy `RandomState(seed)`, accepted wherever a seed is.
 *
 * Given as the `seed` of a splitter or resampler, that one draws what scikit-learn or imbalanced-learn draws for
 * `random_state=seed`, and restarts the stream where they restart from an int.
 *
 * Its methods are those of `rng(seed)`, and draw as NumPy's do: `random()` as `random_sample`, `integer(max)` and
 * `integers(n, max)` as `randint(max)`, `permutation`, `shuffle`, `choice`, `gaussian()` as `randn`, `gamma(shape)`, `beta`,
 * `exponential`, `binomial`, `multinomial`.
 *
 * @param seed - an integer in [0, 2^32).
 * @returns a stream with the methods of `rng(seed)`.
 * @throws ConfigError for another number.
 *
 * Reference: Matsumoto & Nishimura 1998, “Mersenne Twister”.
 *
 * @example
 * ```ts
 * import { numpyRandom } from 'kompakt';
 * console.log(Array.from(numpyRandom(0).permutation(5))); // → [ 2, 0, 1, 3, 4 ]
 * console.log(numpyRandom(0).choice(['a', 'b', 'c'], { size: 4, p: [0.7, 0.2, 0.1] })); // → [ 'a', 'b', 'a', 'a' ]
 * ```
 */
export function numpyRandom(seed: number): NumpyRandom {
  return new NumpyRandom(seed);
}
