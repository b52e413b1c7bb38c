import { partitionRowsKernel } from '../../backends/wasm/kernels';
import { DTypeError, ShapeError } from '../../core/errors';
import { apply, defineOp, type Op, type TensorSpec } from '../../core/op';
import { formatShape } from '../../core/shape';
import type { Tensor } from '../../core/tensor';
import { toContiguous } from '../../core/view';

const partitionOp: Op<undefined> = /* @__PURE__ */ defineOp<undefined>({
  name: 'partitionRows',
  kernel: partitionRowsKernel,
  infer: (inputs) => {
    const dtypes = inputs.map((x) => x.dtype).join(', ');
    if (dtypes !== 'int32, uint8, uint8')
      throw new DTypeError(`partitionRows: needs int32, uint8 and uint8, got ${dtypes}.`);
    const [rows, bins, goesLeft] = inputs as [TensorSpec, TensorSpec, TensorSpec];
    if (rows.shape.length !== 1 || bins.shape.length !== 1 || goesLeft.shape.length !== 1 || goesLeft.shape[0] !== 256)
      throw new ShapeError(
        `partitionRows: needs shapes [rows], [n] and [256], got ${inputs.map((x) => formatShape(x.shape)).join(', ')}.`,
      );
    return { shape: rows.shape, dtype: 'int32' };
  },
  reference: ([rows, bins, goesLeft], out) => {
    const [given, binOf, isLeft] = [rows!, bins!, goesLeft!].map((view) => toContiguous(view, false));
    const order = Array.from(given!);
    const last = binOf!.length - 1;
    const side = (row: number): boolean => isLeft![binOf![row < 0 || row > last ? last : row]!] === 1;
    const parted = [...order.filter(side), ...order.filter((row) => !side(row))];
    out.data.set(parted, out.offset);
  },
});

/**
 * Brings the rows of a node that go left before the others, each in their order.
 *
 * @param rows - int32; a number that is no row stands for the last one.
 * @param bins - uint8 `[n]`, the bin of each row in the column that the node is split by.
 * @param goesLeft - uint8 `[256]`: 1 for the bins that go left, 0 for the others.
 * @returns int32, the rows.
 * @throws DTypeError, ShapeError when the operands do not fit.
 */
export function partitionRows(rows: Tensor, bins: Tensor, goesLeft: Tensor): Tensor {
  return apply(partitionOp, [rows, bins, goesLeft], undefined);
}
