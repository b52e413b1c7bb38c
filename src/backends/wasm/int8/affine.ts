import { sizeOf } from '../../../core/shape';
import {
  f32,
  f32x4,
  f64x2,
  i16x8,
  i32,
  i32x4,
  type Local,
  type ModuleBuilder,
  type V128,
  v128,
} from '../assembler/index';
import { storePart } from '../conv/pixel-loop';
import { shuffle32 } from '../gemm/pack';
import { addressOf } from '../kernel';
import { contiguous } from '../layout/copy';
import { emitTask, type TaskKernel } from '../task';
import { narrow, storeEight } from './requantize';

interface AffineAttrs {
  readonly scale: number;
  readonly zeroPoint: number;
}

/** Eight values per unit. */
function emitQuantize(m: ModuleBuilder): void {
  emitTask(m, { words: ['from', 'to', 'count', 'zeroPoint'], scalars: 1 }, (f, w, { begin, end, scalars: [scale] }) => {
    const divisor = f.local('v128', f64x2.splat(scale!));
    const zero = f.local('v128', i32x4.splat(w.zeroPoint));
    const [x, low, high, bytes] = f.locals('v128', 4);
    const [unit, i, from] = f.locals('i32', 3);
    // The quotient in double precision, rounded to single, as the definition has it.
    const quotient = (v: V128): V128 => f32x4.demoteF64x2Zero(f64x2.div(f64x2.promoteLowF32x4(v), divisor));
    const four = (into: Local<'v128'>, offset: number): void => {
      f.set(x, v128.load(from, offset));
      f.set(x, shuffle32(quotient(x), quotient(shuffle32(x, x, [2, 3, 2, 3])), [0, 1, 4, 5]));
      // Held to where adding the zero point can't overflow; NaN becomes 0 and so the zero point.
      const held = f32x4.pmax(f32x4.const(-65536), f32x4.pmin(f32x4.const(65536), f32x4.nearest(x)));
      const isNumber = f32x4.eq(x, x);
      f.set(into, i32x4.add(zero, i32x4.truncSatF32x4S(v128.and(held, isNumber))));
    };
    f.for(unit, begin, end, 1, () => {
      f.set(i, i32.shl(unit, 3));
      f.set(from, i32.add(w.from, i32.shl(i, 2)));
      four(low, 0);
      four(high, 16);
      f.set(bytes, narrow(low, high));
      storeEight(f, i32.add(w.to, i), bytes, i32.sub(w.count, i));
    });
  });
}

/** Four values per unit. */
function emitDequantize(m: ModuleBuilder): void {
  emitTask(m, { words: ['from', 'to', 'count', 'zeroPoint'], scalars: 1 }, (f, w, { begin, end, scalars: [scale] }) => {
    const step = f.local('v128', f32x4.splat(f32.demote(scale!)));
    const zero = f.local('v128', i32x4.splat(w.zeroPoint));
    const [x, y] = f.locals('v128', 2);
    const [unit, i] = f.locals('i32', 2);
    f.for(unit, begin, end, 1, () => {
      f.set(i, i32.shl(unit, 2));
      f.set(x, v128.load32Zero(i32.add(w.from, i)));
      f.set(x, i32x4.sub(i32x4.extendLowI16x8S(i16x8.extendLowI8x16S(x)), zero));
      f.set(y, f32x4.mul(step, f32x4.convertI32x4S(x)));
      storePart(f, i32.add(w.to, i32.shl(i, 2)), y, i32.shl(i32.sub(w.count, i), 2));
    });
  });
}

/** One direction, `lanes` values to a unit. */
const kernel =
  (key: string, lanes: number, emit: (m: ModuleBuilder) => void): TaskKernel<AffineAttrs> =>
  ([x], out, { scale, zeroPoint }, context) => {
    const address = addressOf(contiguous(x!, context));
    const count = sizeOf(out.shape);
    const work = { units: Math.ceil(count / lanes), cost: count, multiple: 64 };
    context.launch(context.code(key, emit), [address, addressOf(out), count, zeroPoint], work, [scale]);
    return true;
  };

export const quantizeLinear = /* @__PURE__ */ kernel('i8-quantize', 8, emitQuantize);
export const dequantizeLinear = /* @__PURE__ */ kernel('i8-dequantize', 4, emitDequantize);
