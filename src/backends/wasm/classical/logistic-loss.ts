import { type FunctionBuilder, f64, f64x2, i32, i32x4, i64x2, type Local, type V128, v128 } from '../assembler/index';
import { Emitter, type Vector } from '../elementwise/emitter';
import { log64 } from '../elementwise/math64';
import { expOfNegative, log1pOfUnit } from './logistic-math';

type I32 = Local<'i32'>;

/** What the losses of a block of rows are computed from, and into. */
export interface LossBlock {
  /** Scores, replaced by the derivatives of the loss: a line per output, `stride` bytes apart. */
  readonly scores: I32;
  readonly stride: I32;
  readonly outputs: I32;
  /** Address of the code and of the weight of the first row. */
  readonly codes: I32;
  readonly weights: I32;
  readonly rows: I32;
  /** Sums of the losses of even and of odd rows, added to. */
  readonly loss: Vector;
}

/** Runs `body` for two rows at a time: what is beyond an odd end has weight 0. */
function everyPair(f: FunctionBuilder, b: LossBlock, body: (at: I32, codes: Vector, weights: Vector) => void): void {
  const [i, at] = f.locals('i32', 2);
  const [codes, weights] = f.locals('v128', 2);
  f.for(i, 0, b.rows, 2, () => {
    const code = i32.add(b.codes, i32.shl(i, 2));
    const weight = i32.add(b.weights, i32.shl(i, 3));
    f.if(
      i32.ltU(i32.add(i, 1), b.rows),
      () => {
        f.set(codes, v128.load64Zero(code));
        f.set(weights, v128.load(weight));
      },
      () => {
        f.set(codes, v128.load32Zero(code));
        f.set(weights, v128.load64Zero(weight));
      },
    );
    // A code that is no class is not counted.
    const classes = i32x4.splat(i32.select(i32.eq(b.outputs, 1), 2, b.outputs));
    f.set(weights, v128.and(weights, i64x2.extendLowI32x4S(i32x4.ltU(codes, classes))));
    f.set(at, i32.add(b.scores, i32.shl(i, 3)));
    body(at, codes, weights);
  });
}

/**
 * ln(1 + eᵛ) and σ(v), where v is the score on the wrong side of 0: both classes then have one formula, exact in its
 * tails.
 */
export function emitBinaryLoss(f: FunctionBuilder, b: LossBlock): void {
  const e = new Emitter(f);
  everyPair(f, b, (at, codes, weights) => {
    const sign = e.keep(i64x2.shl(i64x2.extendLowI32x4U(codes), 63));
    const wrong = e.keep(v128.xor(v128.load(at), sign));
    const tail = e.keep(expOfNegative(e, f64x2.neg(f64x2.abs(wrong))));
    const value = f64x2.add(f64x2.pmax(wrong, f64x2.const(0)), log1pOfUnit(e, tail));
    f.set(b.loss, f64x2.add(b.loss, f64x2.mul(weights, value)));
    const top = v128.bitselect(tail, f64x2.const(1), f64x2.lt(wrong, f64x2.const(0)));
    const sigmoid = f64x2.div(top, f64x2.add(tail, f64x2.const(1)));
    f.do(v128.store(at, v128.xor(f64x2.mul(weights, sigmoid), sign)));
  });
}

/** ln Σ e^z − z[y], and softmax(z) − onehot(y). */
export function emitSoftmaxLoss(f: FunctionBuilder, b: LossBlock): void {
  const e = new Emitter(f);
  const [line, end] = f.locals('i32', 2);
  const [largest, total, scale, truth] = f.locals('v128', 4);
  everyPair(f, b, (at, codes, weights) => {
    f.set(end, i32.add(at, i32.mul(b.stride, b.outputs)));
    const everyOutput = (visit: () => void): void => f.for(line, at, end, b.stride, visit);
    f.set(largest, v128.load(at));
    everyOutput(() => f.set(largest, f64x2.pmax(v128.load(line), largest)));
    const places = [0, 1].map((lane) => {
      const code = f.local('i32', i32x4.extract(codes, lane));
      const inside = i32.select(i32.ltU(code, b.outputs), code, 0);
      return f.local('i32', i32.add(i32.add(at, 8 * lane), i32.mul(inside, b.stride)));
    });
    f.set(truth, f64x2.replace(f64x2.splat(f64.load(places[0]!)), 1, f64.load(places[1]!)));
    f.set(total, v128.zero());
    everyOutput(() => {
      const power = e.keep(expOfNegative(e, f64x2.sub(v128.load(line), largest)));
      f.set(total, f64x2.add(total, power));
      f.do(v128.store(line, power));
    });
    const value: V128 = f64x2.add(log64(e, total, 'double'), f64x2.sub(largest, truth));
    f.set(b.loss, f64x2.add(b.loss, f64x2.mul(weights, value)));
    f.set(scale, f64x2.div(weights, total));
    everyOutput(() => f.do(v128.store(line, f64x2.mul(v128.load(line), scale))));
    places.forEach((place, lane) => {
      f.do(f64.store(place, f64.sub(f64.load(place), f64x2.extract(weights, lane))));
    });
  });
}
