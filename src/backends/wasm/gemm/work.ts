import type { TaskContext, Work } from '../task';
import { knownTile, tunedTile } from '../tuner/tile';
import { ELEMENTS } from './elements';
import type { BatchProduct } from './problem';
import type { Tile } from './tile';

/** Most steps along k per block: panels of A and B of that length share the first-level cache. */
const MAX_KC = 512;
/** Multiply-adds in a nanosecond, about. */
const RATES = { f32: 25, f64: 11, i32: 8 };

/** The blocking along k. It is the same for every tile, so the tile does not change the bits of a result. */
export function blockK(k: number): number {
  const blocks = Math.ceil(k / MAX_KC);
  return Math.ceil(k / blocks);
}

/** About the nanoseconds that a product takes. */
export function costOf({ kind, m, n, k, batch }: BatchProduct): number {
  return (batch.outer * batch.inner * m * n * k) / RATES[kind];
}

const F64_TILE: Tile = { rows: 4, columns: 4, access: 'splat', unroll: 1 };
const I32_TILE: Tile = { rows: 4, columns: 8, access: 'splat', unroll: 1 };
/** Multiply-adds up to which the fastest tile is used if it is known, but not looked for. */
const SMALL_WORK = 4e6;

/** The tile for a product, which never changes its bits. */
export function tileFor(product: BatchProduct, context: TaskContext): Tile {
  const { kind, m, n, k, batch } = product;
  if (kind === 'f64') return F64_TILE;
  if (kind === 'i32') return I32_TILE;
  const work = batch.outer * batch.inner * m * n * k;
  return work > SMALL_WORK ? tunedTile(context, work / RATES.f32) : knownTile(context);
}

/** Work by columns of a single C, in multiples of `columns`. Those of one row are a result's elements in order. */
export function columnWork({ m, n }: BatchProduct, columns: number, cost: number): Work {
  const work = { units: n, multiple: columns, cost };
  return m === 1 ? { ...work, rowLength: 1, leadsOnly: true } : work;
}

/** Work by rows of C, in tiles of `rows`. */
export function rowWork(product: BatchProduct, rows: number): Work {
  const { kind, m, n, c, batch } = product;
  const matrices = batch.outer * batch.inner;
  const { bytes } = ELEMENTS[kind];
  const { outer, inner } = batch.c;
  const dense =
    c.row === n * bytes &&
    (batch.inner === 1 || inner === m * c.row) &&
    (batch.outer === 1 || outer === batch.inner * m * c.row);
  // Rows of small matrices go to workers by whole matrices.
  const multiple = matrices > 1 && m <= 8 * rows ? m : rows;
  const [units, cost] = [matrices * m, costOf(product)];
  return dense ? { units, multiple, cost, rowLength: n, leadsOnly: true } : { units, multiple, cost };
}
