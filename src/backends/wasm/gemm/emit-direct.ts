import { i32, type ModuleBuilder } from '../assembler/index';
import { matrix, overBatch, overK } from './driver';
import { emitMacrokernel } from './macro';
import type { MicroSpec } from './micro';
import { DIRECT_WORDS } from './params';
import { readWords } from './words';

/**
 * Emits the tasks of a product that packs nothing, for matrices that fit in the cache and for those with few rows: `run`
 * by rows of C, `columns` by columns of a single one. Sums have the bits of those of the packed product.
 */
export function emitDirect(m: ModuleBuilder, spec: MicroSpec): void {
  const macro = emitMacrokernel(m, spec);
  const { bytes } = spec.arithmetic;
  for (const name of ['run', 'columns'] as const) {
    m.func(name, ['i32', 'i32', 'i32', 'i32'], 'void', (f, params, begin, end) => {
      const w = readWords(f, params, DIRECT_WORDS);
      const [a, b, c, rows, columns] = f.locals('i32', 5);
      const sum = (): void =>
        overK(f, w, 0, w.k, (p, kb) => {
          const from = i32.add(a, i32.mul(p, w.aK));
          const of = i32.add(b, i32.mul(p, w.bK));
          const add = i32.or(w.accumulate, i32.ne(p, 0));
          f.do(f.call(macro, from, of, c, w.cRow, rows, columns, kb, add, w.aStep, w.bK));
        });
      if (name === 'columns') {
        f.set(a, w.a);
        f.set(b, i32.add(w.b, i32.mul(begin, bytes)));
        f.set(c, i32.add(w.c, i32.mul(begin, bytes)));
        f.set(rows, w.m);
        f.set(columns, i32.sub(end, begin));
        sum();
        return;
      }
      f.set(columns, w.n);
      overBatch(f, { begin, end, each: w.m, inner: w.inner }, (q, from, to) => {
        f.set(a, i32.add(matrix(w.a, w.aOuter, w.aInner, q), i32.mul(from, w.aRow)));
        f.set(b, matrix(w.b, w.bOuter, w.bInner, q));
        f.set(c, i32.add(matrix(w.c, w.cOuter, w.cInner, q), i32.mul(from, w.cRow)));
        f.set(rows, i32.sub(to, from));
        sum();
      });
    });
  }
}
