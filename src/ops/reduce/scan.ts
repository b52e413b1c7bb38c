import { cumsumKernel } from '../../backends/wasm/kernels';
import { isFloating } from '../../core/dtype';
import { apply, defineOp, type Op } from '../../core/op';
import { checkOptions } from '../../core/options';
import { scope } from '../../core/scope';
import { normalizeAxis } from '../../core/shape';
import type { Tensor } from '../../core/tensor';
import { forEachPosition, type View } from '../../core/view';
import { reshape } from '../broadcast';
import { asTensor, type TensorLike } from '../create';

/** Attributes of the primitive `cumsum`. */
export interface CumsumAttrs {
  readonly axis: number;
  /** Whether to sum from the end. */
  readonly reverse: boolean;
}

const cumsumOp: Op<CumsumAttrs> = /* @__PURE__ */ defineOp<CumsumAttrs>({
  name: 'cumsum',
  kernel: cumsumKernel,
  infer: ([x]) => ({ shape: x!.shape, dtype: isFloating(x!.dtype) ? x!.dtype : 'int32' }),
  reference: ([x], out, { axis, reverse }) => accumulate(x!, out, axis, reverse),
  vjp: (g, { attrs: { axis, reverse } }) => apply(cumsumOp, [g], { axis, reverse: !reverse }),
});

function accumulate(x: View, out: View, axis: number, reverse: boolean): void {
  const n = x.shape[axis]!;
  const first = reverse ? n - 1 : 0;
  const sense = reverse ? -1 : 1;
  const start = (v: View) => ({ strides: v.strides, offset: v.offset + first * v.strides[axis]! });
  const from = sense * x.strides[axis]!;
  const to = sense * out.strides[axis]!;
  const lanes = x.shape.map((m, i) => (i === axis ? 1 : m));
  forEachPosition(lanes, [start(x), start(out)], (starts) => {
    let total = 0;
    for (let k = 0, i = starts[0]!, o = starts[1]!; k < n; k++, i += from, o += to) {
      total += x.data[i]!;
      out.data[o] = total;
    }
  });
}

/** Along which axis `cumsum` runs, and from which end. */
export interface CumsumOptions {
  /** By default the flattened tensor is summed. */
  readonly axis?: number | null | undefined;
  /** Whether to sum from the end; by default not. */
  readonly reverse?: boolean | undefined;
}

/**
 * Running sums along an axis: yᵢ = Σ_{j ≤ i} xⱼ. It accumulates in double precision; integers and booleans sum as int32.
 *
 * @param x - any shape.
 * @param options - `axis`, by default none: sums over the flattened tensor; `reverse = false`: whether to sum from the end.
 * @returns the shape of `x`, or one axis without `axis`.
 * @throws ShapeError when the axis is out of range.
 *
 * @example
 * ```ts
 * import { cumsum } from 'kompakt';
 * console.log(cumsum([1, 2, 3]).toArraySync()); // → [ 1, 3, 6 ]
 * ```
 */
export function cumsum(x: TensorLike, options: CumsumOptions = {}): Tensor {
  checkOptions(options, ['axis', 'reverse'], 'cumsum');
  const { axis, reverse = false } = options;
  const t = asTensor(x);
  if (axis === undefined || axis === null)
    return scope(() => apply(cumsumOp, [reshape(t, [t.size])], { axis: 0, reverse }));
  return apply(cumsumOp, [t], { axis: normalizeAxis(axis, t.rank, 'cumsum'), reverse });
}
