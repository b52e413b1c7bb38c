import type { Operand } from '../../../core/backend';
import { type DType, isFloating } from '../../../core/dtype';
import { sizeOf } from '../../../core/shape';
import { f32, f64, i32, type ModuleBuilder } from '../assembler/index';
import { addressOf, elementShift } from '../kernel';
import { emitTask, type TaskContext } from '../task';

/** An operand without the repetitions along the axes that are reduced, and how many there were of each element. */
export function withoutRepeats(
  x: Operand,
  axes: readonly number[],
): { readonly once: Operand; readonly count: number } {
  const isRepeated = (axis: number): boolean => x.strides[axis] === 0 && x.shape[axis]! > 1;
  const repeated = axes.filter(isRepeated);
  if (repeated.length === 0) return { once: x, count: 1 };
  const shape = x.shape.map((n, axis) => (repeated.includes(axis) ? 1 : n));
  const { block, dtype, strides, offset } = x;
  return { once: { block, dtype, shape, strides, offset }, count: sizeOf(x.shape) / sizeOf(shape) };
}

/** The dtype that sums are kept in until they are multiplied. */
export const scaledFrom = (dtype: DType): 'float64' | 'int32' => (isFloating(dtype) ? 'float64' : 'int32');

/** out = count · x, of sums in the dtype that goes with that of `out`. */
export function scaled(x: Operand, out: Operand, count: number, context: TaskContext): void {
  const dtype = out.dtype as 'float32' | 'float64' | 'int32';
  const size = sizeOf(out.shape);
  const code = context.code(`scale-${dtype}`, (m) => emitScale(m, dtype));
  const scalars = [dtype === 'int32' ? count | 0 : count];
  context.launch(code, [addressOf(x), addressOf(out)], { units: size, cost: size, multiple: 16 }, scalars);
}

function emitScale(m: ModuleBuilder, dtype: 'float32' | 'float64' | 'int32'): void {
  emitTask(m, { words: ['x', 'out'], scalars: 1 }, (f, { x, out }, { begin, end, scalars: [count] }) => {
    const i = f.local('i32');
    const factor = f.local('i32', i32.truncSatF64S(count!));
    f.for(i, begin, end, 1, () => {
      const from = i32.add(x, i32.shl(i, elementShift(scaledFrom(dtype))));
      const to = i32.add(out, i32.shl(i, elementShift(dtype)));
      if (dtype === 'int32') f.do(i32.store(to, i32.mul(factor, i32.load(from))));
      else if (dtype === 'float64') f.do(f64.store(to, f64.mul(count!, f64.load(from))));
      else f.do(f32.store(to, f32.demote(f64.mul(count!, f64.load(from)))));
    });
  });
}
