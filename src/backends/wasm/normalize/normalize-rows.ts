import { f32x4, f64, type Local, type ModuleBuilder } from '../assembler/index';
import type { TaskKernel } from '../task';
import { emitMoments, type Moments } from './moments';
import { alongAxis, emitRowTask, type RowCode, SIDES, splatDouble } from './rows';

/** 1/√(variance + ε). */
function emitFactor({ f, scalars }: RowCode<string>, { variance }: Moments): Local<'f64'> {
  return f.local('f64', f64.div(1, f64.sqrt(f64.add(f64.max(variance, 0), scalars[0]!))));
}

/** In two passes over a row: its moments, and (x − mean)·r, the mean rounded to float32 and what it misses brought after. */
function emitNormalize(m: ModuleBuilder, fused: boolean): void {
  emitRowTask(m, { operands: ['out', 'x'], fused, scalars: 1 }, (code) => {
    const moments = emitMoments(code, SIDES);
    const factor = emitFactor(code, moments);
    const [scale, shift] = [splatDouble(code, factor), splatDouble(code, f64.neg(f64.mul(moments.rest, factor)))];
    code.eachVector((at, mask) => {
      const d = f32x4.sub(code.load('x', at), moments.mean);
      code.store('out', at, code.e.multiplyAdd(d, scale, shift), mask);
    }, SIDES);
  });
}

/**
 * With r = 1/√(variance + ε) and y the normalised row, r·(g − mean g − y·mean(g·y)), in two passes: the second is
 * (g − mean g)·r − (x − mean)·r³·mean(g·(x − mean)).
 */
function emitGradient(m: ModuleBuilder, fused: boolean): void {
  emitRowTask(m, { operands: ['out', 'x', 'g'], fused, scalars: 1 }, (code) => {
    const { f, e } = code;
    const moments = emitMoments(code, 2, 'g');
    const { mean, rest, sum, along, count } = moments;
    const factor = emitFactor(code, moments);
    const meanG = splatDouble(code, f64.div(sum, count));
    const cubed = f64.mul(f64.mul(factor, factor), factor);
    const bend = f.local('f64', f64.mul(cubed, f64.div(along, count)));
    const [scale, slope, shift] = [factor, bend, f64.mul(bend, rest)].map((x) => splatDouble(code, x));
    code.eachVector((at, mask) => {
      const d = f32x4.sub(code.load('x', at), mean);
      const straight = f32x4.sub(code.load('g', at), meanG);
      code.store('out', at, e.multiplyAdd(straight, scale!, e.lessProduct(d, slope!, shift!)), mask);
    }, 2);
  });
}

function kernel(
  key: string,
  cost: number,
  emit: (m: ModuleBuilder, fused: boolean) => void,
): TaskKernel<{ epsilon: number }> {
  return (inputs, out, { epsilon }, context) => {
    if (out.dtype !== 'float32') return false;
    const code = context.code(key, (m) => emit(m, context.features.relaxedSimd));
    alongAxis(inputs, out, out.shape.length - 1, context, (addresses, n, rows) =>
      context.launch(code, [...addresses, n], { units: rows, cost: rows * n * cost, rowLength: n }, [epsilon]),
    );
    return true;
  };
}

export const normalizeRows = /* @__PURE__ */ kernel('normalize-rows', 0.4, emitNormalize);
export const normalizeRowsGrad = /* @__PURE__ */ kernel('normalize-rows-grad', 0.7, emitGradient);
