import type { Operand } from '../../../core/backend';
import { contiguousStrides, sizeOf } from '../../../core/shape';
import { i8x16, i16x8, i32, type ModuleBuilder, v128 } from '../assembler/index';
import { addressOf } from '../kernel';
import { contiguous } from '../layout/copy';
import { emitTask, type TaskContext } from '../task';
import type { IntegerDot } from './dot';

/** What becomes of a byte: 16 bits, the zero point subtracted, or its sign bit flipped. */
type Change = 'widen' | 'flip';

/** A unit is sixteen bytes. */
function emitChange(m: ModuleBuilder, change: Change): void {
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
        f.do(v128.store(target, v128.xor(v128.load(source), i8x16.const(-128))));
      }
      f.increment(source, 16);
      f.increment(target, change === 'widen' ? 32 : 16);
    });
  });
}

/** An int8 operand as products read it; strides are those of a contiguous operand, in bytes. */
export interface Prepared {
  readonly address: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

/** Activations as `dot` reads them, contiguous. */
export function prepareActivations(x: Operand, zeroPoint: number, dot: IntegerDot, context: TaskContext): Prepared {
  const { shape } = x;
  const strides = contiguousStrides(shape).map((s) => s * dot.bytes);
  const from = addressOf(contiguous(x, context));
  if (dot.bytes === 1 && dot.offset === 0) return { address: from, shape, strides };
  const change = dot.bytes === 2 ? 'widen' : 'flip';
  const size = sizeOf(shape);
  // Vectors are written whole.
  const to = context.workspace(dot.bytes * (size + 16));
  const code = context.code(`i8-${change}`, (m) => emitChange(m, change));
  context.launch(code, [to, from, zeroPoint], { units: Math.ceil(size / 16), cost: size / 12, multiple: 64 });
  return { address: to, shape, strides };
}

/** A word that holds what padding holds: `zeroPoint`, as `dot` reads it. */
export function paddingWord(zeroPoint: number, { bytes, offset }: IntegerDot): number {
  return bytes === 2 ? 0 : Math.imul((zeroPoint + offset) & 255, 0x01010101);
}

/** What `dot` sees of an activation beyond its distance from the zero point, and what the sums of weights make up for. */
export function excess(zeroPoint: number, { bytes, offset }: IntegerDot): number {
  return bytes === 2 ? 0 : zeroPoint + offset;
}
