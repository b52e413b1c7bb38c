import { type FunctionRef, i8x16, i32, i32x4, type Local, type ModuleBuilder, v128 } from '../assembler/index';
import { emitTask, type TaskContext } from '../task';
import { emitRequantizer, REQUANTIZE_WORDS, storeEight } from './requantize';

type Vector = Local<'v128'>;

/** Rows up to which weights are not read often enough to be worth packing. */
export const DIRECT_ROWS = 3;
/** Columns of a unit. */
const COLUMNS = 16;

/** `columns(x, b, n, k, sums)`: the sums of sixteen columns, neighbouring rows of which are interleaved. */
function emitColumns(m: ModuleBuilder): FunctionRef<'void'> {
  const interleave = (a: Vector, b: Vector, first: number) =>
    i8x16.shuffle(
      a,
      b,
      Array.from({ length: 16 }, (_, i) => 2 * (first + (i >> 2)) + (i & 1) + (i & 2 ? 16 : 0)),
    );
  return m.func('columns', ['i32', 'i32', 'i32', 'i32', 'i32'], 'void', (f, pairs, b, n, k, sums) => {
    const acc = f.locals('v128', 4);
    const [x, w0, w1] = f.locals('v128', 3);
    const next = f.local('i32');
    const step = (second: (v: number) => void): void => {
      f.set(x, v128.load32Splat(pairs));
      for (let v = 0; v < 2; v++) {
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

const WORDS = [...REQUANTIZE_WORDS, 'a', 'aRow', 'b', 'out', 'm', 'n', 'k', 'sums'] as const;

/** Every weight is read once per row, where it lies. */
function emitDirect(m: ModuleBuilder): void {
  const columns = emitColumns(m);
  emitTask(m, { words: WORDS }, (f, w, { begin, end, worker }) => {
    const requantizer = emitRequantizer(f, w);
    const sums = f.local('i32', i32.add(w.sums, i32.shl(worker, 6)));
    const [unit, row, j, half, a, out, left] = f.locals('i32', 7);
    const [low, high] = f.locals('v128', 2) as [Vector, Vector];
    const eight = (general: boolean): void => {
      f.set(low, v128.load(i32.add(sums, i32.shl(half, 2))));
      f.set(high, v128.load(i32.add(sums, i32.shl(half, 2)), 16));
      f.set(low, requantizer.eight([low, high], general));
    };
    f.for(unit, begin, end, 1, () => {
      f.set(j, i32.mul(unit, COLUMNS));
      f.set(a, w.a);
      f.set(out, i32.add(w.out, j));
      f.for(row, 0, w.m, 1, () => {
        f.do(f.call(columns, a, i32.add(w.b, j), w.n, w.k, sums));
        f.for(half, 0, COLUMNS, 8, () => {
          f.set(left, i32.sub(w.n, i32.add(j, half)));
          f.if(i32.gtS(left, 0), () => {
            requantizer.select(i32.add(j, half));
            f.if(
              requantizer.isGeneral(),
              () => eight(true),
              () => eight(false),
            );
            storeEight(f, i32.add(out, half), low, left);
          });
        });
        f.increment(a, w.aRow);
        f.increment(out, w.n);
      });
    });
  });
}

/** An integer layer of few rows, A `[m, k]` widened to 16 bits, W `[k, n]` contiguous. */
export interface DirectProduct {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly a: number;
  readonly b: number;
  readonly out: number;
  /** The words of `REQUANTIZE_WORDS`. */
  readonly requantize: readonly number[];
}

export function launchDirect({ m, n, k, a, b, out, requantize }: DirectProduct, context: TaskContext): void {
  const code = context.code('i16-gemm-direct-requantize', emitDirect);
  const sums = context.workspace(64 * context.workers);
  const words = [...requantize, a, 2 * k, b, out, m, n, k, sums];
  context.launch(code, words, { units: Math.ceil(n / COLUMNS), cost: (m * n * k) / 12 });
}
