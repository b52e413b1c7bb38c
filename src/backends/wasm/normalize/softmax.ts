import { f32x4, f64, f64x2, type Local, type ModuleBuilder, v128 } from '../assembler/index';
import { expNonPositive32 } from '../elementwise/math32';
import { log64 } from '../elementwise/math64';
import type { TaskKernel } from '../task';
import { alongAxis, DoubleSum, emitRowTask, type RowCode, SIDES, splatDouble, spreadLargest } from './rows';

interface AxisAttrs {
  readonly axis: number;
}

/** Rows in three passes over themselves: the largest, the exponentials and their sum in doubles, the result. */
function emitSoftmax(m: ModuleBuilder, logarithm: boolean): void {
  emitRowTask(m, { operands: ['out', 'x'] }, (code) => {
    const { f, e } = code;
    const largest = emitLargest(code);
    const sum = new DoubleSum(f);
    code.eachVector((i, mask, side) => {
      const y = e.keep(expNonPositive32(e, f32x4.sub(code.load('x', i), largest)));
      sum.add(y, mask, side);
      if (!logarithm) code.store('out', i, y, mask);
    }, 2);
    const total = sum.total();
    if (logarithm) {
      const logTotal = e.keep(log64(e, e.keep(f64x2.splat(total)), 'single'));
      const shift = splatDouble(code, f64x2.extract(logTotal, 0));
      code.eachVector((i, mask) => code.store('out', i, f32x4.sub(f32x4.sub(code.load('x', i), largest), shift), mask));
    } else {
      const factor = splatDouble(code, f64.div(1, total));
      code.eachVector((i, mask) => code.store('out', i, f32x4.mul(code.load('out', i), factor), mask));
    }
  });
}

/** The largest of a row in all lanes. A NaN does not count: it makes the sum of exponentials NaN anyway. */
function emitLargest({ f, eachVector, load }: RowCode<'out' | 'x'>): Local<'v128'> {
  const lowest = f32x4.const(-Infinity);
  const sides = Array.from({ length: SIDES }, () => f.local('v128', lowest));
  eachVector((i, mask, side) => {
    const x = mask === null ? load('x', i) : v128.bitselect(load('x', i), lowest, mask);
    f.set(sides[side]!, f32x4.pmax(sides[side]!, x));
  }, SIDES);
  const [first, ...rest] = sides;
  for (const side of rest) f.set(first!, f32x4.pmax(first!, side));
  spreadLargest(f, first!);
  return first!;
}

/** y·(g − Σ g·y), or with y the logarithm, g − exp(y)·Σ g. */
function emitGradient(m: ModuleBuilder, logarithm: boolean): void {
  emitRowTask(m, { operands: ['out', 'y', 'g'] }, (code) => {
    const { f, e } = code;
    const sum = new DoubleSum(f);
    code.eachVector((i, mask, side) => {
      const g = code.load('g', i);
      sum.add(e.keep(logarithm ? g : f32x4.mul(g, code.load('y', i))), mask, side);
    }, SIDES);
    const total = splatDouble(code, sum.total());
    code.eachVector((i, mask) => {
      const [y, g] = [code.load('y', i), code.load('g', i)];
      const result = logarithm
        ? f32x4.sub(g, f32x4.mul(expNonPositive32(e, y), total))
        : f32x4.mul(y, f32x4.sub(g, total));
      code.store('out', i, result, mask);
    });
  });
}

/** A kernel over rows along any axis; `cost` is in nanoseconds per element. */
function kernel(key: string, cost: number, emit: (m: ModuleBuilder) => void): TaskKernel<AxisAttrs> {
  return (inputs, out, { axis }, context) => {
    if (out.dtype !== 'float32') return false;
    const code = context.code(key, emit);
    alongAxis(inputs, out, axis, context, (addresses, n, rows) =>
      context.launch(code, [...addresses, n], { units: rows, cost: rows * n * cost, rowLength: n }),
    );
    return true;
  };
}

export const softmax = /* @__PURE__ */ kernel('softmax', 2, (m) => emitSoftmax(m, false));
export const logSoftmax = /* @__PURE__ */ kernel('log-softmax', 2, (m) => emitSoftmax(m, true));
export const softmaxGrad = /* @__PURE__ */ kernel('softmax-grad', 0.6, (m) => emitGradient(m, false));
export const logSoftmaxGrad = /* @__PURE__ */ kernel('log-softmax-grad', 1.4, (m) => emitGradient(m, true));
