import {
  type FunctionRef,
  i8x16,
  i32,
  i32x4,
  type Local,
  type ModuleBuilder,
  type V128,
  v128,
} from '../assembler/index';
import { emitTask, type TaskContext } from '../task';
import type { IntegerDot } from './dot';
import { rowFinisher } from './finish';
import { emitRequantizer, REQUANTIZE_WORDS } from './requantize';

type I32 = Local<'i32'>;
type Vector = Local<'v128'>;

/** Columns of a unit. */
const COLUMNS = 16;
/** Rows that share the weights that have been read: their sums and those of both vectors fill the registers. */
const ROWS = 2;

/** Two neighbouring rows of weights, column by column. */
function interleave(a: Vector, b: Vector, first: number): V128 {
  const lanes = Array.from({ length: 16 }, (_, i) => 2 * (first + (i >> 2)) + (i & 1) + (i & 2 ? 16 : 0));
  return i8x16.shuffle(a, b, lanes);
}

/** `columns(x, xRow, b, n, k, sums)`: the sums of sixteen columns for `rows` rows. */
function emitColumns(m: ModuleBuilder, rows: number): FunctionRef<'void'> {
  const params = Array.from({ length: 6 }, () => 'i32' as const);
  return m.func(`columns${rows}`, params, 'void', (f, ...all) => {
    const [x, xRow, b, n, k, sums] = all as unknown as [I32, I32, I32, I32, I32, I32];
    const pairs = [x];
    for (let r = 1; r < rows; r++) pairs.push(f.local('i32', i32.add(pairs[r - 1]!, xRow)));
    const acc = pairs.map(() => f.locals('v128', 4));
    const splats = pairs.map(() => f.local('v128'));
    const [w0, w1] = f.locals('v128', 2);
    const next = f.local('i32');
    const step = (second: (v: number) => void): void => {
      pairs.forEach((pair, r) => f.set(splats[r]!, v128.load32Splat(pair)));
      for (let v = 0; v < 2; v++) {
        f.set(w0, v128.load8x8S(b, 8 * v));
        second(v);
        const weights = [0, 4].map((first) => f.local('v128', interleave(w0, w1, first)));
        acc.forEach((sum, r) =>
          weights.forEach((w, h) => {
            const at = sum[2 * v + h]!;
            f.set(at, i32x4.add(at, i32x4.dotI16x8S(splats[r]!, w)));
          }),
        );
      }
    };
    f.while(i32.geS(k, 2), () => {
      f.set(next, i32.add(b, n));
      step((v) => f.set(w1, v128.load8x8S(next, 8 * v)));
      for (const pair of pairs) f.increment(pair, 4);
      f.set(b, i32.add(next, n));
      f.set(k, i32.sub(k, 2));
    });
    // What the last value is paired with meets zeros.
    f.if(k, () => step(() => f.set(w1, v128.zero())));
    acc.flat().forEach((sum, i) => f.do(v128.store(sums, sum, 16 * i)));
  });
}

const WORDS = [...REQUANTIZE_WORDS, 'a', 'aRow', 'b', 'out', 'm', 'n', 'k', 'sums'] as const;

/** Every weight is read where it lies, once for every two rows. */
function emitDirect(m: ModuleBuilder): void {
  const [single, double] = [emitColumns(m, 1), emitColumns(m, ROWS)];
  emitTask(m, { words: WORDS }, (f, w, { begin, end, worker }) => {
    const finish = rowFinisher(f, emitRequantizer(f, w));
    const scratch = f.local('i32', i32.add(w.sums, i32.mul(worker, SUMS)));
    const [unit, row, last, j, stop, a, out, sums] = f.locals('i32', 8);
    const sum = (columns: FunctionRef<'void'>, rows: number): void => {
      f.do(f.call(columns, a, w.aRow, i32.add(w.b, j), w.n, w.k, scratch));
      f.increment(a, i32.mul(w.aRow, rows));
      f.set(last, i32.add(row, rows));
    };
    f.for(unit, begin, end, 1, () => {
      f.set(j, i32.mul(unit, COLUMNS));
      f.set(a, w.a);
      f.set(stop, i32.add(j, COLUMNS));
      f.set(stop, i32.select(i32.ltU(stop, w.n), stop, w.n));
      f.set(out, w.out);
      f.set(row, 0);
      f.while(i32.ltU(row, w.m), () => {
        f.if(
          i32.leU(i32.add(row, ROWS), w.m),
          () => sum(double, ROWS),
          () => sum(single, 1),
        );
        f.while(i32.ltU(row, last), () => {
          f.set(sums, i32.add(scratch, i32.mul(i32.and(row, ROWS - 1), 4 * COLUMNS)));
          finish({ sums, out, first: j, end: stop });
          f.increment(out, w.n);
          f.increment(row, 1);
        });
      });
    });
  });
}

/** Bytes of the sums of one worker. */
const SUMS = 4 * COLUMNS * ROWS;

/** Rows up to which weights are not read often enough to be worth packing. */
export function directRows({ bytes }: IntegerDot): number {
  return bytes === 2 ? 8 : 4;
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
  const sums = context.workspace(SUMS * context.workers);
  const words = [...requantize, a, 2 * k, b, out, m, n, k, sums];
  context.launch(code, words, { units: Math.ceil(n / COLUMNS), cost: (m * n * k) / 16 });
}
