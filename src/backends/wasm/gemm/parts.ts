import { type FunctionBuilder, i32, type Local, type ModuleBuilder, memory, v128 } from '../assembler/index';
import { emitTask } from '../task';
import type { Arithmetic } from './arithmetic';
import { overBatch } from './driver';

/** Emits a task that clears rows of matrices. */
export function emitClear(m: ModuleBuilder): void {
  const words = ['c', 'cRow', 'm', 'bytes', 'inner', 'cOuter', 'cInner'] as const;
  emitTask(m, { words }, (f, w, { begin, end }) => {
    const i = f.local('i32');
    overBatch(f, { begin, end, each: w.m, inner: w.inner }, (q, from, to) => {
      const c = f.local('i32', i32.add(i32.mul(q.outer, w.cOuter), i32.mul(q.inner, w.cInner)));
      f.for(i, from, to, 1, () => {
        f.do(memory.fill(i32.add(i32.add(w.c, c), i32.mul(i, w.cRow)), 0, w.bytes));
      });
    });
  });
}

/** Emits a task that adds up the parts of C in their order; units are its rows. */
export function emitSumParts(m: ModuleBuilder, arithmetic: Arithmetic): void {
  const { bytes, lanes, add } = arithmetic;
  const words = ['parts', 'count', 'partBytes', 'c', 'cRow', 'n', 'accumulate'] as const;
  const loadOne = bytes === 4 ? v128.load32Zero : v128.load64Zero;
  const storeOne = bytes === 4 ? v128.store32Lane : v128.store64Lane;
  emitTask(m, { words }, (f, w, { begin, end }) => {
    const [i, j, from, to, part] = f.locals('i32', 5);
    const sum = f.local('v128');
    const element = (
      load: typeof loadOne,
      store: (f: FunctionBuilder, to: Local<'i32'>) => void,
      step: number,
    ): void => {
      f.set(from, i32.add(w.parts, i32.mul(i32.add(i32.mul(i, w.n), j), bytes)));
      f.set(to, i32.add(w.c, i32.add(i32.mul(i, w.cRow), i32.mul(j, bytes))));
      f.set(sum, load(from));
      f.for(part, 1, w.count, 1, () => {
        f.increment(from, w.partBytes);
        f.set(sum, add(sum, load(from)));
      });
      f.if(w.accumulate, () => f.set(sum, add(load(to), sum)));
      store(f, to);
      f.increment(j, step);
    };
    f.for(i, begin, end, 1, () => {
      f.set(j, 0);
      f.while(i32.leU(i32.add(j, lanes), w.n), () => element(v128.load, (_, at) => f.do(v128.store(at, sum)), lanes));
      f.while(i32.ltU(j, w.n), () => element(loadOne, (_, at) => f.do(storeOne(at, sum, 0)), 1));
    });
  });
}
