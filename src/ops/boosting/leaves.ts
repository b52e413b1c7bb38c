import { addLeavesKernel } from '../../backends/wasm/kernels';
import { DTypeError, ShapeError } from '../../core/errors';
import { apply, defineOp, type Op } from '../../core/op';
import { formatShape } from '../../core/shape';
import type { Tensor } from '../../core/tensor';
import { toContiguous } from '../../core/view';

export interface LeavesAttrs {
  /** By leaf. */
  readonly values: readonly number[];
}

const leavesOp: Op<LeavesAttrs> = /* @__PURE__ */ defineOp<LeavesAttrs>({
  name: 'addLeaves',
  kernel: addLeavesKernel,
  infer: ([raw, ...leaves], { values }) => {
    if (raw!.dtype !== 'float64' || leaves.some((x) => x.dtype !== 'int32'))
      throw new DTypeError(
        `addLeaves: needs float64 and int32, got ${[raw!, ...leaves].map((x) => x.dtype).join(', ')}.`,
      );
    if (raw!.shape.length !== 1 || leaves.some((x) => x.shape.length !== 1) || values.length !== leaves.length)
      throw new ShapeError(
        `addLeaves: needs vectors and a value for each leaf, got ${values.length} values and shapes ` +
          `${[raw!, ...leaves].map((x) => formatShape(x.shape)).join(', ')}.`,
      );
    return { shape: raw!.shape, dtype: 'float64' };
  },
  reference: ([raw, ...leaves], out, { values }) => {
    const n = raw!.shape[0]!;
    out.data.set(toContiguous(raw!, false), out.offset);
    leaves.forEach((rows, leaf) => {
      for (const row of toContiguous(rows, false))
        if (row >= 0 && row < n) out.data[out.offset + row]! += values[leaf]!;
    });
  },
});

/**
 * Adds the value of its leaf to the raw prediction of each row.
 *
 * @param raw - float64 `[n]`.
 * @param leaves - int32, the rows of each leaf, none of them twice; numbers that are no row do not count.
 * @param values - by leaf.
 * @returns float64 `[n]`.
 * @throws DTypeError, ShapeError when the operands do not fit.
 */
export function addLeaves(raw: Tensor, leaves: readonly Tensor[], values: readonly number[]): Tensor {
  return apply(leavesOp, [raw, ...leaves], { values });
}
