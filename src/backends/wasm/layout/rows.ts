import type { Operand } from '../../../core/backend';
import { type DType, isFloating } from '../../../core/dtype';
import { isContiguous, sizeOf } from '../../../core/shape';
import {
  type FunctionBuilder,
  f32,
  f32x4,
  f64,
  f64x2,
  i32,
  i32x4,
  i64,
  type Local,
  type ModuleBuilder,
  memory,
  v128,
} from '../assembler/index';
import { addressOf, asRepeated, elementShift } from '../kernel';
import { emitTask, type TaskKernel } from '../task';
import { emitCopy, emitRepeat } from './bytes';
import { contiguous, copyContiguous, isRepeated } from './copy';

export interface AxisAttrs {
  readonly axis: number;
}

/** An operand as rows: `outer` times `n` of `bytes` bytes each. */
function rowsOf(shape: readonly number[], axis: number, dtype: DType): { outer: number; n: number; bytes: number } {
  return {
    outer: sizeOf(shape.slice(0, axis)),
    n: shape[axis]!,
    bytes: sizeOf(shape.slice(axis + 1)) << elementShift(dtype),
  };
}

/** The int32 index at `address`, negative ones counted from the end; out of range if not below n as an unsigned number. */
export function loadIndex(f: FunctionBuilder, address: Local<'i32'>, n: Local<'i32'>, into: Local<'i32'>): void {
  f.set(into, i32.load(address));
  f.set(into, i32.select(i32.ltS(into, 0), i32.add(into, n), into));
}

const LONG_ROW = 512;
type RowKind = '1' | '4' | '8' | 'short' | 'long';

function emitGather(m: ModuleBuilder, kind: RowKind): void {
  const words = ['out', 'x', 'indices', 'count', 'n', 'bytes'] as const;
  emitTask(m, { words }, (f, w, { begin, end }) => {
    const { out, x, n, bytes } = w;
    const [index, from, at] = f.locals('i32', 3);
    const k = f.local('i32', i32.remU(begin, w.count));
    const source = f.local('i32', i32.add(x, i32.mul(i32.mul(i32.divU(begin, w.count), n), bytes)));
    const left = f.local('i32', i32.sub(end, begin));
    f.increment(out, i32.mul(begin, bytes));
    f.while(left, () => {
      f.set(at, i32.add(w.indices, i32.shl(k, 2)));
      loadIndex(f, at, n, index);
      // What is out of range was refused where it could be read; here it must only not lead astray.
      f.set(index, i32.select(i32.ltU(index, n), index, 0));
      f.set(from, i32.add(source, i32.mul(index, bytes)));
      if (kind === '1') f.do(i32.store8(out, i32.load8U(from)));
      else if (kind === '4') f.do(i32.store(out, i32.load(from)));
      else if (kind === '8') f.do(i64.store(out, i64.load(from)));
      else if (kind === 'long') f.do(memory.copy(out, from, bytes));
      else emitCopy(f, out, from, bytes);
      f.increment(out, bytes);
      f.increment(k, 1);
      f.if(i32.eq(k, w.count), () => {
        f.set(k, 0);
        f.increment(source, i32.mul(n, bytes));
      });
      f.set(left, i32.sub(left, 1));
    });
  });
}

/** Rows picked by index; a row is a unit. */
export const gather: TaskKernel<AxisAttrs> = ([x, indices], out, { axis }, context) => {
  const { outer, n, bytes } = rowsOf(x!.shape, axis, x!.dtype);
  if (n === 0) return false;
  const count = sizeOf(indices!.shape);
  const kind = [1, 4, 8].includes(bytes) ? (String(bytes) as RowKind) : bytes >= LONG_ROW ? 'long' : 'short';
  const code = context.code(`gather-${kind}`, (m) => emitGather(m, kind));
  const picks = contiguous(indices!, context);
  const from = contiguous(x!, context);
  const words = [addressOf(out), addressOf(from), addressOf(picks), count, n, bytes];
  const units = outer * count;
  context.launch(code, words, { units, cost: units * (2 + bytes / 10), multiple: Math.ceil(64 / bytes) });
  return true;
};

type Added = 'float32' | 'float64' | 'int32';

/** How destinations are divided: by their rows, or, where these are long, by columns. */
type Division = 'rows' | 'columns';
/** Where the rows that are added to come from: they are there, or a unit's are copied, or are one element all over. */
type Start = 'there' | 'copied' | 'repeated';
/** Rows of so many bytes are divided by columns, in at most so many blocks. */
const LONG_UPDATE = 4096;
const MOST_COLUMNS = 16;

/**
 * Units are `blocks` blocks of rows (or of bytes of every row) of each of `outer` parts. Neighbouring units are done
 * together: all indices are visited, in order, and what they add to the units' place is added. The rows of a unit may first
 * be copied from `x`, by whoever adds to them: so they are in its cache.
 */
function emitScatterAdd(m: ModuleBuilder, dtype: Added, division: Division, start: Start): void {
  const words = ['out', 'updates', 'indices', 'count', 'n', 'bytes', 'blocks', 'block', 'x'] as const;
  emitTask(m, { words }, (f, w, { begin, end }) => {
    const { n, bytes, blocks } = w;
    const [unit, part, outer, first, last, index, at, to, from, size] = f.locals('i32', 10);
    const stop = f.local('i32', i32.add(w.indices, i32.shl(w.count, 2)));
    const whole = division === 'rows' ? n : bytes;
    const [low, high] = f.locals('i32', 2);
    f.set(unit, begin);
    f.while(i32.ltU(unit, end), () => {
      f.set(part, i32.divU(unit, blocks));
      f.set(first, i32.remU(unit, blocks));
      f.set(last, i32.add(first, i32.sub(end, unit)));
      f.set(last, i32.select(i32.gtU(last, blocks), blocks, last));
      f.increment(unit, i32.sub(last, first));
      f.set(low, i32.mul(first, w.block));
      f.set(high, i32.mul(last, w.block));
      f.set(high, i32.select(i32.gtU(high, whole), whole, high));
      f.set(from, i32.add(w.updates, i32.mul(i32.mul(part, w.count), bytes)));
      f.set(part, i32.mul(i32.mul(part, n), bytes));
      f.set(outer, i32.add(w.out, part));
      if (start !== 'there') {
        f.set(at, i32.mul(low, bytes));
        f.set(size, i32.mul(i32.sub(high, low), bytes));
        f.set(to, i32.add(outer, at));
        if (start === 'copied') f.do(memory.copy(to, i32.add(i32.add(w.x, part), at), size));
        else emitRepeat(f, to, size, w.x, elementShift(dtype));
      }
      f.for(at, w.indices, stop, 4, () => {
        loadIndex(f, at, n, index);
        f.set(to, i32.add(outer, i32.mul(index, bytes)));
        if (division === 'rows') {
          const inside = i32.ltU(i32.sub(index, low), i32.sub(high, low));
          f.if(inside, () => emitAddRow(f, dtype, to, from, 0, bytes));
        } else {
          f.if(i32.ltU(index, n), () => emitAddRow(f, dtype, to, from, low, high));
        }
        f.increment(from, bytes);
      });
    });
  });
}

/** to[low, high) += from[low, high), in bytes; `low` is a multiple of 64. */
function emitAddRow(
  f: FunctionBuilder,
  dtype: Added,
  to: Local<'i32'>,
  from: Local<'i32'>,
  low: Local<'i32'> | 0,
  high: Local<'i32'>,
): void {
  const i = f.local('i32', low);
  const target = (): ReturnType<typeof i32.add> => i32.add(to, i);
  const source = (): ReturnType<typeof i32.add> => i32.add(from, i);
  const add = { float32: f32x4, float64: f64x2, int32: i32x4 }[dtype].add;
  const [t, s] = f.locals('i32', 2);
  const stop = f.local('i32');
  for (const step of [64, 16]) {
    f.set(stop, i32.and(high, -step));
    f.while(i32.ltU(i, stop), () => {
      f.set(t, target());
      f.set(s, source());
      for (let k = 0; k < step; k += 16) f.do(v128.store(t, add(v128.load(t, k), v128.load(s, k)), k));
      f.increment(i, step);
    });
  }
  f.while(i32.ltU(i, high), () => {
    if (dtype === 'float32') f.do(f32.store(target(), f32.add(f32.load(target()), f32.load(source()))));
    else if (dtype === 'float64') f.do(f64.store(target(), f64.add(f64.load(target()), f64.load(source()))));
    else f.do(i32.store(target(), i32.add(i32.load(target()), i32.load(source()))));
    f.increment(i, dtype === 'float64' ? 8 : 4);
  });
}

function startOf(x: Operand): Start {
  if (isRepeated(x)) return 'repeated';
  return isContiguous(x.shape, x.strides) ? 'copied' : 'there';
}

/** A copy of the first operand with rows added to it, in the order of their indices; those out of range are left out. */
export const scatterAdd: TaskKernel<AxisAttrs> = ([given, indices, updates], out, { axis }, context) => {
  const { dtype } = out;
  if (!isFloating(dtype) && dtype !== 'int32') return false;
  const x = asRepeated(given!);
  const { outer, n, bytes } = rowsOf(out.shape, axis, dtype);
  const count = sizeOf(indices!.shape);
  const division = bytes >= LONG_UPDATE ? 'columns' : 'rows';
  const start = count === 0 || division === 'columns' ? 'there' : startOf(x);
  if (start === 'there') copyContiguous(x, out, context);
  if (count === 0) return true;
  const code = context.code(`scatter-add-${dtype}-${division}-${start}`, (m) =>
    emitScatterAdd(m, dtype as Added, division, start),
  );
  const picks = contiguous(indices!, context);
  const from = contiguous(updates!, context);
  // All indices are visited for every block of rows, so there are as few as workers; columns are in whole cache lines.
  const block = division === 'rows' ? Math.ceil(n / context.workers) : Math.ceil(bytes / MOST_COLUMNS / 64) * 64;
  const blocks = Math.ceil((division === 'rows' ? n : bytes) / block);
  const places = [addressOf(out), addressOf(from), addressOf(picks)];
  const words = [...places, count, n, bytes, blocks, block, addressOf(x)];
  const cost = outer * (count * (2 + bytes / 6) + (start === 'there' ? 0 : (n * bytes) / 12));
  context.launch(code, words, { units: outer * blocks, cost });
  return true;
};
