import { type FunctionRef, i8x16, i16x8, i32, i32x4, type Local, type ModuleBuilder, v128 } from '../assembler/index';
import { roundUp } from '../gemm/blocked';
import type { KernelContext } from '../kernel';
import { emitRequantize, type IntegerProduct } from './gemm';
import { type RequantizeTables, readRequantize } from './requantize';

type I32 = Local<'i32'>;
type Vector = Local<'v128'>;

/** Rows up to which weights are not read often enough to be worth packing. */
export const DIRECT_ROWS = 3;

interface DirectExports {
  run(a: number, b: number, n: number, k: number, out: number, pairs: number, sums: number): void;
}

/** `widen(to, from, k)`: a row as int16, the zero point subtracted. */
function emitWiden(m: ModuleBuilder): FunctionRef<'void'> {
  return m.func('widen', ['i32', 'i32', 'i32'], 'void', (f, to, from, k) => {
    const zeros = f.local('v128', i16x8.splat(readRequantize(f, 'inputZeroPoint')));
    const p = f.local('i32');
    f.for(p, 0, k, 8, () => {
      f.do(v128.store(to, i16x8.sub(v128.load8x8S(i32.add(from, p)), zeros)));
      f.increment(to, 16);
    });
  });
}

/** `columns(pairs, b, n, k, sums)`: eight sums per vector of weights, neighbouring rows of which are interleaved. */
function emitColumns(m: ModuleBuilder, vectors: number): FunctionRef<'void'> {
  const interleave = (a: Vector, b: Vector, first: number) =>
    i8x16.shuffle(
      a,
      b,
      Array.from({ length: 16 }, (_, i) => 2 * (first + (i >> 2)) + (i & 1) + (i & 2 ? 16 : 0)),
    );
  return m.func(`columns${8 * vectors}`, ['i32', 'i32', 'i32', 'i32', 'i32'], 'void', (f, pairs, b, n, k, sums) => {
    const acc = f.locals('v128', 2 * vectors);
    const [x, w0, w1] = f.locals('v128', 3);
    const next = f.local('i32');
    const step = (second: (v: number) => void): void => {
      f.set(x, v128.load32Splat(pairs));
      for (let v = 0; v < vectors; v++) {
        f.set(w0, v128.load8x8S(b, 8 * v));
        second(v);
        f.set(acc[2 * v]!, i32x4.add(acc[2 * v]!, i32x4.dotI16x8S(x, interleave(w0, w1, 0))));
        f.set(acc[2 * v + 1]!, i32x4.add(acc[2 * v + 1]!, i32x4.dotI16x8S(x, interleave(w0, w1, 4))));
      }
    };
    f.while(i32.geS(k, 2), () => {
      f.set(next, i32.add(b, n));
      step((v) => f.set(w1, v128.load8x8S(next, 8 * v)));
      f.increment(pairs, 4);
      f.set(b, i32.add(next, n));
      f.set(k, i32.sub(k, 2));
    });
    // What the last value is paired with meets zeros.
    f.if(k, () => step(() => f.set(w1, v128.zero())));
    acc.forEach((sum, i) => f.do(v128.store(sums, sum, 16 * i)));
  });
}

/** One row: `run(a, b, n, k, out, pairs, sums)`. */
function emitDirect(m: ModuleBuilder, left: boolean): void {
  const widen = emitWiden(m);
  const wide = emitColumns(m, 2);
  const narrow = emitColumns(m, 1);
  const requantize = emitRequantize(m, left);
  m.func(
    'run',
    Array.from({ length: 7 }, () => 'i32' as const),
    'void',
    (f, ...all) => {
      const [a, b, n, k, out, pairs, sums] = all as unknown as [I32, I32, I32, I32, I32, I32, I32];
      const j = f.local('i32');
      f.do(f.call(widen, pairs, a, k));
      const columns = (fn: FunctionRef<'void'>): void =>
        f.do(f.call(fn, pairs, i32.add(b, j), n, k, i32.add(sums, i32.shl(j, 2))));
      f.while(i32.leU(i32.add(j, 16), n), () => {
        columns(wide);
        f.increment(j, 16);
      });
      f.while(i32.ltU(j, n), () => {
        columns(narrow);
        f.increment(j, 8);
      });
      f.do(f.call(requantize, sums, out, n, 1, n));
    },
  );
}

/** An integer layer of few rows: reads every weight once, where it lies. */
export function runIntegerRows(
  { m, n, k, b, out }: IntegerProduct,
  a: { readonly address: number; readonly row: number },
  tables: RequantizeTables,
  context: KernelContext,
): void {
  const { run } = context.module<DirectExports>(`i8-gemm-direct${tables.left ? '-left' : ''}`, (module) =>
    emitDirect(module, tables.left),
  );
  const pairBytes = roundUp(2 * k, 64);
  const bytes = pairBytes + 4 * roundUp(n, 16);
  const pairs = context.arena.allocate(bytes);
  for (let i = 0; i < m; i++) {
    run(a.address + i * a.row, b.address, n, k, out.address + i * out.row, pairs, pairs + pairBytes);
  }
  context.arena.release(pairs, bytes);
}
