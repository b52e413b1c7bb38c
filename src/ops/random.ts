import type { Backend } from '../core/backend';
import { checkDType, type DType, isFloating } from '../core/dtype';
import { ConfigError, DTypeError } from '../core/errors';
import { Rng } from '../core/rng';
import { type Shape, sizeOf } from '../core/shape';
import type { Tensor } from '../core/tensor';
import { generate } from './create';

interface Target {
  /** float32 (default) or float64. */
  readonly dtype?: DType | undefined;
  readonly backend?: Backend | undefined;
}

/** A stream of random numbers that also makes tensors; see {@link rng}. */
export class TensorRng extends Rng {
  /**
   * Uniform in [min, max): x = min + (max − min)·u.
   *
   * @param options - `min = 0`, `max = 1`, `dtype = 'float32'`, `backend`.
   */
  uniform(shape: Shape, options: Target & { readonly min?: number; readonly max?: number } = {}): Tensor {
    const { min = 0, max = 1 } = options;
    if (!(min <= max)) throw new ConfigError(`uniform: min must not be above max, got ${min} and ${max}.`);
    return this.#fill(shape, options, 'uniform', () => min + (max - min) * this.random());
  }

  /**
   * Normal with the given mean and standard deviation: x = mean + std·z.
   *
   * @param options - `mean = 0`, `std = 1`, `dtype = 'float32'`, `backend`.
   */
  normal(shape: Shape, options: Target & { readonly mean?: number; readonly std?: number } = {}): Tensor {
    const { mean = 0, std = 1 } = options;
    if (!(std >= 0)) throw new ConfigError(`normal: std must not be negative, got ${std}.`);
    return this.#fill(shape, options, 'normal', () => mean + std * this.gaussian());
  }

  /** 1 with probability `p`, else 0: the mask of a dropout; float32 unless another float dtype is asked for. */
  bernoulli(shape: Shape, p = 0.5, options: Target = {}): Tensor {
    if (!(p >= 0 && p <= 1)) throw new ConfigError(`bernoulli: p is a probability in [0, 1], got ${p}.`);
    return this.#fill(shape, options, 'bernoulli', () => (this.random() < p ? 1 : 0));
  }

  #fill(shape: Shape, { dtype = 'float32', backend }: Target, what: string, draw: () => number): Tensor {
    checkDType(dtype);
    if (!isFloating(dtype))
      throw new DTypeError(`${what}: dtype must be float32 or float64, got ${dtype}. Cast the result.`);
    return generate(shape, { dtype, backend }, what, (put) => {
      const size = sizeOf(shape);
      for (let i = 0; i < size; i++) put(i, draw());
    });
  }
}

/**
 * A stream of random numbers (seedrandom's Alea), the same on every platform for the same seed.
 *
 * It has `uniform(shape, { min, max })`, `normal(shape, { mean, std })` and `bernoulli(shape, p)` for tensors,
 * `permutation(n)`, `integers(n, max)` and `choice(n, { size, replace, p })` for index arrays, `shuffle(list)` in place,
 * `random()`, `gaussian()`, `integer(max)`, `exponential(scale)`, `gamma(shape, scale)`, `beta(a, b)` and `binomial(n, p)`
 * for single numbers, `multinomial(n, p)`, and `split()`, whose k-th call gives the seed's k-th child: a stream independent of this one and of how much
 * was drawn from it. Every draw moves the stream on.
 *
 * @param seed - a finite number or a string; without one, the stream is unpredictable.
 * @throws ConfigError for a seed that is not finite.
 *
 * @example
 * ```ts
 * import { rng } from 'kompakt';
 * const a = rng(42).normal([1000], { mean: 5 });
 * const b = rng(42).normal([1000], { mean: 5 });
 * console.log(a.dataSync()[7] === b.dataSync()[7], rng(42).permutation(5).length); // → true 5
 * ```
 */
export function rng(seed?: number | string): TensorRng {
  return new TensorRng(seed ?? `${Date.now()}:${Math.random()}`);
}
