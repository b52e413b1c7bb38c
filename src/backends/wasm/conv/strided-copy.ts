import { i32, i64, type Local, type ModuleBuilder, v128 } from '../assembler/index';
import { emitTask, type TaskContext } from '../task';
import type { Four } from './geometry';

/** A place of up to four axes; strides in bytes. */
interface StridedPlace {
  readonly address: number;
  readonly strides: Four;
}

/** Copies a block of four axes between two strided places, neither of which may overlap the other. */
export function copyStrided(
  context: TaskContext,
  bytes: number,
  shape: Four,
  to: StridedPlace,
  from: StridedPlace,
): void {
  const [n0, n1, n2, n3] = shape;
  // Elements that are neighbours on both sides are copied as one run.
  const run = to.strides[3] === bytes && from.strides[3] === bytes ? n3 * bytes : bytes;
  const inner = run === bytes ? n3 : 1;
  const width = [8, 4].find((w) => run % w === 0) ?? 1;
  const code = context.code(`copy-strided-${width}`, (m) => emitCopy(m, width));
  const words = [to.address, from.address, n1, n2, inner, run, ...to.strides, ...from.strides];
  context.launch(code, words, { units: n0 * n1, cost: n0 * n1 * n2 * (n3 + 2) });
}

/** Units are the rows of the two outer axes; a run is copied by vectors, then by `width` bytes. */
function emitCopy(m: ModuleBuilder, width: number): void {
  const words = ['to', 'from', 'n1', 'n2', 'inner', 'run', 't0', 't1', 't2', 't3', 's0', 's1', 's2', 's3'] as const;
  emitTask(m, { words }, (f, w, { begin, end }) => {
    const [unit, i, j, outerTo, outerFrom, to, from, left] = f.locals('i32', 8);
    const place = (base: Local<'i32'>, stride0: Local<'i32'>, stride1: Local<'i32'>) =>
      i32.add(base, i32.add(i32.mul(i32.divU(unit, w.n1), stride0), i32.mul(i32.remU(unit, w.n1), stride1)));
    const move = (bytes: number): void => {
      if (bytes === 16) f.do(v128.store(to, v128.load(from)));
      else if (bytes === 8) f.do(i64.store(to, i64.load(from)));
      else if (bytes === 4) f.do(i32.store(to, i32.load(from)));
      else f.do(i32.store8(to, i32.load8U(from)));
    };
    const advance = (bytes: number): void => {
      f.increment(to, bytes);
      f.increment(from, bytes);
      f.set(left, i32.sub(left, bytes));
    };
    f.for(unit, begin, end, 1, () => {
      f.set(outerTo, place(w.to, w.t0, w.t1));
      f.set(outerFrom, place(w.from, w.s0, w.s1));
      f.for(i, 0, w.n2, 1, () => {
        f.for(j, 0, w.inner, 1, () => {
          f.set(to, i32.add(outerTo, i32.mul(j, w.t3)));
          f.set(from, i32.add(outerFrom, i32.mul(j, w.s3)));
          f.set(left, w.run);
          f.while(i32.geU(left, 16), () => {
            move(16);
            advance(16);
          });
          f.while(left, () => {
            move(width);
            advance(width);
          });
        });
        f.increment(outerTo, w.t2);
        f.increment(outerFrom, w.s2);
      });
    });
  });
}
