import { countFeatures, type Samples } from '../data/matrix';
import { isSparse } from '../data/sparse';
import { addAt } from './vectors';

/** Rows of samples, dense or sparse, as methods that go through one sample after the other need them. */
export class SampleRows {
  readonly #data: Float64Array;
  readonly #indices: Int32Array | null;
  readonly #indptr: Int32Array | null;
  readonly #cols: number;

  constructor(X: Samples) {
    this.#data = X.data;
    this.#indices = isSparse(X) ? X.indices : null;
    this.#indptr = isSparse(X) ? X.indptr : null;
    this.#cols = countFeatures(X);
  }

  /** x·v of sample `i`. */
  dot(i: number, v: Float64Array): number {
    const data = this.#data;
    let sum = 0;
    if (this.#indices === null) {
      const n = this.#cols;
      const start = i * n;
      // One sum, in the order of the features: scikit-learn's, to the bit.
      for (let j = 0; j < n; j++) sum += v[j]! * data[start + j]!;
    } else {
      const indices = this.#indices;
      for (let e = this.#indptr![i]!, end = this.#indptr![i + 1]!; e < end; e++) sum += v[indices[e]!]! * data[e]!;
    }
    return sum;
  }

  /** v += c·x of sample `i`. */
  add(i: number, c: number, v: Float64Array): void {
    const data = this.#data;
    if (this.#indices === null) addAt(v, 0, c, data, i * this.#cols, this.#cols);
    else {
      const indices = this.#indices;
      for (let e = this.#indptr![i]!, end = this.#indptr![i + 1]!; e < end; e++) v[indices[e]!]! += data[e]! * c;
    }
  }

  /** ‖x‖² of sample `i`. */
  squaredNorm(i: number): number {
    let sum = 0;
    for (let e = this.start(i), end = this.end(i); e < end; e++) sum += this.#data[e]! * this.#data[e]!;
    return sum;
  }

  /** First entry of sample `i`. */
  start(i: number): number {
    return this.#indptr === null ? i * this.#cols : this.#indptr[i]!;
  }

  /** Entry after the last of sample `i`. */
  end(i: number): number {
    return this.#indptr === null ? (i + 1) * this.#cols : this.#indptr[i + 1]!;
  }

  /** Feature of entry `e` of sample `i`. */
  feature(i: number, e: number): number {
    return this.#indices === null ? e - i * this.#cols : this.#indices[e]!;
  }
}
