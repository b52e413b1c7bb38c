import type { Elements } from './elements';

/** A microkernel: the part of C that it holds in registers, and how it reads A. */
export interface Tile {
  readonly rows: number;
  readonly columns: number;
  /**
   * How an element of A gets into every lane: by a load that repeats it, A being packed `[k][rows]`, or by a shuffle of
   * a vector of elements along k, A being packed `[k / lanes][rows][lanes]`. Engines differ in which is faster.
   */
  readonly access: 'splat' | 'shuffle';
  /**
   * Steps along k between two tests of the loop, where A is read one element at a time; by default `UNROLL`. V8 before 2025
   * reorders several steps so that it runs out of registers, and one to a round it leaves alone.
   */
  readonly unroll?: 1;
}

export const UNROLL = 4;

export function tileName({ rows, columns, access, unroll }: Tile): string {
  return `${rows}x${columns}${access === 'shuffle' ? 's' : ''}${unroll === 1 ? 'u1' : ''}`;
}

/** Elements along k that a panel of A has room for; see `Tile.access`. */
export function paddedK({ access }: Tile, { lanes }: Elements, k: number): number {
  return access === 'shuffle' ? Math.ceil(k / lanes) * lanes : k;
}
