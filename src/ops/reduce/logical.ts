import { allKernel, anyKernel } from '../../backends/wasm/kernels';
import { apply, defineOp, type Op } from '../../core/op';
import { checkOptions } from '../../core/options';
import { normalizeAxes, reducedShape } from '../../core/shape';
import type { Tensor } from '../../core/tensor';
import { asTensor, type TensorLike } from '../create';
import { REDUCE_OPTIONS, type ReduceAttrs, type ReduceOptions, reduceEach } from './loop';

/** Declares a search for an element that decides: one that is true decides `any`, one that is false decides `all`. */
function defineSearch(name: 'any' | 'all', kernel: unknown, decisive: boolean): Op<ReduceAttrs> {
  return defineOp({
    name,
    kernel,
    infer: ([x], { axes, keepDims }) => ({ shape: reducedShape(x!.shape, axes, keepDims), dtype: 'bool' }),
    reference: ([x], out, { axes }) =>
      reduceEach(x!, out, axes, (data, start, runs, length, step) => {
        for (const run of runs) {
          for (let k = 0, i = start + run; k < length; k++, i += step)
            if ((data[i]! !== 0) === decisive) return Number(decisive);
        }
        return Number(!decisive);
      }),
  });
}

const anyOp = /* @__PURE__ */ defineSearch('any', anyKernel, true);
const allOp = /* @__PURE__ */ defineSearch('all', allKernel, false);

/**
 * Whether any element over axes is true (not 0; NaN is true); false of nothing.
 *
 * @param x - any shape and dtype.
 * @param options - `axis`: one or several, by default all; `keepDims = false`: leave the axes in place with size 1.
 * @returns `bool`, `x` without the axes.
 * @throws ShapeError when an axis is out of range or named twice.
 *
 * @example
 * ```ts
 * import { all, any } from 'kompakt';
 * console.log(any([[0, 1], [0, 0]], { axis: 1 }).toArraySync(), all([1, 1]).item()); // → [ 1, 0 ] 1
 * ```
 */
export function any(x: TensorLike, options: ReduceOptions = {}): Tensor {
  return search(anyOp, x, options);
}

/** Whether all elements over axes are true (not 0); true of nothing. See {@link any}. */
export function all(x: TensorLike, options: ReduceOptions = {}): Tensor {
  return search(allOp, x, options);
}

function search(op: Op<ReduceAttrs>, x: TensorLike, options: ReduceOptions): Tensor {
  checkOptions(options, REDUCE_OPTIONS, op.name);
  const t = asTensor(x);
  return apply(op, [t], { axes: normalizeAxes(options.axis, t.rank, op.name), keepDims: options.keepDims ?? false });
}
