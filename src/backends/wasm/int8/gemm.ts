import { type FunctionRef, i32, type ModuleBuilder } from '../assembler/index';
import { emitGather } from '../gemm/gather';
import { type WindowLayout, withWindows, wordsOf } from '../gemm/params';
import { readWords } from '../gemm/words';
import type { TaskContext } from '../task';
import type { IntegerDot } from './dot';
import { emitRowPointers, emitTile, type IntegerTile, integerTile, integerTileName } from './micro';
import { emitRequantizer, type Pair, REQUANTIZE_WORDS, storeEight } from './requantize';
import { COLUMNS } from './weights';

/** About how many bytes of rows are gathered at a time: they stay in the second-level cache. */
const GATHERED = 131072;
/** Most rows that share a panel of weights while it is in the first-level cache, a multiple of those of any tile. */
const MOST_ROWS = 96;
/** Rows that are requantised side by side: they share what is read of their channels. */
const ROWS_TOGETHER = 2;

const PRODUCT_WORDS = [
  'a',
  'aRow',
  'n',
  'k',
  'elements',
  'b',
  'panelBytes',
  'out',
  'outRow',
  'scratch',
  'scratchBytes',
  'block',
] as const;
/** Those of requantisation come first. */
const WORDS = [...REQUANTIZE_WORDS, ...PRODUCT_WORDS] as const;

/** An integer layer as a product: out[m × n] = requantise(A[m × k] · W[k × n]), a group of its channels. */
export interface IntegerProduct {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  /** Rows whose columns are neighbours, or windows; both as the dot product reads them. */
  readonly a: { readonly address: number; readonly row: number } | { readonly windows: WindowLayout };
  /** Packed weights. */
  readonly b: { readonly address: number; readonly bytes: number };
  readonly out: { readonly address: number; readonly row: number };
  /** The words of `REQUANTIZE_WORDS`. */
  readonly requantize: readonly number[];
}

/** `panel(params, a, high, b, c, out)`: `high` rows of the channels of one panel, from the channel `c` on. */
function emitPanel(m: ModuleBuilder, dot: IntegerDot, tile: IntegerTile): FunctionRef<'void'> {
  return m.func('panel', ['i32', 'i32', 'i32', 'i32', 'i32', 'i32'], 'void', (f, params, a, high, b, c, out) => {
    const w = readWords(f, params, WORDS);
    const requantizer = emitRequantizer(f, w);
    const columns = f.local('i32', i32.sub(w.n, c));
    const sums = Array.from({ length: tile.rows }, () => f.locals('v128', 2) as Pair);
    const rows = sums.map(() => f.local('i32'));
    const outs = sums.map(() => f.local('i32'));
    const [bk, elements] = f.locals('i32', 2);
    requantizer.select(c);
    const tiles = (general: boolean): void =>
      f.while(i32.gtS(high, 0), () => {
        emitRowPointers(f, rows, a, w.aRow, high);
        f.set(bk, b);
        f.set(elements, w.elements);
        for (const pair of sums) pair.forEach((sum, half) => f.set(sum, requantizer.bias(half)));
        emitTile(f, dot, tile, sums, { rows, panels: [bk], elements });
        emitRowPointers(f, outs, out, w.outRow, high);
        for (let r = 0; r < tile.rows; r += ROWS_TOGETHER) {
          const some = sums.slice(r, r + ROWS_TOGETHER);
          requantizer.eight(some, general, true);
          // Rows that there aren't are copies of the last one.
          some.forEach(([bytes], i) => storeEight(f, outs[r + i]!, bytes, columns));
        }
        f.increment(a, i32.mul(w.aRow, tile.rows));
        f.increment(out, i32.mul(w.outRow, tile.rows));
        f.set(high, i32.sub(high, tile.rows));
      });
    requantizer.eitherWay(tiles);
  });
}

function emitProduct(m: ModuleBuilder, dot: IntegerDot, tile: IntegerTile, windows: boolean): void {
  const gather = windows ? emitGather(m, dot.bytes) : null;
  const panel = emitPanel(m, dot, tile);
  m.func('run', ['i32', 'i32', 'i32', 'i32'], 'void', (f, params, begin, end, worker) => {
    const w = readWords(f, params, WORDS);
    const [i, j, high, a, b, out] = f.locals('i32', 6);
    const gathered = f.local('i32', i32.add(w.scratch, i32.mul(worker, w.scratchBytes)));
    f.for(i, begin, end, w.block, () => {
      f.set(high, i32.sub(end, i));
      f.set(high, i32.select(i32.ltU(high, w.block), high, w.block));
      if (gather !== null) f.do(f.call(gather, params, gathered, w.aRow, i, high, 0, w.k));
      f.set(a, gather === null ? i32.add(w.a, i32.mul(i, w.aRow)) : gathered);
      f.set(out, i32.add(w.out, i32.mul(i, w.outRow)));
      f.set(b, w.b);
      f.for(j, 0, w.n, COLUMNS, () => {
        f.do(f.call(panel, params, a, high, b, j, i32.add(out, j)));
        f.increment(b, w.panelBytes);
      });
    });
  });
}

/** Launches one group of an integer layer. m, n and k must not be 0. */
export function launchProduct(product: IntegerProduct, dot: IntegerDot, context: TaskContext): void {
  const { m, n, k, a, b, out } = product;
  const windows = 'windows' in a;
  const tile = integerTile(dot);
  const { rows } = tile;
  const elements = Math.ceil(k / dot.steps);
  const aRow = windows ? 4 * elements : a.row;
  const fitting = rows * Math.floor(GATHERED / aRow / rows);
  const block = windows ? Math.max(rows, Math.min(MOST_ROWS, fitting)) : MOST_ROWS;
  const scratchBytes = windows ? block * aRow + 64 : 0;
  const scratch = context.workspace(scratchBytes * context.workers);
  const own = wordsOf(PRODUCT_WORDS, {
    ...(windows ? {} : { a: a.address }),
    aRow,
    n,
    k,
    elements,
    b: b.address,
    panelBytes: b.bytes,
    out: out.address,
    outRow: out.row,
    scratch,
    scratchBytes,
    block,
  });
  const words = [...product.requantize, ...own];
  const code = context.code(
    `${dot.name}-gemm-${integerTileName(tile)}-requantize${windows ? '-windows' : ''}`,
    (module) => emitProduct(module, dot, tile, windows),
  );
  const cost = (m * n * k) / (dot.steps * 15) + m * n;
  context.launch(code, windows ? withWindows(words, a.windows) : words, { units: m, cost, multiple: rows });
}
