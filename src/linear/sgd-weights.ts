import type { Samples } from '../data/matrix';
import { SampleRows } from './sample-rows';

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
  readonly #rows: SampleRows;

  constructor(X: Samples, { raw, scale, mean }: SgdState) {
    this.scale = scale;
    this.raw = raw.slice();
    this.#sum = mean === null ? null : mean.sum.slice();
    this.#a = mean?.a ?? 0;
    this.#b = mean?.b ?? 1;
    this.#rows = new SampleRows(X);
  }

  /** w·x of sample `i`. */
  dot(i: number): number {
    return this.#rows.dot(i, this.raw) * this.scale;
  }

  /** ‖x‖² of sample `i`. */
  squaredNorm(i: number): number {
    return this.#rows.squaredNorm(i);
  }

  /** w += c·x of sample `i`. */
  add(i: number, c: number): void {
    this.#rows.add(i, c / this.scale, this.raw);
  }

  /** Takes w into the mean of `count` of them, after w += c·x of sample `i`. */
  addToMean(i: number, c: number, count: number): void {
    this.#rows.add(i, this.#a * (-c / this.scale), this.#sum!);
    const share = 1 / count;
    if (count > 1) this.#b /= 1 - share;
    this.#a += share * this.#b * this.scale;
  }

  /** w *= c. */
  shrink(c: number): void {
    this.scale *= c;
    if (this.scale >= SMALLEST_SCALE) return;
    this.#settleMean();
    for (let j = 0; j < this.raw.length; j++) this.raw[j]! *= this.scale;
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
    const rows = this.#rows;
    for (let e = rows.start(i), end = rows.end(i); e < end; e++) {
      const j = rows.feature(i, e);
      const before = raw[j]!;
      if (before > 0) raw[j] = Math.max(0, before - (due + paid[j]!) / scale);
      else if (before < 0) raw[j] = Math.min(0, before + (due - paid[j]!) / scale);
      paid[j]! += scale * (raw[j]! - before);
    }
  }

  isFinite(): boolean {
    let sum = 0;
    for (let j = 0; j < this.raw.length; j++) sum += this.raw[j]!;
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
