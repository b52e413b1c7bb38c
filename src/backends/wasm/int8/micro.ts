import { type FunctionRef, i32, type ModuleBuilder, v128 } from '../assembler/index';
import { shuffle32 } from '../gemm/pack';
import { type Tile, tileName } from '../gemm/tile';
import { expectedAccess } from '../tuner/tile';
import { type IntegerDot, WIDE } from './dot';
import { COLUMNS } from './weights';

/** A tile of so many rows, and `COLUMNS` columns; see `Tile`. */
export type IntegerTile = Pick<Tile, 'access'> & { readonly rows: 4 | 6 };

/** Elements along k between two tests of the loop: a vector of them. */
const UNROLL = 4;

/**
 * The fastest tile that was measured. Six rows of sums fill twelve registers of sixteen; where elements are shuffled into
 * every lane, their vectors need registers too.
 */
export function integerTile(dot: IntegerDot): IntegerTile {
  const access = dot === WIDE ? expectedAccess() : 'splat';
  return { rows: access === 'splat' ? 6 : 4, access };
}

export function integerTileName(tile: IntegerTile): string {
  return tileName({ ...tile, columns: COLUMNS });
}

/**
 * `micro(a, aRow, left, b, elements, sums)`: one tile of sums, rows of A read in place. Rows from number `left` on are
 * not read, the last one is instead. What lies past the end of a row meets zeros among the weights.
 */
export function emitMicrokernel(m: ModuleBuilder, dot: IntegerDot, { rows, access }: IntegerTile): FunctionRef<'void'> {
  return m.func('micro', ['i32', 'i32', 'i32', 'i32', 'i32', 'i32'], 'void', (f, a, aRow, left, b, elements, sums) => {
    const tile = Array.from({ length: rows }, () => f.locals('v128', 2));
    const weights = f.locals('v128', 2);
    const fours = tile.map(() => f.local('v128'));
    const x = f.local('v128');
    const pointers = tile.map((_, r) => {
      const row = r === 0 ? 0 : i32.select(i32.gtU(left, r), r, i32.sub(left, 1));
      return f.local('i32', i32.add(a, i32.mul(aRow, row)));
    });
    const step = (u: number, from: 'splat' | 'shuffle'): void => {
      weights.forEach((w, v) => f.set(w, v128.load(b, 32 * u + 16 * v)));
      tile.forEach((row, r) => {
        const four = fours[r]!;
        f.set(x, from === 'splat' ? v128.load32Splat(pointers[r]!, 4 * u) : shuffle32(four, four, [u, u, u, u]));
        row.forEach((sum, v) => f.set(sum, dot.multiplyAdd(x, weights[v]!, sum)));
      });
    };
    const advance = (steps: number): void => {
      for (const pointer of pointers) f.increment(pointer, 4 * steps);
      f.increment(b, 32 * steps);
      f.set(elements, i32.sub(elements, steps));
    };
    f.while(i32.geS(elements, UNROLL), () => {
      if (access === 'shuffle') fours.forEach((four, r) => f.set(four, v128.load(pointers[r]!)));
      for (let u = 0; u < UNROLL; u++) step(u, access);
      advance(UNROLL);
    });
    f.while(elements, () => {
      step(0, 'splat');
      advance(1);
    });
    tile.flat().forEach((sum, i) => f.do(v128.store(sums, sum, 16 * i)));
  });
}
