import { ShapeError } from '../../core/errors';
import { type AxisOption, axisOf } from '../../core/options';
import { scope } from '../../core/scope';
import { formatShape, normalizeAxis } from '../../core/shape';
import type { Tensor } from '../../core/tensor';
import { broadcastTo, reshape } from '../broadcast';
import { asTensor, type TensorLike } from '../create';
import { expandDims } from './layout';

/**
 * `x` as a whole repeated along its axes.
 *
 * @param x - any shape.
 * @param reps - how often per axis, aligned at the last axis (a number: along the last).
 * @returns a tensor with sizes n · reps.
 * @throws ShapeError when a count is negative or not an integer.
 *
 * @example
 * ```ts
 * import { tile } from 'kompakt';
 * console.log(tile([1, 2], 2).toArraySync(), tile([1, 2], [2, 1]).toArraySync()); // → [ 1, 2, 1, 2 ] [ [ 1, 2 ], [ 1, 2 ] ]
 * ```
 */
export function tile(x: TensorLike, reps: number | readonly number[]): Tensor {
  const counts = Array.isArray(reps) ? [...reps] : [reps];
  counts.forEach((n) => expectCount(n, 'tile'));
  return scope(() => {
    const t = asTensor(x);
    const rank = Math.max(t.rank, counts.length);
    const times = [...new Array<number>(rank - counts.length).fill(1), ...counts];
    const shape = [...new Array<number>(rank - t.rank).fill(1), ...t.shape];
    // Every axis of n becomes [times, n] and then times · n.
    const apart = reshape(
      t,
      shape.flatMap((n) => [1, n]),
    );
    return reshape(
      broadcastTo(
        apart,
        shape.flatMap((n, i) => [times[i]!, n]),
      ),
      shape.map((n, i) => n * times[i]!),
    );
  });
}

/**
 * Every element of `x` repeated along an axis.
 *
 * @param x - any shape.
 * @param repeats - how often.
 * @param options - the axis, by default none: the flattened tensor is repeated; also as `{ axis }`.
 * @returns a tensor whose size along `axis` is n · repeats.
 * @throws ShapeError when the axis is out of range, or `repeats` negative or not an integer.
 *
 * @example
 * ```ts
 * import { repeat } from 'kompakt';
 * console.log(repeat([1, 2], 2).toArraySync()); // → [ 1, 1, 2, 2 ]
 * ```
 */
export function repeat(x: TensorLike, repeats: number, options?: AxisOption<number | null | undefined>): Tensor {
  expectCount(repeats, 'repeat');
  const axis = axisOf(options, 'repeat');
  return scope(() => {
    const given = asTensor(x);
    const flat = axis === undefined || axis === null;
    const t = flat ? reshape(given, [given.size]) : given;
    const at = normalizeAxis(flat ? 0 : axis, t.rank, 'repeat');
    const apart = expandDims(t, at + 1);
    const wide = broadcastTo(
      apart,
      apart.shape.map((n, i) => (i === at + 1 ? repeats : n)),
    );
    return reshape(
      wide,
      t.shape.map((n, i) => (i === at ? n * repeats : n)),
    );
  });
}

function expectCount(n: number, what: string): void {
  if (!Number.isInteger(n) || n < 0) {
    throw new ShapeError(`${what}: counts must be non-negative integers, got ${formatShape([n])}.`);
  }
}
