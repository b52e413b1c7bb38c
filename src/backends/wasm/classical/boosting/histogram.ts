import {
  type Expr,
  type FunctionBuilder,
  type FunctionRef,
  f32,
  f64,
  f64x2,
  i32,
  type Local,
  type ModuleBuilder,
  memory,
  type V128,
  v128,
} from '../../assembler/index';
import { addressOf } from '../../kernel';
import { contiguous } from '../../layout/copy';
import { emitTask, type TaskKernel } from '../../task';

type I32 = Local<'i32'>;

/** Columns of a group that are visited together, a byte each of one word: their sums don't wait for each other. */
const TOGETHER = 4;
/** Bytes of a bin of the result: gradient, hessian and count. */
const BIN_BYTES = 24;

/** How sums are kept while rows are added: those of four columns stay in the first cache. */
interface Entry {
  /** Bytes of a bin: the sum, or both, then the count as an integer. */
  readonly bytes: number;
  readonly count: number;
  /** Bytes of what a row adds, and of what is kept of it. */
  readonly rowShift: number;
  at(scratch: I32, bin: Expr<'i32'>): Expr<'i32'>;
}

const PAIR: Entry = {
  bytes: 24,
  count: 16,
  rowShift: 3,
  at: (scratch, bin) => i32.add(scratch, i32.shl(i32.mul(bin, 3), 3)),
};
const SINGLE: Entry = { bytes: 16, count: 8, rowShift: 2, at: (scratch, bin) => i32.add(scratch, i32.shl(bin, 4)) };

const columnBytes = (entry: Entry): number => 256 * entry.bytes;

/** A unit is a row of the node: its gradient and hessian side by side; nothing where there is no such row. */
function emitOrdered(m: ModuleBuilder, isPair: boolean): void {
  emitTask(m, { words: ['to', 'gradients', 'hessians', 'rows', 'n'] }, (f, w, { begin, end }) => {
    const [i, row, to] = f.locals('i32', 3);
    f.for(i, begin, end, 1, () => {
      f.set(row, i32.load(i32.add(w.rows, i32.shl(i, 2))));
      f.set(to, i32.add(w.to, i32.shl(i, isPair ? 3 : 2)));
      f.if(i32.ltU(row, w.n), () => {
        f.do(i32.store(to, i32.load(i32.add(w.gradients, i32.shl(row, 2)))));
        if (isPair) f.do(i32.store(to, i32.load(i32.add(w.hessians, i32.shl(row, 2))), 4));
      });
    });
  });
}

const WORDS = [
  'binned',
  'groupStep',
  'rowStep',
  'laneStep',
  'width',
  'ordered',
  'rows',
  'count',
  'n',
  'bins',
  'columns',
  'out',
  'parent',
  'scratch',
] as const;
type Words = Readonly<Record<(typeof WORDS)[number], I32>>;

/** Adds what a row adds to the bin at `at`, `offset` bytes on. */
function addTo(f: FunctionBuilder, entry: Entry, at: I32, offset: number, value: V128 | Expr<'f64'>): void {
  if (value.type === 'v128') f.do(v128.store(at, f64x2.add(v128.load(at, offset), value as V128), offset));
  else f.do(f64.store(at, f64.add(f64.load(at, offset), value as Expr<'f64'>), offset));
  f.do(i32.store(at, i32.add(i32.load(at, offset + entry.count), 1), offset + entry.count));
}

const ADD_PARAMS = ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32'] as const;

/**
 * A function that adds all rows to the sums of `lanes` columns, four bytes to a row, or to those of one column. It is a function
 * of its own because engines keep what a loop needs in registers only where there is little else.
 */
function emitAdd(m: ModuleBuilder, entry: Entry, lanes: number, isPacked: boolean): FunctionRef<'void'> {
  const name = `add${lanes}`;
  return m.func(name, ADD_PARAMS, 'void', (f, scratch, first, ordered, rows, count, n, rowStep) => {
    const [at, row, added, word, bin] = f.locals('i32', 5);
    const [pair, single] = [f.local('v128'), f.local('f64')];
    const end = f.local('i32', i32.add(rows, i32.shl(count, 2)));
    f.set(added, ordered);
    f.for(at, rows, end, 4, () => {
      f.set(row, i32.load(at));
      f.if(i32.ltU(row, n), () => {
        f.set(row, i32.add(first, isPacked ? i32.shl(row, 2) : i32.mul(row, rowStep)));
        f.set(word, isPacked ? i32.load(row) : i32.load8U(row));
        if (entry === PAIR) f.set(pair, f64x2.promoteLowF32x4(v128.load64Zero(added)));
        else f.set(single, f64.promote(f32.load(added)));
        for (let t = 0; t < lanes; t++) {
          f.set(bin, entry.at(scratch, isPacked ? i32.and(t === 0 ? word : i32.shrU(word, 8 * t), 255) : word));
          addTo(f, entry, bin, t * columnBytes(entry), entry === PAIR ? pair : single);
        }
      });
      f.increment(added, 1 << entry.rowShift);
    });
  });
}

/** Writes the sums of column `c` to the result, and what they leave of the parent's. */
function finish(f: FunctionBuilder, w: Words, entry: Entry, from: I32, c: Expr<'i32'>, hasParent: boolean): void {
  const start = f.local('i32', i32.mul(i32.mul(c, w.bins), BIN_BYTES));
  const [to, whole, rest] = [f.local('i32', i32.add(w.out, start)), f.local('i32'), f.local('i32')];
  const end = f.local('i32', i32.add(to, i32.mul(w.bins, BIN_BYTES)));
  if (hasParent) {
    f.set(whole, i32.add(w.parent, start));
    f.set(rest, i32.add(to, i32.mul(i32.mul(w.columns, w.bins), BIN_BYTES)));
  }
  const pair = f.local('v128');
  const count = f.local('f64');
  f.while(i32.ltU(to, end), () => {
    f.set(count, f64.convertI32U(i32.load(from, entry.count)));
    f.set(pair, entry === PAIR ? v128.load(from) : f64x2.replace(v128.load64Zero(from), 1, count));
    f.do(v128.store(to, pair));
    f.do(f64.store(to, count, 16));
    if (hasParent) {
      f.do(v128.store(rest, f64x2.sub(v128.load(whole), pair)));
      f.do(f64.store(rest, f64.sub(f64.load(whole, 16), count), 16));
      f.increment(whole, BIN_BYTES);
      f.increment(rest, BIN_BYTES);
    }
    f.increment(to, BIN_BYTES);
    f.increment(from, entry.bytes);
  });
}

interface Attrs {
  readonly columns: number;
  readonly bins: number;
  readonly hasHessians: boolean;
  readonly hasParent: boolean;
}

interface Variant {
  readonly isPair: boolean;
  readonly hasParent: boolean;
  /** Whether groups are of four bytes each. */
  readonly isPacked: boolean;
  /** Columns of the last group. */
  readonly rest: number;
}

/** A unit is a column. */
function emitHistograms(m: ModuleBuilder, { isPair, hasParent, isPacked, rest }: Variant): void {
  const entry = isPair ? PAIR : SINGLE;
  const together = isPacked ? TOGETHER : 1;
  const adders = new Map([together, ...(rest > 0 ? [rest] : [])].map((k) => [k, emitAdd(m, entry, k, isPacked)]));
  emitTask(m, { words: WORDS }, (f, w, { begin, end, worker }) => {
    const scratch = f.local('i32', i32.add(w.scratch, i32.mul(worker, TOGETHER * columnBytes(entry))));
    const c = f.local('i32', begin);
    const [first, from, t] = f.locals('i32', 3);
    const visit = (lanes: number): void => {
      f.do(memory.fill(scratch, 0, lanes * columnBytes(entry)));
      f.set(first, i32.add(w.binned, i32.mul(i32.divU(c, w.width), w.groupStep)));
      if (!isPacked) f.increment(first, i32.mul(i32.remU(c, w.width), w.laneStep));
      f.do(f.call(adders.get(lanes)!, scratch, first, w.ordered, w.rows, w.count, w.n, w.rowStep));
      f.for(t, 0, lanes, 1, () => {
        f.set(from, i32.add(scratch, i32.mul(t, columnBytes(entry))));
        finish(f, w, entry, from, i32.add(c, t), hasParent);
      });
      f.increment(c, lanes);
    };
    f.while(i32.leU(i32.add(c, together), end), () => visit(together));
    if (rest > 0) f.if(i32.ltU(c, end), () => visit(rest));
  });
}

/** Inputs `[binned, rows, gradients, hessians?, parent?]`. */
export const gradientHistogram: TaskKernel<Attrs> = (inputs, out, attrs, context) => {
  const { columns, bins, hasHessians: isPair, hasParent } = attrs;
  const binned = inputs[0]!;
  const hessiansAt = isPair ? 3 : -1;
  const parentAt = hasParent ? inputs.length - 1 : -1;
  const [, n, width] = binned.shape as [number, number, number];
  const [groupStep, rowStep, laneStep] = binned.strides as [number, number, number];
  const count = inputs[1]!.shape[0]!;
  const [rows, gradients, hessians, parent] = [1, 2, hessiansAt, parentAt].map((i) =>
    i < 0 ? 0 : addressOf(contiguous(inputs[i]!, context)),
  ) as [number, number, number, number];
  const entry = isPair ? PAIR : SINGLE;
  const ordered = context.workspace(count << entry.rowShift);
  const order = context.code(`histogram-order-${isPair}`, (m) => emitOrdered(m, isPair));
  context.launch(order, [ordered, gradients, hessians, rows, n], { units: count, cost: 2 * count });
  const isPacked = width === TOGETHER && rowStep === TOGETHER && laneStep === 1;
  const variant: Variant = { isPair, hasParent, isPacked, rest: isPacked ? columns % TOGETHER : 0 };
  const code = context.code(`histogram-${isPair}-${hasParent}-${isPacked}-${variant.rest}`, (m) =>
    emitHistograms(m, variant),
  );
  const scratch = context.workspace(context.workers * TOGETHER * columnBytes(entry));
  const steps = [groupStep, rowStep, laneStep, width];
  const words = [addressOf(binned), ...steps, ordered, rows, count, n, bins, columns, addressOf(out), parent, scratch];
  const cost = columns * ((isPacked ? 1 : 2) * count + 2 * bins);
  context.launch(code, words, { units: columns, cost, multiple: isPacked ? TOGETHER : 1 });
  return true;
};
