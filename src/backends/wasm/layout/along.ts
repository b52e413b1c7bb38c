import { isFloating } from '../../../core/dtype';
import { sizeOf } from '../../../core/shape';
import { type Expr, f32, f64, i32, i64, type Local, type ModuleBuilder } from '../assembler/index';
import { addressOf, elementShift } from '../kernel';
import { emitTask, type TaskKernel } from '../task';
import { contiguous, copyContiguous } from './copy';
import { type AxisAttrs, loadIndex } from './rows';

/** Shapes around an axis of `x` of length `n`, along which there are `count` indices. */
function lanesOf(x: readonly number[], indices: readonly number[], axis: number) {
  const outer = sizeOf(x.slice(0, axis));
  return { outer, n: x[axis]!, count: indices[axis]!, inner: sizeOf(x.slice(axis + 1)) };
}

/** Copies an element of 1 << shift bytes. */
function emitElement(shift: number, to: Expr<'i32'>, from: Expr<'i32'>): Expr<'void'> {
  if (shift === 3) return i64.store(to, i64.load(from));
  return shift === 2 ? i32.store(to, i32.load(from)) : i32.store8(to, i32.load8U(from));
}

/** out[o][k][i] = x[o][indices[o][k][i]][i]; a unit is a row (o, k) of `inner` elements. */
function emitTake(m: ModuleBuilder, shift: number): void {
  const words = ['out', 'x', 'indices', 'count', 'n', 'inner'] as const;
  emitTask(m, { words }, (f, { out, x, indices, count, n, inner }, { begin, end }) => {
    const [index, i, unit, at] = f.locals('i32', 4);
    const k = f.local('i32', i32.remU(begin, count));
    const block = f.local('i32', i32.mul(n, inner));
    // In elements from `x`: where the lanes of the part begin.
    const start = f.local('i32', i32.mul(i32.divU(begin, count), block));
    f.increment(out, i32.shl(i32.mul(begin, inner), shift));
    f.increment(indices, i32.shl(i32.mul(begin, inner), 2));
    f.for(unit, begin, end, 1, () => {
      f.for(i, 0, inner, 1, () => {
        loadIndex(f, indices, n, index);
        // What is out of range was refused where it could be read; here it must only not lead astray.
        f.set(index, i32.select(i32.ltU(index, n), index, 0));
        f.set(at, i32.add(start, i32.add(i32.mul(index, inner), i)));
        f.do(emitElement(shift, out, i32.add(x, i32.shl(at, shift))));
        f.increment(indices, 4);
        f.increment(out, 1 << shift);
      });
      f.increment(k, 1);
      f.if(i32.eq(k, count), () => {
        f.set(k, 0);
        f.increment(start, block);
      });
    });
  });
}

/** One element of each lane per index. */
export const takeAlongAxis: TaskKernel<AxisAttrs> = ([x, indices], out, { axis }, context) => {
  const { outer, n, count, inner } = lanesOf(x!.shape, out.shape, axis);
  if (n === 0) return false;
  const shift = elementShift(x!.dtype);
  const code = context.code(`take-along-${shift}`, (m) => emitTake(m, shift));
  const picks = contiguous(indices!, context);
  const from = contiguous(x!, context);
  const words = [addressOf(out), addressOf(from), addressOf(picks), count, n, inner];
  const units = outer * count;
  const multiple = Math.ceil(64 / (inner << shift));
  context.launch(code, words, { units, cost: units * (3 + inner * 1.5), multiple });
  return true;
};

type Added = 'float32' | 'float64' | 'int32';

function emitAdd(dtype: Added, to: Local<'i32'>, from: Expr<'i32'>): Expr<'void'> {
  if (dtype === 'float32') return f32.store(to, f32.add(f32.load(to), f32.load(from)));
  if (dtype === 'float64') return f64.store(to, f64.add(f64.load(to), f64.load(from)));
  return i32.store(to, i32.add(i32.load(to), i32.load(from)));
}

/** out[o][indices[o][k][i]][i] += updates[o][k][i]; units are lanes (o, i), those of one o that are neighbours done together. */
function emitScatter(m: ModuleBuilder, dtype: Added): void {
  const words = ['out', 'updates', 'indices', 'count', 'n', 'inner'] as const;
  const shift = elementShift(dtype);
  emitTask(m, { words }, (f, { out, updates, indices, count, n, inner }, { begin, end }) => {
    const [part, first, width, k, i, row, at, index, to] = f.locals('i32', 9);
    const unit = f.local('i32', begin);
    f.while(i32.ltU(unit, end), () => {
      f.set(part, i32.divU(unit, inner));
      f.set(first, i32.remU(unit, inner));
      f.set(width, i32.sub(inner, first));
      f.set(width, i32.select(i32.gtU(width, i32.sub(end, unit)), i32.sub(end, unit), width));
      f.increment(unit, width);
      f.set(row, i32.add(i32.mul(i32.mul(part, count), inner), first));
      f.set(part, i32.add(i32.mul(i32.mul(part, n), inner), first));
      f.for(k, 0, count, 1, () => {
        f.for(i, 0, width, 1, () => {
          f.set(at, i32.add(row, i));
          f.set(to, i32.add(indices, i32.shl(at, 2)));
          loadIndex(f, to, n, index);
          f.if(i32.ltU(index, n), () => {
            f.set(to, i32.add(i32.add(part, i), i32.mul(index, inner)));
            f.set(to, i32.add(out, i32.shl(to, shift)));
            f.do(emitAdd(dtype, to, i32.add(updates, i32.shl(at, shift))));
          });
        });
        f.increment(row, inner);
      });
    });
  });
}

/** A copy of the first operand with an element added to each lane per index, in order; those out of range are left out. */
export const scatterAddAlongAxis: TaskKernel<AxisAttrs> = ([x, indices, updates], out, { axis }, context) => {
  const { dtype } = out;
  if (!isFloating(dtype) && dtype !== 'int32') return false;
  const { outer, n, count, inner } = lanesOf(out.shape, indices!.shape, axis);
  copyContiguous(x!, out, context);
  if (count === 0) return true;
  const code = context.code(`scatter-add-along-${dtype}`, (m) => emitScatter(m, dtype as Added));
  const picks = contiguous(indices!, context);
  const from = contiguous(updates!, context);
  const words = [addressOf(out), addressOf(from), addressOf(picks), count, n, inner];
  const units = outer * inner;
  context.launch(code, words, { units, cost: units * (4 + count * 2), multiple: 16 });
  return true;
};
