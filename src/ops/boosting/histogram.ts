import { DTypeError, ShapeError } from '../../core/errors';
import { apply, defineOp, type Op, type TensorSpec } from '../../core/op';
import { formatShape, type Shape } from '../../core/shape';
import type { Tensor } from '../../core/tensor';
import { toContiguous, type View } from '../../core/view';

/** Numbers of a bin: sum of gradients, sum of hessians, number of rows. */
export const BIN = 3;

export interface HistogramAttrs {
  /** How many columns there are: those of the last group may not all be used. */
  readonly columns: number;
  /** How many bins a column may have, up to 256. */
  readonly bins: number;
  /** Which of the optional operands follow the others, in this order. */
  readonly hasHessians: boolean;
  readonly hasParent: boolean;
}

interface Operands<T> {
  readonly binned: T;
  readonly rows: T;
  readonly gradients: T;
  readonly hessians: T | null;
  readonly parent: T | null;
}

/** The operands of a histogram by name. */
export function histogramOperands<T>(inputs: readonly T[], { hasHessians, hasParent }: HistogramAttrs): Operands<T> {
  const [binned, rows, gradients] = inputs as readonly [T, T, T];
  const hessians = hasHessians ? inputs[3]! : null;
  return { binned, rows, gradients, hessians, parent: hasParent ? inputs[inputs.length - 1]! : null };
}

const histogramOp: Op<HistogramAttrs> = /* @__PURE__ */ defineOp<HistogramAttrs>({
  name: 'gradientHistogram',
  infer: (inputs, attrs) => {
    const { columns, bins, hasParent } = attrs;
    checkDTypes(inputs, attrs);
    const shape: Shape = [columns, bins, BIN];
    const { binned, rows, gradients, hessians, parent } = histogramOperands(inputs, attrs);
    const [groups, n, width] = binned.shape as [number, number, number];
    const fits = [gradients, hessians].every((x) => x === null || (x.shape.length === 1 && x.shape[0] === n));
    const fitsParent = parent === null || formatShape(parent.shape) === formatShape(shape);
    if (binned.shape.length !== 3 || !fits || !fitsParent || rows.shape.length !== 1)
      throw new ShapeError(
        `gradientHistogram: needs shapes [groups, n, width], [rows], [n], perhaps [n] and ${formatShape(shape)}, ` +
          `got ${inputs.map((x) => formatShape(x.shape)).join(', ')}.`,
      );
    if (!Number.isInteger(bins) || bins < 1 || bins > 256)
      throw new ShapeError(`gradientHistogram: bins must be an integer from 1 to 256, got ${bins}.`);
    if (!(columns <= groups * width && columns > (groups - 1) * width))
      throw new ShapeError(`gradientHistogram: ${groups} groups of ${width} don't hold ${columns} columns.`);
    return { shape: [hasParent ? 2 : 1, ...shape], dtype: 'float64' };
  },
  reference: (inputs, out, attrs) => {
    const { columns, bins } = attrs;
    const { parent, ...others } = histogramOperands(inputs, attrs);
    const size = columns * bins * BIN;
    const sums = out.data.subarray(out.offset, out.offset + size) as Float64Array;
    addRows(others, sums, attrs);
    if (parent === null) return;
    const whole = toContiguous(parent, false);
    for (let i = 0; i < size; i++) out.data[out.offset + size + i] = whole[i]! - sums[i]!;
  },
});

function addRows(
  { binned, rows, gradients, hessians }: Omit<Operands<View>, 'parent'>,
  sums: Float64Array,
  { columns, bins }: HistogramAttrs,
): void {
  const [, n, width] = binned.shape as [number, number, number];
  const [x, g] = [binned, gradients].map((view) => toContiguous(view, false));
  const h = hessians === null ? null : toContiguous(hessians, false);
  sums.fill(0);
  for (const row of toContiguous(rows, false)) {
    if (row < 0 || row >= n) continue;
    for (let c = 0; c < columns; c++) {
      const bin = x![(Math.floor(c / width) * n + row) * width + (c % width)]!;
      if (bin >= bins) continue;
      const at = (c * bins + bin) * BIN;
      sums[at]! += g![row]!;
      sums[at + 1]! += h === null ? 1 : h[row]!;
      sums[at + 2]!++;
    }
  }
}

function checkDTypes(inputs: readonly TensorSpec[], { hasHessians, hasParent }: HistogramAttrs): void {
  const wanted = ['uint8', 'int32', 'float32', ...(hasHessians ? ['float32'] : []), ...(hasParent ? ['float64'] : [])];
  const got = inputs.map((x) => x.dtype).join(', ');
  if (got !== wanted.join(', ')) throw new DTypeError(`gradientHistogram: needs ${wanted.join(', ')}, got ${got}.`);
}

export interface HistogramOptions {
  readonly columns: number;
  readonly bins: number;
}

/**
 * What a tree needs to know of a node to split it: for every column and bin the sum of the gradients, the sum of the
 * hessians, and the number of the node's rows whose value is in the bin. Sums are in double precision, in the order of
 * `rows`.
 *
 * @param binned - uint8 `[groups, n, width]`: column c is number c mod width of group c div width. Groups of four are
 * fastest. Bins past the last one do not count.
 * @param rows - int32, the rows of the node; numbers that are no row do not count.
 * @param gradients - float32 `[n]`.
 * @param hessians - float32 `[n]`; null where all are 1.
 * @param parent - null, or the histogram of the node that this one is a child of.
 * @param options - `columns`, `bins`.
 * @returns float64 `[1, columns, bins, 3]`; given a parent `[2, columns, bins, 3]`, the second that of the other child, which is
 * what this one leaves of the parent's.
 * @throws DTypeError, ShapeError when the operands do not fit.
 */
export function gradientHistogram(
  binned: Tensor,
  rows: Tensor,
  gradients: Tensor,
  hessians: Tensor | null,
  parent: Tensor | null,
  { columns, bins }: HistogramOptions,
): Tensor {
  const inputs = [binned, rows, gradients, hessians, parent].filter((x) => x !== null);
  return apply(histogramOp, inputs, { columns, bins, hasHessians: hessians !== null, hasParent: parent !== null });
}
