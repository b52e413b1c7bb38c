import { type FunctionRef, i32, type ModuleBuilder, v128 } from '../assembler/index';
import { emitGather } from '../gemm/gather';
import { readWords, type WindowLayout, withWindows, wordsOf } from '../gemm/params';
import type { TaskContext } from '../task';
import type { IntegerDot } from './dot';
import { emitMicrokernel, type IntegerTile, integerTile, integerTileName } from './micro';
import { emitRequantizer, type Pair, REQUANTIZE_WORDS, storeEight } from './requantize';
import { COLUMNS } from './weights';

/** About how many bytes of rows are gathered at a time: they stay in the second-level cache. */
const GATHERED = 131072;
/** Most rows that share a panel of weights while it is in the first-level cache, a multiple of those of any tile. */
const MOST_ROWS = 96;
/** Bytes of a row of sums of a panel. */
const SUM_ROW = 4 * COLUMNS;
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

/** `requantize(params, sums, c, out, rows, columns)`: rows of sums of the channels from `c` on. */
function emitRequantize(m: ModuleBuilder): FunctionRef<'void'> {
  return m.func(
    'requantize',
    ['i32', 'i32', 'i32', 'i32', 'i32', 'i32'],
    'void',
    (f, params, sums, c, out, rows, columns) => {
      const w = readWords(f, params, REQUANTIZE_WORDS);
      const outRow = f.local('i32', i32.load(params, 4 * WORDS.indexOf('outRow')));
      const requantizer = emitRequantizer(f, w);
      const pairs = Array.from({ length: ROWS_TOGETHER }, () => f.locals('v128', 2) as unknown as Pair);
      requantizer.select(c);
      const rowsOf = (sumsOf: readonly Pair[], general: boolean): void => {
        sumsOf.flat().forEach((sum, i) => f.set(sum, v128.load(sums, 16 * i)));
        requantizer.eight(sumsOf, general);
        for (const [bytes] of sumsOf) {
          storeEight(f, out, bytes, columns);
          f.increment(out, outRow);
        }
        f.increment(sums, SUM_ROW * sumsOf.length);
        f.set(rows, i32.sub(rows, sumsOf.length));
      };
      const each = (general: boolean): void => {
        f.while(i32.geS(rows, ROWS_TOGETHER), () => rowsOf(pairs, general));
        f.while(rows, () => rowsOf(pairs.slice(0, 1), general));
      };
      requantizer.eitherWay(each);
    },
  );
}

function emitProduct(m: ModuleBuilder, dot: IntegerDot, tile: IntegerTile, windows: boolean): void {
  const { rows: tileRows } = tile;
  const gather = windows ? emitGather(m, dot.bytes) : null;
  const micro = emitMicrokernel(m, dot, tile);
  const requantize = emitRequantize(m);
  m.func('run', ['i32', 'i32', 'i32', 'i32'], 'void', (f, params, begin, end, worker) => {
    const w = readWords(f, params, WORDS);
    const [i, j, r, high, a, b, left] = f.locals('i32', 7);
    const sums = f.local('i32', i32.add(w.scratch, i32.mul(worker, w.scratchBytes)));
    const gathered = f.local('i32', i32.add(sums, i32.mul(w.block, SUM_ROW)));
    const [out, sum] = f.locals('i32', 2);
    f.for(i, begin, end, w.block, () => {
      f.set(high, i32.sub(end, i));
      f.set(high, i32.select(i32.ltU(high, w.block), high, w.block));
      if (gather !== null) f.do(f.call(gather, params, gathered, w.aRow, i, high, 0, w.k));
      f.set(b, w.b);
      f.for(j, 0, w.n, COLUMNS, () => {
        f.set(a, gather === null ? i32.add(w.a, i32.mul(i, w.aRow)) : gathered);
        f.set(out, i32.add(i32.add(w.out, i32.mul(i, w.outRow)), j));
        f.set(sum, sums);
        f.for(r, 0, high, tileRows, () => {
          f.set(left, i32.sub(high, r));
          f.do(f.call(micro, a, w.aRow, left, b, w.elements, sum));
          f.increment(a, i32.mul(w.aRow, tileRows));
          f.increment(sum, SUM_ROW * tileRows);
        });
        f.do(f.call(requantize, params, sums, j, out, high, i32.sub(w.n, j)));
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
  const scratchBytes = block * SUM_ROW + (windows ? block * aRow + 64 : 0);
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
