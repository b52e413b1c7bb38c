import { ShapeError } from '../core/errors';
import { type Dense, type Matrix, readSamples, type Samples } from '../data/matrix';
import { type TableColumns, tableLike } from '../data/read-table';
import { CsrMatrix, isSparse } from '../data/sparse';
import { ColumnTable } from '../data/table';
import type { Input } from '../estimator/transformer';
import { takeColumns } from './take-columns';

/** Columns that were selected, and whether one is to be handed on as a list. */
export interface Picked {
  readonly index: Int32Array;
  readonly single: boolean;
}

/**
 * The selected columns of X, in its form; of records, and of what has columns of text, as a ColumnTable.
 *
 * @param table - the columns of X, already read; null for a sparse matrix.
 */
export function subset(X: Input, table: TableColumns | null, { index, single }: Picked): Input {
  if (table === null) return takeColumns((X as CsrMatrix).toCsr(), index);
  const columns = Array.from(index, (c) => table.columns[c]!);
  if (single) return columns[0] as unknown as Input;
  const names = table.names;
  if (names !== null) return new ColumnTable(new Map(Array.from(index, (c, i) => [names[c]!, columns[i]!])));
  return tableLike(X, { columns, rows: table.rows, names: null });
}

/** What a part gave, read. */
export interface Block {
  readonly samples: Samples;
  readonly cols: number;
}

/** Reads what a part made of its columns. Throws a `ShapeError` for another number of samples. */
export function readBlock(out: unknown, rows: number, what: string): Block {
  if (hasNoColumns(out)) return { samples: { data: new Float64Array(0), rows, cols: 0 }, cols: 0 };
  const samples = readSamples(out as Matrix, what, { allowNonFinite: true });
  const [found, cols] = isSparse(samples) ? samples.shape : [samples.rows, samples.cols];
  if (found !== rows) throw new ShapeError(`${what}: gave ${found} samples for ${rows}. Each must become one.`);
  return { samples, cols };
}

/** Whether a part leaves nothing of its columns, as dropping the one category there is does. */
function hasNoColumns(out: unknown): boolean {
  if (Array.isArray(out)) return out.length > 0 && (out[0] as ArrayLike<unknown>)?.length === 0;
  return (out as { readonly shape?: readonly number[] } | null)?.shape?.[1] === 0;
}

/** Blocks side by side: sparse if one is and few enough elements are not zero, else dense. */
export function joinBlocks(blocks: readonly Block[], rows: number, threshold: number): Samples {
  const cols = blocks.reduce((n, block) => n + block.cols, 0);
  const kept = blocks.reduce((n, { samples }) => n + (isSparse(samples) ? samples.nnz : samples.data.length), 0);
  const anySparse = blocks.some(({ samples }) => isSparse(samples));
  return anySparse && kept < threshold * rows * cols ? joinSparse(blocks, rows) : joinDense(blocks, rows);
}

/** Blocks side by side, dense. */
export function joinDense(blocks: readonly Block[], rows: number): Dense {
  const cols = blocks.reduce((n, block) => n + block.cols, 0);
  const data = new Float64Array(rows * cols);
  let start = 0;
  for (const { samples, cols: width } of blocks) {
    const dense = isSparse(samples) ? samples.toDense().data : samples.data;
    for (let r = 0; r < rows; r++) data.set(dense.subarray(r * width, (r + 1) * width), r * cols + start);
    start += width;
  }
  return { data, rows, cols };
}

/** Blocks side by side, sparse; zeros of dense ones are not kept. */
export function joinSparse(blocks: readonly Block[], rows: number): CsrMatrix {
  const data: number[] = [];
  const indices: number[] = [];
  const indptr = new Int32Array(rows + 1);
  const cols = blocks.reduce((n, block) => n + block.cols, 0);
  for (let r = 0; r < rows; r++) {
    let start = 0;
    for (const { samples, cols: width } of blocks) {
      const push = (c: number, v: number): void => {
        data.push(v);
        indices.push(start + c);
      };
      if (isSparse(samples))
        for (let e = samples.indptr[r]!; e < samples.indptr[r + 1]!; e++) push(samples.indices[e]!, samples.data[e]!);
      else for (let c = 0; c < width; c++) if (samples.data[r * width + c] !== 0) push(c, samples.data[r * width + c]!);
      start += width;
    }
    indptr[r + 1] = data.length;
  }
  return new CsrMatrix({ data, indices, indptr, shape: [rows, cols] });
}
