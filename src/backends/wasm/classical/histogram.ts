import {
  type Expr,
  type FunctionBuilder,
  f32,
  f64,
  f64x2,
  i32,
  type Local,
  type ModuleBuilder,
  memory,
  v128,
} from '../assembler/index';
import { addressOf } from '../kernel';
import { contiguous } from '../layout/copy';
import { emitTask, type TaskKernel } from '../task';

type I32 = Local<'i32'>;

/** Columns that are visited together: their sums don't wait for each other. */
const TOGETHER = 4;
/** Bytes of a bin: gradient, hessian and count. */
const BIN_BYTES = 24;

const PAIR_WORDS = ['to', 'gradients', 'hessians', 'rows', 'n'] as const;

/** A unit is a row of the node: its gradient and hessian side by side in float64; nothing where there is no such row. */
function emitPairs(m: ModuleBuilder): void {
  emitTask(m, { words: PAIR_WORDS }, (f, w, { begin, end }) => {
    const [i, row, at] = f.locals('i32', 3);
    f.for(i, begin, end, 1, () => {
      f.set(row, i32.load(i32.add(w.rows, i32.shl(i, 2))));
      f.set(at, i32.add(w.to, i32.shl(i, 4)));
      f.if(i32.ltU(row, w.n), () => {
        f.do(f64.store(at, f64.promote(f32.load(i32.add(w.gradients, i32.shl(row, 2))))));
        f.do(f64.store(at, f64.promote(f32.load(i32.add(w.hessians, i32.shl(row, 2)))), 8));
      });
    });
  });
}

const WORDS = ['binned', 'rowStep', 'columnStep', 'pairs', 'rows', 'count', 'n', 'bins', 'out'] as const;
type Words = Readonly<Record<(typeof WORDS)[number], I32>>;

/** Adds all rows of the node to the histograms of `columns` columns from column `c` on. */
function addRows(f: FunctionBuilder, w: Words, c: Expr<'i32'>, columns: number): void {
  const [i, row, from] = f.locals('i32', 3);
  const pair = f.local('v128');
  const bin = f.local('i32');
  const first = f.local('i32', i32.add(w.binned, i32.mul(c, w.columnStep)));
  const bytes = i32.mul(w.bins, BIN_BYTES);
  const histogram = f.local('i32', i32.add(w.out, i32.mul(c, bytes)));
  const histograms = [histogram];
  for (let t = 1; t < columns; t++) histograms.push(f.local('i32', i32.add(histograms[t - 1]!, bytes)));
  f.for(i, 0, w.count, 1, () => {
    f.set(row, i32.load(i32.add(w.rows, i32.shl(i, 2))));
    f.if(i32.ltU(row, w.n), () => {
      f.set(pair, v128.load(i32.add(w.pairs, i32.shl(i, 4))));
      f.set(from, i32.add(first, i32.mul(row, w.rowStep)));
      histograms.forEach((at, t) => {
        f.set(bin, i32.load8U(from));
        if (t < columns - 1) f.increment(from, w.columnStep);
        f.if(i32.ltU(bin, w.bins), () => {
          f.set(bin, i32.add(at, i32.mul(bin, BIN_BYTES)));
          f.do(v128.store(bin, f64x2.add(v128.load(bin), pair)));
          f.do(f64.store(bin, f64.add(f64.load(bin, 16), 1), 16));
        });
      });
    });
  });
}

/** A unit is a column. */
function emitHistograms(m: ModuleBuilder): void {
  emitTask(m, { words: WORDS }, (f, w, { begin, end }) => {
    const c = f.local('i32', begin);
    const bytes = f.local('i32', i32.mul(w.bins, BIN_BYTES));
    const size = i32.mul(i32.sub(end, begin), bytes);
    f.do(memory.fill(i32.add(w.out, i32.mul(begin, bytes)), 0, size));
    f.while(i32.leU(i32.add(c, TOGETHER), end), () => {
      addRows(f, w, c, TOGETHER);
      f.increment(c, TOGETHER);
    });
    f.while(i32.ltU(c, end), () => {
      addRows(f, w, c, 1);
      f.increment(c, 1);
    });
  });
}

/** Inputs `[binned, gradients, hessians, rows]`. */
export const gradientHistogram: TaskKernel<{ bins: number }> = (
  [binned, gradients, hessians, rows],
  out,
  { bins },
  context,
) => {
  const [n, columns] = binned!.shape as [number, number];
  const count = rows!.shape[0]!;
  const [g, h, wanted] = [gradients!, hessians!, rows!].map((x) => addressOf(contiguous(x, context))) as [
    number,
    number,
    number,
  ];
  const pairs = context.workspace(16 * count);
  const ordered = context.code('histogram-pairs', emitPairs);
  context.launch(ordered, [pairs, g, h, wanted, n], { units: count, cost: 2 * count });
  const [rowStep, columnStep] = binned!.strides as [number, number];
  const code = context.code('histogram', emitHistograms);
  const words = [addressOf(binned!), rowStep, columnStep, pairs, wanted, count, n, bins, addressOf(out)];
  context.launch(code, words, { units: columns, cost: 1.5 * count * columns, multiple: TOGETHER });
  return true;
};
