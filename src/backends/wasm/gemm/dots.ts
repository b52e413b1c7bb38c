import type { TaskContext } from '../task';
import { arithmeticOf } from './arithmetic';
import { ELEMENTS } from './elements';
import { emitDots } from './emit-dots';
import { arithmeticFor } from './module';
import { DOT_ROWS } from './params';
import type { MatrixProduct } from './problem';
import { costOf } from './work';

/** Rows, or columns, up to which C is computed as so many matrix-vector products. */
const FEW = 4;

/**
 * Whether rows of A and columns of B lie in memory as neighbours, and there are so few of one of them that each dot
 * product is best computed by itself.
 */
export function suitsDots({ kind, m, n, a, b }: MatrixProduct): boolean {
  const { bytes } = ELEMENTS[kind];
  return a.column === bytes && b.row === bytes && Math.min(m, n) <= FEW && (n === 1 || b.column !== bytes);
}

/** Launches a product for which `suitsDots` holds. */
export function launchDots(product: MatrixProduct, context: TaskContext): void {
  const { kind, m, n, k, a, b, c, batch } = product;
  const arithmetic = arithmeticFor(kind, context);
  const { bytes } = ELEMENTS[arithmetic];
  const code = context.code(`${arithmetic}-gemm-dots`, (module) => emitDots(module, arithmeticOf(arithmetic)));
  const rows = { address: a.address, step: a.row, ...batch.a };
  const columns = { address: b.address, step: b.column, ...batch.b };
  // The longer side of C is divided among workers.
  const tall = m >= n;
  const [long, short] = tall ? [rows, columns] : [columns, rows];
  const [cRow, cColumn] = tall ? [c.row, bytes] : [bytes, c.row];
  const words = [long.address, long.step, short.address, short.step, c.address, cRow, cColumn];
  words.push(Math.max(m, n), Math.min(m, n), k, product.accumulate === true ? 1 : 0, batch.inner);
  words.push(long.outer, long.inner, short.outer, short.inner, batch.c.outer, batch.c.inner);
  const units = batch.outer * batch.inner * Math.max(m, n);
  const work = { units, multiple: DOT_ROWS, cost: 4 * costOf(product) };
  context.launch(
    code,
    words,
    tall && n === 1 && c.row === bytes && units === m ? { ...work, rowLength: 1, leadsOnly: true } : work,
  );
}
