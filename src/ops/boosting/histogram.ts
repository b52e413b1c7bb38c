import { gradientHistogramKernel } from '../../backends/wasm/kernels';
import { DTypeError, ShapeError } from '../../core/errors';
import { apply, defineOp, type Op, type TensorSpec } from '../../core/op';
import { formatShape, type Shape } from '../../core/shape';
import type { Tensor } from '../../core/tensor';
import { toContiguous, type View } from '../../core/view';

/** Numbers of a bin: sum of gradients, sum of hessians, number of rows. */
export const BIN = 3;

interface HistogramAttrs {
  readonly bins: number;
  readonly columns: number;
  /** Whether rows are listed; else there are all, and columns lie in words. */
  readonly hasRows: boolean;
}

/** Columns of a word. */
const WORD = 4;

const histogramOp: Op<HistogramAttrs> = /* @__PURE__ */ defineOp<HistogramAttrs>({
  name: 'gradientHistogram',
  kernel: gradientHistogramKernel,
  infer: (inputs, { bins, columns, hasRows }) => {
    const dtypes = inputs.map((x) => x.dtype).join(', ');
    const wanted = hasRows ? 'uint8, int32, float32' : 'uint8, float32';
    if (dtypes !== wanted && dtypes !== `${wanted}, float64`)
      throw new DTypeError(`gradientHistogram: needs ${wanted} and perhaps float64, got ${dtypes}.`);
    const shapes = inputs.map((x) => formatShape(x.shape));
    const [binned, ...others] = inputs as [TensorSpec, ...TensorSpec[]];
    const derivatives = others[hasRows ? 1 : 0]!;
    const n = hasRows ? binned.shape[0]! : binned.shape[1]!;
    const shape: Shape = [columns, bins, BIN];
    const parent = others[hasRows ? 2 : 1];
    const table = hasRows ? [n, columns] : [Math.ceil(columns / WORD), n, WORD];
    const fits =
      shapes[0] === formatShape(table) &&
      (!hasRows || others[0]!.shape.length === 1) &&
      [`[${n}, 1]`, `[${n}, 2]`].includes(formatShape(derivatives.shape)) &&
      (parent === undefined || formatShape(parent.shape) === formatShape(shape));
    if (!fits)
      throw new ShapeError(
        `gradientHistogram: needs shapes ${hasRows ? '[n, columns], [rows]' : '[words, n, 4]'}, [n, 1] or [n, 2], and perhaps ` +
          `[columns, bins, ${BIN}], got ${shapes.join(', ')} for ${columns} columns.`,
      );
    if (!Number.isInteger(bins) || bins < 1 || bins > 256)
      throw new ShapeError(`gradientHistogram: bins must be an integer from 1 to 256, got ${bins}.`);
    return { shape: [parent === undefined ? 1 : 2, ...shape], dtype: 'float64' };
  },
  reference: ([binned, ...others], out, { bins, columns, hasRows }) => {
    const size = columns * bins * BIN;
    const sums = out.data.subarray(out.offset, out.offset + size) as Float64Array;
    const [rows, derivatives, parent] = hasRows ? others : [null, ...others];
    const x = toContiguous(binned!, false);
    const n = derivatives!.shape[0]!;
    const binOf = (row: number, c: number): number =>
      hasRows ? x[row * columns + c]! : x[((c >> 2) * n + row) * WORD + (c % WORD)]!;
    const listed = rows == null ? Int32Array.from({ length: n }, (_, i) => i) : toContiguous(rows, false);
    addRows(binOf, listed, derivatives!, sums, bins);
    if (parent == null) return;
    const whole = toContiguous(parent, false);
    for (let i = 0; i < size; i++) out.data[out.offset + size + i] = whole[i]! - sums[i]!;
  },
});

function addRows(
  binOf: (row: number, column: number) => number,
  rows: ArrayLike<number>,
  derivatives: View,
  sums: Float64Array,
  bins: number,
): void {
  const d = toContiguous(derivatives, false);
  const [n, width] = derivatives.shape as [number, number];
  sums.fill(0);
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]! < 0 || rows[i]! >= n ? n - 1 : rows[i]!;
    for (let start = 0, c = 0; start < sums.length; start += bins * BIN, c++) {
      const bin = binOf(row, c);
      if (bin >= bins) continue;
      const at = start + bin * BIN;
      sums[at]! += d[row * width]!;
      sums[at + 1]! += width === 1 ? 1 : d[row * width + 1]!;
      sums[at + 2]!++;
    }
  }
}

export interface HistogramOptions {
  /** How many columns there are. */
  readonly columns: number;
  /** How many bins a column may have, up to 256. */
  readonly bins: number;
}

/**
 * What a tree needs to know of a node to split it: for every column and bin the sum of the gradients, the sum of the
 * hessians, and the number of the node's rows whose value is in the bin. Sums are in double precision, in the order of
 * `rows`.
 *
 * @param binned - uint8 `[n, columns]`, of any layout; fastest are rows that begin at multiples of 16 bytes. For all rows uint8
 * `[words, n, 4]`: four columns side by side, as they are added. Bins past the last one do not count.
 * @param rows - int32, the rows of the node; a number that is no row stands for the last one. Null for all rows.
 * @param derivatives - float32 `[n, 2]`, gradient and hessian; or `[n, 1]`, the gradient, where all hessians are 1.
 * @param parent - null, or the histogram of the node that this one is a child of.
 * @param options - `columns`, `bins`.
 * @returns float64 `[1, columns, bins, 3]`; given a parent `[2, columns, bins, 3]`, the second that of the other child, which is
 * what this one leaves of the parent's.
 * @throws DTypeError, ShapeError when the operands do not fit.
 */
export function gradientHistogram(
  binned: Tensor,
  rows: Tensor | null,
  derivatives: Tensor,
  parent: Tensor | null,
  { columns, bins }: HistogramOptions,
): Tensor {
  const inputs = [binned, rows, derivatives, parent].filter((x) => x !== null);
  return apply(histogramOp, inputs, { columns, bins, hasRows: rows !== null });
}
