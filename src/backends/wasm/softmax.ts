import type { Operand } from '../../core/backend';
import { sizeOf } from '../../core/shape';
import {
  type FunctionBuilder,
  f32,
  f32x4,
  f64,
  f64x2,
  i8x16,
  i32,
  i32x4,
  type Local,
  type ModuleBuilder,
  v128,
} from './assembler/index';
import { Emitter } from './elementwise/emitter';
import { exp32 } from './elementwise/math32';
import { log64 } from './elementwise/math64';
import { addressOf, type Kernel, type KernelContext, type KernelTable } from './kernel';
import { contiguous, copyContiguous, workspace } from './layout/copy';

interface SoftmaxExports {
  rows(out: number, x: number, outer: number, n: number): void;
}

const HIGH = [8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15];
const SWAP = [4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11];
const LANES = (): ReturnType<typeof i32x4.const> => i32x4.const(0, 1, 2, 3);

/** Rows of float32, each in three passes over itself: its largest, the exponentials and their sum in doubles, the result. */
function buildSoftmax(m: ModuleBuilder, logarithm: boolean): void {
  m.func('rows', ['i32', 'i32', 'i32', 'i32'], 'void', (f, out, x, outer, n) => {
    const e = new Emitter(f);
    const bytes = f.local('i32', i32.shl(n, 2));
    const whole = f.local('i32', i32.and(bytes, -16));
    const rest = f.local('v128', i32x4.ltS(LANES(), i32x4.splat(i32.and(n, 3))));
    f.loop((again) => {
      const largest = emitLargest(f, x, bytes, whole, rest);
      const total = emitExponentials(e, { x, out, bytes, whole, rest, largest, store: !logarithm });
      emitResult(e, { x, out, bytes, whole, largest, total, logarithm });
      f.increment(x, bytes);
      f.increment(out, bytes);
      f.set(outer, i32.sub(outer, 1));
      f.brIf(again, outer);
    });
  });
}

/** The largest of a row in all lanes; NaN if there is one. */
function emitLargest(
  f: FunctionBuilder,
  x: Local<'i32'>,
  bytes: Local<'i32'>,
  whole: Local<'i32'>,
  rest: Local<'v128'>,
): Local<'v128'> {
  const i = f.local('i32');
  const largest = f.local('v128', f32x4.const(-Infinity));
  f.for(i, 0, whole, 16, () => f.set(largest, f32x4.max(largest, v128.load(i32.add(x, i)))));
  f.if(i32.ltU(whole, bytes), () => {
    const tail = v128.bitselect(v128.load(i32.add(x, whole)), f32x4.const(-Infinity), rest);
    f.set(largest, f32x4.max(largest, tail));
  });
  f.set(largest, f32x4.max(largest, i8x16.shuffle(largest, largest, HIGH)));
  f.set(largest, f32x4.max(largest, i8x16.shuffle(largest, largest, SWAP)));
  f.set(largest, f32x4.splat(f32x4.extract(largest, 0)));
  return largest;
}

interface Pass {
  readonly x: Local<'i32'>;
  readonly out: Local<'i32'>;
  readonly bytes: Local<'i32'>;
  readonly whole: Local<'i32'>;
  readonly largest: Local<'v128'>;
}

/** Σ exp(x − largest), the exponentials written to `out` on the way if `store`. */
function emitExponentials(e: Emitter, p: Pass & { rest: Local<'v128'>; store: boolean }): Local<'f64'> {
  const { f } = e;
  const i = f.local('i32');
  const sum = f.local('v128', v128.zero());
  const add = (y: Local<'v128'>): void => {
    f.set(sum, f64x2.add(sum, f64x2.add(f64x2.promoteLowF32x4(y), f64x2.promoteLowF32x4(i8x16.shuffle(y, y, HIGH)))));
  };
  const exponential = (): Local<'v128'> => e.keep(exp32(e, f32x4.sub(v128.load(i32.add(p.x, i)), p.largest)));
  f.for(i, 0, p.whole, 16, () => {
    const y = exponential();
    if (p.store) f.do(v128.store(i32.add(p.out, i), y));
    add(y);
  });
  f.if(i32.ltU(p.whole, p.bytes), () => {
    const y = exponential();
    add(e.keep(v128.and(y, p.rest)));
    if (p.store) storeTail(f, p, i, y);
  });
  return f.local('f64', f64.add(f64x2.extract(sum, 0), f64x2.extract(sum, 1)));
}

/** The last one to three elements of a row. */
function storeTail(f: FunctionBuilder, p: Pass, i: Local<'i32'>, y: Local<'v128'>): void {
  for (let lane = 0; lane < 3; lane++) {
    const inside = i32.gtU(p.bytes, i32.add(i, 4 * lane));
    f.if(inside, () => f.do(v128.store32Lane(i32.add(p.out, i), y, lane, 4 * lane)));
  }
}

/** Exponentials divided by their sum; or x − largest − log of the sum. */
function emitResult(e: Emitter, p: Pass & { total: Local<'f64'>; logarithm: boolean }): void {
  const { f } = e;
  const i = f.local('i32');
  const logTotal = (): Local<'v128'> => e.keep(log64(e, e.keep(f64x2.splat(p.total)), 'single'));
  const divisor = p.logarithm
    ? e.keep(f32x4.splat(f32.demote(f64x2.extract(logTotal(), 0))))
    : e.keep(f32x4.splat(f32.demote(p.total)));
  const result = (): Local<'v128'> =>
    p.logarithm
      ? e.keep(f32x4.sub(f32x4.sub(v128.load(i32.add(p.x, i)), p.largest), divisor))
      : e.keep(f32x4.div(v128.load(i32.add(p.out, i)), divisor));
  f.for(i, 0, p.whole, 16, () => f.do(v128.store(i32.add(p.out, i), result())));
  f.if(i32.ltU(p.whole, p.bytes), () => storeTail(f, p, i, result()));
}

function softmaxKernel(name: string, logarithm: boolean): Kernel<{ axis: number }> {
  const lastAxis = (x: Operand, out: Operand, context: KernelContext): boolean => {
    const { rows } = context.module<SoftmaxExports & WebAssembly.Exports>(name, (m) => buildSoftmax(m, logarithm));
    const n = x.shape[x.shape.length - 1]!;
    rows(addressOf(out), addressOf(contiguous(x, context)), sizeOf(x.shape) / n, n);
    return true;
  };
  return ([x], out, { axis }, context) => {
    if (x!.dtype !== 'float32') return false;
    if (axis === x!.shape.length - 1) return lastAxis(x!, out, context);
    // Another axis: moved last, computed there, and moved back.
    const moved = axisMoved(x!, axis, x!.shape.length - 1);
    const work = workspace(context, 'float32', moved.shape);
    if (!lastAxis(moved, work, context)) return false;
    copyContiguous(axisMoved(work, x!.shape.length - 1, axis), out, context);
    return true;
  };
}

/** A view of `x` with one axis moved to another place. */
function axisMoved({ block, dtype, shape, strides, offset }: Operand, from: number, to: number): Operand {
  const move = (values: readonly number[]): number[] => values.toSpliced(from, 1).toSpliced(to, 0, values[from]!);
  return { block, dtype, offset, shape: move(shape), strides: move(strides) };
}

const makeSoftmax = (): KernelTable => ({
  softmax: softmaxKernel('softmax', false),
  logSoftmax: softmaxKernel('logSoftmax', true),
});
/** Softmax and its logarithm. */
export const SOFTMAX: KernelTable = /* @__PURE__ */ makeSoftmax();
