import { type FunctionRef, i32, type Local, type ModuleBuilder, v128 } from '../assembler/index';
import type { Arithmetic } from './arithmetic';

type I32 = Local<'i32'>;

/** The function of a direct product's module; strides in bytes, B's columns are neighbours. */
export interface DirectExports {
  run(
    a: number,
    aRow: number,
    aK: number,
    b: number,
    bK: number,
    c: number,
    cRow: number,
    m: number,
    n: number,
    k: number,
    accumulate: number,
  ): void;
}

const TILE_PARAMS = /* @__PURE__ */ Array.from({ length: 10 }, () => 'i32' as const);

/**
 * Emits a product that packs nothing: `run(a, aRow, aK, b, bK, c, cRow, m, n, k, accumulate)`, for matrices that fit in
 * the cache and for those with few rows or columns. Sums run in the order of k, as in the packed product.
 */
export function emitDirect(m: ModuleBuilder, arithmetic: Arithmetic): void {
  const { bytes, lanes } = arithmetic;
  const tile = (rows: number, vectors: number): FunctionRef<'void'> => emitTile(m, rows, vectors, arithmetic);
  const bands = [
    { rows: 4, wide: 2, broad: tile(4, 2), narrow: tile(4, 1) },
    { rows: 1, wide: 4, broad: tile(1, 4), narrow: tile(1, 1) },
  ];
  m.func(
    'run',
    Array.from({ length: 11 }, () => 'i32' as const),
    'void',
    (f, ...all) => {
      const [a, aRow, aK, b, bK, c, cRow, height, width, k, accumulate] = all as unknown as [
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
        I32,
      ];
      const [left, bAt, cAt] = f.locals('i32', 3);
      for (const { rows, wide, broad, narrow } of bands) {
        f.while(i32.geS(height, rows), () => {
          f.set(left, width);
          f.set(bAt, b);
          f.set(cAt, c);
          const sweep = (fn: FunctionRef<'void'>, columns: number, atLeast: number): void => {
            f.while(i32.geS(left, atLeast), () => {
              f.do(f.call(fn, a, aRow, aK, bAt, bK, cAt, cRow, k, accumulate, left));
              f.increment(bAt, columns * bytes);
              f.increment(cAt, columns * bytes);
              f.set(left, i32.sub(left, columns));
            });
          };
          sweep(broad, wide * lanes, wide * lanes);
          sweep(narrow, lanes, 1);
          f.increment(a, i32.mul(aRow, rows));
          f.increment(c, i32.mul(cRow, rows));
          f.set(height, i32.sub(height, rows));
        });
      }
    },
  );
}

/** One tile; of its last vector only the first `left` lanes are stored. */
function emitTile(m: ModuleBuilder, rows: number, vectors: number, arithmetic: Arithmetic): FunctionRef<'void'> {
  const { splat, multiplyAdd, add, lanes, bytes } = arithmetic;
  return m.func(`tile${rows}x${vectors}`, TILE_PARAMS, 'void', (f, ...all) => {
    const [a, aRow, aK, b, bK, c, cRow, k, accumulate, left] = all as unknown as [
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
    const as = [a, ...f.locals('i32', rows - 1)];
    for (let r = 1; r < rows; r++) f.set(as[r]!, i32.add(as[r - 1]!, aRow));
    const sums = Array.from({ length: rows }, () => f.locals('v128', vectors));
    const bs = f.locals('v128', vectors);
    const x = f.local('v128');
    f.while(i32.gtS(k, 0), () => {
      bs.forEach((bv, v) => f.set(bv, v128.load(b, 16 * v)));
      sums.forEach((row, r) => {
        f.set(x, splat(as[r]!, 0));
        row.forEach((sum, v) => f.set(sum, multiplyAdd(x, bs[v]!, sum)));
      });
      for (const at of as) f.increment(at, aK);
      f.increment(b, bK);
      f.set(k, i32.sub(k, 1));
    });
    const putOne = bytes === 4 ? v128.store32Lane : v128.store64Lane;
    for (const row of sums) {
      f.if(accumulate, () => row.forEach((sum, v) => f.set(sum, add(v128.load(c, 16 * v), sum))));
      if (vectors > 1) row.forEach((sum, v) => f.do(v128.store(c, sum, 16 * v)));
      else {
        const [sum] = row as [Local<'v128'>];
        f.if(
          i32.geS(left, lanes),
          () => f.do(v128.store(c, sum)),
          () => {
            for (let lane = 0; lane < lanes - 1; lane++) {
              f.if(i32.gtS(left, lane), () => f.do(putOne(c, sum, lane, lane * bytes)));
            }
          },
        );
      }
      f.increment(c, cRow);
    }
  });
}
