import {
  type Expr,
  type FunctionBuilder,
  type FunctionRef,
  i8x16,
  i32,
  type Local,
  type ModuleBuilder,
  v128,
} from '../assembler/index';
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
type I32 = Local<'i32'>;

/** Whether A is read from packed panels, or in place, from rows whose elements are neighbours along k. */
export type Reading = 'panels' | 'rows';

/** The operands of a microkernel as locals, which it uses up. */
interface Operands {
  readonly k: Local<'i32'>;
  /** One pointer into a panel, or one to each row. */
  readonly a: readonly Local<'i32'>[];
  readonly b: Local<'i32'>;
}

/**
 * Emits the microkernel: C[rows × columns] = Σ_p a[p]·b[p], B from a packed panel. Every element of C is summed in the
 * order of p from zero, so its bits do not depend on the tile. With `accumulate` the sum is added to what C holds.
 *
 * From panels it is `micro(k, a, b, c, cRow, accumulate)`; from rows `micro(k, a, b, c, cRow, accumulate, aRow, left)`,
 * where rows from number `left` on are not read, the last one is instead.
 */
export function emitMicrokernel(
  m: ModuleBuilder,
  tile: Tile,
  arithmetic: Arithmetic,
  reading: Reading,
): FunctionRef<'void'> {
  const { rows, columns } = tile;
  const vectors = columns / arithmetic.lanes;
  const params = Array.from({ length: reading === 'rows' ? 8 : 6 }, () => 'i32' as const);
  return m.func('micro', params, 'void', (f, ...all) => {
    const [k, a, b, c, cRow, accumulate, aRow, left] = all as unknown as [I32, I32, I32, I32, I32, I32, I32, I32];
    const sums = Array.from({ length: rows }, () => f.locals('v128', vectors));
    const pointers = [a];
    for (let r = 1; reading === 'rows' && r < rows; r++) {
      const row = i32.select(i32.gtU(left, r), r, i32.sub(left, 1));
      pointers.push(f.local('i32', i32.add(a, i32.mul(aRow, row))));
    }
    const sum = tile.access === 'splat' ? sumSplats : sumShuffles;
    sum(f, tile, arithmetic, sums, { k, a: pointers, b });
    const store = (withOld: boolean): void => {
      const at = f.local('i32', c);
      sums.forEach((row, r) => {
        row.forEach((value, v) =>
          f.do(v128.store(at, withOld ? arithmetic.add(v128.load(at, 16 * v), value) : value, 16 * v)),
        );
        if (r < rows - 1) f.increment(at, cRow);
      });
    };
    f.if(
      accumulate,
      () => store(true),
      () => store(false),
    );
  });
}

type Sums = readonly (readonly Vector[])[];

function sumSplats(
  f: FunctionBuilder,
  { rows, columns }: Tile,
  arithmetic: Arithmetic,
  sums: Sums,
  { k, a, b }: Operands,
): void {
  const { bytes, lanes, splat, multiplyAdd } = arithmetic;
  const inRows = a.length > 1;
  const bs = f.locals('v128', columns / lanes);
  const x = f.local('v128');
  const step = (u: number): void => {
    bs.forEach((bv, v) => f.set(bv, v128.load(b, u * columns * bytes + 16 * v)));
    sums.forEach((row, r) => {
      f.set(x, inRows ? splat(a[r]!, u * bytes) : splat(a[0]!, (u * rows + r) * bytes));
      row.forEach((sum, v) => f.set(sum, multiplyAdd(x, bs[v]!, sum)));
    });
  };
  const advance = (steps: number): void => {
    for (const pointer of a) f.increment(pointer, steps * bytes * (inRows ? 1 : rows));
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
  arithmetic: Arithmetic,
  sums: Sums,
  { k, a, b }: Operands,
): void {
  const { bytes, lanes, multiplyAdd } = arithmetic;
  const inRows = a.length > 1;
  const bs = f.locals('v128', columns / lanes);
  const as = f.locals('v128', rows);
  const x = f.local('v128');
  const loadRows = (): void => as.forEach((row, r) => f.set(row, inRows ? v128.load(a[r]!) : v128.load(a[0]!, 16 * r)));
  const step = (u: number): void => {
    bs.forEach((bv, v) => f.set(bv, v128.load(b, u * columns * bytes + 16 * v)));
    sums.forEach((row, r) => {
      f.set(
        x,
        i8x16.shuffle(
          as[r]!,
          as[r]!,
          Array.from({ length: 16 }, (_, i) => u * bytes + (i % bytes)),
        ),
      );
      row.forEach((sum, v) => f.set(sum, multiplyAdd(x, bs[v]!, sum)));
    });
  };
  f.while(i32.geS(k, lanes), () => {
    loadRows();
    for (let u = 0; u < lanes; u++) step(u);
    for (const pointer of a) f.increment(pointer, inRows ? 16 : 16 * rows);
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
 * Emits `macro(a, b, c, cRow, m, n, k, accumulate, spare, aRow)`: all tiles of C[m × n]. Tiles that reach over the edge
 * are computed into the `spare` tile and cut. `aRow` counts only where A is read in rows.
 */
export function emitMacrokernel(
  m: ModuleBuilder,
  tile: Tile,
  arithmetic: Arithmetic,
  reading: Reading,
): FunctionRef<'void'> {
  const { rows, columns } = tile;
  const { bytes } = arithmetic;
  const micro = emitMicrokernel(m, tile, arithmetic, reading);
  const cut = emitCut(m, tile, arithmetic);
  return m.func(
    'macro',
    Array.from({ length: 10 }, () => 'i32' as const),
    'void',
    (f, ...all) => {
      const [a, b, c, cRow, height, width, k, accumulate, spare, aRow] = all as unknown as [
        I32,
        I32,
        I32,
        I32,
        I32,
        I32,
        I32,
        I32,
        I32,
        I32,
      ];
      const [i, j, aAt, cAt] = f.locals('i32', 4);
      const bAt = f.local('i32', b);
      const aStep = f.local(
        'i32',
        reading === 'rows' ? i32.mul(aRow, rows) : i32.mul(emitPaddedK(tile, arithmetic, k), rows * bytes),
      );
      const more = reading === 'rows' ? [aRow, i32.sub(height, i)] : [];
      f.for(j, 0, width, columns, () => {
        f.set(aAt, a);
        f.set(cAt, i32.add(c, i32.mul(j, bytes)));
        f.for(i, 0, height, rows, () => {
          const whole = i32.and(i32.leU(i32.add(i, rows), height), i32.leU(i32.add(j, columns), width));
          f.if(
            whole,
            () => f.do(f.call(micro, k, aAt, bAt, cAt, cRow, accumulate, ...more)),
            () => {
              f.do(f.call(micro, k, aAt, bAt, spare, columns * bytes, 0, ...more));
              f.do(f.call(cut, spare, cAt, cRow, i32.sub(height, i), i32.sub(width, j), accumulate));
            },
          );
          f.increment(aAt, aStep);
          f.increment(cAt, i32.mul(cRow, rows));
        });
        f.increment(bAt, i32.mul(k, columns * bytes));
      });
    },
  );
}

/** `cut(spare, c, cRow, rowsLeft, columnsLeft, accumulate)`: copies the part of a tile that lies inside C. */
function emitCut(m: ModuleBuilder, { rows, columns }: Tile, { bytes, add, lanes }: Arithmetic): FunctionRef<'void'> {
  const one = bytes === 4 ? v128.load32Zero : v128.load64Zero;
  const put = bytes === 4 ? v128.store32Lane : v128.store64Lane;
  return m.func(
    'cut',
    Array.from({ length: 6 }, () => 'i32' as const),
    'void',
    (f, spare, c, cRow, down, across, accumulate) => {
      const [i, j, from, to] = f.locals('i32', 4);
      const height = f.local('i32', i32.select(i32.ltU(down!, rows), down!, rows));
      const width = f.local('i32', i32.select(i32.ltU(across!, columns), across!, columns));
      f.for(i, 0, height, 1, () => {
        f.set(from, spare!);
        f.set(to, c!);
        f.set(j, width);
        const copy = (load: typeof one, save: (value: ReturnType<typeof one>) => void, count: number): void => {
          f.if(
            accumulate!,
            () => save(add(load(to), load(from))),
            () => save(load(from)),
          );
          f.increment(from, count * bytes);
          f.increment(to, count * bytes);
          f.set(j, i32.sub(j, count));
        };
        f.while(i32.geU(j, lanes), () => copy(v128.load, (value) => f.do(v128.store(to, value)), lanes));
        f.while(j, () => copy(one, (value) => f.do(put(to, value, 0)), 1));
        f.increment(spare!, columns * bytes);
        f.increment(c!, cRow!);
      });
    },
  );
}
