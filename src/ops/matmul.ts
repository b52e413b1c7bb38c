import { matmulKernel } from '../backends/wasm/kernels';
import { type DType, isFloating, type TypedArray } from '../core/dtype';
import { DTypeError, ShapeError } from '../core/errors';
import { apply, defineOp, type Op } from '../core/op';
import { checkOptions } from '../core/options';
import { scope } from '../core/scope';
import { broadcastShapes, broadcastStrides, formatShape, type Shape, sizeOf } from '../core/shape';
import type { Tensor } from '../core/tensor';
import { forEachPosition, type View } from '../core/view';
import { unbroadcast } from './broadcast';
import type { TensorLike } from './create';
import { operands, release } from './operand';
import { expandDims, reshape, squeeze } from './shape-ops';

/** Which operands are read with their last two axes swapped. */
export interface MatmulAttrs {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

/** Rows, inner size and columns of a product, and the leading axes of the result. */
interface Sizes {
  readonly m: number;
  readonly k: number;
  readonly n: number;
  readonly batch: Shape;
}

function sizesOf(a: Shape, b: Shape, { transposeA, transposeB }: MatmulAttrs): Sizes {
  if (a.length < 2 || b.length < 2) {
    throw new ShapeError(`matmul: needs matrices, got ${formatShape(a)} × ${formatShape(b)}.`);
  }
  const [rows, inner] = ends(a, transposeA);
  const [innerB, columns] = ends(b, transposeB);
  if (inner !== innerB) throw innerDiffer(a, b, { transposeA, transposeB });
  // The common case, without a detour.
  if (a.length === 2 && b.length === 2) return { m: rows, k: inner, n: columns, batch: [] };
  return {
    m: rows,
    k: inner,
    n: columns,
    batch: broadcastShapes(a.slice(0, -2), b.slice(0, -2), 'matmul (leading axes)'),
  };
}

/** Rows and columns of a (transposed) matrix. */
function ends(shape: Shape, transposed: boolean): [number, number] {
  const m = shape[shape.length - 2]!;
  const n = shape[shape.length - 1]!;
  return transposed ? [n, m] : [m, n];
}

function innerDiffer(a: Shape, b: Shape, attrs: MatmulAttrs): ShapeError {
  const text = (shape: Shape, transposed: boolean): string => `${formatShape(shape)}${transposed ? 'ᵀ' : ''}`;
  // Only where it is the first that has to be turned, say so.
  const [rows] = ends(a, attrs.transposeA);
  const [inner, columns] = ends(b, attrs.transposeB);
  const which = rows === inner && ends(a, attrs.transposeA)[1] !== columns ? 'first' : 'second';
  return new ShapeError(
    `matmul: inner dimensions differ: ${text(a, attrs.transposeA)} × ${text(b, attrs.transposeB)}. Transpose the ${which} operand?`,
  );
}

/** Integer products are summed in int32, as NumPy sums its widest. */
function resultDType(a: DType, b: DType): DType {
  if (a !== b) throw new DTypeError(`matmul: operands must have one dtype, got ${a} and ${b}. Use cast.`);
  return isFloating(a) ? a : 'int32';
}

const matmulOp: Op<MatmulAttrs> = /* @__PURE__ */ defineOp<MatmulAttrs>({
  name: 'matmul',
  kernel: matmulKernel,
  infer: ([a, b], attrs) => {
    const { m, n, batch } = sizesOf(a!.shape, b!.shape, attrs);
    return { shape: [...batch, m, n], dtype: resultDType(a!.dtype, b!.dtype) };
  },
  reference: ([a, b], out, attrs) => {
    const { m, k, n, batch } = sizesOf(a!.shape, b!.shape, attrs);
    const left = layoutOf(a!, batch, attrs.transposeA);
    const right = layoutOf(b!, batch, attrs.transposeB);
    const product = isFloating(out.dtype) ? floatProduct : integerProduct;
    let at = out.offset;
    forEachPosition(batch, [left, right], ([aAt, bAt]) => {
      product(
        { m, k, n },
        { ...left, data: a!.data, offset: aAt! },
        { ...right, data: b!.data, offset: bAt! },
        out.data,
        at,
      );
      at += m * n;
    });
  },
  vjp: (g, { inputs: [a, b], attrs: { transposeA, transposeB } }, i) => {
    const run = (x: Tensor, y: Tensor, tx: boolean, ty: boolean): Tensor =>
      apply(matmulOp, [x, y], { transposeA: tx, transposeB: ty });
    if (i === 0)
      return unbroadcast(transposeA ? run(b!, g, transposeB, true) : run(g, b!, false, !transposeB), a!.shape);
    return unbroadcast(transposeB ? run(g, a!, true, transposeA) : run(a!, g, !transposeA, false), b!.shape);
  },
});

interface MatrixLayout {
  /** Of the batch axes. */
  readonly strides: readonly number[];
  readonly offset: number;
  readonly row: number;
  readonly column: number;
}

function layoutOf(x: View, batch: Shape, transposed: boolean): MatrixLayout {
  const rank = x.shape.length;
  const strides = broadcastStrides(x.shape.slice(0, -2), x.strides.slice(0, -2), batch);
  const row = x.strides[rank - 2]!;
  const column = x.strides[rank - 1]!;
  return { strides, offset: x.offset, row: transposed ? column : row, column: transposed ? row : column };
}

type Matrix = MatrixLayout & { readonly data: TypedArray };
type Product = (size: { m: number; k: number; n: number }, a: Matrix, b: Matrix, out: TypedArray, at: number) => void;

/** Row by row, sums in double precision and in the order of k. */
const floatProduct: Product = ({ m, k, n }, a, b, out, at) => {
  const sums = new Float64Array(n);
  for (let i = 0; i < m; i++) {
    sums.fill(0);
    for (let p = 0; p < k; p++) {
      const x = a.data[a.offset + i * a.row + p * a.column]!;
      const start = b.offset + p * b.row;
      for (let j = 0; j < n; j++) sums[j]! += x * b.data[start + j * b.column]!;
    }
    out.set(sums, at + i * n);
  }
};

/** The same in int32, wrapping on overflow. */
const integerProduct: Product = ({ m, k, n }, a, b, out, at) => {
  const sums = new Int32Array(n);
  for (let i = 0; i < m; i++) {
    sums.fill(0);
    for (let p = 0; p < k; p++) {
      const x = a.data[a.offset + i * a.row + p * a.column]!;
      const start = b.offset + p * b.row;
      for (let j = 0; j < n; j++) sums[j]! += Math.imul(x, b.data[start + j * b.column]!);
    }
    out.set(sums, at + i * n);
  }
};

const MATMUL_OPTIONS = ['transposeA', 'transposeB'];

/**
 * Matrix product C = A·B, C[…, i, j] = Σ_p A[…, i, p] · B[…, p, j]; leading axes broadcast as in NumPy. A 1-D first
 * operand is a row, a 1-D second one a column, and that axis is left out of the result.
 *
 * @param a - `[…, m, k]` (`[…, k, m]` with `transposeA`), or `[k]`.
 * @param b - `[…, k, n]` (`[…, n, k]` with `transposeB`), or `[k]`.
 * @param options - `transposeA = false`, `transposeB = false`: swap the last two axes, at no cost; ignored for vectors.
 * @returns `[…, m, n]`; integers are summed in int32.
 * @throws ShapeError when the inner dimensions differ, the leading axes do not broadcast or an operand is a scalar.
 *
 * @example
 * ```ts
 * import { matmul, tensor } from 'kompakt';
 * const a = tensor([[1, 2], [3, 4]]);
 * console.log(matmul(a, a).toArraySync(), matmul(a, [1, 1]).toArraySync()); // → [ [ 7, 10 ], [ 15, 22 ] ] [ 3, 7 ]
 * ```
 */
export function matmul(
  a: TensorLike,
  b: TensorLike,
  options: { transposeA?: boolean; transposeB?: boolean } = {},
): Tensor {
  checkOptions(options, MATMUL_OPTIONS, 'matmul');
  const [x, y] = operands(a, b);
  const product =
    x.rank === 2 && y.rank === 2
      ? apply(matmulOp, [x, y], attrsOf(options))
      : scope(() => productOfOtherRanks(x, y, options));
  release(x, a);
  release(y, b);
  return product;
}

function productOfOtherRanks(x: Tensor, y: Tensor, options: Partial<MatmulAttrs>): Tensor {
  if (x.rank === 0 || y.rank === 0) {
    throw new ShapeError(
      `matmul: scalars have no matrix product, got ${formatShape(x.shape)} × ${formatShape(y.shape)}. Use mul.`,
    );
  }
  const row = x.rank === 1;
  const column = y.rank === 1;
  const attrs = {
    transposeA: !row && (options.transposeA ?? false),
    transposeB: !column && (options.transposeB ?? false),
  };
  const left = row ? expandDims(x, 0) : x;
  const right = column ? expandDims(y, 1) : y;
  const product = foldable(left, right, attrs)
    ? foldedMatmul(left, right, attrs)
    : apply(matmulOp, [left, right], attrs);
  if (!row && !column) return product;
  return squeeze(product, row && column ? [-2, -1] : row ? -2 : -1);
}

const PLAIN: MatmulAttrs = { transposeA: false, transposeB: false };

function attrsOf({ transposeA = false, transposeB = false }: Partial<MatmulAttrs>): MatmulAttrs {
  return transposeA || transposeB ? { transposeA, transposeB } : PLAIN;
}

/** Whether a batch of matrices meets one matrix: then all rows can be one tall matrix, and so can they in the gradient. */
function foldable(a: Tensor, b: Tensor, { transposeA }: MatmulAttrs): boolean {
  return b.rank === 2 && a.rank > 2 && !transposeA && a.isContiguous;
}

function foldedMatmul(a: Tensor, b: Tensor, attrs: MatmulAttrs): Tensor {
  const { k, n } = sizesOf(a.shape, b.shape, attrs);
  const lead = a.shape.slice(0, -1);
  return reshape(apply(matmulOp, [reshape(a, [sizeOf(lead), k]), b], attrs), [...lead, n]);
}
