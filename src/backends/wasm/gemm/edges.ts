import { type ArithmeticName, ELEMENTS } from './elements';
import type { BatchProduct } from './problem';
import type { Tile } from './tile';

/**
 * What is left of C below and right of the last whole tile, in rows and in vectors, if it is known: then kernels for
 * other edges need not be there. Where rows are divided in another way, those left over go one by one.
 */
export interface Edges {
  readonly rows: number | 'any';
  readonly vectors: number | 'any';
}

export const ANY_EDGES: Edges = { rows: 'any', vectors: 'any' };

/** The edges of a product whose work is divided at multiples of the tile. */
export function edgesOf({ m, n, batch }: BatchProduct, tile: Tile, arithmetic: ArithmeticName): Edges {
  const below = m % tile.rows;
  // Work of several matrices is divided anywhere.
  const rows = below === 0 || batch.outer * batch.inner === 1 ? below : 'any';
  return { rows, vectors: Math.ceil((n % tile.columns) / ELEMENTS[arithmetic].lanes) };
}
