import {
  type FunctionBuilder,
  i8x16,
  i16x8,
  i32,
  i32x4,
  type Local,
  memory,
  type V128,
  v128,
} from '../assembler/index';
import { emitTask, type TaskContext } from '../task';
import { rowFinisher } from './finish';
import { emitRequantizer, REQUANTIZE_WORDS } from './requantize';

type I32 = Local<'i32'>;
type Vector = Local<'v128'>;

/** Columns of a unit. */
const COLUMNS = 16;
/** Pairs of rows of weights to a pass over the columns: their values of A stay in registers, and sums are loaded once for all. */
const PAIRS = 2;
/** Columns that are worth a thread's while: less of a row than this is no stream. */
const LEAST_COLUMNS = 256;

/** The bytes of a and b in turn, from their first halves or their second ones. */
function inTurn(a: Vector, b: V128, half: 0 | 1): V128 {
  const lanes = Array.from({ length: 16 }, (_, i) => 8 * half + (i >> 1) + (i & 1 ? 16 : 0));
  return i8x16.shuffle(a, b, lanes);
}

const WORDS = [...REQUANTIZE_WORDS, 'a', 'b', 'out', 'n', 'k', 'sums', 'sumBytes'] as const;
type Words = Readonly<Record<(typeof WORDS)[number], I32>>;

/** What a pass works on: where its columns begin in the weights' next row and in the sums, and their bytes. */
interface Columns {
  readonly a: I32;
  readonly b: I32;
  readonly sums: I32;
  readonly bytes: I32;
}

/** Adds what so many rows of weights give to the sums of all columns, and goes on to the next rows. */
function emitPass(f: FunctionBuilder, w: Words, { a, b, sums, bytes }: Columns, rowCount: number): void {
  const pairs = Math.ceil(rowCount / 2);
  const xs = Array.from({ length: pairs }, (_, p) => f.local('v128', v128.load32Splat(a, 4 * p)));
  const rows = [b];
  for (let r = 1; r < rowCount; r++) rows.push(f.local('i32', i32.add(rows[r - 1]!, w.n)));
  const acc = f.locals('v128', 4);
  const [first, mixed] = f.locals('v128', 2);
  const [j, s] = f.locals('i32', 2);
  f.set(s, sums);
  f.for(j, 0, bytes, COLUMNS, () => {
    acc.forEach((sum, v) => f.set(sum, v128.load(s, 16 * v)));
    xs.forEach((x, p) => {
      f.set(first, v128.load(i32.add(rows[2 * p]!, j)));
      const row = rows[2 * p + 1];
      // What the last value is paired with meets zeros.
      const second = f.local('v128', row === undefined ? v128.zero() : v128.load(i32.add(row, j)));
      for (const half of [0, 1] as const) {
        f.set(mixed, inTurn(first, second, half));
        const [low, high] = [acc[2 * half]!, acc[2 * half + 1]!];
        f.set(low, i32x4.add(low, i32x4.dotI16x8S(x, i16x8.extendLowI8x16S(mixed))));
        f.set(high, i32x4.add(high, i32x4.dotI16x8S(x, i16x8.extendHighI8x16S(mixed))));
      }
    });
    acc.forEach((sum, v) => f.do(v128.store(s, sum, 16 * v)));
    f.increment(s, 4 * COLUMNS);
  });
  f.set(b, i32.add(rows.at(-1)!, w.n));
  f.increment(a, 4 * pairs);
}

/**
 * An integer layer of one row: A `[k]` widened to 16 bits, an even number of them, W `[k, n]` contiguous. The weights are
 * read once, row by row, as they lie, into sums that stay in the first-level cache.
 */
export interface RowProduct {
  readonly n: number;
  readonly k: number;
  readonly a: number;
  readonly b: number;
  readonly out: number;
  /** The words of `REQUANTIZE_WORDS`. */
  readonly requantize: readonly number[];
}

export function launchRow({ n, k, a, b, out, requantize }: RowProduct, context: TaskContext): void {
  const code = context.code('i16-gemm-row-requantize', (m) =>
    emitTask(m, { words: WORDS }, (f, w, { begin, end, worker }) => {
      const first = f.local('i32', i32.mul(begin, COLUMNS));
      const last = f.local('i32', i32.mul(end, COLUMNS));
      f.set(last, i32.select(i32.ltU(last, w.n), last, w.n));
      const sums = f.local('i32', i32.add(w.sums, i32.mul(worker, w.sumBytes)));
      const columns = {
        a: w.a,
        b: f.local('i32', i32.add(w.b, first)),
        sums,
        bytes: f.local('i32', i32.sub(last, first)),
      };
      f.do(memory.fill(sums, 0, i32.mul(i32.sub(end, begin), 4 * COLUMNS)));
      const left = f.local('i32', w.k);
      f.while(i32.geS(left, 2 * PAIRS), () => {
        emitPass(f, w, columns, 2 * PAIRS);
        f.set(left, i32.sub(left, 2 * PAIRS));
      });
      f.while(i32.geS(left, 2), () => {
        emitPass(f, w, columns, 2);
        f.set(left, i32.sub(left, 2));
      });
      f.if(left, () => emitPass(f, w, columns, 1));
      rowFinisher(f, emitRequantizer(f, w))({ sums, out: w.out, first, end: last });
    }),
  );
  const units = Math.ceil(n / COLUMNS);
  const sumBytes = 4 * COLUMNS * units;
  const words = [...requantize, a, b, out, n, k, context.workspace(sumBytes * context.workers), sumBytes];
  context.launch(code, words, { units, cost: (n * k) / 20, multiple: LEAST_COLUMNS / COLUMNS });
}
