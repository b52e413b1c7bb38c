import type { Samples } from '../data/matrix';
import { countFeatures } from '../data/matrix';
import { type Kernel, kernelOfDots } from './kernel';
import { dotRows, loadRow } from './products';

/** A row that has been computed up to `filled`. */
interface Line {
  readonly values: Float32Array;
  filled: number;
}

/**
 * The matrix Q with Q_st = y_s·y_t·K(x_s, x_t) of a problem with two classes, row by row as it is asked for.
 *
 * Rows are kept as float32, the least recently used making room. Samples have places that can be exchanged, so that those
 * still worked on come first and rows need be no longer than they are.
 */
export class SignedKernel {
  /** K(x, x) by place. */
  readonly diagonal: Float64Array;
  readonly #X: Samples;
  readonly #kernel: Kernel;
  readonly #squares: Float64Array;
  /** The row of X, by place. */
  readonly #rows: Int32Array;
  /** 1 or −1, by place. */
  readonly #signs: Int8Array;
  /** By row of X, in the order of use. */
  readonly #lines = new Map<number, Line>();
  readonly #capacity: number;
  readonly #q: Float64Array;
  readonly #values: Float64Array;

  /**
   * @param squares - ‖x‖² of every row of X.
   * @param rows - the rows of X that make up the problem.
   * @param signs - the class of each: 1 or −1.
   * @param cacheBytes - about how much memory the rows may take.
   */
  constructor(
    X: Samples,
    kernel: Kernel,
    squares: Float64Array,
    rows: Int32Array,
    signs: Int8Array,
    cacheBytes: number,
  ) {
    this.#X = X;
    this.#kernel = kernel;
    this.#squares = squares;
    this.#rows = rows.slice();
    this.#signs = signs.slice();
    this.#capacity = Math.max(2, Math.floor(cacheBytes / (4 * rows.length)));
    this.#q = new Float64Array(countFeatures(X));
    this.#values = new Float64Array(rows.length);
    const own = Float64Array.from(rows, (r) => squares[r]!);
    this.diagonal = own.slice();
    // x·x are the squares themselves; place and row are numbered alike here.
    const places = Int32Array.from(rows, (_, k) => k);
    for (let k = 0; k < own.length; k++) kernelOfDots(kernel, this.diagonal, k, k + 1, own[k]!, own, places);
  }

  /** Row of place `i`, right for the places below `length` at least. */
  row(i: number, length: number): Float32Array {
    const id = this.#rows[i]!;
    let line = this.#lines.get(id);
    if (line === undefined) line = this.#newLine();
    else this.#lines.delete(id);
    this.#lines.set(id, line);
    if (line.filled < length) this.#fill(line, i, length);
    return line.values;
  }

  /** Exchanges places: `pairs` holds i₀, j₀, i₁, j₁, … with i < j, to be done in that order. */
  swapAll(pairs: readonly number[]): void {
    for (let k = 0; k < pairs.length; k += 2) {
      const [i, j] = [pairs[k]!, pairs[k + 1]!];
      [this.#rows[i], this.#rows[j]] = [this.#rows[j]!, this.#rows[i]!];
      [this.#signs[i], this.#signs[j]] = [this.#signs[j]!, this.#signs[i]!];
      [this.diagonal[i], this.diagonal[j]] = [this.diagonal[j]!, this.diagonal[i]!];
    }
    for (const line of this.#lines.values()) swapLine(line, pairs);
  }

  #newLine(): Line {
    if (this.#lines.size < this.#capacity) return { values: new Float32Array(this.#values.length), filled: 0 };
    const [oldest, line] = this.#lines.entries().next().value!;
    this.#lines.delete(oldest);
    line.filled = 0;
    return line;
  }

  #fill(line: Line, i: number, length: number): void {
    const from = line.filled;
    const row = this.#rows[i]!;
    const k = this.#values;
    loadRow(this.#X, row, this.#q);
    dotRows(this.#X, this.#q, this.#rows, from, length, k);
    kernelOfDots(this.#kernel, k, from, length, this.#squares[row]!, this.#squares, this.#rows);
    const signs = this.#signs;
    const sign = signs[i]!;
    const { values } = line;
    for (let t = from; t < length; t++) values[t] = signs[t] === sign ? k[t]! : -k[t]!;
    line.filled = length;
  }
}

/** A line ends before a place whose value would come from beyond its end. */
function swapLine(line: Line, pairs: readonly number[]): void {
  const { values } = line;
  let { filled } = line;
  for (let k = 0; k < pairs.length; k += 2) {
    const i = pairs[k]!;
    const j = pairs[k + 1]!;
    if (filled > j) {
      const t = values[i]!;
      values[i] = values[j]!;
      values[j] = t;
    } else if (filled > i) filled = i;
  }
  line.filled = filled;
}
