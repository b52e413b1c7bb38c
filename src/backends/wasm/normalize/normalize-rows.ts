import { f32x4, f64, type Local, type ModuleBuilder } from '../assembler/index';
import type { TaskKernel } from '../task';
import { alongAxis, DoubleSum, emitRowTask, type RowCode, SIDES, splatDouble } from './rows';

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
  const sum = new DoubleSum(f);
  code.eachVector((i, mask, side) => sum.add(e.keep(code.load('x', i)), mask, side), SIDES);
  const mean = splatDouble(code, f64.div(sum.total(), count));
  const differences = new DoubleSum(f);
  const squares = new DoubleSum(f);
  code.eachVector((i, mask, side) => {
    const c = e.keep(f32x4.sub(code.load('x', i), mean));
    differences.add(c, mask, side);
    squares.add(e.keep(f32x4.mul(c, c)), mask, side);
  }, 2);
  const rest = f.local('f64', f64.div(differences.total(), count));
  const variance = f64.sub(f64.div(squares.total(), count), f64.mul(rest, rest));
  const factor = splatDouble(code, f64.div(1, f64.sqrt(f64.add(f64.max(variance, 0), code.scalars[0]!))));
  return { mean, rest: splatDouble(code, rest), factor };
}

function emitNormalize(m: ModuleBuilder): void {
  emitRowTask(m, { operands: ['out', 'x'], scalars: 1 }, (code) => {
    const { mean, rest, factor } = emitMoments(code);
    code.eachVector((i, mask) => {
      const c = f32x4.sub(f32x4.sub(code.load('x', i), mean), rest);
      code.store('out', i, f32x4.mul(c, factor), mask);
    });
  });
}

/** With y the normalised row: r·(g − mean g − y·mean(g·y)), r being 1/√(variance + ε). */
function emitGradient(m: ModuleBuilder): void {
  emitRowTask(m, { operands: ['out', 'x', 'g'], scalars: 1 }, (code) => {
    const { f, e, n } = code;
    const { mean, rest, factor } = emitMoments(code);
    const normalized = (i: Local<'i32'>) => f32x4.mul(f32x4.sub(f32x4.sub(code.load('x', i), mean), rest), factor);
    const [sum, products] = [new DoubleSum(f), new DoubleSum(f)];
    code.eachVector((i, mask, side) => {
      const g = e.keep(code.load('g', i));
      sum.add(g, mask, side);
      products.add(e.keep(f32x4.mul(g, normalized(i))), mask, side);
    }, 2);
    const count = f.local('f64', f64.convertI32U(n));
    const meanG = splatDouble(code, f64.div(sum.total(), count));
    const meanProduct = splatDouble(code, f64.div(products.total(), count));
    code.eachVector((i, mask) => {
      const along = f32x4.mul(normalized(i), meanProduct);
      code.store('out', i, f32x4.mul(factor, f32x4.sub(f32x4.sub(code.load('g', i), meanG), along)), mask);
    });
  });
}

function kernel(key: string, cost: number, emit: (m: ModuleBuilder) => void): TaskKernel<{ epsilon: number }> {
  return (inputs, out, { epsilon }, context) => {
    if (out.dtype !== 'float32') return false;
    const code = context.code(key, emit);
    alongAxis(inputs, out, out.shape.length - 1, context, (addresses, n, rows) =>
      context.launch(code, [...addresses, n], { units: rows, cost: rows * n * cost, rowLength: n }, [epsilon]),
    );
    return true;
  };
}

export const normalizeRows = /* @__PURE__ */ kernel('normalize-rows', 1, emitNormalize);
export const normalizeRowsGrad = /* @__PURE__ */ kernel('normalize-rows-grad', 2, emitGradient);
