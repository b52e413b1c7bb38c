import type { DType } from '../../../core/dtype';
import { sizeOf } from '../../../core/shape';
import {
  type FunctionBuilder,
  f32,
  f32x4,
  f64,
  f64x2,
  i32,
  type Local,
  type ModuleBuilder,
  v128,
} from '../assembler/index';
import { addressOf, elementShift, type Kernel } from '../kernel';
import { emitCopy } from './bytes';
import { contiguous, copyContiguous } from './copy';

interface Rows {
  /** 1 if all of `count` int32 indices lie in [−n, n). */
  valid(indices: number, count: number, n: number): number;
  /** Rows of `bytes` bytes of `from` (n of them) picked by index, one after the other; `outer` times over. */
  gather(to: number, from: number, indices: number, count: number, n: number, bytes: number, outer: number): void;
}

interface Adder {
  /** Rows of `from`, added to those of `to` (n of them) picked by index, in order; `outer` times over. */
  scatterAdd(to: number, from: number, indices: number, count: number, n: number, bytes: number, outer: number): void;
}

/** For each of `outer` blocks and each index: `visit(pick, other)`, `pick` being the picked row's address. */
function emitPicks(
  f: FunctionBuilder,
  params: {
    picked: Local<'i32'>;
    other: Local<'i32'>;
    indices: Local<'i32'>;
    count: Local<'i32'>;
    n: Local<'i32'>;
    bytes: Local<'i32'>;
    outer: Local<'i32'>;
  },
  visit: (pick: Local<'i32'>, other: Local<'i32'>) => void,
): void {
  const { picked, other, indices, count, n, bytes, outer } = params;
  const end = f.local('i32', i32.add(indices, i32.shl(count, 2)));
  const at = f.local('i32');
  const index = f.local('i32');
  const pick = f.local('i32');
  f.loop((again) => {
    f.for(at, indices, end, 4, () => {
      f.set(index, i32.load(at));
      f.set(index, i32.select(i32.ltS(index, 0), i32.add(index, n), index));
      f.set(pick, i32.add(picked, i32.mul(index, bytes)));
      visit(pick, other);
      f.increment(other, bytes);
    });
    f.increment(picked, i32.mul(n, bytes));
    f.set(outer, i32.sub(outer, 1));
    f.brIf(again, outer);
  });
}

function buildRows(m: ModuleBuilder): void {
  m.func('valid', ['i32', 'i32', 'i32'], 'i32', (f, indices, count, n) => {
    const end = f.local('i32', i32.add(indices, i32.shl(count, 2)));
    f.while(i32.ltU(indices, end), () => {
      const index = f.local('i32', i32.load(indices));
      f.if(i32.or(i32.geS(index, n), i32.ltS(index, i32.sub(0, n))), () => f.return(i32.const(0)));
      f.increment(indices, 4);
    });
    f.result(i32.const(1));
  });
  const params = ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32'] as const;
  m.func('gather', params, 'void', (f, other, picked, indices, count, n, bytes, outer) => {
    emitPicks(f, { picked, other, indices, count, n, bytes, outer }, (pick, to) => emitCopy(f, to, pick, bytes));
  });
}

function buildAdder(m: ModuleBuilder, dtype: 'float32' | 'float64'): void {
  const single = dtype === 'float32';
  const params = ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32'] as const;
  m.func('scatterAdd', params, 'void', (f, picked, other, indices, count, n, bytes, outer) => {
    const whole = f.local('i32', i32.and(bytes, -16));
    const i = f.local('i32');
    emitPicks(f, { picked, other, indices, count, n, bytes, outer }, (pick, from) => {
      const target = (): ReturnType<typeof i32.add> => i32.add(pick, i);
      const source = (): ReturnType<typeof i32.add> => i32.add(from, i);
      f.for(i, 0, whole, 16, () => {
        const [a, b] = [v128.load(target()), v128.load(source())];
        f.do(v128.store(target(), single ? f32x4.add(a, b) : f64x2.add(a, b)));
      });
      f.for(i, whole, bytes, single ? 4 : 8, () => {
        if (single) f.do(f32.store(target(), f32.add(f32.load(target()), f32.load(source()))));
        else f.do(f64.store(target(), f64.add(f64.load(target()), f64.load(source()))));
      });
    });
  });
}

interface AxisAttrs {
  readonly axis: number;
}

function lanes(shape: readonly number[], axis: number, dtype: DType): { outer: number; n: number; bytes: number } {
  return {
    outer: sizeOf(shape.slice(0, axis)),
    n: shape[axis]!,
    bytes: sizeOf(shape.slice(axis + 1)) << elementShift(dtype),
  };
}

/** Rows picked by index. An index out of range is left to the reference rule, which says so. */
export const gather: Kernel<AxisAttrs> = ([x, indices], out, { axis }, context) => {
  const { outer, n, bytes } = lanes(x!.shape, axis, x!.dtype);
  const count = sizeOf(indices!.shape);
  const rows = context.module<Rows & WebAssembly.Exports>('rows', buildRows);
  const picks = contiguous(indices!, context);
  if (rows.valid(addressOf(picks), count, n) === 0) return false;
  rows.gather(addressOf(out), addressOf(contiguous(x!, context)), addressOf(picks), count, n, bytes, outer);
  return true;
};

/** A copy of the first operand with rows added to it, in the order of their indices. */
export const scatterAdd: Kernel<AxisAttrs> = ([x, indices, updates], out, { axis }, context) => {
  const { dtype } = out;
  if (dtype !== 'float32' && dtype !== 'float64') return false;
  const { outer, n, bytes } = lanes(out.shape, axis, dtype);
  const count = sizeOf(indices!.shape);
  const rows = context.module<Rows & WebAssembly.Exports>('rows', buildRows);
  const adder = context.module<Adder & WebAssembly.Exports>(`scatter-add-${dtype}`, (m) => buildAdder(m, dtype));
  const picks = contiguous(indices!, context);
  if (rows.valid(addressOf(picks), count, n) === 0) return false;
  copyContiguous(x!, out, context);
  if (count === 0) return true;
  const y = contiguous(updates!, context);
  adder.scatterAdd(addressOf(out), addressOf(y), addressOf(picks), count, n, bytes, outer);
  return true;
};
