import { ConfigError, ShapeError } from '../core/errors';
import { scope } from '../core/scope';
import { formatShape, normalizeAxes, normalizeAxis, sizeOf } from '../core/shape';
import type { Tensor } from '../core/tensor';
import type { TensorLike } from './create';
import { mul } from './elementwise';
import { matmul } from './matmul';
import { operands } from './operand';
import { reshape, transpose } from './shape-ops';

export { matmul } from './matmul';

/**
 * Outer product of two vectors: y[i, j] = a[i] · b[j]. Operands of other ranks are flattened, as in NumPy.
 *
 * @param a - `[m]`.
 * @param b - `[n]`.
 * @returns `[m, n]`.
 *
 * @example
 * ```ts
 * import { outer } from 'kompakt';
 * console.log(outer([1, 2], [3, 4]).toArraySync()); // → [ [ 3, 4 ], [ 6, 8 ] ]
 * ```
 */
export function outer(a: TensorLike, b: TensorLike): Tensor {
  return scope(() => {
    const [x, y] = operands(a, b);
    return mul(reshape(x, [x.size, 1]), reshape(y, [1, y.size]));
  });
}

/**
 * NumPy's `dot`: Σ_i a[i]·b[i] for vectors, the matrix product for matrices, the product where one is a scalar; beyond
 * that the sum over the last axis of `a` and the second to last of `b`.
 *
 * @param a - `[…, k]`.
 * @param b - `[k]` or `[…, k, n]`.
 * @returns for vectors a scalar; else the remaining axes of `a`, then those of `b`.
 * @throws ShapeError when the inner dimensions differ.
 *
 * @example
 * ```ts
 * import { dot } from 'kompakt';
 * console.log(dot([1, 2, 3], [4, 5, 6]).item()); // → 32
 * ```
 */
export function dot(a: TensorLike, b: TensorLike): Tensor {
  return scope(() => {
    const [x, y] = operands(a, b);
    if (x.rank === 0 || y.rank === 0) return mul(x, y);
    if (x.rank <= 2 && y.rank <= 2) return matmul(x, y);
    return tensordot(x, y, [[-1], [y.rank === 1 ? 0 : -2]]);
  });
}

/**
 * Sum of products over pairs of axes: y[i…, j…] = Σ_k… a[i…, k…] · b[k…, j…].
 *
 * @param a - any shape.
 * @param b - any shape.
 * @param axes - a number n (default 2): the last n axes of `a` against the first n of `b`; or the axes of each, in order.
 * @returns the other axes of `a`, then those of `b`.
 * @throws ShapeError when paired axes differ in size; ConfigError when `axes` does not fit the ranks.
 *
 * @example
 * ```ts
 * import { ones, tensordot } from 'kompakt';
 * console.log(tensordot(ones([2, 3, 4]), ones([4, 3, 5]), [[1, 2], [1, 0]]).shape); // → [ 2, 5 ]
 * ```
 */
export function tensordot(
  a: TensorLike,
  b: TensorLike,
  axes: number | readonly [readonly number[], readonly number[]] = 2,
): Tensor {
  return scope(() => contract(...operands(a, b), axes));
}

function contract(x: Tensor, y: Tensor, axes: number | readonly [readonly number[], readonly number[]]): Tensor {
  const [left, right] = pairAxes(x, y, axes);
  left.forEach((axis, i) => {
    if (x.shape[axis] !== y.shape[right[i]!]) {
      throw new ShapeError(
        `tensordot: axis ${axis} of ${formatShape(x.shape)} and axis ${right[i]} of ${formatShape(y.shape)} differ in size.`,
      );
    }
  });
  const rows = others(x, left);
  const columns = others(y, right);
  const sizes = (t: Tensor, of: readonly number[]): number[] => of.map((axis) => t.shape[axis]!);
  const k = sizeOf(sizes(x, left));
  const matrix = reshape(transpose(x, [...rows, ...left]), [sizeOf(sizes(x, rows)), k]);
  const other = reshape(transpose(y, [...right, ...columns]), [k, sizeOf(sizes(y, columns))]);
  return reshape(matmul(matrix, other), [...sizes(x, rows), ...sizes(y, columns)]);
}

function pairAxes(
  x: Tensor,
  y: Tensor,
  axes: number | readonly [readonly number[], readonly number[]],
): [number[], number[]] {
  if (typeof axes === 'number') {
    if (!Number.isInteger(axes) || axes < 0 || axes > Math.min(x.rank, y.rank)) {
      throw new ConfigError(
        `tensordot: axes must be an integer in [0, ${Math.min(x.rank, y.rank)}] for shapes ${formatShape(x.shape)} and ${formatShape(y.shape)}, got ${axes}.`,
      );
    }
    const count = Array.from({ length: axes }, (_, i) => i);
    return [count.map((i) => x.rank - axes + i), count];
  }
  if (!Array.isArray(axes) || !Array.isArray(axes[0]) || !Array.isArray(axes[1])) {
    throw new ConfigError(
      `tensordot: axes must be a number, or a list of axes for each operand, got ${JSON.stringify(axes)}.`,
    );
  }
  if (axes[0].length !== axes[1].length) {
    throw new ConfigError(
      `tensordot: axes must pair up, got ${axes[0].length} of the first operand and ${axes[1].length} of the second.`,
    );
  }
  normalizeAxes(axes[0], x.rank, 'tensordot');
  normalizeAxes(axes[1], y.rank, 'tensordot');
  return [
    axes[0].map((d) => normalizeAxis(d, x.rank, 'tensordot')),
    axes[1].map((d) => normalizeAxis(d, y.rank, 'tensordot')),
  ];
}

function others(x: Tensor, axes: readonly number[]): number[] {
  return x.shape.map((_, i) => i).filter((i) => !axes.includes(i));
}
