import { DTypeError, ShapeError } from '../core/errors';
import { apply, defineOp, type Op, type TensorSpec } from '../core/op';
import { formatShape } from '../core/shape';
import type { Tensor } from '../core/tensor';
import { toContiguous } from '../core/view';

export interface HistogramAttrs {
  /** How many bins a column may have, up to 256. */
  readonly bins: number;
}

const histogramOp: Op<HistogramAttrs> = /* @__PURE__ */ defineOp<HistogramAttrs>({
  name: 'gradientHistogram',
  infer: (inputs, { bins }) => {
    const [binned, gradients, hessians, rows] = inputs as [TensorSpec, TensorSpec, TensorSpec, TensorSpec];
    const dtypes = inputs.map((x) => x.dtype).join(', ');
    if (dtypes !== 'uint8, float32, float32, int32') {
      throw new DTypeError(`gradientHistogram: needs uint8, float32, float32 and int32, got ${dtypes}.`);
    }
    const n = binned.shape[0];
    const fits = [gradients, hessians].every((x) => x.shape.length === 1 && x.shape[0] === n);
    if (binned.shape.length !== 2 || !fits || rows.shape.length !== 1) {
      throw new ShapeError(
        `gradientHistogram: needs shapes [n, columns], [n], [n] and [rows], got ${inputs.map((x) => formatShape(x.shape)).join(', ')}.`,
      );
    }
    if (!Number.isInteger(bins) || bins < 1 || bins > 256) {
      throw new ShapeError(`gradientHistogram: bins must be an integer from 1 to 256, got ${bins}.`);
    }
    return { shape: [binned.shape[1]!, bins, 3], dtype: 'float64' };
  },
  reference: ([binned, gradients, hessians, rows], out, { bins }) => {
    const [n, columns] = binned!.shape as [number, number];
    const [x, g, h] = [binned!, gradients!, hessians!].map((view) => toContiguous(view, false));
    out.data.fill(0, out.offset, out.offset + columns * bins * 3);
    for (const row of toContiguous(rows!, false)) {
      if (row < 0 || row >= n) continue;
      for (let c = 0; c < columns; c++) {
        const bin = x![row * columns + c]!;
        if (bin >= bins) continue;
        const at = out.offset + (c * bins + bin) * 3;
        out.data[at]! += g![row]!;
        out.data[at + 1]! += h![row]!;
        out.data[at + 2]!++;
      }
    }
  },
});

/**
 * What a tree needs to know of a node to split it: for every column and bin the sum of the gradients, the sum of the
 * hessians, and the number of the node's rows whose value is in the bin. Sums are in double precision, in the order of
 * `rows`.
 *
 * @param binned - uint8 `[n, columns]`, of any layout: a transposed `[columns, n]` is as good. Bins past the last one do
 * not count.
 * @param gradients - float32 `[n]`.
 * @param hessians - float32 `[n]`.
 * @param rows - int32, the rows of the node; numbers that are no row do not count.
 * @param attrs - `bins`.
 * @returns float64 `[columns, bins, 3]`.
 * @throws DTypeError, ShapeError when the operands do not fit.
 */
export function gradientHistogram(
  binned: Tensor,
  gradients: Tensor,
  hessians: Tensor,
  rows: Tensor,
  attrs: HistogramAttrs,
): Tensor {
  return apply(histogramOp, [binned, gradients, hessians, rows], { bins: attrs.bins });
}
