import type { Operand } from '../../../core/backend';
import { sizeOf } from '../../../core/shape';
import {
  type Expr,
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
import { addressOf, type KernelContext } from '../kernel';
import { withContiguous } from '../layout/copy';
import { narrow } from './requantize';

interface AffineAttrs {
  readonly scale: number;
  readonly zeroPoint: number;
}

interface AffineExports {
  quantize(from: number, to: number, count: number, scale: number, zeroPoint: number): void;
  dequantize(from: number, to: number, count: number, scale: number, zeroPoint: number): void;
}

/** Both directions, eight values at a time. */
function emitAffine(m: ModuleBuilder): void {
  m.func('quantize', ['i32', 'i32', 'i32', 'f64', 'i32'], 'void', (f, from, to, count, scale, zeroPoint) => {
    const divisor = f.local('v128', f64x2.splat(scale));
    const zero = f.local('v128', i32x4.splat(zeroPoint));
    const [x, low, high, bytes] = f.locals('v128', 4);
    const i = f.local('i32');
    // The quotient in double precision, rounded to single, as the definition has it.
    const quotient = (v: V128): V128 => f32x4.demoteF64x2Zero(f64x2.div(f64x2.promoteLowF32x4(v), divisor));
    const four = (into: Local<'v128'>, at: Expr<'i32'>): void => {
      f.set(x, v128.load(at));
      f.set(x, shuffle32(quotient(x), quotient(shuffle32(x, x, [2, 3, 2, 3])), [0, 1, 4, 5]));
      // Held to where adding the zero point can't overflow; NaN becomes 0 and so the zero point.
      const held = f32x4.pmax(f32x4.const(-65536), f32x4.pmin(f32x4.const(65536), f32x4.nearest(x)));
      const isNumber = f32x4.eq(x, x);
      f.set(into, i32x4.add(zero, i32x4.truncSatF32x4S(v128.and(held, isNumber))));
    };
    f.for(i, 0, count, 8, () => {
      f.set(low, v128.zero());
      four(low, i32.add(from, i32.shl(i, 2)));
      four(high, i32.add(i32.add(from, i32.shl(i, 2)), 16));
      f.set(bytes, narrow(low, high));
      const left = i32.sub(count, i);
      storePart(f, i32.add(to, i), bytes, i32.select(i32.ltU(left, 8), left, 8));
    });
  });
  m.func('dequantize', ['i32', 'i32', 'i32', 'f32', 'i32'], 'void', (f, from, to, count, scale, zeroPoint) => {
    const step = f.local('v128', f32x4.splat(scale));
    const zero = f.local('v128', i32x4.splat(zeroPoint));
    const [x, y] = f.locals('v128', 2);
    const i = f.local('i32');
    f.for(i, 0, count, 4, () => {
      f.set(x, v128.load32Zero(i32.add(from, i)));
      f.set(x, i32x4.sub(i32x4.extendLowI16x8S(i16x8.extendLowI8x16S(x)), zero));
      f.set(y, f32x4.mul(step, f32x4.convertI32x4S(x)));
      storePart(f, i32.add(to, i32.shl(i, 2)), y, i32.shl(i32.sub(count, i), 2));
    });
  });
}

function affine(context: KernelContext): AffineExports {
  return context.module<AffineExports>('i8-affine', emitAffine);
}

export function quantizeLinear(
  [x]: readonly Operand[],
  out: Operand,
  { scale, zeroPoint }: AffineAttrs,
  context: KernelContext,
): boolean {
  return withContiguous(x!, context, (values) => {
    affine(context).quantize(addressOf(values), addressOf(out), sizeOf(out.shape), scale, zeroPoint);
    return true;
  });
}

export function dequantizeLinear(
  [q]: readonly Operand[],
  out: Operand,
  { scale, zeroPoint }: AffineAttrs,
  context: KernelContext,
): boolean {
  return withContiguous(q!, context, (values) => {
    affine(context).dequantize(addressOf(values), addressOf(out), sizeOf(out.shape), scale, zeroPoint);
    return true;
  });
}
