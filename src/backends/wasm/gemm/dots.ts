import { i8x16, i32, type Local, type ModuleBuilder, type V128, v128 } from '../assembler/index';
import { emitTask, type TaskContext } from '../task';
import { ARITHMETICS, type Arithmetic } from './arithmetic';
import { overBatch } from './driver';
import { arithmeticFor } from './module';
import { BATCH_WORDS } from './params';
import type { MatrixProduct } from './problem';
import { costOf } from './work';

/** Rows, or columns, up to which C is computed as so many matrix-vector products. */
const FEW = 4;
/** Rows computed at a time, and vectors of each. */
const ROWS = 4;
const VECTORS = 2;

const WORDS = [
  'a',
  'aRow',
  'b',
  'bColumn',
  'c',
  'cRow',
  'cColumn',
  'm',
  'n',
  'k',
  'accumulate',
  ...BATCH_WORDS,
] as const;

/**
 * Whether rows of A and columns of B lie in memory as neighbours, and there are so few of one of them that each dot
 * product is best computed by itself.
 */
export function suitsDots({ kind, m, n, a, b }: MatrixProduct): boolean {
  const { bytes } = ARITHMETICS[kind];
  return a.column === bytes && b.row === bytes && Math.min(m, n) <= FEW && (n === 1 || b.column !== bytes);
}

/** Launches a product for which `suitsDots` holds. */
export function launchDots(product: MatrixProduct, context: TaskContext): void {
  const { kind, m, n, k, a, b, c, batch } = product;
  const arithmetic = arithmeticFor(kind, context);
  const { bytes } = ARITHMETICS[arithmetic];
  const code = context.code(`${arithmetic}-gemm-dots`, (module) => emitDots(module, ARITHMETICS[arithmetic]));
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
  const work = { units, multiple: ROWS, cost: 4 * costOf(product) };
  context.launch(
    code,
    words,
    tall && n === 1 && c.row === bytes && units === m ? { ...work, rowLength: 1, leadsOnly: true } : work,
  );
}

/** Emits the task; each dot product is summed in the same order wherever its row lies. */
function emitDots(m: ModuleBuilder, arithmetic: Arithmetic): void {
  const { bytes, lanes, add, multiplyAdd } = arithmetic;
  const loadOne = bytes === 4 ? v128.load32Zero : v128.load64Zero;
  const storeOne = bytes === 4 ? v128.store32Lane : v128.store64Lane;
  emitTask(m, { words: WORDS }, (f, w, { begin, end }) => {
    const pointers = f.locals('i32', ROWS);
    const [i, j, left, b, c, to, steps] = f.locals('i32', 7);
    const sums = Array.from({ length: ROWS }, () => f.locals('v128', VECTORS));
    const bs = f.locals('v128', VECTORS);
    const step = (vectors: number, load: typeof loadOne, count: number): void => {
      for (let v = 0; v < vectors; v++) f.set(bs[v]!, load(b, 16 * v));
      sums.forEach((row, r) => {
        for (let v = 0; v < vectors; v++) f.set(row[v]!, multiplyAdd(load(pointers[r]!, 16 * v), bs[v]!, row[v]!));
      });
      for (const pointer of [...pointers, b]) f.increment(pointer, count * bytes);
      f.set(steps, i32.sub(steps, count));
    };
    overBatch(f, { begin, end, each: w.m, inner: w.inner }, (q, from, till) => {
      const at = (base: Local<'i32'>, outer: Local<'i32'>, inner: Local<'i32'>) =>
        f.local('i32', i32.add(base, i32.add(i32.mul(q.outer, outer), i32.mul(q.inner, inner))));
      const [a, b0, c0] = [at(w.a, w.aOuter, w.aInner), at(w.b, w.bOuter, w.bInner), at(w.c, w.cOuter, w.cInner)];
      f.for(i, from, till, ROWS, () => {
        f.set(left, i32.sub(till, i));
        f.for(j, 0, w.n, 1, () => {
          pointers.forEach((pointer, r) => {
            // Past the end the last row is computed again.
            const row = r === 0 ? i : i32.add(i, i32.select(i32.gtU(left, r), r, i32.sub(left, 1)));
            f.set(pointer, i32.add(a, i32.mul(row, w.aRow)));
          });
          f.set(b, i32.add(b0, i32.mul(j, w.bColumn)));
          for (const sum of sums.flat()) f.set(sum, v128.zero());
          f.set(steps, w.k);
          f.while(i32.geS(steps, VECTORS * lanes), () => step(VECTORS, v128.load, VECTORS * lanes));
          f.while(i32.geS(steps, lanes), () => step(1, v128.load, lanes));
          f.while(i32.gtS(steps, 0), () => step(1, loadOne, 1));
          f.set(c, i32.add(c0, i32.add(i32.mul(i, w.cRow), i32.mul(j, w.cColumn))));
          sums.forEach(([first, second], r) => {
            f.set(first!, add(first!, second!));
            for (let half = 8; half >= bytes; half /= 2) f.set(first!, add(first!, moved(first!, half)));
            f.if(i32.gtU(left, r), () => {
              f.set(to, i32.add(c, i32.mul(w.cRow, r)));
              f.if(w.accumulate, () => f.set(first!, add(loadOne(to), first!)));
              f.do(storeOne(to, first!, 0));
            });
          });
        });
      });
    });
  });
}

/** The lanes from byte `by` on, moved to the front. */
function moved(x: V128, by: number): V128 {
  return i8x16.shuffle(
    x,
    x,
    Array.from({ length: 16 }, (_, i) => (i + by) % 16),
  );
}
