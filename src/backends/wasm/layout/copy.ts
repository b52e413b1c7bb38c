import type { Operand } from '../../../core/backend';
import { bytesPerElement } from '../../../core/dtype';
import { contiguousStrides, isContiguous, type Shape, sizeOf } from '../../../core/shape';
import {
  type FunctionBuilder,
  i8x16,
  i32,
  type Local,
  type ModuleBuilder,
  memory,
  type V128,
  v128,
} from '../assembler/index';
import { elementwiseKernel } from '../elementwise/kernel';
import { addressOf, elementShift, type KernelContext, type WasmBlock } from '../kernel';

/** Rows of at least this many bytes are copied by the engine's own memory copy; below, calling it costs more. */
const LONG_ROW = 512;

interface Copies {
  /** `count` rows of `bytes` bytes, `toStep` and `fromStep` bytes apart. */
  rows(to: number, from: number, count: number, bytes: number, toStep: number, fromStep: number): void;
  /** to[i][j] = from[j][i] on 32-bit elements: `to` has `rows` rows of `columns` and is contiguous; `step` is in bytes. */
  transpose(to: number, from: number, rows: number, columns: number, step: number): void;
}

/** Emits a copy of `bytes` bytes, at least 1, forward; `to` and `from` are left as they are. */
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
    f.do(v128.store64Lane(target(), v128.load64Zero(source()), 0));
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

function buildCopies(m: ModuleBuilder): void {
  m.func('rows', ['i32', 'i32', 'i32', 'i32', 'i32', 'i32'], 'void', (f, to, from, count, bytes, toStep, fromStep) => {
    const next = (again: Parameters<FunctionBuilder['br']>[0]): void => {
      f.increment(to, toStep);
      f.increment(from, fromStep);
      f.set(count, i32.sub(count, 1));
      f.brIf(again, count);
    };
    f.if(
      i32.geU(bytes, LONG_ROW),
      () =>
        f.loop((again) => {
          f.do(memory.copy(to, from, bytes));
          next(again);
        }),
      () =>
        f.loop((again) => {
          emitCopy(f, to, from, bytes);
          next(again);
        }),
    );
  });
  m.func('transpose', ['i32', 'i32', 'i32', 'i32', 'i32'], 'void', emitTranspose);
}

/** Blocks of 4×4 through registers, then what is left over element by element. */
function emitTranspose(
  f: FunctionBuilder,
  to: Local<'i32'>,
  from: Local<'i32'>,
  rows: Local<'i32'>,
  columns: Local<'i32'>,
  step: Local<'i32'>,
): void {
  const i = f.local('i32');
  const j = f.local('i32');
  const width = f.local('i32', i32.shl(columns, 2));
  const source = f.local('i32');
  const target = f.local('i32');
  const wholeRows = f.local('i32', i32.and(rows, -4));
  const wholeColumns = f.local('i32', i32.and(columns, -4));
  const single = (): void => f.do(i32.store(target, i32.load(source)));
  const place = (): void => {
    f.set(source, i32.add(from, i32.add(i32.mul(j, step), i32.shl(i, 2))));
    f.set(target, i32.add(to, i32.add(i32.mul(i, width), i32.shl(j, 2))));
  };
  f.for(i, 0, wholeRows, 4, () => {
    f.for(j, 0, wholeColumns, 4, () => {
      place();
      const columnsIn: Local<'v128'>[] = [];
      for (let k = 0; k < 4; k++) {
        columnsIn.push(f.local('v128', v128.load(source)));
        f.increment(source, step);
      }
      for (const row of transposed(f, columnsIn)) {
        f.do(v128.store(target, row));
        f.increment(target, width);
      }
    });
    // Columns left over, four rows at a time; then rows left over.
    f.for(j, wholeColumns, columns, 1, () => {
      place();
      for (let k = 0; k < 4; k++) {
        f.do(i32.store(target, i32.load(source, 4 * k)));
        f.increment(target, width);
      }
    });
  });
  f.for(i, wholeRows, rows, 1, () => {
    f.for(j, 0, columns, 1, () => {
      place();
      single();
    });
  });
}

/** Four vectors of 32-bit lanes, transposed. */
function transposed(f: FunctionBuilder, [a, b, c, d]: readonly V128[]): V128[] {
  const lanes = (...words: number[]): number[] => words.flatMap((w) => [4 * w, 4 * w + 1, 4 * w + 2, 4 * w + 3]);
  const low = lanes(0, 4, 1, 5);
  const high = lanes(2, 6, 3, 7);
  const first = lanes(0, 1, 4, 5);
  const second = lanes(2, 3, 6, 7);
  const pair = (x: V128, y: V128, which: number[]): Local<'v128'> => f.local('v128', i8x16.shuffle(x, y, which));
  const [ab, cd] = [pair(a!, b!, low), pair(c!, d!, low)];
  const [ef, gh] = [pair(a!, b!, high), pair(c!, d!, high)];
  return [
    i8x16.shuffle(ab, cd, first),
    i8x16.shuffle(ab, cd, second),
    i8x16.shuffle(ef, gh, first),
    i8x16.shuffle(ef, gh, second),
  ];
}

/** Copying code for the backend of `context`. */
export function copies(context: KernelContext): Copies {
  return context.module<Copies & WebAssembly.Exports>('copy', buildCopies);
}

/** Identity with a contiguous result: what copies whatever has a layout of its own. */
const identity = /* @__PURE__ */ elementwiseKernel('cast');

/**
 * Writes the elements of `x`, in row-major order, to `out`, which is contiguous with as many elements, of any shape.
 * Returns false where it can't (more axes than loops).
 */
export function copyContiguous(x: Operand, out: Operand, context: KernelContext): boolean {
  const size = sizeOf(x.shape);
  if (isContiguous(x.shape, x.strides)) {
    context.arena.u8.copyWithin(addressOf(out), addressOf(x), addressOf(x) + size * bytesPerElement(x.dtype));
    return true;
  }
  if (copyTransposed(x, out, context)) return true;
  return identity(
    [x],
    { ...plain(out), shape: x.shape, strides: contiguousStrides(x.shape) },
    undefined as never,
    context,
  );
}

const plain = ({ block, dtype, shape, strides, offset }: Operand): Operand => ({
  block,
  dtype,
  shape,
  strides,
  offset,
});

/** Copies an `x` of 32-bit elements that consists of matrices with their axes swapped, matrix by matrix; false if it does not. */
export function copyTransposed(x: Operand, out: Operand, context: KernelContext): boolean {
  if (elementShift(x.dtype) !== 2) return false;
  const { shape, strides } = mergeAxes(x);
  const rank = shape.length;
  if (rank < 2) return false;
  const [rows, columns] = [shape[rank - 2]!, shape[rank - 1]!];
  if (strides[rank - 2] !== 1 || rows < 4 || columns < 4) return false;
  const { transpose } = copies(context);
  let to = addressOf(out);
  forEachOffset(shape.slice(0, -2), strides.slice(0, -2), (offset) => {
    transpose(to, addressOf(x) + 4 * offset, rows, columns, 4 * strides[rank - 1]!);
    to += 4 * rows * columns;
  });
  return true;
}

/** The shape and strides of an operand with axes of length 1 dropped and evenly continuing neighbours joined. */
export function mergeAxes({ shape, strides }: { shape: Shape; strides: readonly number[] }): {
  shape: number[];
  strides: number[];
} {
  const merged = { shape: [] as number[], strides: [] as number[] };
  for (let axis = 0; axis < shape.length; axis++) {
    const n = shape[axis]!;
    if (n === 1) continue;
    const last = merged.shape.length - 1;
    if (last >= 0 && merged.strides[last] === strides[axis]! * n) {
      merged.shape[last]! *= n;
      merged.strides[last] = strides[axis]!;
    } else {
      merged.shape.push(n);
      merged.strides.push(strides[axis]!);
    }
  }
  return merged;
}

/** Visits the offset of every index of `shape`, row-major. */
export function forEachOffset(
  shape: Shape,
  strides: readonly number[],
  visit: (offset: number) => void,
  axis = 0,
  offset = 0,
): void {
  if (axis === shape.length) {
    visit(offset);
    return;
  }
  for (let i = 0; i < shape[axis]!; i++) forEachOffset(shape, strides, visit, axis + 1, offset + i * strides[axis]!);
}

/** A contiguous operand in workspace memory, to be given back with `releaseOperand`. */
export function workspace(context: KernelContext, dtype: Operand['dtype'], shape: Shape): Operand {
  const length = sizeOf(shape);
  const bytes = length * bytesPerElement(dtype);
  const block: WasmBlock = { dtype, length, bytes, address: context.arena.allocate(bytes) };
  return { block, dtype, shape, strides: contiguousStrides(shape), offset: 0 };
}

export function releaseOperand(context: KernelContext, x: Operand): void {
  const { address, bytes } = x.block as WasmBlock;
  context.arena.release(address, bytes);
}

/** Runs `work` on `x` made contiguous: on `x` itself if it is, else on a copy. False where the copy or the work fails. */
export function withContiguous(x: Operand, context: KernelContext, work: (x: Operand) => boolean): boolean {
  if (isContiguous(x.shape, x.strides)) return work(x);
  const copy = workspace(context, x.dtype, x.shape);
  try {
    return copyContiguous(x, copy, context) && work(copy);
  } finally {
    releaseOperand(context, copy);
  }
}
