import { prodKernel } from '../../backends/wasm/kernels';
import { isFloating } from '../../core/dtype';
import { apply, defineOp, type Op } from '../../core/op';
import { checkOptions } from '../../core/options';
import { normalizeAxes, reducedShape } from '../../core/shape';
import type { Tensor } from '../../core/tensor';
import { reshape } from '../broadcast';
import { asTensor, type TensorLike } from '../create';
import { mul } from '../elementwise/arithmetic';
import { expandDims, transpose } from '../shape/layout';
import { flip, pad, slice } from '../shape/slice';
import { REDUCE_OPTIONS, type ReduceAttrs, type ReduceOptions, reduceEach } from './loop';

const prodOp: Op<ReduceAttrs> = /* @__PURE__ */ defineOp({
  name: 'prod',
  kernel: prodKernel,
  infer: ([x], { axes, keepDims }) => ({
    shape: reducedShape(x!.shape, axes, keepDims),
    dtype: isFloating(x!.dtype) ? x!.dtype : 'int32',
  }),
  reference: ([x], out, { axes }) => {
    const times = isFloating(x!.dtype) ? (a: number, b: number) => a * b : Math.imul;
    reduceEach(x!, out, axes, (data, start, runs, length, step) => {
      let total = 1;
      for (const run of runs)
        for (let k = 0, i = start + run; k < length; k++, i += step) total = times(total, data[i]!);
      return total;
    });
  },
  vjp: (g, { inputs: [x], attrs: { axes } }) =>
    mul(reshape(g, reducedShape(x!.shape, axes, true)), productOfOthers(x!, axes)),
});

/** For every element, the product of the others it is multiplied with: right where there are zeros, as y/xᵢ is not. */
function productOfOthers(x: Tensor, axes: readonly number[]): Tensor {
  const kept = x.shape.map((_, i) => i).filter((i) => !axes.includes(i));
  const order = [...kept, ...axes];
  const moved = transpose(x, order);
  const outer = kept.reduce((m, i) => m * x.shape[i]!, 1);
  const inner = axes.reduce((m, i) => m * x.shape[i]!, 1);
  const others = reshape(othersInRows(reshape(moved, [outer, inner])), moved.shape);
  return transpose(
    others,
    order.map((_, i) => order.indexOf(i)),
  );
}

/**
 * The products of the others in each row, by halving: an element's others are its partner in a pair, and the others of
 * that pair among the products of pairs.
 */
function othersInRows(x: Tensor): Tensor {
  const [rows, n] = x.shape as [number, number];
  if (n < 2)
    return pad(
      slice(x, [0, 0], [rows, 0]),
      [
        [0, 0],
        [0, n],
      ],
      { value: 1 },
    );
  if (n % 2 === 1)
    return slice(
      othersInRows(
        pad(
          x,
          [
            [0, 0],
            [0, 1],
          ],
          { value: 1 },
        ),
      ),
      [0, 0],
      [rows, n],
    );
  const pairs = reshape(x, [rows, n / 2, 2]);
  const partners = flip(pairs, 2);
  const products = mul(slice(pairs, [0, 0, 0], [rows, n / 2, 1]), slice(pairs, [0, 0, 1], [rows, n / 2, 2]));
  const others = othersInRows(reshape(products, [rows, n / 2]));
  return reshape(mul(partners, expandDims(others, -1)), [rows, n]);
}

/**
 * The product over axes: y = Π xᵢ. It multiplies in double precision; integers and booleans multiply as int32. The
 * product of nothing is 1.
 *
 * @param x - any shape.
 * @param options - `axis`: one or several, by default all; `keepDims = false`: leave the axes in place with size 1.
 * @returns `x` without the axes.
 * @throws ShapeError when an axis is out of range or named twice.
 *
 * @example
 * ```ts
 * import { prod } from 'kompakt';
 * console.log(prod([[1, 2], [3, 4]], { axis: 1 }).toArraySync()); // → [ 2, 12 ]
 * ```
 */
export function prod(x: TensorLike, options: ReduceOptions = {}): Tensor {
  checkOptions(options, REDUCE_OPTIONS, 'prod');
  const t = asTensor(x);
  return apply(prodOp, [t], { axes: normalizeAxes(options.axis, t.rank, 'prod'), keepDims: options.keepDims ?? false });
}
