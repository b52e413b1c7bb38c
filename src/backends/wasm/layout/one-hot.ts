import { bytesPerElement } from '../../../core/dtype';
import { sizeOf } from '../../../core/shape';
import { i32, i64, type ModuleBuilder } from '../assembler/index';
import { addressOf, elementShift } from '../kernel';
import { emitTask, type TaskKernel } from '../task';
import { fill } from './bytes';
import { contiguous } from './copy';

interface OneHotAttrs {
  readonly depth: number;
  readonly onValue: number;
  readonly offValue: number;
  readonly axis: number;
}

/** Writes the element at `on` where each index says; an index is a unit. */
function emitMark(m: ModuleBuilder, shift: number): void {
  const words = ['out', 'indices', 'on', 'depth', 'inner'] as const;
  emitTask(m, { words }, (f, { out, indices, on, depth, inner }, { begin, end }) => {
    const [unit, c, at] = f.locals('i32', 3);
    const wide = f.local('i64');
    const value = f.local('i32');
    if (shift === 3) f.set(wide, i64.load(on));
    else f.set(value, shift === 2 ? i32.load(on) : i32.load8U(on));
    f.for(unit, begin, end, 1, () => {
      f.set(c, i32.load(i32.add(indices, i32.shl(unit, 2))));
      f.if(i32.ltU(c, depth), () => {
        f.set(at, i32.add(i32.mul(i32.divU(unit, inner), depth), c));
        f.set(at, i32.add(i32.mul(at, inner), i32.remU(unit, inner)));
        f.set(at, i32.add(out, i32.shl(at, shift)));
        if (shift === 3) f.do(i64.store(at, wide));
        else f.do(shift === 2 ? i32.store(at, value) : i32.store8(at, value));
      });
    });
  });
}

/** Indicator vectors: all off, then one on. */
export const oneHot: TaskKernel<OneHotAttrs> = ([indices], out, { depth, onValue, offValue, axis }, context) => {
  const { dtype } = out;
  const shift = elementShift(dtype);
  fill(context, dtype, addressOf(out), sizeOf(out.shape), offValue);
  // The conversion of values to every dtype is that of `fill`.
  const on = context.workspace(bytesPerElement(dtype));
  fill(context, dtype, on, 1, onValue);
  const code = context.code(`one-hot-${shift}`, (m) => emitMark(m, shift));
  const classes = contiguous(indices!, context);
  const units = sizeOf(indices!.shape);
  const words = [addressOf(out), addressOf(classes), on, depth, sizeOf(out.shape.slice(axis + 1))];
  context.launch(code, words, { units, cost: units * 4, multiple: 64 });
  return true;
};
