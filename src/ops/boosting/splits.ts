import { bestSplitsKernel } from '../../backends/wasm/kernels';
import { DTypeError, ShapeError } from '../../core/errors';
import { apply, defineOp, type Op, type TensorSpec } from '../../core/op';
import { formatShape } from '../../core/shape';
import type { Tensor } from '../../core/tensor';
import { toContiguous } from '../../core/view';
import { BIN } from './histogram';

/** Least sum of hessians of a child. */
export const MIN_HESSIAN = 1e-3;
/** Keeps the value of a node finite. */
export const TINY = 1e-15;
/** Numbers of a node: its sums of gradients and hessians, its rows, its value, the bounds of its children's values. */
export const NODE_NUMBERS = 6;
/** Numbers of a column: its bins but that of missing values, whether values are missing, its sign, whether to look at it. */
export const COLUMN_NUMBERS = 4;
/** Numbers of a split: gain, bin, whether missing values go left, and sums of gradients, of hessians and rows on the left. */
export const SPLIT_NUMBERS = 6;

export interface SplitsOptions {
  /** Rows of a child at least. */
  readonly minSamplesLeaf: number;
  /** λ. */
  readonly l2: number;
}

interface SplitsAttrs extends SplitsOptions {
  readonly minHessian: number;
  readonly tiny: number;
}

interface NodeSums {
  readonly gradients: number;
  readonly hessians: number;
  readonly samples: number;
  readonly value: number;
  readonly lower: number;
  readonly upper: number;
}

/** The value of a node that minimises its share of the loss, within bounds. */
export function nodeValue(gradients: number, hessians: number, lower: number, upper: number, l2: number): number {
  const value = -gradients / (hessians + l2 + TINY);
  return value < lower ? lower : value > upper ? upper : value;
}

/** Gain of a split, −1 for one that is not monotonic where it must be. */
export function splitGain(
  { gradients, value, lower, upper }: NodeSums,
  [gLeft, hLeft]: readonly [number, number],
  [gRight, hRight]: readonly [number, number],
  sign: number,
  l2: number,
): number {
  const left = nodeValue(gLeft, hLeft, lower, upper, l2);
  const right = nodeValue(gRight, hRight, lower, upper, l2);
  if (sign !== 0 && (left - right) * sign > 0) return -1;
  return gradients * value - gLeft * left - gRight * right;
}

const splitsOp: Op<SplitsAttrs> = /* @__PURE__ */ defineOp<SplitsAttrs>({
  name: 'bestSplits',
  kernel: bestSplitsKernel,
  infer: (inputs) => {
    const dtypes = inputs.map((x) => x.dtype).join(', ');
    if (dtypes !== 'float64, float64, int32')
      throw new DTypeError(`bestSplits: needs float64, float64 and int32, got ${dtypes}.`);
    const [histograms, nodes, about] = inputs as [TensorSpec, TensorSpec, TensorSpec];
    const [k, columns] = histograms.shape as [number, number];
    const fits =
      histograms.shape.length === 4 &&
      histograms.shape[3] === BIN &&
      formatShape(nodes.shape) === formatShape([k, NODE_NUMBERS]) &&
      formatShape(about.shape) === formatShape([columns, COLUMN_NUMBERS]);
    if (!fits)
      throw new ShapeError(
        `bestSplits: needs shapes [nodes, columns, bins, ${BIN}], [nodes, ${NODE_NUMBERS}] and [columns, ${COLUMN_NUMBERS}], ` +
          `got ${inputs.map((x) => formatShape(x.shape)).join(', ')}.`,
      );
    return { shape: [k, columns, SPLIT_NUMBERS], dtype: 'float64' };
  },
  reference: ([histograms, nodes, about], out, attrs) => {
    const [k, columns, bins] = histograms!.shape as [number, number, number];
    const [sums, numbers, features] = [histograms!, nodes!, about!].map((view) => toContiguous(view, false));
    for (let i = 0; i < k * columns; i++) {
      const [gradients, hessians, samples, value, lower, upper] = numbers!.subarray(
        Math.floor(i / columns) * NODE_NUMBERS,
      ) as unknown as [number, number, number, number, number, number];
      const node = { gradients, hessians, samples, value, lower, upper };
      const own = sums!.subarray(i * bins * BIN, (i + 1) * bins * BIN);
      const found = bestOfColumn(own, node, features!.subarray((i % columns) * COLUMN_NUMBERS), attrs);
      out.data.set(found, out.offset + i * SPLIT_NUMBERS);
    }
  },
});

type Numbers = ArrayLike<number>;

/** Bins from the first on with missing values on the right, then, if any are missing, from the last on with them on the left. */
function bestOfColumn(sums: Numbers, node: NodeSums, about: Numbers, attrs: SplitsAttrs): number[] {
  const [given, missing, sign, isWanted] = about as unknown as [number, number, number, number];
  const counts = Math.min(given, sums.length / BIN);
  const hasMissing = Number(missing !== 0);
  let best = [-1, 0, 0, 0, 0, 0];
  if (isWanted === 0) return best;
  for (const direction of hasMissing === 1 ? [1, -1] : [1]) {
    const isUp = direction === 1;
    const passed = [0, 0, 0];
    for (let step = 0; step < counts - 1 + (isUp ? hasMissing : 0); step++) {
      const bin = isUp ? step : counts - 1 - step;
      for (let v = 0; v < BIN; v++) passed[v]! += sums[bin * BIN + v]!;
      // A bin without samples moves nothing.
      if (sums[bin * BIN + 2] === 0) continue;
      const [g, h, n] = passed as [number, number, number];
      const rest = [node.gradients - g, node.hessians - h, node.samples - n];
      if (n < attrs.minSamplesLeaf || h < MIN_HESSIAN) continue;
      if (rest[2]! < attrs.minSamplesLeaf || rest[1]! < MIN_HESSIAN) break;
      const [left, right] = (isUp ? [passed, rest] : [rest, passed]) as [[number, number], [number, number]];
      const gain = splitGain(node, left, right, sign, attrs.l2);
      if (gain > best[0]! && gain > 0) best = [gain, isUp ? bin : bin - 1, Number(!isUp), ...left];
    }
  }
  return best;
}

/**
 * The best split of nodes by each column of numbers: the one that gains most, G_L²/(H_L+λ) + G_R²/(H_R+λ) − G²/(H+λ) where
 * no bound binds; of equals the first that is met.
 *
 * @param histograms - float64 `[nodes, columns, bins, 3]`, see {@link gradientHistogram}; the last bin is that of missing values.
 * @param nodes - float64 `[nodes, 6]`: sum of gradients, of hessians, rows, value, bounds of the values of its children.
 * @param columns - int32 `[columns, 4]`: how many bins are used, that of missing values aside; 1 where values are missing; 1 or −1
 * where values must not fall or not rise, else 0; 0 for a column to leave out.
 * @param options - `minSamplesLeaf`, `l2`.
 * @returns float64 `[nodes, columns, 6]`: gain (−1 where no split is possible), last bin that goes left, 1 where missing
 * values go left, and of the left side sum of gradients, of hessians and rows.
 * @throws DTypeError, ShapeError when the operands do not fit.
 */
export function bestSplits(
  histograms: Tensor,
  nodes: Tensor,
  columns: Tensor,
  { minSamplesLeaf, l2 }: SplitsOptions,
): Tensor {
  const attrs = { minSamplesLeaf, l2, minHessian: MIN_HESSIAN, tiny: TINY };
  return apply(splitsOp, [histograms, nodes, columns], attrs);
}
