import {
  type Expr,
  type FunctionBuilder,
  type FunctionRef,
  i32,
  i32x4,
  type Local,
  type ModuleBuilder,
  v128,
} from '../assembler/index';
import { WINDOW, WINDOW_BASE } from './params';

type I32 = Local<'i32'>;

/**
 * Emits `gather(params, to, rowBytes, firstRow, rows, firstK, ks)`: rows [firstRow, firstRow + rows) of the matrix whose
 * row (b, py, px) holds what lies under the window there, columns [firstK, firstK + ks) in the order (tap row, tap
 * column, channel). The matrix is never built as a whole: blocks of it are, just before they are packed.
 *
 * Copies run in whole vectors and so write up to 15 bytes past each run; rows are written in order, and the last one
 * needs 16 spare bytes behind it.
 */
export function emitGather(m: ModuleBuilder, bytes: number): FunctionRef<'void'> {
  return m.func(
    'gather',
    Array.from({ length: 7 }, () => 'i32' as const),
    'void',
    (f, ...all) => {
      const [params, to, rowBytes, firstRow, rows, firstK, ks] = all as unknown as [I32, I32, I32, I32, I32, I32, I32];
      const w = Object.fromEntries(
        Object.entries(WINDOW).map(([name, word]) => [
          name,
          f.local('i32', i32.load(params, 4 * (WINDOW_BASE + word))),
        ]),
      ) as Record<keyof typeof WINDOW, I32>;
      const fill = f.local('v128', i32x4.splat(w.fill));

      const px = f.local('i32', i32.remU(firstRow, w.rowsX));
      const py = f.local('i32', i32.remU(i32.divU(firstRow, w.rowsX), w.rowsY));
      const base = f.local(
        'i32',
        i32.add(w.image, i32.mul(w.batchStride, i32.divU(firstRow, i32.mul(w.rowsX, w.rowsY)))),
      );
      const tap = f.local('i32', i32.divU(firstK, w.channels));
      const c0 = f.local('i32', i32.remU(firstK, w.channels));
      const kx0 = f.local('i32', i32.remU(tap, w.tapsX));
      const ky0 = f.local('i32', i32.divU(tap, w.tapsX));
      // Neighbouring taps are one run where windows are dense and inside the image.
      const dense = f.local('i32', i32.and(i32.eq(w.tapX, 1), i32.eq(w.xStride, i32.mul(w.channels, bytes))));

      const runElements = i32.mul(w.tapsX, w.channels);
      const runBytes = f.local('i32', i32.mul(runElements, bytes));
      const windowRows = f.local('i32', i32.divU(ks, runElements));
      const aligned = f.local('i32', i32.and(i32.eqz(i32.add(kx0, c0)), i32.eq(i32.mul(windowRows, runElements), ks)));
      const sourceStep = f.local('i32', i32.mul(w.tapY, w.yStride));
      const [source, stop] = f.locals('i32', 2);

      const [c, kx, y, x, left, run, y0, x0, inside, target, end] = f.locals('i32', 11);
      f.while(rows, () => {
        f.set(y0, i32.add(i32.add(i32.mul(py, w.stepY), w.originY), i32.mul(ky0, w.tapY)));
        f.set(x0, i32.add(i32.mul(px, w.stepX), w.originX));
        f.set(inside, i32.and(dense, i32.and(i32.geS(x0, 0), i32.leS(i32.add(x0, w.tapsX), w.width))));
        f.set(y, y0);
        f.set(kx, kx0);
        f.set(c, c0);
        f.set(left, ks);
        f.set(target, to);
        // Where all of a window is inside, what is left is one copy per row of it.
        const last = i32.add(y0, i32.mul(i32.sub(windowRows, 1), w.tapY));
        const quick = i32.and(i32.and(inside, aligned), i32.and(i32.ltU(y0, w.height), i32.ltU(last, w.height)));
        f.if(quick, () => {
          f.set(source, i32.add(i32.add(base, i32.mul(y0, w.yStride)), i32.mul(x0, w.xStride)));
          f.set(left, 0);
          f.set(stop, i32.add(to, i32.mul(ks, bytes)));
          f.while(i32.ltU(target, stop), () => {
            f.set(end, i32.add(target, runBytes));
            copy(f, target, source, end);
            f.set(target, end);
            f.increment(source, sourceStep);
          });
        });
        f.while(left, () => {
          f.set(x, i32.add(x0, i32.mul(kx, w.tapX)));
          const taps = i32.select(inside, i32.sub(w.tapsX, kx), 1);
          f.set(run, i32.sub(i32.mul(taps, w.channels), c));
          f.set(run, i32.select(i32.ltU(run, left), run, left));
          f.set(end, i32.add(target, i32.mul(run, bytes)));
          const visible = i32.and(i32.ltU(y, w.height), i32.ltU(x, w.width));
          const from: Expr<'i32'> = i32.add(
            i32.add(base, i32.mul(y, w.yStride)),
            i32.add(i32.mul(x, w.xStride), i32.mul(c, bytes)),
          );
          f.if(
            visible,
            () => copy(f, target, from, end),
            () => spread(f, target, fill, end),
          );
          f.set(target, end);
          f.set(left, i32.sub(left, run));
          f.set(c, 0);
          f.increment(kx, 1);
          f.if(i32.or(inside, i32.geU(kx, w.tapsX)), () => {
            f.set(kx, 0);
            f.increment(y, w.tapY);
          });
        });
        f.increment(to, rowBytes);
        f.set(rows, i32.sub(rows, 1));
        f.increment(px, 1);
        f.if(i32.eq(px, w.rowsX), () => {
          f.set(px, 0);
          f.increment(py, 1);
          f.if(i32.eq(py, w.rowsY), () => {
            f.set(py, 0);
            f.increment(base, w.batchStride);
          });
        });
      });
    },
  );
}

function copy(f: FunctionBuilder, target: I32, from: Expr<'i32'>, end: I32): void {
  const source = f.local('i32', from);
  f.while(i32.leU(i32.add(target, 64), end), () => {
    for (let at = 0; at < 64; at += 16) f.do(v128.store(target, v128.load(source, at), at));
    f.increment(target, 64);
    f.increment(source, 64);
  });
  f.while(i32.ltU(target, end), () => {
    f.do(v128.store(target, v128.load(source)));
    f.increment(target, 16);
    f.increment(source, 16);
  });
}

function spread(f: FunctionBuilder, target: I32, fill: Local<'v128'>, end: I32): void {
  f.while(i32.ltU(target, end), () => {
    f.do(v128.store(target, fill));
    f.increment(target, 16);
  });
}
