import type { TaskContext } from '../task';
import { launchBlocked, packedOnce } from './blocked';
import { isDirect, launchDirect } from './direct';
import { launchDots, suitsDots } from './dots';
import { ELEMENTS } from './elements';
import { emitClear } from './parts';
import type { Batch, BatchProduct, MatrixLayout, MatrixProduct, Product } from './problem';
import { launchStream, suitsStream } from './stream';

/** A batch of one. */
export const ALONE: Batch = {
  outer: 1,
  inner: 1,
  a: { outer: 0, inner: 0 },
  b: { outer: 0, inner: 0 },
  c: { outer: 0, inner: 0 },
};

/**
 * Computes C = A·B, C = 0 where k is 0, by the kernel that suits the size: directly on the operands where they are small,
 * else packed. The choice depends on sizes and strides only.
 */
export function runProduct(given: Product, context: TaskContext): void {
  const product = isBatch(given) ? given : { ...given, batch: ALONE };
  const { m, n, k, batch } = product;
  if (m === 0 || n === 0 || batch.outer === 0 || batch.inner === 0) return;
  if (k === 0) clear(product, context);
  else if (!hasMatrix(product)) launchBlocked(product, context);
  else launchMatrix(isTurnable(product) ? turned(product) : product, context);
}

function launchMatrix(product: MatrixProduct, context: TaskContext): void {
  if (suitsStream(product)) launchStream(product, context);
  else if (suitsDots(product)) launchDots(product, context);
  else if (isDirect(product)) launchDirect(product, context);
  else launchBlocked(product, context);
}

/**
 * Makes ready what products C = A·B of one size have in common, B among it; what is returned computes them one after the
 * other, for an A of the layout of `given.a`, wherever it lies, and any C.
 */
export function repeatedProduct(
  given: Product & { readonly a: MatrixLayout },
  context: TaskContext,
): (a: number, c: Product['c']) => void {
  const product = { ...given, batch: ALONE };
  const packs = !isTurnable(product) && !suitsDots(product) && !isDirect(product);
  if (product.k > 0 && packs) {
    const run = packedOnce(product, context);
    return (address, c) => run({ ...given.a, address }, c);
  }
  return (address, c) => runProduct({ ...product, a: { ...given.a, address }, c }, context);
}

function hasMatrix<P extends Product>(product: P): product is P & { readonly a: MatrixLayout } {
  return 'address' in product.a;
}

function isBatch(product: Product): product is BatchProduct {
  return product.batch !== undefined;
}

/** Whether it is a column C = A·b, where columns of A, and C, are neighbours in memory. */
function isTurnable({ kind, m, n, a, c }: MatrixProduct): boolean {
  const { bytes } = ELEMENTS[kind];
  return n === 1 && m > 1 && a.row === bytes && c.row === bytes;
}

/** A column C = A·b as the row Cᵀ = bᵀ·Aᵀ. */
function turned(product: MatrixProduct): MatrixProduct {
  const { m, a, b, batch } = product;
  return {
    ...product,
    ...{ m: 1, n: m },
    a: { address: b.address, row: b.column, column: b.row },
    b: { address: a.address, row: a.column, column: a.row },
    batch: { ...batch, a: batch.b, b: batch.a },
  };
}

function clear({ kind, m, n, c, batch, accumulate }: Product & { batch: Batch }, context: TaskContext): void {
  if (accumulate === true) return;
  const code = context.code('gemm-clear', emitClear);
  const bytes = n * ELEMENTS[kind].bytes;
  const words = [c.address, c.row, m, bytes, batch.inner, batch.c.outer, batch.c.inner];
  const units = batch.outer * batch.inner * m;
  context.launch(code, words, { units, cost: (units * bytes) / 16 + 10 * units });
}
