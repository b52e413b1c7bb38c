import type { Operand } from '../../../core/backend';
import { sizeOf } from '../../../core/shape';
import { type FunctionBuilder, i32, type Local, type ModuleBuilder, memory } from '../assembler/index';
import { addressOf } from '../kernel';
import { axisMoved } from '../layout/axes';
import { contiguous, copyContiguous, workspace } from '../layout/copy';
import { emitTask, type TaskContext, type TaskKernel } from '../task';
import { type Keys, keysOf, type Sortable } from './keys';

interface SortAttrs {
  readonly axis: number;
  readonly descending: boolean;
}

/** Rows up to this long are sorted by insertion: counting 256 digits would take longer. */
const SHORT_ROW = 48;

export function isSortable(dtype: string): dtype is Sortable {
  return dtype === 'float32' || dtype === 'float64' || dtype === 'int32';
}

/** Positions that sort an axis, stably; other axes than the last are brought there and back. */
export const argSort: TaskKernel<SortAttrs> = ([x], out, { axis, descending }, context) => {
  if (!isSortable(x!.dtype)) return false;
  const last = x!.shape.length - 1;
  if (axis === last) {
    sortRows(context, contiguous(x!, context), addressOf(out), descending);
    return true;
  }
  const rows = contiguous(axisMoved(x!, axis, last), context);
  const order = workspace(context, 'int32', rows.shape);
  sortRows(context, rows, addressOf(order), descending);
  copyContiguous(axisMoved(order, last, axis), out, context);
  return true;
};

/** Positions that sort each row of `x`, which is contiguous, to `out`; a row is a unit. */
export function sortRows(context: TaskContext, x: Operand, out: number, descending: boolean): void {
  const n = x.shape[x.shape.length - 1]!;
  const rows = sizeOf(x.shape) / n;
  const keys = keysOf(x.dtype as Sortable, descending);
  const short = n <= SHORT_ROW;
  const key = `arg-sort-${x.dtype}-${descending ? 'down' : 'up'}-${short ? 'short' : 'long'}`;
  const code = context.code(key, (m) => emitSort(m, keys, short));
  // Keys; and to sort by digits, room to move keys and positions to, and the counts of all digits.
  const area = short ? n * keys.bytes : n * (2 * keys.bytes + 4) + COUNTS * keys.bytes;
  const stride = Math.ceil(area / 64) * 64;
  const byRow = rows <= context.workers;
  const scratch = context.workspace(stride * Math.min(rows, context.workers));
  const cost = short ? n * (4 + n * 0.3) : n * keys.bytes * 2.5 + keys.bytes * 200;
  const words = [out, addressOf(x), n, scratch, stride, Number(byRow)];
  context.launch(code, words, { units: rows, cost: rows * cost, multiple: Math.ceil(16 / n) });
}

/** Bytes of the counts of one digit. */
const COUNTS = 1024;

function emitSort(m: ModuleBuilder, keys: Keys, short: boolean): void {
  const words = ['out', 'x', 'n', 'scratch', 'stride', 'byRow'] as const;
  emitTask(m, { words }, (f, { out, x, n, scratch, stride, byRow }, { begin, end, worker }) => {
    const [unit, area] = f.locals('i32', 2);
    f.increment(out, i32.mul(begin, i32.shl(n, 2)));
    f.increment(x, i32.mul(begin, i32.mul(n, keys.bytes)));
    f.for(unit, begin, end, 1, () => {
      f.set(area, i32.add(scratch, i32.mul(stride, i32.select(byRow, unit, worker))));
      (short ? emitInsertion : emitDigits)(f, keys, { out, x, n, area });
      f.increment(out, i32.shl(n, 2));
      f.increment(x, i32.mul(n, keys.bytes));
    });
  });
}

interface Row {
  readonly out: Local<'i32'>;
  readonly x: Local<'i32'>;
  readonly n: Local<'i32'>;
  /** Scratch memory. */
  readonly area: Local<'i32'>;
}

/** Puts element by element in its place among those before it. */
function emitInsertion(f: FunctionBuilder, keys: Keys, { out, x, n, area }: Row): void {
  const [i, from] = f.locals('i32', 2);
  const key = f.local(keys.type);
  f.set(from, x);
  f.for(i, 0, n, 1, () => {
    keys.read(f, from, key);
    emitInsert(f, keys, { key, position: i, keysAt: area, positionsAt: out, count: i });
    f.increment(from, keys.bytes);
  });
}

export interface Insertion {
  readonly key: Local<'i32' | 'i64'>;
  readonly position: Local<'i32'>;
  /** Sorted keys, and their positions. */
  readonly keysAt: Local<'i32'>;
  readonly positionsAt: Local<'i32'>;
  /** How many keys are there already; those behind the new one move on by one. */
  readonly count: Local<'i32'>;
}

/** Inserts a key, after those equal to it. */
export function emitInsert(
  f: FunctionBuilder,
  keys: Keys,
  { key, position, keysAt, positionsAt, count }: Insertion,
): void {
  const before = f.local(keys.type);
  const p = f.local('i32', i32.add(keysAt, i32.mul(count, keys.bytes)));
  const q = f.local('i32', i32.add(positionsAt, i32.shl(count, 2)));
  f.block((leave) =>
    f.loop((again) => {
      f.brIf(leave, i32.eq(p, keysAt));
      f.set(before, keys.load(i32.sub(p, keys.bytes)));
      f.brIf(leave, i32.eqz(keys.less(key, before)));
      f.do(keys.store(p, before));
      f.do(i32.store(q, i32.load(i32.sub(q, 4))));
      f.set(p, i32.sub(p, keys.bytes));
      f.set(q, i32.sub(q, 4));
      f.br(again);
    }),
  );
  f.do(keys.store(p, key));
  f.do(i32.store(q, position));
}

/** Sorts by one digit of eight bits after the other, the lowest first; digits that all keys share are passed over. */
function emitDigits(f: FunctionBuilder, keys: Keys, { out, x, n, area }: Row): void {
  const [from, to, order, newOrder, swap, counts, shift] = f.locals('i32', 7);
  f.set(from, i32.add(area, COUNTS * keys.bytes));
  f.set(to, i32.add(from, i32.mul(n, keys.bytes)));
  f.set(order, out);
  f.set(newOrder, i32.add(to, i32.mul(n, keys.bytes)));
  emitCount(f, keys, { out, x, n, area }, from);
  f.set(counts, area);
  f.for(shift, 0, 8 * keys.bytes, 8, () => {
    const shared = i32.load(i32.add(counts, i32.shl(keys.digit(keys.load(from), shift), 2)));
    f.if(i32.ne(shared, n), () => {
      emitOffsets(f, counts);
      emitDeal(f, keys, { from, to, order, newOrder, counts, shift, n });
      for (const [a, b] of [
        [from, to],
        [order, newOrder],
      ] as const) {
        f.set(swap, a);
        f.set(a, b);
        f.set(b, swap);
      }
    });
    f.increment(counts, COUNTS);
  });
  f.if(i32.ne(order, out), () => f.do(memory.copy(out, order, i32.shl(n, 2))));
}

/** Writes the keys and positions of a row, and counts its digits. */
function emitCount(f: FunctionBuilder, keys: Keys, { out, x, n, area }: Row, to: Local<'i32'>): void {
  const key = f.local(keys.type);
  const [i, p, q, at] = f.locals('i32', 4);
  f.do(memory.fill(area, 0, COUNTS * keys.bytes));
  f.set(p, x);
  f.set(q, to);
  f.for(i, 0, n, 1, () => {
    keys.read(f, p, key);
    f.do(keys.store(q, key));
    f.do(i32.store(i32.add(out, i32.shl(i, 2)), i));
    for (let d = 0; d < keys.bytes; d++) {
      f.set(at, i32.add(area, i32.shl(keys.digit(key, i32.const(8 * d)), 2)));
      f.do(i32.store(at, i32.add(i32.load(at, COUNTS * d), 1), COUNTS * d));
    }
    f.increment(p, keys.bytes);
    f.increment(q, keys.bytes);
  });
}

/** Turns counts into how many come before. */
function emitOffsets(f: FunctionBuilder, counts: Local<'i32'>): void {
  const [at, count, total] = f.locals('i32', 3);
  f.set(total, 0);
  f.for(at, counts, i32.add(counts, COUNTS), 4, () => {
    f.set(count, i32.load(at));
    f.do(i32.store(at, total));
    f.increment(total, count);
  });
}

interface Deal {
  readonly from: Local<'i32'>;
  readonly to: Local<'i32'>;
  readonly order: Local<'i32'>;
  readonly newOrder: Local<'i32'>;
  readonly counts: Local<'i32'>;
  readonly shift: Local<'i32'>;
  readonly n: Local<'i32'>;
}

/** Moves keys and positions to where their digit has its place. */
function emitDeal(f: FunctionBuilder, keys: Keys, { from, to, order, newOrder, counts, shift, n }: Deal): void {
  const key = f.local(keys.type);
  const [p, q, stop, at, place] = f.locals('i32', 5);
  f.set(p, from);
  f.set(q, order);
  f.set(stop, i32.add(order, i32.shl(n, 2)));
  f.for(q, order, stop, 4, () => {
    f.set(key, keys.load(p));
    f.set(at, i32.add(counts, i32.shl(keys.digit(key, shift), 2)));
    f.set(place, i32.load(at));
    f.do(i32.store(at, i32.add(place, 1)));
    f.do(keys.store(i32.add(to, i32.mul(place, keys.bytes)), key));
    f.do(i32.store(i32.add(newOrder, i32.shl(place, 2)), i32.load(q)));
    f.increment(p, keys.bytes);
  });
}
