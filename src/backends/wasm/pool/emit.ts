import {
  type Expr,
  f32,
  f32x4,
  f64,
  f64x2,
  i8x16,
  i32,
  i32x4,
  i64,
  i64x2,
  type ModuleBuilder,
  type V128,
  v128,
} from '../assembler/index';
import { emitTapLoop, storePart } from '../conv/pixel-loop';
import { emitPixelTask, type PixelTask } from '../conv/pixel-task';

/** What pooling needs to know of a dtype. */
export interface PoolType {
  readonly name: string;
  /** Mask of the lanes where `value` is larger than `best`; a NaN is larger than all that is not. */
  larger(value: V128, best: V128): V128;
  /** Given where `larger` has a quicker equivalent: the larger value but for NaN, and where that has to be. */
  readonly quick?: {
    max(best: V128, value: V128): V128;
    isNaN(value: V128): V128;
  };
}

/** What pooling with averages and gradients needs beside. */
export interface FloatPoolType extends PoolType {
  add(a: V128, b: V128): V128;
  divide(a: V128, b: V128): V128;
  /** A small integer in every lane, as a float and as an integer as wide. */
  splat(x: Expr<'i32'>): V128;
  index(x: Expr<'i32'>): V128;
  sameIndex(a: V128, b: V128): V128;
}

const makeFloat32 = (): FloatPoolType => ({
  name: 'f32',
  larger: (value, best) => v128.or(f32x4.gt(value, best), v128.and(f32x4.ne(value, value), f32x4.eq(best, best))),
  quick: { max: f32x4.pmax, isNaN: (value) => f32x4.ne(value, value) },
  add: f32x4.add,
  divide: f32x4.div,
  splat: (x) => f32x4.splat(f32.convertI32S(x)),
  index: i32x4.splat,
  sameIndex: i32x4.eq,
});

export const F32_POOL = /* @__PURE__ */ makeFloat32();

const makeFloat64 = (): FloatPoolType => ({
  name: 'f64',
  larger: (value, best) => v128.or(f64x2.gt(value, best), v128.and(f64x2.ne(value, value), f64x2.eq(best, best))),
  quick: { max: f64x2.pmax, isNaN: (value) => f64x2.ne(value, value) },
  add: f64x2.add,
  divide: f64x2.div,
  splat: (x) => f64x2.splat(f64.convertI32S(x)),
  index: (x) => i64x2.splat(i64.extendI32S(x)),
  sameIndex: i64x2.eq,
});

export const F64_POOL = /* @__PURE__ */ makeFloat64();

const makeIntegers = (): Readonly<Record<string, PoolType>> => ({
  int32: { name: 'i32', larger: i32x4.gtS },
  int8: { name: 'i8', larger: i8x16.gtS },
  uint8: { name: 'u8', larger: i8x16.gtU },
  bool: { name: 'u8', larger: i8x16.gtU },
});

export const INTEGER_POOLS = /* @__PURE__ */ makeIntegers();

/** p0 the result. */
export function emitMaxPool(m: ModuleBuilder, type: PoolType, task: PixelTask): void {
  emitPixelTask(m, task, (f) => {
    const [best, value, nan] = f.locals('v128', 3);
    const { quick } = type;
    return (pixel, c, left) => {
      f.set(best, v128.load(i32.add(pixel.first, c)));
      f.set(nan, v128.zero());
      emitTapLoop(f, pixel, c, (at) => {
        f.set(value, v128.load(at));
        if (quick === undefined) f.set(best, v128.bitselect(value, best, type.larger(value, best)));
        else {
          f.set(best, quick.max(best, value));
          f.set(nan, v128.or(nan, quick.isNaN(value)));
        }
      });
      // All bits set is a NaN.
      if (quick !== undefined) f.set(best, v128.or(best, nan));
      storePart(f, i32.add(i32.add(pixel.w.p0, pixel.out), c), best, left);
    };
  });
}

/**
 * p0 the cotangent, p1 the gradient, which is laid out as the images and starts out as zeros, or, where windows are `apart`,
 * as anything. The cotangent goes to the first maximum of each window.
 */
export function emitMaxPoolGrad(m: ModuleBuilder, type: FloatPoolType, task: PixelTask, apart: boolean): void {
  emitPixelTask(m, task, (f) => {
    const [best, value, where, g] = f.locals('v128', 4);
    const [tapNumber, away] = f.locals('i32', 2);
    return (pixel, c, left) => {
      f.set(g, v128.load(i32.add(i32.add(pixel.w.p0, pixel.out), c)));
      f.set(best, v128.load(i32.add(pixel.first, c)));
      f.set(where, v128.zero());
      f.set(tapNumber, 0);
      emitTapLoop(f, pixel, c, (at) => {
        f.set(value, v128.load(at));
        const mask = f.local('v128', type.larger(value, best));
        f.set(best, v128.bitselect(value, best, mask));
        f.set(where, v128.bitselect(type.index(tapNumber), where, mask));
        f.increment(tapNumber, 1);
      });
      f.set(tapNumber, 0);
      f.set(away, i32.sub(pixel.w.p1, pixel.w.image));
      emitTapLoop(f, pixel, c, (at) => {
        const to = f.local('i32', i32.add(at, away));
        const share = v128.and(g, type.sameIndex(where, type.index(tapNumber)));
        f.set(value, apart ? share : type.add(v128.load(to), share));
        storePart(f, to, value, left);
        f.increment(tapNumber, 1);
      });
    };
  });
}

/** p0 the result, p1 the values, laid out as the images, read where the images have their first maxima. */
export function emitMaxPoolGather(m: ModuleBuilder, type: FloatPoolType, task: PixelTask): void {
  emitPixelTask(m, task, (f) => {
    const [best, value, found] = f.locals('v128', 3);
    const away = f.local('i32');
    return (pixel, c, left) => {
      const at0 = f.local('i32', i32.add(pixel.first, c));
      f.set(away, i32.sub(pixel.w.p1, pixel.w.image));
      f.set(best, v128.load(at0));
      f.set(found, v128.load(i32.add(at0, away)));
      emitTapLoop(f, pixel, c, (at) => {
        f.set(value, v128.load(at));
        const mask = f.local('v128', type.larger(value, best));
        f.set(best, v128.bitselect(value, best, mask));
        f.set(found, v128.bitselect(v128.load(i32.add(at, away)), found, mask));
      });
      storePart(f, i32.add(i32.add(pixel.w.p0, pixel.out), c), found, left);
    };
  });
}

/** p0 the result. */
export function emitAvgPool(m: ModuleBuilder, type: FloatPoolType, task: PixelTask): void {
  emitPixelTask(m, task, (f) => {
    const sum = f.local('v128');
    return (pixel, c, left) => {
      f.set(sum, v128.zero());
      emitTapLoop(f, pixel, c, (at) => f.set(sum, type.add(sum, v128.load(at))));
      f.set(sum, type.divide(sum, type.splat(i32.mul(pixel.down, pixel.across))));
      storePart(f, i32.add(i32.add(pixel.w.p0, pixel.out), c), sum, left);
    };
  });
}

/** p0 the cotangent; the images are the gradient, which starts out as zeros, or as anything where windows are `apart`. */
export function emitAvgPoolGrad(m: ModuleBuilder, type: FloatPoolType, task: PixelTask, apart: boolean): void {
  emitPixelTask(m, task, (f) => {
    const [share, value] = f.locals('v128', 2);
    return (pixel, c, left) => {
      const g = v128.load(i32.add(i32.add(pixel.w.p0, pixel.out), c));
      f.set(share, type.divide(g, type.splat(i32.mul(pixel.down, pixel.across))));
      emitTapLoop(f, pixel, c, (at) => {
        f.set(value, apart ? share : type.add(v128.load(at), share));
        storePart(f, at, value, left);
      });
    };
  });
}
