import { isFloating } from '../../core/dtype';
import { DTypeError } from '../../core/errors';
import { apply, defineOp, type Op } from '../../core/op';
import { broadcastShapes } from '../../core/shape';
import type { Tensor } from '../../core/tensor';
import type { View } from '../../core/view';
import { unbroadcast } from '../broadcast';
import type { TensorLike } from '../create';
import { backendOf, operandsOn, release } from '../operand';
import { broadcastView } from './define';
import { forEachRow } from './loop';

const whereOp: Op<undefined> = /* @__PURE__ */ defineOp({
  name: 'where',
  elementwise: { scalars: () => [] },
  infer: ([condition, a, b]) => {
    if (condition!.dtype !== 'bool' || a!.dtype !== b!.dtype) {
      throw new DTypeError(
        `where: needs a bool condition and two operands of one dtype, got ${condition!.dtype}, ${a!.dtype} and ${b!.dtype}. Use cast.`,
      );
    }
    const shape = broadcastShapes(condition!.shape, broadcastShapes(a!.shape, b!.shape, 'where'), 'where');
    return { shape, dtype: a!.dtype };
  },
  reference: (inputs, out) => select(inputs.map((x) => broadcastView(x, out)) as [View, View, View], out),
  vjp: (g, { inputs: [condition, a, b] }, i) => {
    if (i === 0 || !isFloating(a!.dtype)) return null;
    return i === 1 ? unbroadcast(where(condition!, g, 0), a!.shape) : unbroadcast(where(condition!, 0, g), b!.shape);
  },
});

function select([condition, a, b]: readonly [View, View, View], out: View): void {
  const to = out.data;
  let at = out.offset;
  forEachRow(out.shape, [condition, a, b], (starts, length, steps) => {
    const [start, atA, atB] = starts as [number, number, number];
    const [step, stepA, stepB] = steps as [number, number, number];
    for (let k = 0; k < length; k++) {
      to[at++] = condition.data[start + k * step]! !== 0 ? a.data[atA + k * stepA]! : b.data[atB + k * stepB]!;
    }
  });
}

/**
 * a where the condition holds, else b; all three broadcast. The branch not taken gets no gradient, whatever it holds.
 *
 * @param condition - any shape; everything but 0 is true.
 * @param a - a shape that broadcasts with it.
 * @param b - likewise; a and b are promoted to one dtype.
 * @returns a tensor of the broadcast shape.
 * @throws ShapeError when the shapes do not broadcast.
 *
 * @example
 * ```ts
 * import { greater, tensor, where } from 'kompakt';
 * const x = tensor([-1, 2]);
 * console.log(where(greater(x, 0), x, 0).toArraySync()); // → [ 0, 2 ]
 * ```
 */
export function where(condition: TensorLike, a: TensorLike, b: TensorLike): Tensor {
  const backend = backendOf([condition, a, b]);
  const [test] = operandsOn(backend, [condition], () => 'bool');
  const [x, y] = operandsOn(backend, [a, b]);
  const out = apply(whereOp, [test, x, y], undefined);
  release(test, condition);
  release(x, a);
  release(y, b);
  return out;
}
