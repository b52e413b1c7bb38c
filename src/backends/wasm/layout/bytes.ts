import type { DType } from '../../../core/dtype';
import {
  type FunctionBuilder,
  f32,
  f32x4,
  f64x2,
  i8x16,
  i32,
  i32x4,
  i64,
  type Local,
  type ModuleBuilder,
  memory,
  type V128,
  v128,
} from '../assembler/index';
import { elementShift } from '../kernel';
import { emitTask, type TaskContext, type Work } from '../task';

/** Units of tasks over bytes: cache lines. */
const LINE = 64;
/** Bytes per nanosecond of clearing and copying, about. */
const SPEED = 12;

function lines(bytes: number): Work {
  return { units: Math.ceil(bytes / LINE), cost: bytes / SPEED, multiple: 64 };
}

/** Where a range of lines begins, and how many of `bytes` bytes it has. */
function emitRange(f: FunctionBuilder, bytes: Local<'i32'>, begin: Local<'i32'>, end: Local<'i32'>) {
  const start = f.local('i32', i32.mul(begin, LINE));
  const stop = f.local('i32', i32.mul(end, LINE));
  const length = f.local('i32', i32.sub(i32.select(i32.gtU(stop, bytes), bytes, stop), start));
  return { start, length };
}

/** Clears `bytes` bytes from `address` on. */
export function zero(context: TaskContext, address: number, bytes: number): void {
  const code = context.code('zero-bytes', (m) =>
    emitTask(m, { words: ['to', 'bytes'] }, (f, { to, bytes: all }, { begin, end }) => {
      const { start, length } = emitRange(f, all, begin, end);
      f.do(memory.fill(i32.add(to, start), 0, length));
    }),
  );
  context.launch(code, [address, bytes], lines(bytes));
}

/** Copies `bytes` bytes; the two places may not overlap. */
export function copyBytes(context: TaskContext, to: number, from: number, bytes: number): void {
  const code = context.code('copy-bytes', (m) =>
    emitTask(m, { words: ['to', 'from', 'bytes'] }, (f, { to: target, from: source, bytes: all }, { begin, end }) => {
      const { start, length } = emitRange(f, all, begin, end);
      f.do(memory.copy(i32.add(target, start), i32.add(source, start), length));
    }),
  );
  context.launch(code, [to, from, bytes], lines(bytes));
}

/** Sets `size` contiguous elements to `value`, converted to `dtype` as arrays of it convert. */
export function fill(context: TaskContext, dtype: DType, address: number, size: number, value: number): void {
  const bytes = size << elementShift(dtype);
  if (value === 0 && !Object.is(value, -0)) {
    zero(context, address, bytes);
    return;
  }
  const code = context.code(`fill-${dtype}`, (m) => emitFill(m, dtype));
  context.launch(code, [address, bytes], lines(bytes), [scalarOf(dtype, value)]);
}

/** What `splatOf` is given at run time, of a number that is converted as arrays convert. */
export function scalarOf(dtype: DType, value: number): number {
  if (dtype === 'float32' || dtype === 'float64') return value;
  // Integers wrap around here, as float64 parameters saturate when they are converted.
  return dtype === 'bool' ? Number(value !== 0) : value | 0;
}

/** A number as elements of a dtype, all over a vector. */
export function splatOf(dtype: DType, value: Local<'f64'>): V128 {
  if (dtype === 'float64') return f64x2.splat(value);
  if (dtype === 'float32') return f32x4.splat(f32.demote(value));
  const integer = i32.truncSatF64S(value);
  return dtype === 'int32' ? i32x4.splat(integer) : i8x16.splat(integer);
}

function emitFill(m: ModuleBuilder, dtype: DType): void {
  emitTask(m, { words: ['to', 'bytes'], scalars: 1 }, (f, { to, bytes }, { begin, end, scalars: [value] }) => {
    const pattern = f.local('v128', splatOf(dtype, value!));
    const { start, length } = emitRange(f, bytes, begin, end);
    emitPattern(f, f.local('i32', i32.add(to, start)), length, pattern, elementShift(dtype));
  });
}

/** Emits a fill of `length` bytes from `at` on with a vector of equal elements; both locals are used up. */
export function emitPattern(
  f: FunctionBuilder,
  at: Local<'i32'>,
  length: Local<'i32'>,
  pattern: Local<'v128'>,
  shift: number,
): void {
  for (const vectors of [4, 1]) {
    f.while(i32.geU(length, 16 * vectors), () => {
      for (let k = 0; k < vectors; k++) f.do(v128.store(at, pattern, 16 * k));
      f.increment(at, 16 * vectors);
      f.set(length, i32.sub(length, 16 * vectors));
    });
  }
  f.while(length, () => {
    if (shift === 3) f.do(v128.store64Lane(at, pattern, 0));
    else if (shift === 2) f.do(v128.store32Lane(at, pattern, 0));
    else f.do(i32.store8(at, i8x16.extractU(pattern, 0)));
    f.increment(at, 1 << shift);
    f.set(length, i32.sub(length, 1 << shift));
  });
}

/** Emits copies of the element at `from` all over `length` bytes from `at` on; both locals are used up. */
export function emitRepeat(
  f: FunctionBuilder,
  at: Local<'i32'>,
  length: Local<'i32'>,
  from: Local<'i32'>,
  shift: number,
): void {
  const splat = shift === 3 ? v128.load64Splat : shift === 2 ? v128.load32Splat : v128.load8Splat;
  emitLongPattern(f, at, length, f.local('v128', splat(from)), shift);
}

/** The same as `emitPattern`, where the fill is long. */
export function emitLongPattern(
  f: FunctionBuilder,
  at: Local<'i32'>,
  length: Local<'i32'>,
  pattern: Local<'v128'>,
  shift: number,
): void {
  f.if(
    v128.anyTrue(pattern),
    () => emitPattern(f, at, length, pattern, shift),
    // What the engine clears memory with has longer stores.
    () => f.do(memory.fill(at, 0, length)),
  );
}

/** Copies the element at `from`, of 1 << shift bytes, all over `bytes` bytes. */
export function repeat(context: TaskContext, shift: number, to: number, from: number, bytes: number): void {
  const code = context.code(`repeat-${shift}`, (m) =>
    emitTask(m, { words: ['to', 'from', 'bytes'] }, (f, { to: target, from: source, bytes: all }, { begin, end }) => {
      const { start, length } = emitRange(f, all, begin, end);
      emitRepeat(f, f.local('i32', i32.add(target, start)), length, source, shift);
    }),
  );
  context.launch(code, [to, from, bytes], lines(bytes));
}

/** Emits a copy of `bytes` bytes forward; `to` and `from` are left as they are. */
export function emitCopy(f: FunctionBuilder, to: Local<'i32'>, from: Local<'i32'>, bytes: Local<'i32'>): void {
  const i = f.local('i32', 0);
  const end = f.local('i32', i32.and(bytes, -16));
  const source = (): ReturnType<typeof i32.add> => i32.add(from, i);
  const target = (): ReturnType<typeof i32.add> => i32.add(to, i);
  f.while(i32.ltU(i, end), () => {
    f.do(v128.store(target(), v128.load(source())));
    f.increment(i, 16);
  });
  f.if(i32.and(bytes, 8), () => {
    f.do(i64.store(target(), i64.load(source())));
    f.increment(i, 8);
  });
  f.if(i32.and(bytes, 4), () => {
    f.do(i32.store(target(), i32.load(source())));
    f.increment(i, 4);
  });
  f.while(i32.ltU(i, bytes), () => {
    f.do(i32.store8(target(), i32.load8U(source())));
    f.increment(i, 1);
  });
}
