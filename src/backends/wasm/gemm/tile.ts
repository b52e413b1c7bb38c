import { type Expr, i32, type Local } from '../assembler/index';
import type { Arithmetic } from './arithmetic';

/** A microkernel: the part of C that it holds in registers, and how it reads A. */
export interface Tile {
  readonly rows: number;
  readonly columns: number;
  /**
   * How an element of A gets into every lane: by a load that repeats it, A being packed `[k][rows]`, or by a shuffle of
   * a vector of elements along k, A being packed `[k / lanes][rows][lanes]`. Engines differ in which is faster.
   */
  readonly access: 'splat' | 'shuffle';
}

export function tileName({ rows, columns, access }: Tile): string {
  return `${rows}x${columns}${access === 'shuffle' ? 's' : ''}`;
}

/** Elements along k that a panel of A has room for; see `Tile.access`. */
export function paddedK({ access }: Tile, { lanes }: Arithmetic, k: number): number {
  return access === 'shuffle' ? Math.ceil(k / lanes) * lanes : k;
}

/** The same in generated code. */
export function emitPaddedK({ access }: Tile, { lanes }: Arithmetic, k: Local<'i32'>): Expr<'i32'> {
  return access === 'shuffle' ? i32.and(i32.add(k, lanes - 1), -lanes) : k;
}
