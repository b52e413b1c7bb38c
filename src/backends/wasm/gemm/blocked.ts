import type { TaskContext } from '../task';
import { arithmeticOf } from './arithmetic';
import { gemmCode, packCode } from './codes';
import type { Source } from './driver';
import { ELEMENTS } from './elements';
import { arithmeticFor } from './module';
import { GEMM_WORDS, roundUp, withWindows, wordsOf } from './params';
import { emitSumParts } from './parts';
import { type Phase, packedCounts, phasesOf, type Scheme } from './phases';
import type { BatchProduct, Product } from './problem';
import { paddedK, type Tile } from './tile';
import { blockK, columnWork, costOf, rowWork, tileFor } from './work';

export { roundUp, type WindowLayout } from './params';

/** About how many rows of A are gone through at a time: with a panel of B they share the first-level cache. */
const ROWS_PER_BLOCK = 24;
/** Gathering rows from images pays off for more of them; with kc they fit the second-level cache. */
const GATHERED_ROWS = 120;
/** Sums this long, of a matrix this small, are cut into parts: rows alone would not occupy several workers. */
const LONG_SUM = 4096;
const FEW_ELEMENTS = 16384;
const MOST_PARTS = 16;
/**
 * Columns of C up to which a row of A is not read often enough to be worth packing. Loads that repeat an element don't
 * mind rows that lie apart.
 */
const ROWS_COLUMNS = { shuffle: 128, splat: 512 };
/** Tiles in a column of C up to which columns are divided among workers rather than rows. */
const FEW_TILES = 4;
/** Launches a product with packed panels. m, n and k must not be 0. */
export function launchBlocked(product: BatchProduct, context: TaskContext, tile = tileFor(product, context)): void {
  const { kind, m, n, k, batch } = product;
  const scheme = { arithmetic: arithmeticFor(kind, context), tile, source: sourceOf(product, tile), kc: blockK(k) };
  const single = batch.outer * batch.inner === 1;
  if (single && k >= LONG_SUM && m * n <= FEW_ELEMENTS) launchParts(product, scheme, context);
  else launchPhases(context, scheme, phasesOf(product, scheme));
}

export function launchPhases(context: TaskContext, scheme: Scheme, phases: readonly Phase[]): void {
  for (const phase of phases) launchPhase(phase, scheme, context);
}

function sourceOf({ kind, a, n }: Product, { access }: Tile): Source {
  if ('address' in a) return a.column === ELEMENTS[kind].bytes && n <= ROWS_COLUMNS[access] ? 'rows' : 'matrix';
  return a.transposed ? 'windows-transposed' : 'windows';
}

/** Sizes of blocks, and of the memory that a worker needs for itself. */
interface Blocking {
  readonly mc: number;
  /** Columns of C, the last panel filled up. */
  readonly width: number;
  /** Where things lie in a worker's memory; panels of A come first. */
  readonly gathered: number;
  readonly own: number;
}

function blockingOf({ m, n }: Product, { arithmetic, tile, source, kc }: Scheme): Blocking {
  const { bytes } = ELEMENTS[arithmetic];
  const packs = source === 'matrix' || source === 'windows-transposed';
  const gathers = source === 'windows' || source === 'windows-transposed';
  const most = gathers ? GATHERED_ROWS : ROWS_PER_BLOCK;
  const mc = Math.min(roundUp(m, tile.rows), most - (most % tile.rows));
  const gathered = packs ? roundUp(mc * paddedK(tile, ELEMENTS[arithmetic], kc) * bytes, 64) : 0;
  const own = gathered + (gathers ? roundUp(mc * kc * bytes, 64) + 64 : 0);
  return { mc, width: roundUp(n, tile.columns), gathered, own };
}

/** The parameters of A, among others: which steps along k it is, where windows are gathered. */
function wordsWithA(a: Product['a'], firstK: number, others: Parameters<typeof wordsOf<GemmWord>>[1]): number[] {
  if ('address' in a) return wordsOf(GEMM_WORDS, { ...others, a: a.address, aRow: a.row, aK: a.column });
  return withWindows(wordsOf(GEMM_WORDS, { ...others, firstK }), a.windows);
}

type GemmWord = (typeof GEMM_WORDS)[number];

function launchPhase({ product, firstK }: Phase, scheme: Scheme, context: TaskContext): void {
  launchPacked(product, firstK, scheme, packB(product, scheme, context), context);
}

/**
 * Packs B once for products of one size that differ in A and C only, the layout of A apart from its address being that of
 * `product`: what is returned launches them, one after the other.
 */
export function packedOnce(
  product: BatchProduct,
  context: TaskContext,
): (a: BatchProduct['a'], c: BatchProduct['c']) => void {
  const tile = tileFor(product, context);
  const { kind, k } = product;
  const scheme = { arithmetic: arithmeticFor(kind, context), tile, source: sourceOf(product, tile), kc: blockK(k) };
  const packed = packB(product, scheme, context);
  const scratch = scratchOf(packed.own, context);
  return (a, c) => launchPacked({ ...product, a, c }, 0, scheme, packed, context, scratch);
}

/** Where B lies once it is packed, and how the product is blocked. */
interface PackedB extends Blocking {
  readonly packed: number;
  readonly bInner: number;
  readonly bOuter: number;
}

function packB(product: BatchProduct, scheme: Scheme, context: TaskContext): PackedB {
  const { m, n, k, b, batch } = product;
  const { tile, kc } = scheme;
  const blocking = blockingOf(product, scheme);
  const { mc, width } = blocking;
  const counts = packedCounts(batch);
  const one = roundUp(width * k * ELEMENTS[scheme.arithmetic].bytes, 64);
  const place = {
    packed: context.workspace(counts.outer * counts.inner * one),
    bInner: counts.inner > 1 ? one : 0,
    bOuter: counts.outer > 1 ? counts.inner * one : 0,
  };
  const source = { b: b.address, bColumn: b.column, bK: b.row };
  const sizes = { ...{ m, n, k, kc, mc, width }, ...place };
  const packWords = { ...sizes, ...source, inner: counts.inner, aOuter: batch.b.outer, aInner: batch.b.inner };
  const elements = counts.outer * counts.inner * width * k;
  context.launch(packCode(context, scheme, product), wordsOf(GEMM_WORDS, packWords), {
    units: elements / k / tile.columns,
    cost: elements / 2,
    prepares: true,
  });
  return { ...blocking, ...place };
}

function launchPacked(
  product: BatchProduct,
  firstK: number,
  scheme: Scheme,
  { mc, width, gathered, own, ...place }: PackedB,
  context: TaskContext,
  scratch = scratchOf(own, context),
): void {
  const { m, n, k, a, c, batch } = product;
  const { tile, kc } = scheme;
  const words = wordsWithA(a, firstK, {
    ...{ m, n, k, kc, mc, width },
    ...place,
    ...{ c: c.address, cRow: c.row, gathered },
    accumulate: product.accumulate === true ? 1 : 0,
    ...scratch,
    ...{ inner: batch.inner, aOuter: batch.a.outer, aInner: batch.a.inner },
    ...{ cOuter: batch.c.outer, cInner: batch.c.inner },
  });
  const matrices = batch.outer * batch.inner;
  if (matrices === 1 && m <= FEW_TILES * tile.rows && n > m) {
    const work = columnWork(product, tile.columns, costOf(product));
    context.launch(gemmCode(context, scheme, 'columns', product), words, work);
  } else {
    context.launch(gemmCode(context, scheme, 'run', product), words, rowWork(product, tile.rows));
  }
}

function scratchOf(bytes: number, context: TaskContext): { scratch: number; scratchBytes: number } {
  return { scratch: bytes === 0 ? 0 : context.workspace(bytes * context.workers), scratchBytes: bytes };
}

/** Sums a long sum in parts, which do not depend on the number of workers, and adds them up. */
function launchParts(product: BatchProduct, scheme: Scheme, context: TaskContext): void {
  const { m, n, k, a, b, c } = product;
  const { kc } = scheme;
  const { bytes } = ELEMENTS[scheme.arithmetic];
  const { mc, width, gathered, own } = blockingOf(product, scheme);
  const part = kc * Math.ceil(k / kc / MOST_PARTS);
  const count = Math.ceil(k / part);
  // A vector may reach past the end of the last row.
  const partBytes = roundUp(m * n * bytes, 64);
  const parts = context.workspace(count * partBytes);
  const words = wordsWithA(a, 0, {
    ...{ m, n, k, kc, mc, width, gathered, own, part },
    ...{ b: b.address, bColumn: b.column, bK: b.row },
    ...{ c: parts, cRow: n * bytes, cOuter: partBytes },
    ...scratchOf(own + roundUp(width * kc * bytes, 64), context),
  });
  context.launch(gemmCode(context, scheme, 'parts', product), words, { units: count, cost: costOf(product) });
  const sum = context.code(`${scheme.arithmetic}-gemm-parts`, (module) =>
    emitSumParts(module, arithmeticOf(scheme.arithmetic)),
  );
  const accumulate = product.accumulate === true ? 1 : 0;
  const sumWords = [parts, count, partBytes, c.address, c.row, n, accumulate];
  const rows = { units: m, cost: (count * m * n) / 4 };
  context.launch(sum, sumWords, c.row === n * bytes ? { ...rows, rowLength: n } : rows);
}
