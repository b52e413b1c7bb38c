import type { Operand } from '../../../../core/backend';
import {
  type Expr,
  type FunctionBuilder,
  type FunctionRef,
  f32,
  f64,
  f64x2,
  i32,
  i64,
  type Local,
  type ModuleBuilder,
  memory,
  type V128,
  v128,
} from '../../assembler/index';
import { addressOf } from '../../kernel';
import { contiguous } from '../../layout/copy';
import { emitTask, type TaskContext, type TaskKernel } from '../../task';

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

/** Rows that are gathered together: the cache holds them for all chunks of columns. */
const BLOCK = 256;
/** Columns that are gathered at once, and their words. */
const CHUNK = 16;

const GATHER = ['binned', 'rowStep', 'chunks', 'derivatives', 'rows', 'count', 'n', 'words', 'ordered'] as const;

/** Runs `body` for the rows listed from `at` to `end`; a number that is no row stands for the last one. */
function everyRow(f: FunctionBuilder, first: I32, end: I32, n: I32, body: (row: I32) => void): void {
  const [at, row] = f.locals('i32', 2);
  f.for(at, first, end, 4, () => {
    f.set(row, i32.load(at));
    f.set(row, i32.select(i32.ltU(row, n), row, i32.sub(n, 1)));
    body(row);
  });
}

/** A function that writes derivatives of rows side by side. */
function emitDerivatives(m: ModuleBuilder, isPair: boolean): FunctionRef<'void'> {
  return m.func('derivatives', ['i32', 'i32', 'i32', 'i32', 'i32'], 'void', (f, rows, rowsEnd, n, from, to) => {
    const at = f.local('i32');
    everyRow(f, rows, rowsEnd, n, (row) => {
      f.set(at, i32.add(from, i32.shl(row, isPair ? 3 : 2)));
      f.do(isPair ? i64.store(to, i64.load(at)) : i32.store(to, i32.load(at)));
      f.increment(to, isPair ? 8 : 4);
    });
  });
}

/** A function that writes the four words of a chunk of each row to lines of words. */
function emitWords(m: ModuleBuilder): FunctionRef<'void'> {
  const params = ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32'] as const;
  return m.func('words', params, 'void', (f, rows, rowsEnd, n, from, rowStep, to, line) => {
    const bytes = f.local('v128');
    const lines = [to, ...f.locals('i32', 3)];
    for (let t = 1; t < 4; t++) f.set(lines[t]!, i32.add(lines[t - 1]!, line));
    everyRow(f, rows, rowsEnd, n, (row) => {
      f.set(bytes, v128.load(i32.add(from, i32.mul(row, rowStep))));
      lines.forEach((place, lane) => {
        f.do(v128.store32Lane(place, bytes, lane));
        f.increment(place, 4);
      });
    });
  });
}

/**
 * A unit is a row of the node: its derivatives, and its bins, four columns to a word, word by word a line of all rows of the node.
 * So what is added later lies side by side, and the rows of a small node are fetched from memory once.
 */
function emitGather(m: ModuleBuilder, isPair: boolean): void {
  const derivatives = emitDerivatives(m, isPair);
  const words = emitWords(m);
  emitTask(m, { words: GATHER }, (f, w, { begin, end }) => {
    const [first, last, rows, chunk, to, from] = f.locals('i32', 6);
    const line = f.local('i32', i32.shl(w.count, 2));
    f.for(first, begin, end, BLOCK, () => {
      f.set(last, i32.add(first, BLOCK));
      f.set(last, i32.add(w.rows, i32.shl(i32.select(i32.ltU(last, end), last, end), 2)));
      f.set(rows, i32.add(w.rows, i32.shl(first, 2)));
      f.set(to, i32.add(w.ordered, i32.shl(first, isPair ? 3 : 2)));
      f.do(f.call(derivatives, rows, last, w.n, w.derivatives, to));
      f.for(chunk, 0, w.chunks, 1, () => {
        f.set(from, i32.add(w.binned, i32.mul(chunk, CHUNK)));
        f.set(to, i32.add(i32.add(w.words, i32.shl(first, 2)), i32.mul(i32.shl(chunk, 2), line)));
        f.do(f.call(words, rows, last, w.n, from, w.rowStep, to, line));
      });
    });
  });
}

/** The same from a table of any layout: rows of `to` in the layout that `emitGather` takes. */
function emitRows(m: ModuleBuilder): void {
  emitTask(m, { words: ['to', 'toStep', 'from', 'rowStep', 'columnStep', 'columns'] }, (f, w, { begin, end }) => {
    const [row, c, from, to] = f.locals('i32', 4);
    f.for(row, begin, end, 1, () => {
      f.set(from, i32.add(w.from, i32.mul(row, w.rowStep)));
      f.set(to, i32.add(w.to, i32.mul(row, w.toStep)));
      f.for(c, 0, w.columns, 1, () => {
        f.do(i32.store8(i32.add(to, c), i32.load8U(from)));
        f.increment(from, w.columnStep);
      });
    });
  });
}

const WORDS = ['words', 'ordered', 'count', 'bins', 'columns', 'out', 'parent', 'scratch'] as const;
type Words = Readonly<Record<(typeof WORDS)[number], I32>>;

/** Adds what a row adds to the bin at `at`, `offset` bytes on. */
function addTo(f: FunctionBuilder, entry: Entry, at: I32, offset: number, value: V128 | Expr<'f64'>): void {
  if (value.type === 'v128') f.do(v128.store(at, f64x2.add(v128.load(at, offset), value as V128), offset));
  else f.do(f64.store(at, f64.add(f64.load(at, offset), value as Expr<'f64'>), offset));
  f.do(i32.store(at, i32.add(i32.load(at, offset + entry.count), 1), offset + entry.count));
}

/**
 * A function that adds all rows to the sums of `lanes` columns, four bytes to a row. It is a function of its own because engines
 * keep what a loop needs in registers only where there is little else.
 */
function emitAdd(m: ModuleBuilder, entry: Entry, lanes: number): FunctionRef<'void'> {
  return m.func(`add${lanes}`, ['i32', 'i32', 'i32', 'i32'], 'void', (f, scratch, words, wordsEnd, ordered) => {
    const [at, added, word, bin] = f.locals('i32', 4);
    const [pair, single] = [f.local('v128'), f.local('f64')];
    f.set(added, ordered);
    f.for(at, words, wordsEnd, 4, () => {
      f.set(word, i32.load(at));
      if (entry === PAIR) f.set(pair, f64x2.promoteLowF32x4(v128.load64Zero(added)));
      else f.set(single, f64.promote(f32.load(added)));
      for (let t = 0; t < lanes; t++) {
        f.set(bin, entry.at(scratch, i32.and(t === 0 ? word : i32.shrU(word, 8 * t), 255)));
        addTo(f, entry, bin, t * columnBytes(entry), entry === PAIR ? pair : single);
      }
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
  readonly bins: number;
  readonly columns: number;
  readonly hasRows: boolean;
}

interface Variant {
  readonly isPair: boolean;
  readonly hasParent: boolean;
  /** Columns of the last word. */
  readonly rest: number;
}

/** A unit is a column. */
function emitHistograms(m: ModuleBuilder, { isPair, hasParent, rest }: Variant): void {
  const entry = isPair ? PAIR : SINGLE;
  const adders = new Map([TOGETHER, ...(rest > 0 ? [rest] : [])].map((lanes) => [lanes, emitAdd(m, entry, lanes)]));
  emitTask(m, { words: WORDS }, (f, w, { begin, end, worker }) => {
    const scratch = f.local('i32', i32.add(w.scratch, i32.mul(worker, TOGETHER * columnBytes(entry))));
    const c = f.local('i32', begin);
    const [first, from, t] = f.locals('i32', 3);
    const line = f.local('i32', i32.shl(w.count, 2));
    const visit = (lanes: number): void => {
      f.do(memory.fill(scratch, 0, lanes * columnBytes(entry)));
      f.set(first, i32.add(w.words, i32.mul(i32.shrU(c, 2), line)));
      f.do(f.call(adders.get(lanes)!, scratch, first, i32.add(first, line), w.ordered));
      f.for(t, 0, lanes, 1, () => {
        f.set(from, i32.add(scratch, i32.mul(t, columnBytes(entry))));
        finish(f, w, entry, from, i32.add(c, t), hasParent);
      });
      f.increment(c, lanes);
    };
    f.while(i32.leU(i32.add(c, TOGETHER), end), () => visit(TOGETHER));
    if (rest > 0) f.if(i32.ltU(c, end), () => visit(rest));
  });
}

/** The table with rows that can be read in chunks: itself, or a copy. */
function inChunks(binned: Operand, context: TaskContext): { readonly address: number; readonly rowStep: number } {
  const [n, columns] = binned.shape as [number, number];
  const [rowStep, columnStep] = binned.strides as [number, number];
  const width = Math.ceil(columns / CHUNK) * CHUNK;
  const isInside = binned.offset + (n - 1) * rowStep + width <= binned.block.length;
  if (columnStep === 1 && rowStep >= 0 && isInside) return { address: addressOf(binned), rowStep };
  const address = context.workspace(n * width);
  const code = context.code('histogram-rows', emitRows);
  const words = [address, width, addressOf(binned), rowStep, columnStep, columns];
  context.launch(code, words, { units: n, cost: 2 * n * columns });
  return { address, rowStep: width };
}

/** Where the words and the derivatives of a node's rows lie, in their order, once tasks have brought them there. */
function gather(
  [binned, rows, derivatives]: readonly Operand[],
  columns: number,
  context: TaskContext,
): [number, number] {
  const isPair = derivatives!.shape[1] === 2;
  const count = rows!.shape[0]!;
  const { address, rowStep } = inChunks(binned!, context);
  const [listed, from] = [rows!, derivatives!].map((x) => addressOf(contiguous(x, context))) as [number, number];
  const chunks = Math.ceil(columns / CHUNK);
  const words = context.workspace(count * chunks * CHUNK);
  const ordered = context.workspace(count * derivatives!.shape[1]! * 4);
  const code = context.code(`histogram-gather-${isPair}`, (m) => emitGather(m, isPair));
  const work = { units: count, cost: (4 + 4 * chunks) * count, multiple: BLOCK };
  context.launch(code, [address, rowStep, chunks, from, listed, count, binned!.shape[0]!, words, ordered], work);
  return [words, ordered];
}

/** Inputs `[binned, rows, derivatives, parent?]`, or without rows for all of them. */
export const gradientHistogram: TaskKernel<Attrs> = (inputs, out, { bins, columns, hasRows }, context) => {
  const derivatives = inputs[hasRows ? 2 : 1]!;
  const whole = inputs[hasRows ? 3 : 2];
  const [n, width] = derivatives.shape as [number, number];
  const count = hasRows ? inputs[1]!.shape[0]! : n;
  if (n === 0) return false;
  const variant = { isPair: width === 2, hasParent: whole !== undefined, rest: columns % TOGETHER };
  const entry = variant.isPair ? PAIR : SINGLE;
  const [words, ordered] = hasRows
    ? gather(inputs, columns, context)
    : [inputs[0]!, derivatives].map((x) => addressOf(contiguous(x, context)));
  const key = `histogram-${variant.isPair}-${variant.hasParent}-${variant.rest}`;
  const code = context.code(key, (m) => emitHistograms(m, variant));
  const scratch = context.workspace(context.workers * TOGETHER * columnBytes(entry));
  const cost = columns * (1.3 * count + 3 * bins);
  const parent = whole === undefined ? 0 : addressOf(contiguous(whole, context));
  const places = [words!, ordered!, count, bins, columns, addressOf(out), parent, scratch];
  context.launch(code, places, { units: columns, cost, multiple: TOGETHER });
  return true;
};
