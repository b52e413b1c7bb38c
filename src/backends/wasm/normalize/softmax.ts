import { f32x4, f64, f64x2, i32, type Local, type ModuleBuilder, type V128, v128 } from '../assembler/index';
import { expNonPositive32 } from '../elementwise/math32';
import { log64 } from '../elementwise/math64';
import type { TaskKernel } from '../task';
import { alongAxis, emitRowTask, type Place, type RowCode, rowSum, SIDES, splatDouble, spread } from './rows';

interface AxisAttrs {
  readonly axis: number;
}

/**
 * Rows in two passes over themselves: the exponentials and their sum in doubles, and the result. The largest, which is
 * subtracted before, is sought during the first pass over the row before: so that waiting for memory and computing
 * exponentials go on at the same time.
 */
function emitSoftmax(m: ModuleBuilder, fused: boolean, logarithm: boolean): void {
  emitRowTask(m, { operands: ['out', 'x'], fused }, (code) => {
    const { f, e, load } = code;
    const [largest, next] = f.locals('v128', 2);
    f.if(code.isFirst, () => f.set(next, emitLargest(code)));
    f.set(largest, next);
    f.set(next, LOWEST());
    const coming = f.local('i32', i32.add(code.at.x, code.ahead));
    const total = rowSum(code, (at, mask) => {
      const y = e.keep(expNonPositive32(e, f32x4.sub(load('x', at), largest)));
      if (!logarithm) code.store('out', at, y, mask);
      const x = v128.load(i32.add(coming, at.i), at.offset);
      f.set(next, f32x4.pmax(next, inRow(x, mask)));
      return y;
    });
    spread(f, next, f32x4.pmax);
    if (logarithm) {
      const logTotal = e.keep(log64(e, e.keep(f64x2.splat(total)), 'single'));
      const shift = splatDouble(code, f64x2.extract(logTotal, 0));
      const result = (at: Place): V128 => f32x4.sub(f32x4.sub(load('x', at), largest), shift);
      code.eachVector((at, mask) => code.store('out', at, result(at), mask), SIDES);
    } else {
      const factor = splatDouble(code, f64.div(1, total));
      code.eachVector((at, mask) => code.store('out', at, f32x4.mul(load('out', at), factor), mask), SIDES);
    }
  });
}

const LOWEST = (): V128 => f32x4.const(-Infinity);

/** Lanes that the row doesn't have as low as can be. */
function inRow(x: V128, mask: Local<'v128'> | null): V128 {
  return mask === null ? x : v128.bitselect(x, LOWEST(), mask);
}

/** The largest of a row in all lanes. A NaN does not count: it makes the sum of exponentials NaN anyway. */
function emitLargest({ f, eachVector, load }: RowCode<'out' | 'x'>): Local<'v128'> {
  const sides = Array.from({ length: SIDES }, () => f.local('v128', LOWEST()));
  eachVector((at, mask, side) => f.set(sides[side]!, f32x4.pmax(sides[side]!, inRow(load('x', at), mask))), SIDES);
  const [first, ...rest] = sides;
  for (const side of rest) f.set(first!, f32x4.pmax(first!, side));
  spread(f, first!, f32x4.pmax);
  return first!;
}

/** y·(g − Σ g·y), or with y the logarithm, g − exp(y)·Σ g. */
function emitGradient(m: ModuleBuilder, fused: boolean, logarithm: boolean): void {
  emitRowTask(m, { operands: ['out', 'y', 'g'], fused }, (code) => {
    const { e } = code;
    const term = (at: Place): V128 =>
      logarithm ? code.load('g', at) : f32x4.mul(code.load('g', at), code.load('y', at));
    const total = splatDouble(code, rowSum(code, term));
    code.eachVector((at, mask) => {
      const [y, g] = [code.load('y', at), code.load('g', at)];
      const result = logarithm
        ? f32x4.sub(g, f32x4.mul(expNonPositive32(e, y), total))
        : f32x4.mul(y, f32x4.sub(g, total));
      code.store('out', at, result, mask);
    }, 2);
  });
}

/** A kernel over rows along any axis; `cost` is in nanoseconds per element. */
function kernel(key: string, cost: number, emit: (m: ModuleBuilder, fused: boolean) => void): TaskKernel<AxisAttrs> {
  return (inputs, out, { axis }, context) => {
    if (out.dtype !== 'float32') return false;
    const code = context.code(key, (m) => emit(m, context.features.relaxedSimd));
    alongAxis(inputs, out, axis, context, (addresses, n, rows) =>
      context.launch(code, [...addresses, n], { units: rows, cost: rows * n * cost, rowLength: n }),
    );
    return true;
  };
}

export const softmax = /* @__PURE__ */ kernel('softmax', 1, (m, fused) => emitSoftmax(m, fused, false));
export const logSoftmax = /* @__PURE__ */ kernel('log-softmax', 1, (m, fused) => emitSoftmax(m, fused, true));
export const softmaxGrad = /* @__PURE__ */ kernel('softmax-grad', 0.6, (m, fused) => emitGradient(m, fused, false));
export const logSoftmaxGrad = /* @__PURE__ */ kernel('log-softmax-grad', 0.9, (m, fused) =>
  emitGradient(m, fused, true),
);
