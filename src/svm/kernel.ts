import { ConfigError } from '../core/errors';
import { shown } from '../core/shown';
import { countFeatures, countSamples, type Samples } from '../data/matrix';
import { isSparse } from '../data/sparse';
import { checkNumber } from '../estimator/settings';
import { checkOption } from '../metrics/warning';
import { dotRows, loadRow, squaredDistances, squaredNorms } from './products';

/** rbf: exp(−γ‖x − z‖²); linear: x·z; poly: (γ·x·z + c₀)ᵈ; sigmoid: tanh(γ·x·z + c₀). */
export type KernelName = 'rbf' | 'linear' | 'poly' | 'sigmoid';

export interface KernelOptions {
  /** `'rbf'` by default; see {@link KernelName}. */
  readonly kernel?: KernelName | undefined;
  /** d of the poly kernel; 3 by default. */
  readonly degree?: number | undefined;
  /** γ: a number, `'scale'` (default): 1 / (features · variance of all elements), or `'auto'`: 1 / features. */
  readonly gamma?: 'scale' | 'auto' | number | undefined;
  /** c₀ of the poly and sigmoid kernels; 0 by default. */
  readonly coef0?: number | undefined;
}

/** A kernel with all its numbers. */
export interface Kernel {
  readonly name: KernelName;
  readonly gamma: number;
  readonly degree: number;
  readonly coef0: number;
}

export const KERNEL_OPTIONS: readonly string[] = ['kernel', 'degree', 'gamma', 'coef0'];

/** Checks the options of a kernel, and sets γ for the samples. */
export function resolveKernel(options: KernelOptions, X: Samples, what: string): Kernel {
  const { kernel = 'rbf', degree = 3, gamma = 'scale', coef0 = 0 } = options;
  const name = checkOption<KernelName>(kernel, ['rbf', 'linear', 'poly', 'sigmoid'], 'kernel', what);
  checkNumber(degree, 'degree', what, { min: 0, integer: true });
  checkNumber(coef0, 'coef0', what);
  return { name, gamma: resolveGamma(gamma, X, what), degree, coef0 };
}

function resolveGamma(gamma: unknown, X: Samples, what: string): number {
  if (gamma === 'auto') return 1 / countFeatures(X);
  if (gamma === 'scale') {
    const variance = varianceOfAll(X);
    return variance === 0 ? 1 : 1 / (countFeatures(X) * variance);
  }
  if (typeof gamma === 'number' && Number.isFinite(gamma) && gamma >= 0) return gamma;
  throw new ConfigError(`${what}: gamma must be 'scale', 'auto' or a number ≥ 0, got ${shown(gamma)}.`);
}

/** The variance of all elements, zeros of a sparse matrix included. */
function varianceOfAll(X: Samples): number {
  const { data } = X;
  const n = countSamples(X) * countFeatures(X);
  let sum = 0;
  for (let i = 0; i < data.length; i++) sum += data[i]!;
  const mean = sum / n;
  let squares = (n - data.length) * mean * mean;
  for (let i = 0; i < data.length; i++) squares += (data[i]! - mean) ** 2;
  return squares / n;
}

/**
 * Kernel values from products, in place.
 *
 * @param dots - x·zₖ at the places `from` … `to − 1`.
 * @param square - ‖x‖²; read by rbf alone.
 * @param squares - ‖z‖² by row.
 * @param rows - the row of each place.
 */
export function kernelOfDots(
  { name, gamma, degree, coef0 }: Kernel,
  dots: Float64Array,
  from: number,
  to: number,
  square: number,
  squares: Float64Array,
  rows: Int32Array,
): void {
  if (name === 'rbf')
    for (let k = from; k < to; k++) dots[k] = Math.exp(-gamma * (square + squares[rows[k]!]! - 2 * dots[k]!));
  else if (name === 'poly') for (let k = from; k < to; k++) dots[k] = (gamma * dots[k]! + coef0) ** degree;
  else if (name === 'sigmoid') for (let k = from; k < to; k++) dots[k] = Math.tanh(gamma * dots[k]! + coef0);
}

/** Kernel values between new samples and those a model keeps, one new sample at a time. */
export class KernelColumns {
  readonly #kernel: Kernel;
  readonly #kept: Samples;
  readonly #squares: Float64Array;
  readonly #all: Int32Array;
  readonly #q: Float64Array;
  readonly #out: Float64Array;

  constructor(kernel: Kernel, kept: Samples) {
    this.#kernel = kernel;
    this.#kept = kept;
    this.#squares = squaredNorms(kept);
    this.#all = Int32Array.from({ length: countSamples(kept) }, (_, i) => i);
    this.#q = new Float64Array(countFeatures(kept));
    this.#out = new Float64Array(countSamples(kept));
  }

  /** K(x, zₖ) for row `r` of `X` and every sample kept; the array is used again by the next call. */
  at(X: Samples, r: number): Float64Array {
    const q = this.#q;
    const out = this.#out;
    loadRow(X, r, q);
    const { name, gamma } = this.#kernel;
    if (name === 'rbf' && !isSparse(this.#kept)) {
      // Differences keep the digits that ‖x‖² + ‖z‖² − 2·x·z loses for close points.
      squaredDistances(this.#kept, q, out);
      for (let k = 0; k < out.length; k++) out[k] = Math.exp(-gamma * out[k]!);
      return out;
    }
    let square = 0;
    for (let j = 0; j < q.length; j++) square += q[j]! * q[j]!;
    dotRows(this.#kept, q, this.#all, 0, out.length, out);
    kernelOfDots(this.#kernel, out, 0, out.length, square, this.#squares, this.#all);
    return out;
  }
}
