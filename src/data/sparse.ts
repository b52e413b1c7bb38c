import type { TypedArray } from '../core/dtype';
import { ConfigError, ShapeError } from '../core/errors';
import { formatShape } from '../core/shape';
import { shown } from '../core/shown';
import type { FlatData } from '../ops/create';
import { isTyped } from './kinds';

/** The arrays of a compressed sparse matrix: the entries of line i are those from `indptr[i]` up to `indptr[i + 1]`. */
export interface CompressedParts {
  /** The values of the entries. */
  readonly data: ArrayLike<number>;
  /** The position of each entry within its line: its column in CSR, its row in CSC. */
  readonly indices: ArrayLike<number>;
  /** Where each line begins, and at last the number of entries: `[lines + 1]`. */
  readonly indptr: ArrayLike<number>;
  /** `[rows, columns]`. */
  readonly shape: readonly [rows: number, columns: number];
}

/** Whether `x` is a sparse matrix. Asked by form, so that what only reads data does not carry the class with it. */
export function isSparse(x: unknown): x is SparseMatrix {
  return typeof x === 'object' && x !== null && 'indptr' in x && 'indices' in x && 'toCsr' in x;
}

/** A sparse matrix, by rows or by columns. */
export type SparseMatrix = CsrMatrix | CscMatrix;

/** What CSR and CSC share: lines of entries in the order of their positions, each position at most once. */
interface Lines {
  readonly data: Float64Array;
  readonly indices: Int32Array;
  readonly indptr: Int32Array;
}

/**
 * A sparse matrix by rows (compressed sparse row): only entries that may differ from 0 are kept. The form in which text
 * features come, and which estimators that take sparse samples compute with.
 *
 * Entries are kept in the order of their columns; those given twice are added, explicit zeros are kept.
 *
 * @example
 * ```ts
 * import { CsrMatrix } from 'kompakt/data';
 * const X = CsrMatrix.fromDense([[0, 2], [0, 0], [3, 0]]);
 * console.log(X.nnz, X.indptr.join(), X.toArray()[2]); // → 2 0,1,1,2 [ 3, 0 ]
 * ```
 */
export class CsrMatrix {
  readonly shape: readonly [rows: number, columns: number];
  /** float64 `[entries]`. */
  readonly data: Float64Array;
  /** int32 `[entries]`: the column of each. */
  readonly indices: Int32Array;
  /** int32 `[rows + 1]`. */
  readonly indptr: Int32Array;

  /**
   * @param parts - the arrays and the shape; kept without copying where they are Float64Array and Int32Array in order.
   * @throws ShapeError for arrays that don't fit together; ConfigError for positions outside the shape.
   */
  constructor(parts: CompressedParts) {
    const { data, indices, indptr } = checkLines(parts, 0, 'CsrMatrix');
    this.shape = [parts.shape[0], parts.shape[1]];
    this.data = data;
    this.indices = indices;
    this.indptr = indptr;
  }

  /** The entries of `dense` that are not 0. */
  static fromDense(dense: readonly ArrayLike<number>[] | FlatData): CsrMatrix {
    return new CsrMatrix(compress(dense));
  }

  /**
   * A matrix from its entries in any order; those of one place are added.
   *
   * @param rows - the row of each entry.
   * @param columns - its column.
   * @param values - its value.
   * @param shape - `[rows, columns]`.
   */
  static fromTriplets(
    rows: ArrayLike<number>,
    columns: ArrayLike<number>,
    values: ArrayLike<number>,
    shape: readonly [number, number],
  ): CsrMatrix {
    if (rows.length !== values.length || columns.length !== values.length) {
      throw new ShapeError(
        `CsrMatrix.fromTriplets: ${rows.length} rows, ${columns.length} columns and ${values.length} values. Give one of each per entry.`,
      );
    }
    return new CsrMatrix({ ...bucket(rows, columns, values, shape[0], 'CsrMatrix.fromTriplets'), shape });
  }

  /** Number of entries kept. */
  get nnz(): number {
    return this.data.length;
  }

  /** All elements, row by row. */
  toDense(): FlatData & { readonly data: Float64Array; readonly shape: readonly [number, number] } {
    const [rows, columns] = this.shape;
    const data = new Float64Array(rows * columns);
    for (let r = 0; r < rows; r++) {
      for (let e = this.indptr[r]!; e < this.indptr[r + 1]!; e++)
        data[r * columns + this.indices[e]!]! += this.data[e]!;
    }
    return { data, shape: [rows, columns] };
  }

  /** All elements, as an array of rows. */
  toArray(): number[][] {
    const { data } = this.toDense();
    const [rows, columns] = this.shape;
    return Array.from({ length: rows }, (_, r) => Array.from(data.subarray(r * columns, (r + 1) * columns)));
  }

  toCsr(): CsrMatrix {
    return this;
  }

  /** The same matrix by columns. */
  toCsc(): CscMatrix {
    return new CscMatrix({ ...flipLines(this, this.shape[1]), shape: this.shape });
  }

  /** The transposed matrix; shares the arrays. */
  transpose(): CscMatrix {
    return new CscMatrix({ ...this.#lines(), shape: [this.shape[1], this.shape[0]] });
  }

  /** The rows at `index`, in that order. */
  takeRows(index: ArrayLike<number>): CsrMatrix {
    const indptr = new Int32Array(index.length + 1);
    for (let i = 0; i < index.length; i++) {
      const r = index[i]!;
      indptr[i + 1] = indptr[i]! + this.indptr[r + 1]! - this.indptr[r]!;
    }
    const data = new Float64Array(indptr[index.length]!);
    const indices = new Int32Array(data.length);
    for (let i = 0; i < index.length; i++) {
      const [from, to] = [this.indptr[index[i]!]!, this.indptr[index[i]! + 1]!];
      data.set(this.data.subarray(from, to), indptr[i]!);
      indices.set(this.indices.subarray(from, to), indptr[i]!);
    }
    return new CsrMatrix({ data, indices, indptr, shape: [index.length, this.shape[1]] });
  }

  /** The same places with other values. */
  withData(data: Float64Array): CsrMatrix {
    return new CsrMatrix({ ...this.#lines(), data, shape: this.shape });
  }

  #lines(): Lines {
    return { data: this.data, indices: this.indices, indptr: this.indptr };
  }
}

/**
 * A sparse matrix by columns (compressed sparse column). Estimators that walk along features turn to this form.
 *
 * @example
 * ```ts
 * import { CsrMatrix } from 'kompakt/data';
 * console.log(CsrMatrix.fromDense([[0, 2], [0, 0], [3, 0]]).toCsc().indptr.join()); // → 0,1,2
 * ```
 */
export class CscMatrix {
  readonly shape: readonly [rows: number, columns: number];
  /** float64 `[entries]`. */
  readonly data: Float64Array;
  /** int32 `[entries]`: the row of each. */
  readonly indices: Int32Array;
  /** int32 `[columns + 1]`. */
  readonly indptr: Int32Array;

  /**
   * @param parts - the arrays and the shape; kept without copying where they are Float64Array and Int32Array in order.
   * @throws ShapeError for arrays that don't fit together; ConfigError for positions outside the shape.
   */
  constructor(parts: CompressedParts) {
    const { data, indices, indptr } = checkLines(parts, 1, 'CscMatrix');
    this.shape = [parts.shape[0], parts.shape[1]];
    this.data = data;
    this.indices = indices;
    this.indptr = indptr;
  }

  /** Number of entries kept. */
  get nnz(): number {
    return this.data.length;
  }

  /** All elements, row by row. */
  toDense(): FlatData & { readonly data: Float64Array; readonly shape: readonly [number, number] } {
    return this.toCsr().toDense();
  }

  /** All elements, as an array of rows. */
  toArray(): number[][] {
    return this.toCsr().toArray();
  }

  /** The same matrix by rows. */
  toCsr(): CsrMatrix {
    return new CsrMatrix({ ...flipLines(this, this.shape[0]), shape: this.shape });
  }

  toCsc(): CscMatrix {
    return this;
  }

  /** The transposed matrix; shares the arrays. */
  transpose(): CsrMatrix {
    const { data, indices, indptr } = this;
    return new CsrMatrix({ data, indices, indptr, shape: [this.shape[1], this.shape[0]] });
  }

  /** The rows at `index`, in that order. */
  takeRows(index: ArrayLike<number>): CscMatrix {
    return this.toCsr().takeRows(index).toCsc();
  }
}

/** The lines across: those of CSC from CSR and the other way round. Entries come out in order. */
function flipLines({ data, indices, indptr }: Lines, lines: number): Lines {
  const major = new Int32Array(data.length);
  for (let i = 0; i + 1 < indptr.length; i++) major.fill(i, indptr[i]!, indptr[i + 1]!);
  return bucket(indices, major, data, lines, 'toCsr');
}

/** Entries sorted by line, keeping their order within it. */
function bucket(
  line: ArrayLike<number>,
  position: ArrayLike<number>,
  values: ArrayLike<number>,
  lines: number,
  what: string,
): Lines {
  const indptr = new Int32Array(lines + 1);
  for (let e = 0; e < values.length; e++) {
    const at = line[e]!;
    if (!Number.isInteger(at) || at < 0 || at >= lines)
      throw new ConfigError(`${what}: entry ${e} is in row ${at}, outside the ${lines} rows of the shape.`);
    indptr[at + 1]!++;
  }
  for (let i = 0; i < lines; i++) indptr[i + 1]! += indptr[i]!;
  const next = indptr.slice(0, lines);
  const data = new Float64Array(values.length);
  const indices = new Int32Array(values.length);
  for (let e = 0; e < values.length; e++) {
    const to = next[line[e]!]!++;
    data[to] = values[e]!;
    indices[to] = position[e]!;
  }
  return { data, indices, indptr };
}

function compress(dense: readonly ArrayLike<number>[] | FlatData): CompressedParts {
  const isRows = Array.isArray(dense);
  const { shape } = dense as FlatData;
  if (!isRows && shape?.length !== 2)
    throw new ShapeError(`CsrMatrix.fromDense: expected [rows, columns], got shape ${formatShape(shape ?? [])}.`);
  const rows = isRows ? dense.length : shape[0]!;
  const columns = isRows ? ((dense[0] as ArrayLike<number> | undefined)?.length ?? 0) : shape[1]!;
  const data: number[] = [];
  const indices: number[] = [];
  const indptr = new Int32Array(rows + 1);
  for (let r = 0; r < rows; r++) {
    const line = isRows ? (dense[r] as ArrayLike<number>) : (dense as FlatData).data;
    if (isRows && line.length !== columns)
      throw new ShapeError(`CsrMatrix.fromDense: row ${r} has ${line.length} values and row 0 has ${columns}.`);
    const from = isRows ? 0 : r * columns;
    for (let c = 0; c < columns; c++) {
      const value = line[from + c]!;
      if (value === 0) continue;
      data.push(value);
      indices.push(c);
    }
    indptr[r + 1] = data.length;
  }
  return { data, indices, indptr, shape: [rows, columns] };
}

function checkLines(parts: CompressedParts, axis: 0 | 1, what: string): Lines {
  const { shape, indptr } = parts ?? {};
  if (shape?.length !== 2 || !shape.every((n) => Number.isInteger(n) && n >= 0))
    throw new ShapeError(`${what}: shape must be [rows, columns], got ${shown(shape)}.`);
  for (const name of ['data', 'indices', 'indptr'] as const)
    if (!Array.isArray(parts[name]) && !isTyped(parts[name]))
      throw new ConfigError(`${what}: ${name} must be an array of numbers, got ${shown(parts[name])}.`);
  const [lines, width] = [shape[axis]!, shape[1 - axis]!];
  const entries = parts.data.length;
  if (indptr.length !== lines + 1 || parts.indices.length !== entries || indptr[0] !== 0 || indptr[lines] !== entries) {
    throw new ShapeError(
      `${what}: shape ${formatShape(shape)} needs indptr of length ${lines + 1}, from 0 to the number of entries, and as many ` +
        `indices as data; got ${indptr.length}, ${indptr[0]} to ${indptr[indptr.length - 1]}, ${parts.indices.length} and ${entries}.`,
    );
  }
  const out: Lines = {
    data: parts.data instanceof Float64Array ? parts.data : Float64Array.from(parts.data),
    indices: toInt32(parts.indices),
    indptr: toInt32(indptr),
  };
  return isInOrder(out, lines, width, what) ? out : sortLines(out, lines);
}

const toInt32 = (x: ArrayLike<number>): Int32Array => (x instanceof Int32Array ? x : Int32Array.from(x as TypedArray));

/** Whether positions rise strictly in every line. Throws for one outside the shape. */
function isInOrder({ indices, indptr }: Lines, lines: number, width: number, what: string): boolean {
  let inOrder = true;
  for (let i = 0; i < lines; i++) {
    if (indptr[i + 1]! < indptr[i]!) throw new ShapeError(`${what}: indptr falls after line ${i}.`);
    let last = -1;
    for (let e = indptr[i]!; e < indptr[i + 1]!; e++) {
      const at = indices[e]!;
      if (at < 0 || at >= width)
        throw new ConfigError(`${what}: entry ${e} has the index ${at}, outside the ${width} that the shape has.`);
      if (at <= last) inOrder = false;
      last = at;
    }
  }
  return inOrder;
}

/** Lines in the order of positions, entries of one position added. */
function sortLines({ data, indices, indptr }: Lines, lines: number): Lines {
  const values: number[] = [];
  const positions: number[] = [];
  const starts = new Int32Array(lines + 1);
  for (let i = 0; i < lines; i++) {
    const order = Array.from({ length: indptr[i + 1]! - indptr[i]! }, (_, e) => indptr[i]! + e);
    order.sort((a, b) => indices[a]! - indices[b]!);
    for (const e of order) {
      if (values.length > starts[i]! && positions[positions.length - 1] === indices[e])
        values[values.length - 1]! += data[e]!;
      else {
        values.push(data[e]!);
        positions.push(indices[e]!);
      }
    }
    starts[i + 1] = values.length;
  }
  return { data: Float64Array.from(values), indices: Int32Array.from(positions), indptr: starts };
}
