import { i8x16, i32, type Local, type ModuleBuilder, type V128, v128 } from '../assembler/index';
import { emitTask } from '../task';
import type { Arithmetic } from './arithmetic';
import { overBatch } from './driver';
import { DOT_ROWS as ROWS, DOT_WORDS as WORDS } from './params';

/** Vectors of each row. */
const VECTORS = 2;

/** Emits the task; each dot product is summed in the same order wherever its row lies. */
export function emitDots(m: ModuleBuilder, arithmetic: Arithmetic): void {
  const { bytes, lanes, add, multiplyAdd } = arithmetic;
  const loadOne = bytes === 4 ? v128.load32Zero : v128.load64Zero;
  const storeOne = bytes === 4 ? v128.store32Lane : v128.store64Lane;
  emitTask(m, { words: WORDS }, (f, w, { begin, end }) => {
    const pointers = f.locals('i32', ROWS);
    const [i, j, left, b, c, to, steps] = f.locals('i32', 7);
    const sums = Array.from({ length: ROWS }, () => f.locals('v128', VECTORS));
    const bs = f.locals('v128', VECTORS);
    const step = (vectors: number, load: typeof loadOne, count: number): void => {
      for (let v = 0; v < vectors; v++) f.set(bs[v]!, load(b, 16 * v));
      sums.forEach((row, r) => {
        for (let v = 0; v < vectors; v++) f.set(row[v]!, multiplyAdd(load(pointers[r]!, 16 * v), bs[v]!, row[v]!));
      });
      for (const pointer of [...pointers, b]) f.increment(pointer, count * bytes);
      f.set(steps, i32.sub(steps, count));
    };
    overBatch(f, { begin, end, each: w.m, inner: w.inner }, (q, from, till) => {
      const at = (base: Local<'i32'>, outer: Local<'i32'>, inner: Local<'i32'>) =>
        f.local('i32', i32.add(base, i32.add(i32.mul(q.outer, outer), i32.mul(q.inner, inner))));
      const [a, b0, c0] = [at(w.a, w.aOuter, w.aInner), at(w.b, w.bOuter, w.bInner), at(w.c, w.cOuter, w.cInner)];
      f.for(i, from, till, ROWS, () => {
        f.set(left, i32.sub(till, i));
        f.for(j, 0, w.n, 1, () => {
          pointers.forEach((pointer, r) => {
            // Past the end the last row is computed again.
            const row = r === 0 ? i : i32.add(i, i32.select(i32.gtU(left, r), r, i32.sub(left, 1)));
            f.set(pointer, i32.add(a, i32.mul(row, w.aRow)));
          });
          f.set(b, i32.add(b0, i32.mul(j, w.bColumn)));
          for (const sum of sums.flat()) f.set(sum, v128.zero());
          f.set(steps, w.k);
          f.while(i32.geS(steps, VECTORS * lanes), () => step(VECTORS, v128.load, VECTORS * lanes));
          f.while(i32.geS(steps, lanes), () => step(1, v128.load, lanes));
          f.while(i32.gtS(steps, 0), () => step(1, loadOne, 1));
          f.set(c, i32.add(c0, i32.add(i32.mul(i, w.cRow), i32.mul(j, w.cColumn))));
          sums.forEach(([first, second], r) => {
            f.set(first!, add(first!, second!));
            for (let half = 8; half >= bytes; half /= 2) f.set(first!, add(first!, moved(first!, half)));
            f.if(i32.gtU(left, r), () => {
              f.set(to, i32.add(c, i32.mul(w.cRow, r)));
              f.if(w.accumulate, () => f.set(first!, add(loadOne(to), first!)));
              f.do(storeOne(to, first!, 0));
            });
          });
        });
      });
    });
  });
}

/** The lanes from byte `by` on, moved to the front. */
function moved(x: V128, by: number): V128 {
  return i8x16.shuffle(
    x,
    x,
    Array.from({ length: 16 }, (_, i) => (i + by) % 16),
  );
}
