import { type FunctionRef, i32, type ModuleBuilder, v128 } from '../assembler/index';
import { reordersSteps } from '../features';
import { type Tile, tileName, UNROLL } from '../gemm/tile';
import { type IntegerDot, WIDE } from './dot';
import { COLUMNS } from './weights';

/** A tile of so many rows, and `COLUMNS` columns; see `Tile`. */
export type IntegerTile = Pick<Tile, 'unroll'> & { readonly rows: 4 | 6 };

/**
 * The fastest tile that was measured. Six rows of sums fill twelve registers of sixteen; in 16 bits products need registers
 * before they are added.
 */
export function integerTile(dot: IntegerDot): IntegerTile {
  if (dot !== WIDE) return { rows: 6 };
  return reordersSteps() ? { rows: 4, unroll: 1 } : { rows: 4 };
}

export function integerTileName(tile: IntegerTile): string {
  return tileName({ ...tile, columns: COLUMNS, access: 'splat' });
}

/**
 * `micro(a, aRow, left, b, elements, sums)`: one tile of sums, rows of A read in place. Rows from number `left` on are
 * not read, the last one is instead. What lies past the end of a row meets zeros among the weights.
 */
export function emitMicrokernel(m: ModuleBuilder, dot: IntegerDot, size: IntegerTile): FunctionRef<'void'> {
  const { rows } = size;
  const unroll: number = size.unroll ?? UNROLL;
  return m.func('micro', ['i32', 'i32', 'i32', 'i32', 'i32', 'i32'], 'void', (f, a, aRow, left, b, elements, sums) => {
    const tile = Array.from({ length: rows }, () => f.locals('v128', 2));
    const weights = f.locals('v128', 2);
    const x = f.local('v128');
    const pointers = tile.map((_, r) => {
      const row = r === 0 ? 0 : i32.select(i32.gtU(left, r), r, i32.sub(left, 1));
      return f.local('i32', i32.add(a, i32.mul(aRow, row)));
    });
    const step = (u: number): void => {
      weights.forEach((w, v) => f.set(w, v128.load(b, 32 * u + 16 * v)));
      tile.forEach((row, r) => {
        f.set(x, v128.load32Splat(pointers[r]!, 4 * u));
        row.forEach((sum, v) => f.set(sum, dot.multiplyAdd(x, weights[v]!, sum)));
      });
    };
    const advance = (steps: number): void => {
      for (const pointer of pointers) f.increment(pointer, 4 * steps);
      f.increment(b, 32 * steps);
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
    tile.flat().forEach((sum, i) => f.do(v128.store(sums, sum, 16 * i)));
  });
}
