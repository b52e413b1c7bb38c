import { type FunctionBuilder, type FunctionRef, i32, type Local, type ModuleBuilder, v128 } from '../assembler/index';
import { reordersSteps } from '../features';
import { type Tile, tileName, UNROLL } from '../gemm/tile';
import type { IntegerDot } from './dot';
import type { Pair } from './requantize';
import { COLUMNS } from './weights';

/** A tile of so many rows, and `COLUMNS` columns; see `Tile`. */
export type IntegerTile = Pick<Tile, 'unroll'> & { readonly rows: 4 | 6 };

/**
 * The fastest tile that was measured. Six rows of sums fill twelve registers of sixteen; in 16 bits products need registers
 * before they are added.
 */
export function integerTile(dot: IntegerDot): IntegerTile {
  if (dot.bytes === 1) return { rows: 6 };
  return reordersSteps() ? { rows: 4, unroll: 1 } : { rows: 4 };
}

export function integerTileName(tile: IntegerTile): string {
  return tileName({ ...tile, columns: COLUMNS, access: 'splat' });
}

/** What a tile is computed from: rows of A in place, panels of weights, and how many elements along k. Used up. */
export interface TileOperands {
  readonly rows: readonly Local<'i32'>[];
  readonly panels: readonly Local<'i32'>[];
  readonly elements: Local<'i32'>;
}

/**
 * Adds products to the sums of a tile: of a row after the other, those of its panels. What lies past the end of a row of A
 * meets zeros among the weights.
 */
export function emitTile(
  f: FunctionBuilder,
  dot: IntegerDot,
  { unroll: only }: Pick<Tile, 'unroll'>,
  sums: readonly Pair[],
  { rows, panels, elements }: TileOperands,
): void {
  const unroll: number = only ?? UNROLL;
  const weights = f.locals('v128', 2);
  const x = f.local('v128');
  const step = (u: number): void =>
    panels.forEach((panel, p) => {
      weights.forEach((w, v) => f.set(w, dot.load(panel, dot.packed * (u + v / 2))));
      rows.forEach((row, r) => {
        if (p === 0 || rows.length > 1) f.set(x, v128.load32Splat(row, 4 * u));
        sums[r * panels.length + p]!.forEach((sum, v) => f.set(sum, dot.multiplyAdd(x, weights[v]!, sum)));
      });
    });
  const advance = (steps: number): void => {
    for (const row of rows) f.increment(row, 4 * steps);
    for (const panel of panels) f.increment(panel, dot.packed * steps);
    f.set(elements, i32.sub(elements, steps));
  };
  if (unroll > 1) {
    f.while(i32.geS(elements, unroll), () => {
      for (let u = 0; u < unroll; u++) step(u);
      advance(unroll);
    });
  }
  f.while(elements, () => {
    step(0);
    advance(1);
  });
}

/** Pointers to `count` rows that are `step` bytes apart; from number `left` on, to the last one that there is. */
export function emitRowPointers(
  f: FunctionBuilder,
  pointers: readonly Local<'i32'>[],
  first: Local<'i32'>,
  step: Local<'i32'>,
  left: Local<'i32'>,
): void {
  pointers.forEach((pointer, r) => {
    const row = r === 0 ? 0 : i32.select(i32.gtU(left, r), r, i32.sub(left, 1));
    f.set(pointer, i32.add(first, i32.mul(step, row)));
  });
}

/**
 * `micro(a, aRow, left, b, elements, sums)`: one tile of sums, rows of A read in place. Rows from number `left` on are
 * not read, the last one is instead.
 */
export function emitMicrokernel(m: ModuleBuilder, dot: IntegerDot, size: IntegerTile): FunctionRef<'void'> {
  return m.func('micro', ['i32', 'i32', 'i32', 'i32', 'i32', 'i32'], 'void', (f, a, aRow, left, b, elements, sums) => {
    const tile = Array.from({ length: size.rows }, () => f.locals('v128', 2) as Pair);
    const rows = tile.map(() => f.local('i32'));
    emitRowPointers(f, rows, a, aRow, left);
    emitTile(f, dot, size, tile, { rows, panels: [b], elements });
    tile.flat().forEach((sum, i) => f.do(v128.store(sums, sum, 16 * i)));
  });
}
