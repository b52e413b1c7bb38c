import type { Limits } from '../kernel';

/** How a product is cut: every invocation makes `rows` × `columns` elements, `across` × `down` of them share what they read. */
export interface Tile {
  readonly across: number;
  readonly down: number;
  readonly rows: number;
  readonly columns: number;
  /** Elements of the inner axis read at a time. */
  readonly depth: number;
}

const LARGE: Tile = { across: 16, down: 16, rows: 8, columns: 8, depth: 16 };
const MEDIUM: Tile = { across: 16, down: 16, rows: 4, columns: 4, depth: 16 };
const SMALL: Tile = { across: 8, down: 8, rows: 4, columns: 4, depth: 16 };

export const heightOf = ({ down, rows }: Tile): number => down * rows;
export const widthOf = ({ across, columns }: Tile): number => across * columns;

/** Workgroups that keep a GPU busy. */
const MANY = 128;

/** The largest tile that leaves enough workgroups, and fits the device. */
export function tileFor(m: number, n: number, batch: number, { invocations, sharedBytes }: Limits): Tile {
  for (const tile of [LARGE, MEDIUM]) {
    const bytes = 4 * tile.depth * (heightOf(tile) + widthOf(tile));
    if (tile.across * tile.down > invocations || bytes > sharedBytes) continue;
    if (tilesOf(m, n, tile) * batch >= MANY && n > widthOf(tile) / 2 && m > heightOf(tile) / 2) return tile;
  }
  return SMALL;
}

export function tilesOf(m: number, n: number, tile: Tile): number {
  return Math.ceil(m / heightOf(tile)) * Math.ceil(n / widthOf(tile));
}

/** Into how many parts the inner axis is cut where tiles alone are too few. It depends on sizes only, and so do the results. */
export function partsFor(m: number, n: number, k: number, batch: number, tile: Tile): number {
  const tiles = tilesOf(m, n, tile) * batch;
  if (k < 1024 || tiles >= MANY) return 1;
  return Math.min(Math.ceil(k / 256), Math.ceil(MANY / tiles));
}
