import { isFloating, type TypedArray } from '../core/dtype';
import { DTypeError, ShapeError } from '../core/errors';
import { apply, defineOp, type Op, type TensorSpec } from '../core/op';
import { scope } from '../core/scope';
import { broadcastShapes, formatShape, type Shape, sameShape } from '../core/shape';
import type { Tensor } from '../core/tensor';
import { toContiguous } from '../core/view';
import { type TensorLike, tensor } from './create';
import { add, div, mul, neg } from './elementwise';
import { factorCholesky, factorLU, solveLU } from './factor';
import { matmul } from './matmul';
import { floatingOperand, floatingOperands, transform } from './operand';
import { broadcastTo, expandDims, reshape, squeeze, transpose } from './shape-ops';

function squareSize({ shape, dtype }: TensorSpec, what: string): number {
  const n = shape[shape.length - 1];
  if (n === undefined || shape.length < 2 || shape[shape.length - 2] !== n) {
    throw new ShapeError(`${what}: needs square matrices [..., n, n], got shape ${formatShape(shape)}.`);
  }
  if (!isFloating(dtype))
    throw new DTypeError(`${what}: needs float32 or float64, got ${dtype}. Use cast(x, 'float32').`);
  return n;
}

/** Runs `f(matrix, index)` on a double-precision copy of each n × n matrix. */
function forEachMatrix(data: TypedArray, n: number, f: (matrix: Float64Array, index: number) => void): void {
  const size = n * n;
  for (let b = 0; b * size < data.length; b++) f(Float64Array.from(data.subarray(b * size, (b + 1) * size)), b);
}

function transposeLast(x: Tensor): Tensor {
  const axes = x.shape.map((_, i) => i);
  return transpose(x, [...axes.slice(0, -2), x.rank - 1, x.rank - 2]);
}

const invOp: Op<undefined> = /* @__PURE__ */ defineOp({
  name: 'inv',
  infer: ([a]) => {
    squareSize(a!, 'inv');
    return { shape: a!.shape, dtype: a!.dtype };
  },
  reference: ([a], out) => {
    const n = a!.shape[a!.shape.length - 1]!;
    forEachMatrix(toContiguous(a!, false), n, (matrix, b) => {
      const inverse = new Float64Array(n * n);
      for (let i = 0; i < n; i++) inverse[i * n + i] = 1;
      solveLU(factorLU(matrix, n, 'inv', b), inverse, n);
      out.data.set(inverse, out.offset + b * n * n);
    });
  },
  vjp: (g, { output }) => neg(matmul(matmul(output, g, { transposeA: true }), output, { transposeB: true })),
});

const detOp: Op<undefined> = /* @__PURE__ */ defineOp({
  name: 'det',
  infer: ([a]) => {
    squareSize(a!, 'det');
    return { shape: a!.shape.slice(0, -2), dtype: a!.dtype };
  },
  reference: ([a], out) => {
    const n = a!.shape[a!.shape.length - 1]!;
    if (n === 0) out.data.fill(1, out.offset, out.offset + out.shape.reduce((x, y) => x * y, 1));
    forEachMatrix(toContiguous(a!, false), n, (matrix, b) => {
      const { lu, sign } = factorLU(matrix, n, null, b);
      let det = sign;
      for (let i = 0; i < n; i++) det *= lu[i * n + i]!;
      // Not −0, for singular matrices.
      out.data[out.offset + b] = det === 0 ? 0 : det;
    });
  },
  vjp: (g, { inputs: [a], output }) => {
    const scale = mul(g, output);
    return mul(reshape(scale, [...scale.shape, 1, 1]), transposeLast(apply(invOp, [a!], undefined)));
  },
});

const solveOp: Op<undefined> = /* @__PURE__ */ defineOp({
  name: 'solve',
  infer: ([a, b]) => {
    const n = squareSize(a!, 'solve');
    const { shape } = b!;
    if (
      shape[shape.length - 2] !== n ||
      !sameShape(shape.slice(0, -2), a!.shape.slice(0, -2)) ||
      a!.dtype !== b!.dtype
    ) {
      throw new ShapeError(
        `solve: ${formatShape(a!.shape)} ${a!.dtype} and ${formatShape(shape)} ${b!.dtype} do not fit.`,
      );
    }
    return { shape, dtype: b!.dtype };
  },
  reference: ([a, b], out) => {
    const [n, k] = b!.shape.slice(-2) as [number, number];
    const right = toContiguous(b!, false);
    forEachMatrix(toContiguous(a!, false), n, (matrix, index) => {
      const x = Float64Array.from(right.subarray(index * n * k, (index + 1) * n * k));
      solveLU(factorLU(matrix, n, 'solve', index), x, k);
      out.data.set(x, out.offset + index * n * k);
    });
  },
  vjp: (g, { inputs: [a], output }, i) => {
    const gb = apply(solveOp, [transposeLast(a!), g], undefined);
    return i === 1 ? gb : neg(matmul(gb, output, { transposeB: true }));
  },
});

const choleskyOp: Op<undefined> = /* @__PURE__ */ defineOp({
  name: 'cholesky',
  infer: ([a]) => {
    squareSize(a!, 'cholesky');
    return { shape: a!.shape, dtype: a!.dtype };
  },
  reference: ([a], out) => {
    const n = a!.shape[a!.shape.length - 1]!;
    forEachMatrix(toContiguous(a!, false), n, (matrix, b) =>
      out.data.set(factorCholesky(matrix, n, b), out.offset + b * n * n),
    );
  },
  // Murray 2016, "Differentiation of the Cholesky decomposition", eq. 9, symmetrised.
  vjp: (g, { output: l }) => {
    const inner = mul(matmul(l, g, { transposeA: true }), lowerHalf(l));
    const inverse = apply(invOp, [l], undefined);
    const s = matmul(matmul(inverse, inner, { transposeA: true }), inverse);
    return div(add(s, transposeLast(s)), 2);
  },
});

/** Ones below the diagonal, one half on it, zeros above. */
function lowerHalf(l: Tensor): Tensor {
  const n = l.shape[l.rank - 1]!;
  const data = Float64Array.from({ length: n * n }, (_, i) => {
    const [row, column] = [Math.floor(i / n), i % n];
    return row > column ? 1 : row === column ? 0.5 : 0;
  });
  return tensor(data, { shape: [n, n], dtype: l.dtype, backend: l.backend });
}

/**
 * Inverse of square matrices, A⁻¹A = I, by LU factorisation with partial pivoting in double precision.
 *
 * @param a - `[..., n, n]`; integers become float32.
 * @returns `[..., n, n]`.
 * @throws ConfigError when a matrix is singular; ShapeError when it is not square.
 *
 * @example
 * ```ts
 * import { inv } from 'kompakt';
 * console.log(inv([[2, 0], [0, 4]]).toArraySync()); // → [ [ 0.5, 0 ], [ 0, 0.25 ] ]
 * ```
 */
export function inv(a: TensorLike): Tensor {
  return transform(invOp, floatingOperand, a, undefined);
}

/**
 * Determinant of square matrices, the product of the pivots of an LU factorisation.
 *
 * @param a - `[..., n, n]`; integers become float32.
 * @returns `[...]`; 0 for singular matrices, whose gradient throws, as it needs the inverse.
 * @throws ShapeError when the matrices are not square.
 *
 * @example
 * ```ts
 * import { det } from 'kompakt';
 * console.log(det([[1, 2], [3, 4]]).item()); // → -2
 * ```
 */
export function det(a: TensorLike): Tensor {
  return transform(detOp, floatingOperand, a, undefined);
}

/**
 * Cholesky factor of symmetric positive definite matrices: the lower triangular L with A = L·Lᵀ.
 *
 * @param a - `[..., n, n]`; only its lower triangle is read. Integers become float32.
 * @returns `[..., n, n]`, zero above the diagonal. The gradient is given as for symmetric A, evenly to both triangles.
 * @throws ConfigError when a matrix is not positive definite; ShapeError when it is not square.
 *
 * @example
 * ```ts
 * import { cholesky } from 'kompakt';
 * console.log(cholesky([[4, 2], [2, 5]]).toArraySync()); // → [ [ 2, 0 ], [ 1, 2 ] ]
 * ```
 */
export function cholesky(a: TensorLike): Tensor {
  return transform(choleskyOp, floatingOperand, a, undefined);
}

/**
 * Solution x of the linear equations A·x = b, by LU factorisation with partial pivoting in double precision.
 *
 * @param a - `[..., n, n]`.
 * @param b - `[n]`, one right-hand side, or `[..., n, k]`, k of them; leading axes broadcast.
 * @returns the (broadcast) shape of `b`.
 * @throws ConfigError when a matrix is singular; ShapeError when shapes do not fit.
 *
 * @example
 * ```ts
 * import { solve } from 'kompakt';
 * console.log(solve([[2, 0], [0, 4]], [2, 2]).toArraySync()); // → [ 1, 0.5 ]
 * ```
 */
export function solve(a: TensorLike, b: TensorLike): Tensor {
  return scope(() => solved(...floatingOperands(a, b)));
}

function solved(x: Tensor, y: Tensor): Tensor {
  const n = squareSize(x, 'solve');
  const vector = y.rank === 1;
  if (y.rank === 0 || y.shape[vector ? 0 : y.rank - 2] !== n) {
    throw new ShapeError(
      `solve: the matrix ${formatShape(x.shape)} needs right-hand sides [${n}] or [..., ${n}, k], got ${formatShape(y.shape)}.`,
    );
  }
  const right = vector ? expandDims(y, 1) : y;
  const batch: Shape = broadcastShapes(x.shape.slice(0, -2), right.shape.slice(0, -2), 'solve (leading axes)');
  const expand = (t: Tensor): Tensor => broadcastTo(t, [...batch, ...t.shape.slice(-2)]);
  const result = apply(solveOp, [expand(x), expand(right)], undefined);
  return vector ? squeeze(result, -1) : result;
}
