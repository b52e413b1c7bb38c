import type { CscMatrix } from '../data/sparse';
import { isSparse } from '../data/sparse';
import type { Centred } from './centre';
import { addAt, dotAt } from './vectors';

/**
 * The columns of centred samples with a residual r beside them, as coordinate descent needs them.
 */
export interface CoordinateColumns {
  /** ‖x_j‖² of each column. */
  readonly squares: Float64Array;
  /** x_j·r. */
  dot(j: number): number;
  /** r += c·x_j. */
  add(j: number, c: number): void;
  /** The residual itself; not to be written to. */
  residual(): Float64Array;
}

/** Columns with r = y. */
export function columnsOf(problem: Centred): CoordinateColumns {
  return isSparse(problem.X) ? new SparseColumns(problem, problem.X.toCsc()) : new DenseColumns(problem);
}

class DenseColumns implements CoordinateColumns {
  readonly squares: Float64Array;
  readonly #data: Float64Array;
  readonly #rows: number;
  readonly #residual: Float64Array;

  constructor({ X, mean, root, targets }: Centred) {
    const { data, rows, cols } = X as { readonly data: Float64Array; readonly rows: number; readonly cols: number };
    this.#rows = rows;
    this.#data = new Float64Array(rows * cols);
    this.squares = new Float64Array(cols);
    for (let i = 0, at = 0; i < rows; i++) {
      const s = root === null ? 1 : root[i]!;
      for (let j = 0; j < cols; j++) this.#data[j * rows + i] = (data[at++]! - mean[j]!) * s;
    }
    for (let j = 0; j < cols; j++) {
      this.squares[j] = dotAt(this.#data, j * rows, this.#data, j * rows, rows);
    }
    this.#residual = targets[0]!.slice();
  }

  dot(j: number): number {
    return dotAt(this.#data, j * this.#rows, this.#residual, 0, this.#rows);
  }

  add(j: number, c: number): void {
    addAt(this.#residual, 0, c, this.#data, j * this.#rows, this.#rows);
  }

  residual(): Float64Array {
    return this.#residual;
  }
}

/** Columns whose mean is never written out: r = `#rest` + `#shift`·√weights. */
class SparseColumns implements CoordinateColumns {
  readonly squares: Float64Array;
  readonly #X: CscMatrix;
  readonly #mean: Float64Array;
  readonly #root: Float64Array;
  /** Entries times their sample's √weight. */
  readonly #values: Float64Array;
  /** Of each column, its product with √weights. */
  readonly #sums: Float64Array;
  readonly #rest: Float64Array;
  #shift = 0;
  /** `#rest`·√weights. */
  #restSum = 0;
  /** Σ weights. */
  #total = 0;

  constructor({ mean, root, targets }: Centred, X: CscMatrix) {
    this.#X = X;
    this.#mean = mean;
    this.#rest = targets[0]!.slice();
    this.#root = root ?? new Float64Array(this.#rest.length).fill(1);
    this.#values = X.data.map((v, e) => v * this.#root[X.indices[e]!]!);
    for (let i = 0; i < this.#rest.length; i++) {
      this.#restSum += this.#rest[i]! * this.#root[i]!;
      this.#total += this.#root[i]! ** 2;
    }
    this.#sums = mean.map((_, j) => {
      let sum = 0;
      for (let e = X.indptr[j]!; e < X.indptr[j + 1]!; e++) sum += this.#values[e]! * this.#root[X.indices[e]!]!;
      return sum;
    });
    this.squares = mean.map((m, j) => {
      let sum = 0;
      let seen = 0;
      for (let e = X.indptr[j]!; e < X.indptr[j + 1]!; e++) {
        const s = this.#root[X.indices[e]!]!;
        sum += (this.#values[e]! - m * s) ** 2;
        seen += s * s;
      }
      return sum + m * m * Math.max(0, this.#total - seen);
    });
  }

  dot(j: number): number {
    const { indices, indptr } = this.#X;
    const r = this.#rest;
    const values = this.#values;
    let sum = this.#shift * this.#sums[j]!;
    for (let e = indptr[j]!, end = indptr[j + 1]!; e < end; e++) sum += values[e]! * r[indices[e]!]!;
    return sum - this.#mean[j]! * (this.#restSum + this.#shift * this.#total);
  }

  add(j: number, c: number): void {
    const { indices, indptr } = this.#X;
    const r = this.#rest;
    const values = this.#values;
    for (let e = indptr[j]!, end = indptr[j + 1]!; e < end; e++) r[indices[e]!]! += c * values[e]!;
    this.#restSum += c * this.#sums[j]!;
    this.#shift -= c * this.#mean[j]!;
  }

  residual(): Float64Array {
    return this.#rest.map((v, i) => v + this.#shift * this.#root[i]!);
  }
}
