import type { Operand } from '../../../core/backend';
import { bytesPerElement, type DType } from '../../../core/dtype';
import { contiguousStrides, isContiguous, sizeOf } from '../../../core/shape';
import { type Expr, type FunctionBuilder, i32, type Local, type ModuleBuilder, memory } from '../assembler/index';
import { addressOf, elementShift } from '../kernel';
import { emitTask, type TaskContext, type TaskKernel } from '../task';
import { emitWalk } from './axes';
import { emitCopy, emitLongPattern, emitPattern, fill, scalarOf, splatOf } from './bytes';
import { contiguous, copyContiguous } from './copy';
import { LONG_ROW, move } from './move';

interface PadAttrs {
  readonly pads: readonly (readonly [number, number])[];
  readonly value: number;
}

/** Every element of the result is written once: rows along the last axis that is padded, with those around it for outer axes. */
export const pad: TaskKernel<PadAttrs> = ([x], out, { pads, value }, context) => {
  if (pads.some(([before, after]) => before < 0 || after < 0)) return false;
  const last = pads.findLastIndex(([before, after]) => before + after > 0);
  if (last < 0) copyContiguous(x!, out, context);
  else if (sizeOf(out.shape.slice(0, last)) === 1) padOnce(x!, out, pads[last]![0], last, value, context);
  else padRows(x!, out, pads, last, value, context);
  return true;
};

/** A result that is one row: what is before, the operand, and what is after, each of which can be divided. */
function padOnce(x: Operand, out: Operand, before: number, axis: number, value: number, context: TaskContext): void {
  const bytes = bytesPerElement(out.dtype);
  const inner = sizeOf(out.shape.slice(axis + 1));
  const middle = addressOf(out) + before * inner * bytes;
  const size = sizeOf(x.shape);
  const after = (out.shape[axis]! - before) * inner - size;
  if (before > 0) fill(context, out.dtype, addressOf(out), before * inner, value);
  if (after > 0) fill(context, out.dtype, middle + size * bytes, after, value);
  const to = { address: middle, strides: contiguousStrides(x.shape) };
  move(context, bytes, x.shape, to, { address: addressOf(x), strides: x.strides });
}

/** An axis around the rows. */
interface Outer {
  /** Of the result. */
  size: number;
  readonly before: number;
  /** How many of them the operand has. */
  inside: number;
  /** From one to the next in the operand, in bytes. */
  stride: number;
}

/** The axes around the rows; neighbours without padding, where the operand continues evenly, are one. */
function outerAxes(x: Operand, out: Operand, pads: PadAttrs['pads'], last: number): Outer[] {
  const axes: Outer[] = [];
  const bytes = bytesPerElement(x.dtype);
  for (let axis = 0; axis < last; axis++) {
    const one = {
      size: out.shape[axis]!,
      before: pads[axis]![0],
      inside: x.shape[axis]!,
      stride: x.strides[axis]! * bytes,
    };
    const around = axes[axes.length - 1];
    if (one.size === 1) continue;
    if (around === undefined || isPadded(around) || isPadded(one) || around.stride !== one.stride * one.inside) {
      axes.push(one);
      continue;
    }
    around.size *= one.size;
    around.inside *= one.inside;
    around.stride = one.stride;
  }
  return axes;
}

const isPadded = ({ size, inside }: Outer): boolean => size !== inside;

function padRows(
  operand: Operand,
  out: Operand,
  pads: PadAttrs['pads'],
  last: number,
  value: number,
  context: TaskContext,
): void {
  const row = { shape: operand.shape.slice(last), strides: operand.strides.slice(last) };
  const x = isContiguous(row.shape, row.strides) ? operand : contiguous(operand, context);
  const axes = outerAxes(x, out, pads, last);
  const { dtype } = out;
  const rowBytes = sizeOf(out.shape.slice(last)) * bytesPerElement(dtype);
  const insideBytes = sizeOf(row.shape) * bytesPerElement(dtype);
  const beforeBytes = (rowBytes / out.shape[last]!) * pads[last]![0];
  const first = axes.reduce((at, { before, stride }) => at - before * stride, addressOf(x));
  const spec = { dtype, padded: axes.map(isPadded), long: insideBytes >= LONG_ROW };
  const code = context.code(`pad-${dtype}-${spec.long}-${spec.padded.map(Number).join('')}`, (m) => emitPad(m, spec));
  const words = [addressOf(out), first, rowBytes, beforeBytes, insideBytes];
  for (const { size, stride, before, inside } of axes) words.push(size, stride, before, inside);
  const rows = axes.reduce((n, { size }) => n * size, 1);
  const work = { units: rows, cost: rows * (5 + rowBytes / 12), multiple: Math.ceil(64 / rowBytes) };
  context.launch(code, words, work, [scalarOf(dtype, value)]);
}

interface PadSpec {
  readonly dtype: DType;
  /** Which of the outer axes are. */
  readonly padded: readonly boolean[];
  readonly long: boolean;
}

/** Rows of the result: what is before, inside and after, or, of one that the operand doesn't have, the value all over. */
function emitPad(m: ModuleBuilder, { dtype, padded, long }: PadSpec): void {
  const axes = padded.map((_, k) => [`size${k}`, `stride${k}`, `before${k}`, `inside${k}`] as const);
  const words = ['out', 'x', 'row', 'before', 'inside', ...axes.flat()];
  emitTask(m, { words, scalars: 1 }, (f, w, { begin, end, scalars: [value] }) => {
    const { out, x, row, before, inside } = w as Record<'out' | 'x' | 'row' | 'before' | 'inside', Local<'i32'>>;
    const pattern = f.local('v128', splatOf(dtype, value!));
    const shift = elementShift(dtype);
    const indices = axes.map(() => f.local('i32'));
    const sizes = axes.map(([size]) => w[size]!);
    const pointers = [{ at: x, steps: axes.map(([, stride]) => w[stride]!) }];
    const next = emitWalk(f, { sizes, pointers, indices }, begin);
    const [at, length] = f.locals('i32', 2);
    const left = f.local('i32', i32.sub(end, begin));
    const after = f.local('i32', i32.sub(i32.sub(row, before), inside));
    f.increment(out, i32.mul(begin, row));
    const filled = (count: Local<'i32'>, emit: typeof emitPattern): void => {
      f.set(length, count);
      emit(f, at, length, pattern, shift);
    };
    f.while(left, () => {
      f.set(at, out);
      f.increment(out, row);
      f.if(
        isInside(
          axes.map(([, , first, count]) => [w[first]!, w[count]!] as const),
          indices,
          padded,
        ),
        () => {
          filled(before, emitPattern);
          emitInside(f, at, x, inside, long);
          f.increment(at, inside);
          filled(after, emitPattern);
        },
        () => filled(row, emitLongPattern),
      );
      next();
      f.set(left, i32.sub(left, 1));
    });
  });
}

type Range = readonly [first: Local<'i32'>, count: Local<'i32'>];

function isInside(ranges: readonly Range[], indices: readonly Local<'i32'>[], padded: readonly boolean[]): Expr<'i32'> {
  let all: Expr<'i32'> = i32.const(1);
  ranges.forEach(([first, count], k) => {
    if (padded[k]) all = i32.and(all, i32.ltU(i32.sub(indices[k]!, first), count));
  });
  return all;
}

function emitInside(
  f: FunctionBuilder,
  to: Local<'i32'>,
  from: Local<'i32'>,
  bytes: Local<'i32'>,
  long: boolean,
): void {
  if (long) f.do(memory.copy(to, from, bytes));
  else emitCopy(f, to, from, bytes);
}
