import { f32x4, f64, type Local, type ModuleBuilder } from '../assembler/index';
import type { TaskKernel } from '../task';
import { alongAxis, emitRowTask, type Place, type RowCode, RowSum, SIDES, splatDouble } from './rows';

interface Centred {
  /** The mean as float32, and what it misses. */
  readonly mean: Local<'v128'>;
  readonly rest: Local<'v128'>;
  /** 1/√(variance + ε). */
  readonly factor: Local<'v128'>;
}

/**
 * The moments of a row of x. The mean is rounded to float32 and subtracted; what rounding missed is the mean of the
 * differences, so that rows far from 0 lose nothing.
 */
function emitMoments<W extends string>(code: RowCode<W | 'x'>): Centred {
  const { f, e, n } = code;
  const count = f.local('f64', f64.convertI32U(n));
  const sum = new RowSum(f);
  code.eachVector(
    (at, mask, side) => sum.add(code.load('x', at), mask, side),
    SIDES,
    () => sum.flush(),
  );
  const mean = splatDouble(code, f64.div(sum.total(), count));
  const differences = new RowSum(f);
  const squares = new RowSum(f);
  code.eachVector(
    (at, mask, side) => {
      const c = e.keep(f32x4.sub(code.load('x', at), mean));
      differences.add(c, mask, side);
      squares.add(f32x4.mul(c, c), mask, side);
    },
    SIDES,
    () => [differences, squares].forEach((s) => s.flush()),
  );
  const rest = f.local('f64', f64.div(differences.total(), count));
  const variance = f64.sub(f64.div(squares.total(), count), f64.mul(rest, rest));
  const factor = splatDouble(code, f64.div(1, f64.sqrt(f64.add(f64.max(variance, 0), code.scalars[0]!))));
  return { mean, rest: splatDouble(code, rest), factor };
}

function emitNormalize(m: ModuleBuilder, fused: boolean): void {
  emitRowTask(m, { operands: ['out', 'x'], fused, scalars: 1 }, (code) => {
    const { mean, rest, factor } = emitMoments(code);
    code.eachVector((at, mask) => {
      const c = f32x4.sub(f32x4.sub(code.load('x', at), mean), rest);
      code.store('out', at, f32x4.mul(c, factor), mask);
    }, SIDES);
  });
}

/** With y the normalised row: r·(g − mean g − y·mean(g·y)), r being 1/√(variance + ε). */
function emitGradient(m: ModuleBuilder, fused: boolean): void {
  emitRowTask(m, { operands: ['out', 'x', 'g'], fused, scalars: 1 }, (code) => {
    const { f, e, n } = code;
    const { mean, rest, factor } = emitMoments(code);
    const normalized = (at: Place) => f32x4.mul(f32x4.sub(f32x4.sub(code.load('x', at), mean), rest), factor);
    const [sum, products] = [new RowSum(f), new RowSum(f)];
    code.eachVector(
      (at, mask, side) => {
        const g = e.keep(code.load('g', at));
        sum.add(g, mask, side);
        products.add(f32x4.mul(g, normalized(at)), mask, side);
      },
      SIDES,
      () => [sum, products].forEach((s) => s.flush()),
    );
    const count = f.local('f64', f64.convertI32U(n));
    const meanG = splatDouble(code, f64.div(sum.total(), count));
    const meanProduct = splatDouble(code, f64.div(products.total(), count));
    code.eachVector((at, mask) => {
      const along = f32x4.mul(normalized(at), meanProduct);
      code.store('out', at, f32x4.mul(factor, f32x4.sub(f32x4.sub(code.load('g', at), meanG), along)), mask);
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

export const normalizeRows = /* @__PURE__ */ kernel('normalize-rows', 1, emitNormalize);
export const normalizeRowsGrad = /* @__PURE__ */ kernel('normalize-rows-grad', 2, emitGradient);
