import type { ModuleBuilder } from '../assembler/index';
import type { Code, TaskContext } from '../task';
import { arithmeticOf } from './arithmetic';
import { ELEMENTS } from './elements';
import { emitDirect } from './emit-direct';
import { arithmeticFor, type ElementKind } from './module';
import type { MatrixProduct } from './problem';
import { type Tile, tileName } from './tile';
import { blockK, columnWork, costOf, rowWork, tileFor } from './work';

/** Multiply-adds of a matrix up to which packing costs more than it gains: those of matrices of 64 × 64. */
const DIRECT_WORK = 262144;
/** Rows up to which B is not read often enough to be worth packing. */
const DIRECT_ROWS = 8;
/** Rows up to which columns are divided among workers rather than rows. */
const FEW_ROWS = 24;

/** How A can be read in place, if it can. */
function readingOf({ kind, m, a }: MatrixProduct): 'rows' | 'columns' | null {
  const { bytes } = ELEMENTS[kind];
  if (a.column === bytes) return 'rows';
  return a.row === bytes || m === 1 ? 'columns' : null;
}

/** Whether a product is small enough, and laid out so that it can be computed without packing. */
export function isDirect(product: MatrixProduct): boolean {
  const { kind, m, n, k, b } = product;
  if ((n > 1 && b.column !== ELEMENTS[kind].bytes) || readingOf(product) === null) return false;
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
  const key = `${arithmetic}-gemm-direct-${tileName(tile)}-${reading}`;
  const build = (module: ModuleBuilder): void =>
    emitDirect(module, { tile, arithmetic: arithmeticOf(arithmetic), a: reading, b: 'rows' });
  const code = context.code(key, build, { name });
  ofTile[reading][id] = code;
  return code;
}

const COLUMN_KINDS = { f32: 'f32-columns', f64: 'f64-columns', i32: 'i32-columns' };
