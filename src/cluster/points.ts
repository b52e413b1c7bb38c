import { scope } from '../core/scope';
import type { Tensor } from '../core/tensor';
import { countFeatures, countSamples, type Dense, type Samples } from '../data/matrix';
import { type CsrMatrix, isSparse } from '../data/sparse';
import { tensor } from '../ops/create';
import { nearestRows } from '../ops/distance';

/** Samples as clustering needs them, dense or sparse. Centres are dense: `[k, cols]` in one array. */
export interface Points {
  readonly rows: number;
  readonly cols: number;
  /** Writes to `labels` which centre is nearest to each point: of equally near ones the first. */
  assign(centers: Float64Array, labels: Int32Array): void;
  /** Adds w times point i to `out`, from `at`. */
  add(i: number, w: number, out: Float64Array, at: number): void;
  /** Squared distance of point i from the centre that begins at `at`. */
  squaredDistance(i: number, centers: Float64Array, at: number): number;
  /** Squared distances of all points from one centre. */
  distancesTo(center: Float64Array, out: Float64Array): void;
  take(index: Int32Array): Points;
}

export function pointsOf(samples: Samples): Points {
  return isSparse(samples) ? new SparsePoints(samples) : new DensePoints(samples);
}

/** How many samples and features there are. */
export const sizeOf = (samples: Samples): { readonly rows: number; readonly cols: number } => ({
  rows: countSamples(samples),
  cols: countFeatures(samples),
});

/** Distances and columns from which on the engine is faster than a loop. */
const MANY = 1e6;
const WIDE = 40;

class DensePoints implements Points {
  readonly rows: number;
  readonly cols: number;
  readonly #data: Float64Array;
  #onEngine: Tensor | null = null;

  constructor({ data, rows, cols }: Dense) {
    this.#data = data;
    this.rows = rows;
    this.cols = cols;
  }

  assign(centers: Float64Array, labels: Int32Array): void {
    const k = centers.length / this.cols;
    if (centers.length >= WIDE && this.rows * centers.length >= MANY) {
      this.#onEngine ??= tensor(this.#data, { shape: [this.rows, this.cols] });
      const x = this.#onEngine;
      const nearest = scope(() =>
        nearestRows(x, tensor(centers, { shape: [k, this.cols] }), { k: 1, others: false }).dataSync(),
      );
      labels.set(nearest as Int32Array);
      return;
    }
    for (let i = 0; i < this.rows; i++) {
      let best = 0;
      let least = Infinity;
      for (let c = 0; c < k; c++) {
        const d = this.squaredDistance(i, centers, c * this.cols);
        if (d < least) {
          least = d;
          best = c;
        }
      }
      labels[i] = best;
    }
  }

  add(i: number, w: number, out: Float64Array, at: number): void {
    const from = i * this.cols;
    for (let c = 0; c < this.cols; c++) out[at + c]! += w * this.#data[from + c]!;
  }

  squaredDistance(i: number, centers: Float64Array, at: number): number {
    const data = this.#data;
    const cols = this.cols;
    const from = i * cols;
    let sum = 0;
    for (let c = 0; c < cols; c++) {
      const d = data[from + c]! - centers[at + c]!;
      sum += d * d;
    }
    return sum;
  }

  distancesTo(center: Float64Array, out: Float64Array): void {
    const data = this.#data;
    const cols = this.cols;
    const whole = cols - (cols % 4);
    for (let i = 0, at = 0; i < out.length; i++) {
      // Four sums side by side, so that additions don't wait for each other.
      let [a, b, c, d] = [0, 0, 0, 0];
      let t = 0;
      for (; t < whole; t += 4, at += 4) {
        const w = data[at]! - center[t]!;
        const x = data[at + 1]! - center[t + 1]!;
        const y = data[at + 2]! - center[t + 2]!;
        const z = data[at + 3]! - center[t + 3]!;
        a += w * w;
        b += x * x;
        c += y * y;
        d += z * z;
      }
      for (; t < cols; t++, at++) a += (data[at]! - center[t]!) ** 2;
      out[i] = a + b + (c + d);
    }
  }

  take(index: Int32Array): Points {
    const data = new Float64Array(index.length * this.cols);
    for (let i = 0; i < index.length; i++) {
      data.set(this.#data.subarray(index[i]! * this.cols, (index[i]! + 1) * this.cols), i * this.cols);
    }
    return new DensePoints({ data, rows: index.length, cols: this.cols });
  }
}

class SparsePoints implements Points {
  readonly rows: number;
  readonly cols: number;
  readonly #X: CsrMatrix;
  readonly #norms: Float64Array;

  constructor(X: CsrMatrix) {
    this.#X = X;
    [this.rows, this.cols] = X.shape;
    this.#norms = Float64Array.from({ length: this.rows }, (_, i) => this.#fold(i, (v) => v * v));
  }

  assign(centers: Float64Array, labels: Int32Array): void {
    const k = centers.length / this.cols;
    const norms = normsOf(centers, this.cols);
    for (let i = 0; i < this.rows; i++) {
      let least = Infinity;
      for (let c = 0; c < k; c++) {
        const d = norms[c]! - 2 * this.#dot(i, centers, c * this.cols);
        if (d < least) {
          least = d;
          labels[i] = c;
        }
      }
    }
  }

  add(i: number, w: number, out: Float64Array, at: number): void {
    const { data, indices, indptr } = this.#X;
    for (let e = indptr[i]!; e < indptr[i + 1]!; e++) out[at + indices[e]!]! += w * data[e]!;
  }

  /** ‖x‖² + ‖c‖² − 2 x·c, which touches no column without an entry; rounding must not make it negative. */
  squaredDistance(i: number, centers: Float64Array, at: number): number {
    const norm = normsOf(centers.subarray(at, at + this.cols), this.cols)[0]!;
    return Math.max(0, this.#norms[i]! + norm - 2 * this.#dot(i, centers, at));
  }

  distancesTo(center: Float64Array, out: Float64Array): void {
    const norm = normsOf(center, this.cols)[0]!;
    for (let i = 0; i < out.length; i++) out[i] = Math.max(0, this.#norms[i]! + norm - 2 * this.#dot(i, center, 0));
  }

  take(index: Int32Array): Points {
    return new SparsePoints(this.#X.takeRows(index));
  }

  #dot(i: number, centers: Float64Array, at: number): number {
    const { data, indices, indptr } = this.#X;
    let sum = 0;
    for (let e = indptr[i]!, end = indptr[i + 1]!; e < end; e++) sum += data[e]! * centers[at + indices[e]!]!;
    return sum;
  }

  #fold(i: number, f: (v: number) => number): number {
    const { data, indptr } = this.#X;
    let sum = 0;
    for (let e = indptr[i]!; e < indptr[i + 1]!; e++) sum += f(data[e]!);
    return sum;
  }
}

function normsOf(centers: Float64Array, cols: number): Float64Array {
  const norms = new Float64Array(centers.length / cols);
  for (let at = 0; at < centers.length; at++) norms[Math.floor(at / cols)]! += centers[at]! * centers[at]!;
  return norms;
}
