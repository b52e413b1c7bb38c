import type { KernelContext } from '../kernel';
import { ARITHMETICS } from './arithmetic';
import { blockK, type MatrixLayout, type Product, runBlocked } from './blocked';
import { type DirectExports, emitDirect } from './direct';
import { arithmeticFor } from './module';

/** Multiply-adds up to which packing costs more than it gains: those of matrices of 64 × 64. */
const DIRECT_WORK = 262144;
/** Rows (or columns) up to which the other operand is not read often enough to be worth packing. */
const DIRECT_ROWS = 8;
const DIRECT_COLUMNS = 8;

/**
 * Computes C = A·B, C = 0 where k is 0, by the kernel that suits the size: directly on the operands where they are small,
 * else packed. The choice depends on sizes and strides only.
 */
export function runProduct(product: Product, context: KernelContext): void {
  const { m, n, k, a, b } = product;
  if (m === 0 || n === 0) return;
  if (k === 0) clear(product, context);
  else if ('address' in a && isDirect(product, b)) runDirect(product, a, context);
  else runBlocked(product, context);
}

function isDirect({ kind, m, n, k }: Product, b: MatrixLayout): boolean {
  if (n > 1 && b.column !== ARITHMETICS[kind].bytes) return false;
  return m * n * k <= DIRECT_WORK || m <= DIRECT_ROWS || n <= DIRECT_COLUMNS;
}

function runDirect({ kind, m, n, k, b, c, accumulate }: Product, a: MatrixLayout, context: KernelContext): void {
  const arithmetic = arithmeticFor(kind, context);
  const { run } = context.module<DirectExports>(`${arithmetic}-gemm-direct`, (module) =>
    emitDirect(module, ARITHMETICS[arithmetic]),
  );
  // The same blocks along k as in the packed product.
  const kc = blockK(k);
  for (let p = 0; p < k; p += kc) {
    const add = accumulate === true || p > 0 ? 1 : 0;
    run(
      a.address + p * a.column,
      a.row,
      a.column,
      b.address + p * b.row,
      b.row,
      c.address,
      c.row,
      m,
      n,
      Math.min(kc, k - p),
      add,
    );
  }
}

function clear({ kind, m, n, c, accumulate }: Product, { arena }: KernelContext): void {
  if (accumulate === true) return;
  const bytes = n * ARITHMETICS[kind].bytes;
  for (let i = 0; i < m; i++) arena.u8.fill(0, c.address + i * c.row, c.address + i * c.row + bytes);
}
