import { ConfigError } from '../core/errors';
import { roundHalfToEven } from '../core/fixed-point';
import { apply, defineOp } from '../core/op';
import { checkOptions } from '../core/options';
import { normalizeAxis, type Shape } from '../core/shape';
import type { Tensor } from '../core/tensor';
import { toContiguous, type View } from '../core/view';
import { asTensor, expectFloating, type TensorLike } from './create';
import { mul } from './elementwise';

export interface FakeQuantizeOptions {
  /** Size of one step; one number, or one per position of `axis`. */
  readonly scale: number | readonly number[];
  /** The integer that stands for 0; default 0. */
  readonly zeroPoint?: number | readonly number[];
  /** Default −128. */
  readonly qmin?: number;
  /** Default 127. */
  readonly qmax?: number;
  /** The axis that `scale` and `zeroPoint` run along, if they are arrays. */
  readonly axis?: number;
}

interface FakeQuantizeAttrs {
  readonly scale: readonly number[];
  readonly zeroPoint: readonly number[];
  readonly qmin: number;
  readonly qmax: number;
  /** Elements from one position of the axis to the next; 0: one scale for all. */
  readonly axisStep: number;
}

/** Visits the elements in row-major order with the parameters that hold for each. */
function forEachScaled(
  x: View,
  a: FakeQuantizeAttrs,
  visit: (i: number, x: number, scale: number, zero: number) => void,
): void {
  toContiguous(x, false).forEach((value: number, i: number) => {
    const c = a.axisStep === 0 ? 0 : Math.floor(i / a.axisStep) % a.scale.length;
    visit(i, value, a.scale[c]!, a.zeroPoint[c]!);
  });
}

/** 1 where x falls between the ends of the integer range, else 0: the straight-through gradient. */
const insideOp = /* @__PURE__ */ defineOp<FakeQuantizeAttrs>({
  name: 'fakeQuantizeMask',
  infer: ([x]) => ({ shape: x!.shape, dtype: x!.dtype }),
  reference: ([x], out, a) =>
    forEachScaled(x!, a, (i, value, scale, zero) => {
      const q = roundHalfToEven(value / scale) + zero;
      out.data[out.offset + i] = q >= a.qmin && q <= a.qmax ? 1 : 0;
    }),
});

const fakeQuantizeOp = /* @__PURE__ */ defineOp<FakeQuantizeAttrs>({
  name: 'fakeQuantize',
  infer: ([x]) => ({ shape: x!.shape, dtype: x!.dtype }),
  reference: ([x], out, a) =>
    forEachScaled(x!, a, (i, value, scale, zero) => {
      const q = Math.min(a.qmax, Math.max(a.qmin, roundHalfToEven(value / scale) + zero));
      out.data[out.offset + i] = (q - zero) * scale;
    }),
  vjp: (g, { inputs, attrs }) => mul(g, apply(insideOp, [inputs[0]!], attrs)),
});

/**
 * What quantising and dequantising does to reals: y = s·(clamp(round(x/s) + z, qmin, qmax) − z), halves to even. Its
 * gradient is straight through: 1 where round(x/s) + z lies in [qmin, qmax], 0 outside.
 *
 * @throws ConfigError when a scale is not positive or the arrays do not fit the axis.
 *
 * Reference: Bengio, Léonard, Courville 2013, arXiv:1308.3432 (the straight-through estimator).
 *
 * @example
 * ```ts
 * import { tensor } from 'kompakt';
 * import { fakeQuantize } from 'kompakt/compress';
 * const y = fakeQuantize(tensor([0.26, 1, 100]), { scale: 0.25 });
 * console.log(y.toArraySync()); // → [ 0.25, 1, 31.75 ]
 * ```
 */
export function fakeQuantize(x: TensorLike, options: FakeQuantizeOptions): Tensor {
  checkOptions(options, ['scale', 'zeroPoint', 'qmin', 'qmax', 'axis'], 'fakeQuantize');
  const t = asTensor(x);
  expectFloating(t, 'fakeQuantize');
  return apply(fakeQuantizeOp, [t], toAttrs(t.shape, options));
}

function toAttrs(
  shape: Shape,
  { scale, zeroPoint = 0, qmin = -128, qmax = 127, axis }: FakeQuantizeOptions,
): FakeQuantizeAttrs {
  if (!(qmin < qmax)) throw new ConfigError(`fakeQuantize: qmin must be below qmax, got ${qmin} and ${qmax}.`);
  if (scale === undefined) throw new ConfigError('fakeQuantize: give the scale, a number or one for each channel.');
  const scales = typeof scale === 'number' ? [scale] : [...scale];
  const zeros = typeof zeroPoint === 'number' ? scales.map(() => zeroPoint) : [...zeroPoint];
  if (scales.some((s) => !(s > 0) || !Number.isFinite(s))) {
    throw new ConfigError(`fakeQuantize: every scale must be a positive number, got ${scales.join(', ')}.`);
  }
  const wrong = zeros.find((z) => !Number.isInteger(z));
  if (wrong !== undefined) throw new ConfigError(`fakeQuantize: zero points must be integers, got ${wrong}.`);
  if (scales.length === 1 && zeros.length === 1) return { scale: scales, zeroPoint: zeros, qmin, qmax, axisStep: 0 };
  if (axis === undefined) {
    throw new ConfigError(`fakeQuantize: ${scales.length} scales need an axis to run along.`);
  }
  const a = normalizeAxis(axis, shape.length, 'fakeQuantize');
  const n = shape[a]!;
  if (scales.length !== n || zeros.length !== n) {
    throw new ConfigError(
      `fakeQuantize: axis ${axis} has ${n} positions, but there are ${scales.length} scales and ${zeros.length} zero points.`,
    );
  }
  const axisStep = shape.slice(a + 1).reduce((p, d) => p * d, 1);
  return { scale: scales, zeroPoint: zeros, qmin, qmax, axisStep };
}
