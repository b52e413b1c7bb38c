import { type Expr, type FunctionBuilder, type FunctionRef, i32, i8x16, type Local, type ModuleBuilder, v128 } from '../assembler/index';
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

/** Steps along k between two tests of the loop, where A is read one element at a time. */
const UNROLL = 4;

/** Elements along k that a panel of A has room for; see `Tile.access`. */
export function paddedK({ access }: Tile, { lanes }: Arithmetic, k: number): number {
  return access === 'shuffle' ? Math.ceil(k / lanes) * lanes : k;
}

function emitPaddedK({ access }: Tile, { lanes }: Arithmetic, k: Expr<'i32'>): Expr<'i32'> {
  return access === 'shuffle' ? i32.and(i32.add(k, lanes - 1), -lanes) : k;
}

type Vector = Local<'v128'>;

/**
 * Emits the microkernel `micro(k, a, b, c, cRow, accumulate)`: C[rows × columns] = Σ_p a[p]·b[p] over packed panels.
 * Every element of C is summed in the order of p from zero, so its bits do not depend on the tile. With `accumulate` the
 * sum is added to what C holds.
 */
export function emitMicrokernel(m: ModuleBuilder, tile: Tile, arithmetic: Arithmetic): FunctionRef<'void'> {
  const { rows, columns } = tile;
  const vectors = columns / arithmetic.lanes;
  return m.func('micro', ['i32', 'i32', 'i32', 'i32', 'i32', 'i32'], 'void', (f, k, a, b, c, cRow, accumulate) => {
    const sums = Array.from({ length: rows }, () => f.locals('v128', vectors));
    if (tile.access === 'splat') sumSplats(f, tile, arithmetic, sums, k, a, b);
    else sumShuffles(f, tile, arithmetic, sums, k, a, b);
    const store = (withOld: boolean): void => {
      const at = f.local('i32', c);
      sums.forEach((row, r) => {
        row.forEach((sum, v) => f.do(v128.store(at, withOld ? arithmetic.add(v128.load(at, 16 * v), sum) : sum, 16 * v)));
        if (r < rows - 1) f.increment(at, cRow);
      });
    };
    f.if(accumulate, () => store(true), () => store(false));
  });
}

function sumSplats(
  f: FunctionBuilder,
  { rows, columns }: Tile,
  { bytes, lanes, splat, multiplyAdd }: Arithmetic,
  sums: readonly (readonly Vector[])[],
  k: Local<'i32'>,
  a: Local<'i32'>,
  b: Local<'i32'>,
): void {
  const bs = f.locals('v128', columns / lanes);
  const x = f.local('v128');
  const step = (u: number): void => {
    bs.forEach((bv, v) => f.set(bv, v128.load(b, u * columns * bytes + 16 * v)));
    sums.forEach((row, r) => {
      f.set(x, splat(a, (u * rows + r) * bytes));
      row.forEach((sum, v) => f.set(sum, multiplyAdd(x, bs[v]!, sum)));
    });
  };
  const advance = (steps: number): void => {
    f.increment(a, steps * rows * bytes);
    f.increment(b, steps * columns * bytes);
    f.set(k, i32.sub(k, steps));
  };
  f.while(i32.geS(k, UNROLL), () => {
    for (let u = 0; u < UNROLL; u++) step(u);
    advance(UNROLL);
  });
  f.while(i32.gtS(k, 0), () => {
    step(0);
    advance(1);
  });
}

function sumShuffles(
  f: FunctionBuilder,
  { rows, columns }: Tile,
  { bytes, lanes, multiplyAdd }: Arithmetic,
  sums: readonly (readonly Vector[])[],
  k: Local<'i32'>,
  a: Local<'i32'>,
  b: Local<'i32'>,
): void {
  const bs = f.locals('v128', columns / lanes);
  const as = f.locals('v128', rows);
  const x = f.local('v128');
  const loadRows = (): void => as.forEach((row, r) => f.set(row, v128.load(a, 16 * r)));
  const step = (u: number): void => {
    bs.forEach((bv, v) => f.set(bv, v128.load(b, u * columns * bytes + 16 * v)));
    sums.forEach((row, r) => {
      f.set(x, i8x16.shuffle(as[r]!, as[r]!, Array.from({ length: 16 }, (_, i) => u * bytes + (i % bytes))));
      row.forEach((sum, v) => f.set(sum, multiplyAdd(x, bs[v]!, sum)));
    });
  };
  f.while(i32.geS(k, lanes), () => {
    loadRows();
    for (let u = 0; u < lanes; u++) step(u);
    f.increment(a, 16 * rows);
    f.increment(b, lanes * columns * bytes);
    f.set(k, i32.sub(k, lanes));
  });
  f.if(k, () => {
    loadRows();
    step(0);
    for (let u = 1; u < lanes - 1; u++) f.if(i32.gtS(k, u), () => step(u));
  });
}

/**
 * Emits `macro(a, b, c, cRow, m, n, k, accumulate, spare)`: all tiles of C[m × n] from packed panels. Tiles that reach
 * over the edge are computed into the `spare` tile and cut.
 */
export function emitMacrokernel(
  m: ModuleBuilder,
  tile: Tile,
  arithmetic: Arithmetic,
  micro: FunctionRef<'void'>,
): FunctionRef<'void'> {
  const { rows, columns } = tile;
  const { bytes } = arithmetic;
  const cut = emitCut(m, columns, arithmetic);
  const params = Array.from({ length: 9 }, () => 'i32' as const);
  return m.func('macro', params, 'void', (f, ...locals) => {
    const [a, b, c, cRow, height, width, k, accumulate, spare] = locals as unknown as [
      Local<'i32'>, Local<'i32'>, Local<'i32'>, Local<'i32'>, Local<'i32'>, Local<'i32'>, Local<'i32'>, Local<'i32'>, Local<'i32'>,
    ];
    const i = f.local('i32');
    const j = f.local('i32');
    const aAt = f.local('i32');
    const bAt = f.local('i32', b);
    const cAt = f.local('i32');
    const aPanel = f.local('i32', i32.mul(emitPaddedK(tile, arithmetic, k), rows * bytes));
    f.for(j, 0, width, columns, () => {
      f.set(aAt, a);
      f.set(cAt, i32.add(c, i32.mul(j, bytes)));
      f.for(i, 0, height, rows, () => {
        const whole = i32.and(i32.leU(i32.add(i, rows), height), i32.leU(i32.add(j, columns), width));
        f.if(
          whole,
          () => f.do(f.call(micro, k, aAt, bAt, cAt, cRow, accumulate)),
          () => {
            f.do(f.call(micro, k, aAt, bAt, spare, columns * bytes, 0));
            f.do(f.call(cut, spare, cAt, cRow, i32.sub(height, i), i32.sub(width, j), accumulate));
          },
        );
        f.increment(aAt, aPanel);
        f.increment(cAt, i32.mul(cRow, rows));
      });
      f.increment(bAt, i32.mul(k, columns * bytes));
    });
  });

  /** `cut(spare, c, cRow, rowsLeft, columnsLeft, accumulate)`: copies the part of a tile that lies inside C. */
  function emitCut(module: ModuleBuilder, tileColumns: number, { bytes: size, add, lanes }: Arithmetic): FunctionRef<'void'> {
    const one = size === 4 ? v128.load32Zero : v128.load64Zero;
    const put = size === 4 ? v128.store32Lane : v128.store64Lane;
    return module.func('cut', ['i32', 'i32', 'i32', 'i32', 'i32', 'i32'], 'void', (f, spare, c, cRow, down, across, accumulate) => {
      const i = f.local('i32');
      const j = f.local('i32');
      const from = f.local('i32');
      const to = f.local('i32');
      const height = f.local('i32', i32.select(i32.ltU(down, rows), down, rows));
      const width = f.local('i32', i32.select(i32.ltU(across, tileColumns), across, tileColumns));
      f.for(i, 0, height, 1, () => {
        f.set(from, spare);
        f.set(to, c);
        f.set(j, width);
        const copy = (load: typeof one, save: (value: ReturnType<typeof one>) => void, count: number): void => {
          f.if(accumulate, () => save(add(load(to), load(from))), () => save(load(from)));
          f.increment(from, count * size);
          f.increment(to, count * size);
          f.set(j, i32.sub(j, count));
        };
        f.while(i32.geU(j, lanes), () => copy(v128.load, (value) => f.do(v128.store(to, value)), lanes));
        f.while(j, () => copy(one, (value) => f.do(put(to, value, 0)), 1));
        f.increment(spare, tileColumns * size);
        f.increment(c, cRow);
      });
    });
  }
}
