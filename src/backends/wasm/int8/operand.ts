import type { Operand } from '../../../core/backend';
import { bytesPerElement } from '../../../core/dtype';
import { contiguousStrides, isContiguous, sizeOf } from '../../../core/shape';
import { i8x16, i16x8, i32, type ModuleBuilder, v128 } from '../assembler/index';
import { addressOf } from '../kernel';
import { mergeAxes } from '../layout/axes';
import { emitTask, type TaskContext } from '../task';
import type { IntegerDot } from './dot';

const MOST_AXES = 4;

/** What becomes of a byte that is copied; `widen` takes the zero point away and leaves 16 bits. */
type Change = 'none' | 'flip' | 'widen';

/** Sixteen bytes from neighbouring places. */
function emitContiguous(m: ModuleBuilder, change: Change): void {
  emitTask(m, { words: ['to', 'from', 'zero'] }, (f, { to, from, zero }, { begin, end }) => {
    const i = f.local('i32');
    const zeros = f.local('v128', i16x8.splat(zero));
    const source = f.local('i32', i32.add(from, i32.shl(begin, 4)));
    const target = f.local('i32', i32.add(to, i32.shl(begin, change === 'widen' ? 5 : 4)));
    f.for(i, begin, end, 1, () => {
      if (change === 'widen') {
        f.do(v128.store(target, i16x8.sub(v128.load8x8S(source), zeros)));
        f.do(v128.store(target, i16x8.sub(v128.load8x8S(source, 8), zeros), 16));
      } else {
        f.do(v128.store(target, v128.xor(v128.load(source), i8x16.const(change === 'flip' ? -128 : 0))));
      }
      f.increment(source, 16);
      f.increment(target, change === 'widen' ? 32 : 16);
    });
  });
}

/** Element by element, of one or four bytes, one row of the last axis per unit. */
function emitStrided(m: ModuleBuilder, change: Change, bytes: number): void {
  const words = ['to', 'from', 'zero', 'n1', 'n2', 'n3', 's0', 's1', 's2', 's3'] as const;
  emitTask(m, { words }, (f, w, { begin, end }) => {
    const [row, column, source, rest] = f.locals('i32', 4);
    const shift = change === 'widen' ? 1 : bytes === 4 ? 2 : 0;
    const target = f.local('i32', i32.add(w.to, i32.shl(i32.mul(begin, w.n3), shift)));
    f.for(row, begin, end, 1, () => {
      f.set(rest, i32.divU(row, w.n2));
      f.set(source, i32.add(w.from, i32.mul(i32.remU(row, w.n2), w.s2)));
      f.increment(source, i32.mul(i32.remU(rest, w.n1), w.s1));
      f.increment(source, i32.mul(i32.divU(rest, w.n1), w.s0));
      f.for(column, 0, w.n3, 1, () => {
        if (change === 'widen') f.do(i32.store16(target, i32.sub(i32.load8S(source), w.zero)));
        else if (bytes === 4) f.do(i32.store(target, i32.load(source)));
        else f.do(i32.store8(target, i32.xor(i32.load8U(source), change === 'flip' ? 128 : 0)));
        f.increment(source, w.s3);
        f.increment(target, 1 << shift);
      });
    });
  });
}

/** The address of a contiguous copy of an int8 operand, or a float32 one that is not contiguous, changed on the way. */
function copied(x: Operand, change: Change, zeroPoint: number, context: TaskContext): number {
  const size = sizeOf(x.shape);
  const bytes = bytesPerElement(x.dtype);
  // Vectors are written whole.
  const to = context.workspace((change === 'widen' ? 2 : bytes) * (size + 16));
  if (isContiguous(x.shape, x.strides)) {
    const code = context.code(`i8-copy-${change}`, (m) => emitContiguous(m, change));
    context.launch(code, [to, addressOf(x), zeroPoint], { units: Math.ceil(size / 16), cost: size / 12, multiple: 64 });
    return to;
  }
  const { shape, strides } = mergeAxes(x);
  const ones = new Array<number>(Math.max(0, MOST_AXES - shape.length)).fill(1);
  const [, ...sizes] = [...ones, ...shape];
  const steps = [...ones, ...strides].map((s) => s * bytes);
  const code = context.code(`i8-copy-${change}-strided-${bytes}`, (m) => emitStrided(m, change, bytes));
  context.launch(code, [to, addressOf(x), zeroPoint, ...sizes, ...steps], { units: size / sizes[2]!, cost: size });
  return to;
}

/** Whether an operand can be copied: after neighbouring axes that continue each other are joined, few must be left. */
export function isCopyable(x: Operand): boolean {
  return isContiguous(x.shape, x.strides) || mergeAxes(x).shape.length <= MOST_AXES;
}

/** An int8 operand as products read it; strides are those of a contiguous operand. */
export interface Prepared {
  readonly address: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

/** Activations as `dot` reads them, contiguous. */
export function prepareActivations(x: Operand, zeroPoint: number, dot: IntegerDot, context: TaskContext): Prepared {
  const strides = contiguousStrides(x.shape).map((s) => s * dot.bytes);
  const change = dot.bytes === 2 ? 'widen' : dot.offset === 0 ? 'none' : 'flip';
  const inPlace = change === 'none' && isContiguous(x.shape, x.strides);
  return { address: inPlace ? addressOf(x) : copied(x, change, zeroPoint, context), shape: x.shape, strides };
}

/** The operand itself where it is contiguous, else a contiguous copy. */
export function prepareContiguous(x: Operand, context: TaskContext): Prepared {
  const address = isContiguous(x.shape, x.strides) ? addressOf(x) : copied(x, 'none', 0, context);
  return { address, shape: x.shape, strides: contiguousStrides(x.shape) };
}

/** A word that holds what padding holds: `zeroPoint`, as `dot` reads it. */
export function paddingWord(zeroPoint: number, { bytes, offset }: IntegerDot): number {
  return bytes === 2 ? 0 : Math.imul((zeroPoint + offset) & 255, 0x01010101);
}

/** What `dot` sees of an activation beyond its distance from the zero point, and what the sums of weights make up for. */
export function excess(zeroPoint: number, { bytes, offset }: IntegerDot): number {
  return bytes === 2 ? 0 : zeroPoint + offset;
}
