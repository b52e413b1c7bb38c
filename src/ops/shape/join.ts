import { concatKernel } from '../../backends/wasm/kernels';
import { ConfigError, DTypeError, ShapeError } from '../../core/errors';
import { apply, defineOp, type Op, type TensorSpec } from '../../core/op';
import { type AxisOption, axisOf } from '../../core/options';
import { scope } from '../../core/scope';
import { formatShape, normalizeAxis, type Shape, sameShape } from '../../core/shape';
import type { Tensor } from '../../core/tensor';
import { asTensor, type TensorLike } from '../create';
import { copyTo } from '../elementwise/loop';
import { operands, release } from '../operand';
import { expandDims } from './layout';
import { slice } from './slice';

/** Attributes of the primitive `concat`, which takes any number of inputs. */
export interface ConcatAttrs {
  readonly axis: number;
}

const concatOp: Op<ConcatAttrs> = /* @__PURE__ */ defineOp<ConcatAttrs>({
  name: 'concat',
  kernel: concatKernel,
  infer: (xs, { axis }) => ({ shape: joinedShape(xs, axis), dtype: xs[0]!.dtype }),
  reference: (xs, out, { axis }) => {
    let { offset } = out;
    for (const x of xs) {
      copyTo(x, out, { strides: out.strides, offset });
      offset += x.shape[axis]! * out.strides[axis]!;
    }
  },
  vjp: (g, { inputs, attrs: { axis } }, i) => {
    const before = inputs.slice(0, i).reduce((n, x) => n + x.shape[axis]!, 0);
    return sliceAxis(g, axis, before, before + inputs[i]!.shape[axis]!);
  },
});

function joinedShape(xs: readonly TensorSpec[], axis: number): Shape {
  const [first] = xs as readonly [TensorSpec];
  for (const x of xs) {
    if (x.dtype !== first.dtype)
      throw new DTypeError(`concat: the operands are ${first.dtype} and ${x.dtype}; cast one of them.`);
    if (x.shape.length !== first.shape.length || x.shape.some((n, i) => i !== axis && n !== first.shape[i])) {
      throw new ShapeError(
        `concat: shapes ${formatShape(first.shape)} and ${formatShape(x.shape)} do not join along axis ${axis}. ` +
          'All other sizes must agree.',
      );
    }
  }
  return first.shape.map((n, i) => (i === axis ? xs.reduce((m, x) => m + x.shape[axis]!, 0) : n));
}

function sliceAxis(x: Tensor, axis: number, start: number, stop: number): Tensor {
  const bound = (value: number): (number | null)[] => x.shape.map((_, i) => (i === axis ? value : null));
  return slice(x, bound(start), bound(stop));
}

/**
 * Tensors one after the other along an axis.
 *
 * @param xs - one or more, with equal shapes except along `axis`; promoted to one dtype.
 * @param axis - by default 0; also as `{ axis }`.
 * @returns a tensor whose size along `axis` is the sum of theirs.
 * @throws ShapeError when there are none or their shapes differ.
 *
 * @example
 * ```ts
 * import { concat } from 'kompakt';
 * console.log(concat([[[1, 2]], [[3, 4]]], 1).toArraySync()); // → [ [ 1, 2, 3, 4 ] ]
 * ```
 */
export function concat(xs: readonly TensorLike[], axis: AxisOption<number> = 0): Tensor {
  const ts = several(xs, 'concat');
  const y = apply(concatOp, ts, { axis: normalizeAxis(axisOf(axis, 'concat') ?? 0, ts[0]!.rank, 'concat') });
  ts.forEach((t, i) => release(t, xs[i]!));
  return y;
}

/**
 * Tensors of one shape side by side along a new axis.
 *
 * @param xs - one or more, of equal shapes; promoted to one dtype.
 * @param axis - where the new axis stands in the result; by default 0; also as `{ axis }`.
 * @returns a tensor with the new axis, of size `xs.length`.
 * @throws ShapeError when there are none or their shapes differ.
 *
 * @example
 * ```ts
 * import { stack } from 'kompakt';
 * console.log(stack([[1, 2], [3, 4]], 1).toArraySync()); // → [ [ 1, 3 ], [ 2, 4 ] ]
 * ```
 */
export function stack(xs: readonly TensorLike[], axis: AxisOption<number> = 0): Tensor {
  return scope(() => {
    const ts = several(xs, 'stack');
    const odd = ts.find((t) => !sameShape(t.shape, ts[0]!.shape));
    if (odd !== undefined) {
      throw new ShapeError(
        `stack: shapes ${formatShape(ts[0]!.shape)} and ${formatShape(odd.shape)} differ. They must be equal.`,
      );
    }
    const at = normalizeAxis(axisOf(axis, 'stack') ?? 0, ts[0]!.rank + 1, 'stack');
    return apply(
      concatOp,
      ts.map((t) => expandDims(t, at)),
      { axis: at },
    );
  });
}

function several(xs: readonly TensorLike[], what: string): readonly Tensor[] {
  if (!Array.isArray(xs)) throw new ConfigError(`${what}: expected an array of tensors: ${what}([a, b], axis).`);
  if (xs.length === 0) throw new ShapeError(`${what}: needs at least one tensor, got none.`);
  return operands(...xs);
}

/** `parts` times their size; nothing where `n` does not divide so, as by more parts than there are. */
function equalParts(n: number, parts: number): number[] {
  const size = n / parts;
  return Number.isInteger(parts) && parts > 0 && Number.isInteger(size) ? new Array<number>(parts).fill(size) : [];
}

/**
 * `x` cut into parts along an axis; without copying.
 *
 * @param x - any shape.
 * @param parts - how many equal parts, or the size of each part.
 * @param axis - by default 0; also as `{ axis }`.
 * @returns views of `x`, in order.
 * @throws ShapeError when the axis does not divide evenly, or the sizes do not add up to it.
 *
 * @example
 * ```ts
 * import { split } from 'kompakt';
 * const [a, b] = split([1, 2, 3, 4], 2);
 * const [c, d] = split([1, 2, 3, 4], [1, 3]);
 * console.log(a.toArraySync(), b.toArraySync(), c.shape, d.shape); // → [ 1, 2 ] [ 3, 4 ] [ 1 ] [ 3 ]
 * ```
 */
export function split(x: TensorLike, parts: number | readonly number[], axis: AxisOption<number> = 0): Tensor[] {
  const t = asTensor(x);
  const at = normalizeAxis(axisOf(axis, 'split') ?? 0, t.rank, 'split');
  const n = t.shape[at]!;
  if (typeof parts !== 'number' && !Array.isArray(parts)) {
    throw new ConfigError(`split: give a number of equal parts or a list of sizes, got ${String(parts)}.`);
  }
  const sizes = typeof parts === 'number' ? equalParts(n, parts) : parts;
  const whole = sizes.length > 0 && sizes.every((size) => Number.isInteger(size) && size >= 0);
  if (!whole || sizes.reduce((a, b) => a + b, 0) !== n) {
    throw new ShapeError(
      `split: axis ${at} of shape ${formatShape(t.shape)} has size ${n}, which does not split into ` +
        (typeof parts === 'number'
          ? `${parts} equal parts. Give the sizes instead.`
          : `sizes ${formatShape(parts)}; they must add up to it.`),
    );
  }
  let stop = 0;
  return sizes.map((size) => {
    stop += size;
    return sliceAxis(t, at, stop - size, stop);
  });
}
