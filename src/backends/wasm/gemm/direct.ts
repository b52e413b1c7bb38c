import { i32, type ModuleBuilder } from '../assembler/index';
import type { TaskContext } from '../task';
import { ARITHMETICS } from './arithmetic';
import { matrix, overBatch, overK } from './driver';
import { emitMacrokernel } from './macro';
import type { MicroSpec } from './micro';
import { arithmeticFor } from './module';
import { DIRECT_WORDS, readWords, wordsOf } from './params';
import type { MatrixProduct } from './problem';
import { tileName } from './tile';
import { blockK, costOf, rowWork, tileFor } from './work';

/** Multiply-adds of a matrix up to which packing costs more than it gains: those of matrices of 64 × 64. */
const DIRECT_WORK = 262144;
/** Rows up to which B is not read often enough to be worth packing. */
const DIRECT_ROWS = 8;
/** Rows up to which columns are divided among workers rather than rows. */
const FEW_ROWS = 24;

/**
 * Emits the tasks of a product that packs nothing, for matrices that fit in the cache and for those with few rows: `run`
 * by rows of C, `columns` by columns of a single one. Sums have the bits of those of the packed product.
 */
function emitDirect(m: ModuleBuilder, spec: MicroSpec): void {
  const macro = emitMacrokernel(m, spec);
  const { bytes } = spec.arithmetic;
  for (const name of ['run', 'columns'] as const) {
    m.func(name, ['i32', 'i32', 'i32', 'i32'], 'void', (f, params, begin, end) => {
      const w = readWords(f, params, DIRECT_WORDS);
      const [a, b, c, rows, columns] = f.locals('i32', 5);
      const sum = (): void =>
        overK(f, w, 0, w.k, (p, kb) => {
          const from = i32.add(a, i32.mul(p, w.aK));
          const of = i32.add(b, i32.mul(p, w.bK));
          const add = i32.or(w.accumulate, i32.ne(p, 0));
          f.do(f.call(macro, from, of, c, w.cRow, rows, columns, kb, add, w.aStep, w.bK));
        });
      if (name === 'columns') {
        f.set(a, w.a);
        f.set(b, i32.add(w.b, i32.mul(begin, bytes)));
        f.set(c, i32.add(w.c, i32.mul(begin, bytes)));
        f.set(rows, w.m);
        f.set(columns, i32.sub(end, begin));
        sum();
        return;
      }
      f.set(columns, w.n);
      overBatch(f, { begin, end, each: w.m, inner: w.inner }, (q, from, to) => {
        f.set(a, i32.add(matrix(w.a, w.aOuter, w.aInner, q), i32.mul(from, w.aRow)));
        f.set(b, matrix(w.b, w.bOuter, w.bInner, q));
        f.set(c, i32.add(matrix(w.c, w.cOuter, w.cInner, q), i32.mul(from, w.cRow)));
        f.set(rows, i32.sub(to, from));
        sum();
      });
    });
  }
}

/** How A can be read in place, if it can. */
function readingOf({ kind, m, a }: MatrixProduct): 'rows' | 'columns' | null {
  const { bytes } = ARITHMETICS[kind];
  if (a.column === bytes) return 'rows';
  return a.row === bytes || m === 1 ? 'columns' : null;
}

/** Whether a product is small enough, and laid out so that it can be computed without packing. */
export function isDirect(product: MatrixProduct): boolean {
  const { kind, m, n, k, b } = product;
  if ((n > 1 && b.column !== ARITHMETICS[kind].bytes) || readingOf(product) === null) return false;
  return m * n * k <= DIRECT_WORK || m <= DIRECT_ROWS;
}

/** Launches a product for which `isDirect` holds. */
export function launchDirect(product: MatrixProduct, context: TaskContext, tile = tileFor(product, context)): void {
  const { kind, m, n, k, a, b, c, batch } = product;
  const arithmetic = arithmeticFor(kind, context);
  const reading = readingOf(product)!;
  const key = `${arithmetic}-gemm-direct-${tileName(tile)}-${reading}`;
  const spec: MicroSpec = { tile, arithmetic: ARITHMETICS[arithmetic], a: reading, b: 'rows' };
  const words = wordsOf(DIRECT_WORDS, {
    ...{ m, n, k, kc: blockK(k) },
    ...{ a: a.address, aRow: a.row, aK: a.column, aStep: reading === 'rows' ? a.row : a.column },
    ...{ b: b.address, bK: b.row, c: c.address, cRow: c.row, accumulate: product.accumulate === true ? 1 : 0 },
    ...{ inner: batch.inner, aOuter: batch.a.outer, aInner: batch.a.inner },
    ...{ bOuter: batch.b.outer, bInner: batch.b.inner, cOuter: batch.c.outer, cInner: batch.c.inner },
  });
  const byColumns = batch.outer * batch.inner === 1 && m <= FEW_ROWS && n > m;
  const code = context.code(key, (module) => emitDirect(module, spec), { name: byColumns ? 'columns' : 'run' });
  const work = byColumns ? { units: n, multiple: tile.columns, cost: costOf(product) } : rowWork(product, tile.rows);
  context.launch(code, words, work);
}
