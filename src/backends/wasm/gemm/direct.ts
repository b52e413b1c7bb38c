import { i32, type ModuleBuilder } from '../assembler/index';
import type { Code, TaskContext } from '../task';
import { ARITHMETICS } from './arithmetic';
import { matrix, overBatch, overK } from './driver';
import { emitMacrokernel } from './macro';
import type { MicroSpec } from './micro';
import { arithmeticFor, type ElementKind } from './module';
import { DIRECT_WORDS, readWords } from './params';
import type { MatrixProduct } from './problem';
import { type Tile, tileName } from './tile';
import { blockK, columnWork, costOf, rowWork, tileFor } from './work';

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

/** Launches a product for which `isDirect` holds. Small ones take little more than this function: it makes no detours. */
export function launchDirect(product: MatrixProduct, context: TaskContext, tile = tileFor(product, context)): void {
  const { m, n, k, a, b, c, batch } = product;
  const reading = readingOf(product)!;
  const single = batch.outer === 1 && batch.inner === 1;
  const byColumns = single && m <= FEW_ROWS && n > m;
  const code = directCode(context, product.kind, tile, reading, byColumns ? 'columns' : 'run');
  // In the order of DIRECT_WORDS.
  const words = [
    a.address,
    a.row,
    reading === 'rows' ? a.row : a.column,
    a.column,
    b.address,
    b.row,
    c.address,
    c.row,
    m,
    n,
    k,
    blockK(k),
    product.accumulate === true ? 1 : 0,
    batch.inner,
    batch.a.outer,
    batch.a.inner,
    batch.b.outer,
    batch.b.inner,
    batch.c.outer,
    batch.c.inner,
  ];
  const work = byColumns ? columnWork(product, tile.columns, costOf(product)) : rowWork(product, tile.rows);
  context.launch(code, words, work);
}

/** Codes by tile, then by how A is read, and the arithmetic and the name of the task. */
type DirectCodes = Map<Tile, Record<'rows' | 'columns', Record<string, Code>>>;

function directCode(
  context: TaskContext,
  kind: ElementKind,
  tile: Tile,
  reading: 'rows' | 'columns',
  name: 'run' | 'columns',
): Code {
  const codes = context.cached<DirectCodes>('gemm-direct', () => new Map());
  let ofTile = codes.get(tile);
  if (ofTile === undefined) {
    ofTile = { rows: {}, columns: {} };
    codes.set(tile, ofTile);
  }
  const id = name === 'run' ? kind : COLUMN_KINDS[kind];
  const known = ofTile[reading][id];
  if (known !== undefined) return known;
  const arithmetic = arithmeticFor(kind, context);
  const spec: MicroSpec = { tile, arithmetic: ARITHMETICS[arithmetic], a: reading, b: 'rows' };
  const key = `${arithmetic}-gemm-direct-${tileName(tile)}-${reading}`;
  const code = context.code(key, (module) => emitDirect(module, spec), { name });
  ofTile[reading][id] = code;
  return code;
}

const COLUMN_KINDS = { f32: 'f32-columns', f64: 'f64-columns', i32: 'i32-columns' };
