import type { Samples } from '../data/matrix';
import { isSparse } from '../data/sparse';

/** Where SGD stands: what it takes to go on as if it had not stopped. */
export interface SgdState {
  /** Coefficients before `scale` is applied. */
  readonly raw: Float64Array;
  readonly scale: number;
  readonly intercept: number;
  /** Running mean of the coefficients: (`sum` + `a`·`raw`) / `b`; null where none is kept. */
  readonly mean: {
    readonly sum: Float64Array;
    readonly a: number;
    readonly b: number;
    readonly intercept: number;
  } | null;
}

/** Below this scale the coefficients are written out, before digits get lost. */
const SMALLEST_SCALE = 1e-9;

/**
 * Coefficients w = scale · raw, so that shrinking all of them costs one multiplication, with their running mean kept as
 * cheaply.
 *
 * Reference: Bottou 2012, “Stochastic Gradient Descent Tricks”; Xu 2011, “Towards Optimal One Pass Large Scale Learning
 * with Averaged Stochastic Gradient Descent”.
 */
export class ScaledWeights {
  scale: number;
  /** Coefficients before `scale` is applied. */
  readonly raw: Float64Array;
  readonly #sum: Float64Array | null;
  #a: number;
  #b: number;
  readonly #data: Float64Array;
  readonly #indices: Int32Array | null;
  readonly #indptr: Int32Array | null;
  readonly #cols: number;

  constructor(X: Samples, { raw, scale, mean }: SgdState) {
    this.scale = scale;
    this.raw = raw.slice();
    this.#sum = mean === null ? null : mean.sum.slice();
    this.#a = mean?.a ?? 0;
    this.#b = mean?.b ?? 1;
    this.#data = X.data;
    this.#indices = isSparse(X) ? X.indices : null;
    this.#indptr = isSparse(X) ? X.indptr : null;
    this.#cols = raw.length;
  }

  /** w·x of sample `i`. */
  dot(i: number): number {
    const raw = this.raw;
    const data = this.#data;
    let sum = 0;
    if (this.#indices === null) {
      const n = this.#cols;
      const start = i * n;
      for (let j = 0; j < n; j++) sum += raw[j]! * data[start + j]!;
    } else {
      const indices = this.#indices;
      for (let e = this.#indptr![i]!, end = this.#indptr![i + 1]!; e < end; e++) sum += raw[indices[e]!]! * data[e]!;
    }
    return sum * this.scale;
  }

  /** ‖x‖² of sample `i`. */
  squaredNorm(i: number): number {
    const start = this.#indptr === null ? i * this.#cols : this.#indptr[i]!;
    const end = this.#indptr === null ? start + this.#cols : this.#indptr[i + 1]!;
    let sum = 0;
    for (let e = start; e < end; e++) sum += this.#data[e]! * this.#data[e]!;
    return sum;
  }

  /** w += c·x of sample `i`. */
  add(i: number, c: number): void {
    this.#addTo(this.raw, i, c / this.scale);
  }

  /** Takes w into the mean of `count` of them, after w += c·x of sample `i`. */
  addToMean(i: number, c: number, count: number): void {
    this.#addTo(this.#sum!, i, this.#a * (-c / this.scale));
    const share = 1 / count;
    if (count > 1) this.#b /= 1 - share;
    this.#a += share * this.#b * this.scale;
  }

  #addTo(target: Float64Array, i: number, c: number): void {
    const data = this.#data;
    if (this.#indices === null) {
      const n = this.#cols;
      const start = i * n;
      for (let j = 0; j < n; j++) target[j]! += data[start + j]! * c;
    } else {
      const indices = this.#indices;
      for (let e = this.#indptr![i]!, end = this.#indptr![i + 1]!; e < end; e++) target[indices[e]!]! += data[e]! * c;
    }
  }

  /** w *= c. */
  shrink(c: number): void {
    this.scale *= c;
    if (this.scale >= SMALLEST_SCALE) return;
    this.#settleMean();
    for (let j = 0; j < this.#cols; j++) this.raw[j]! *= this.scale;
    this.scale = 1;
  }

  #settleMean(): void {
    const sum = this.#sum;
    if (sum === null) return;
    for (let j = 0; j < sum.length; j++) sum[j] = (sum[j]! + this.#a * this.raw[j]!) / this.#b;
    this.#a = 0;
    this.#b = 1;
  }

  /**
   * Moves the coefficients of sample `i`'s features towards 0, to where the penalties of all steps so far would have them,
   * but not across 0.
   *
   * @param due - the sum of the penalties of all steps.
   * @param paid - what each coefficient has already been moved by.
   *
   * Reference: Tsuruoka, Tsujii, Ananiadou 2009, “Stochastic Gradient Descent Training for L1-regularized Log-linear Models
   * with Cumulative Penalty”.
   */
  pay(i: number, due: number, paid: Float64Array): void {
    const raw = this.raw;
    const scale = this.scale;
    const start = this.#indptr === null ? 0 : this.#indptr[i]!;
    const end = this.#indptr === null ? this.#cols : this.#indptr[i + 1]!;
    for (let e = start; e < end; e++) {
      const j = this.#indices === null ? e : this.#indices[e]!;
      const before = raw[j]!;
      if (before > 0) raw[j] = Math.max(0, before - (due + paid[j]!) / scale);
      else if (before < 0) raw[j] = Math.min(0, before + (due - paid[j]!) / scale);
      paid[j]! += scale * (raw[j]! - before);
    }
  }

  isFinite(): boolean {
    let sum = 0;
    for (let j = 0; j < this.#cols; j++) sum += this.raw[j]!;
    return Number.isFinite(sum) || this.raw.every(Number.isFinite);
  }

  /** The state, with the intercepts kept beside. */
  state(intercept: number, meanIntercept: number): SgdState {
    return {
      raw: this.raw.slice(),
      scale: this.scale,
      intercept,
      mean: this.#sum === null ? null : { sum: this.#sum.slice(), a: this.#a, b: this.#b, intercept: meanIntercept },
    };
  }
}

/** A state in which nothing is learned yet. */
export function blankState(features: number, averaged: boolean): SgdState {
  return {
    raw: new Float64Array(features),
    scale: 1,
    intercept: 0,
    mean: averaged ? { sum: new Float64Array(features), a: 0, b: 1, intercept: 0 } : null,
  };
}

/** The coefficients of a state. */
export function coefOf({ raw, scale }: SgdState): Float64Array {
  return scale === 1 ? raw : raw.map((v) => v * scale);
}

/** The mean of the coefficients so far. */
export function meanCoefOf({ raw, mean }: SgdState): Float64Array {
  const { sum, a, b } = mean!;
  return sum.map((v, j) => (v + a * raw[j]!) / b);
}
