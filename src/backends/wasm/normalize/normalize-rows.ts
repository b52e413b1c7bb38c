import { type Expr, f32x4, f64, i32, type Local, type ModuleBuilder } from '../assembler/index';
import type { TaskKernel } from '../task';
import { emitMoments, inUnits, type Moments, type Products, UNIT } from './moments';
import { alongAxis, emitRowTask, type RowCode, SIDES, splatDouble } from './rows';

/** 1/√(variance + ε), where x is in units. */
function emitFactor({ f, scalars }: RowCode<string>, { variance }: Moments, unit: number): Local<'f64'> {
  const epsilon = unit === 1 ? scalars[0]! : f64.mul(scalars[0]!, unit * unit);
  return f.local('f64', f64.div(1, f64.sqrt(f64.add(f64.max(variance, 0), epsilon))));
}

/**
 * Runs `emit` with what one pass over the row finds, once more in small units where squares or products were too large for
 * float32: then it is done anew.
 */
function inOneUnitOrAnother<W extends string, M extends Moments & Partial<Products>>(
  code: RowCode<W>,
  find: (code: RowCode<W>) => M,
  emit: (code: RowCode<W>, found: M, unit: number) => void,
): void {
  const found = find(code);
  const { variance, along } = found;
  const isFinite = (x: Local<'f64'>): Expr<'i32'> => f64.lt(f64.abs(x), Number.POSITIVE_INFINITY);
  const fits = along === undefined ? isFinite(variance) : i32.and(isFinite(variance), isFinite(along));
  code.f.if(
    fits,
    () => emit(code, found, 1),
    () => {
      const small = inUnits(code);
      emit(small, find(small), UNIT);
    },
  );
}

/** In two passes over a row: its moments, and (x − mean)·r, the mean rounded to float32 and what it misses brought after. */
function emitNormalize(m: ModuleBuilder, fused: boolean): void {
  emitRowTask(m, { operands: ['out', 'x'], fused, scalars: 1 }, (code) => {
    inOneUnitOrAnother(code, (row) => emitMoments(row, SIDES), emitNormalized);
  });
}

function emitNormalized(code: RowCode<'out' | 'x'>, moments: Moments, unit: number): void {
  const factor = emitFactor(code, moments, unit);
  const [scale, shift] = [splatDouble(code, factor), splatDouble(code, f64.neg(f64.mul(moments.rest, factor)))];
  code.eachVector((at, mask) => {
    const d = f32x4.sub(code.load('x', at), moments.mean);
    code.store('out', at, code.e.multiplyAdd(d, scale, shift), mask);
  }, SIDES);
}

/**
 * With r = 1/√(variance + ε) and y the normalised row, r·(g − mean g − y·mean(g·y)), in two passes: the second is
 * (g − mean g)·r − (x − mean)·r³·mean(g·(x − mean)).
 */
function emitGradient(m: ModuleBuilder, fused: boolean): void {
  emitRowTask(m, { operands: ['out', 'x', 'g'], fused, scalars: 1 }, (code) => {
    inOneUnitOrAnother(code, (row) => emitMoments(row, 2, 'g'), emitGradientRow);
  });
}

function emitGradientRow(code: RowCode<'out' | 'x' | 'g'>, moments: Moments & Products, unit: number): void {
  const { f, e } = code;
  const { mean, rest, sum, along, count } = moments;
  const factor = emitFactor(code, moments, unit);
  const meanG = splatDouble(code, f64.div(sum, count));
  const cubed = f64.mul(f64.mul(factor, factor), factor);
  // The gradient is by x itself, not by x in units.
  const bend = f.local('f64', f64.mul(f64.mul(cubed, f64.div(along, count)), unit));
  const [scale, slope, shift] = [f64.mul(factor, unit), bend, f64.mul(bend, rest)].map((x) => splatDouble(code, x));
  code.eachVector((at, mask) => {
    const d = f32x4.sub(code.load('x', at), mean);
    const straight = f32x4.sub(code.load('g', at), meanG);
    code.store('out', at, e.multiplyAdd(straight, scale!, e.lessProduct(d, slope!, shift!)), mask);
  }, 2);
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
