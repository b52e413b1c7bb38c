import { DTypeError, ShapeError } from '../core/errors';
import { multiplyByQuantizedMultiplier, roundHalfToEven } from '../core/fixed-point';
import { apply, defineOp, type TensorSpec } from '../core/op';
import { formatShape } from '../core/shape';
import type { Tensor } from '../core/tensor';
import { toContiguous, type View } from '../core/view';

/** An affine map between reals and int8: real = scale · (q − zeroPoint). */
export interface AffineAttrs {
  readonly scale: number;
  readonly zeroPoint: number;
}

/**
 * What every integer layer needs beside its operands `[x int8, w int8, bias int32, multiplier int32, shift int32]`, the
 * last three one value per output channel. With acc = Σ (x − inputZeroPoint)·w + bias, the output is
 * clamp(multiplyByQuantizedMultiplier(acc, multiplier, shift) + outputZeroPoint, qmin, qmax).
 */
export interface RequantizeAttrs {
  readonly inputZeroPoint: number;
  readonly outputZeroPoint: number;
  /** Bounds of the output: −128 and 127, or tighter where they stand for an activation such as relu. */
  readonly qmin: number;
  readonly qmax: number;
}

/** Geometry of a quantised convolution, everything resolved to numbers. Padding holds `inputZeroPoint`, i.e. real 0. */
export interface QuantizedConvAttrs extends RequantizeAttrs {
  readonly strides: readonly [number, number];
  readonly padding: readonly [readonly [number, number], readonly [number, number]];
  readonly dilations: readonly [number, number];
  readonly groups: number;
}

const clamp = (x: number, low: number, high: number): number => (x < low ? low : x > high ? high : x);

const quantizeOp = /* @__PURE__ */ defineOp<AffineAttrs>({
  name: 'quantizeLinear',
  infer: ([x]) => {
    expectDType(x!, 'float32', 'quantizeLinear');
    return { shape: x!.shape, dtype: 'int8' };
  },
  reference: ([x], out, { scale, zeroPoint }) => {
    const values = toContiguous(x!, false);
    for (let i = 0; i < values.length; i++) {
      const q = roundHalfToEven(Math.fround(values[i]! / scale)) + zeroPoint;
      out.data[out.offset + i] = Number.isNaN(q) ? zeroPoint : clamp(q, -128, 127);
    }
  },
});

/**
 * Reals to int8: q = clamp(round(x / scale) + zeroPoint, −128, 127), halves to even, NaN to `zeroPoint`. The quotient is
 * taken in float32.
 */
export function quantizeLinear(x: Tensor, attrs: AffineAttrs): Tensor {
  return apply(quantizeOp, [x], { scale: attrs.scale, zeroPoint: attrs.zeroPoint });
}

const dequantizeOp = /* @__PURE__ */ defineOp<AffineAttrs>({
  name: 'dequantizeLinear',
  infer: ([q]) => {
    expectDType(q!, 'int8', 'dequantizeLinear');
    return { shape: q!.shape, dtype: 'float32' };
  },
  reference: ([q], out, { scale, zeroPoint }) => {
    const values = toContiguous(q!, false);
    const step = Math.fround(scale);
    for (let i = 0; i < values.length; i++) out.data[out.offset + i] = step * (values[i]! - zeroPoint);
  },
});

/** int8 to reals: x = scale · (q − zeroPoint), in float32. */
export function dequantizeLinear(q: Tensor, attrs: AffineAttrs): Tensor {
  return apply(dequantizeOp, [q], { scale: attrs.scale, zeroPoint: attrs.zeroPoint });
}

/** Writes one output row of `channels` accumulators, requantised. */
function requantizeRow(acc: Int32Array, scales: readonly View[], out: View, at: number, a: RequantizeAttrs): void {
  const [bias, multiplier, shift] = scales as [View, View, View];
  for (let c = 0; c < acc.length; c++) {
    const sum = (acc[c]! + bias.data[bias.offset + c * bias.strides[0]!]!) | 0;
    const m = multiplier.data[multiplier.offset + c * multiplier.strides[0]!]!;
    const s = shift.data[shift.offset + c * shift.strides[0]!]!;
    const y = multiplyByQuantizedMultiplier(sum, m, s) + a.outputZeroPoint;
    out.data[out.offset + at + c] = clamp(y, a.qmin, a.qmax);
  }
}

const qMatmulOp = /* @__PURE__ */ defineOp<RequantizeAttrs>({
  name: 'qMatmul',
  infer: (inputs) => {
    const [x, w] = inputs as [TensorSpec, TensorSpec];
    checkOperands(inputs, w.shape[1]!, 'qMatmul');
    if (x.shape.length !== 2 || w.shape.length !== 2 || x.shape[1] !== w.shape[0]) {
      throw new ShapeError(
        `qMatmul: inner dimensions differ: ${formatShape(x.shape)} × ${formatShape(w.shape)}. Both must be matrices.`,
      );
    }
    return { shape: [x.shape[0]!, w.shape[1]!], dtype: 'int8' };
  },
  reference: ([x, w, ...scales], out, attrs) => {
    const [m, n] = out.shape as [number, number];
    const k = x!.shape[1]!;
    const acc = new Int32Array(n);
    for (let i = 0; i < m; i++) {
      acc.fill(0);
      for (let p = 0; p < k; p++) {
        const xi = x!.data[x!.offset + i * x!.strides[0]! + p * x!.strides[1]!]! - attrs.inputZeroPoint;
        const row = w!.offset + p * w!.strides[0]!;
        for (let j = 0; j < n; j++) acc[j]! += xi * w!.data[row + j * w!.strides[1]!]!;
      }
      requantizeRow(acc, scales, out, i * n, attrs);
    }
  },
});

/**
 * A dense layer in integers. Shapes `[m, k] × [k, n] → [m, n]`, int8 in and out, int32 inside; see {@link RequantizeAttrs}.
 *
 * @throws ShapeError, DTypeError when the operands do not fit.
 */
export function qMatmul(
  x: Tensor,
  w: Tensor,
  bias: Tensor,
  multiplier: Tensor,
  shift: Tensor,
  attrs: RequantizeAttrs,
): Tensor {
  return apply(qMatmulOp, [x, w, bias, multiplier, shift], attrs);
}

function convOutput(inputs: readonly TensorSpec[], a: QuantizedConvAttrs, out: number, what: string): TensorSpec {
  const [x, w] = inputs as [TensorSpec, TensorSpec];
  checkOperands(inputs, out, what);
  if (x.shape.length !== 4 || w.shape.length !== 4) {
    throw new ShapeError(
      `${what}: needs [batch, h, w, channels] and a kernel of rank 4, got ${formatShape(x.shape)} and ${formatShape(w.shape)}.`,
    );
  }
  const size = (axis: 0 | 1): number => {
    const extent = x.shape[axis + 1]! + a.padding[axis][0] + a.padding[axis][1];
    return Math.floor((extent - a.dilations[axis] * (w.shape[axis]! - 1) - 1) / a.strides[axis]) + 1;
  };
  const shape = [x.shape[0]!, size(0), size(1), out];
  if (shape[1]! < 1 || shape[2]! < 1) {
    throw new ShapeError(
      `${what}: a kernel of ${formatShape(w.shape)} is larger than the padded input ${formatShape(x.shape)}.`,
    );
  }
  return { shape, dtype: 'int8' };
}

/**
 * Visits, for every output pixel, the input pixels under the kernel: `tap(kernelOffset, inputOffset)` for each, then
 * `done(outputOffset)`. Pixels in the padding are left out: they hold the zero point and add nothing.
 */
function forEachWindow(
  x: View,
  w: View,
  out: View,
  a: QuantizedConvAttrs,
  tap: (wAt: number, xAt: number) => void,
  done: (at: number) => void,
): void {
  const [batch, oh, ow, channels] = out.shape as [number, number, number, number];
  const [kh, kw] = w.shape as [number, number];
  let at = 0;
  for (let b = 0; b < batch; b++) {
    for (let oy = 0; oy < oh; oy++) {
      for (let ox = 0; ox < ow; ox++) {
        for (let ky = 0; ky < kh; ky++) {
          const y = oy * a.strides[0] - a.padding[0][0] + ky * a.dilations[0];
          if (y < 0 || y >= x.shape[1]!) continue;
          for (let kx = 0; kx < kw; kx++) {
            const c = ox * a.strides[1] - a.padding[1][0] + kx * a.dilations[1];
            if (c < 0 || c >= x.shape[2]!) continue;
            tap(
              w.offset + ky * w.strides[0]! + kx * w.strides[1]!,
              x.offset + b * x.strides[0]! + y * x.strides[1]! + c * x.strides[2]!,
            );
          }
        }
        done(at);
        at += channels;
      }
    }
  }
}

const qConv2dOp = /* @__PURE__ */ defineOp<QuantizedConvAttrs>({
  name: 'qConv2d',
  infer: (inputs, attrs) => {
    const [x, w] = inputs as [TensorSpec, TensorSpec];
    const spec = convOutput(inputs, attrs, w.shape[3]!, 'qConv2d');
    if (x.shape[3] !== w.shape[2]! * attrs.groups || w.shape[3]! % attrs.groups !== 0) {
      throw new ShapeError(
        `qConv2d: ${x.shape[3]} input channels in ${attrs.groups} groups do not fit a kernel of shape ${formatShape(w.shape)}.`,
      );
    }
    return spec;
  },
  reference: ([x, w, ...scales], out, attrs) => {
    const [, , inner, channels] = w!.shape as [number, number, number, number];
    const perGroup = channels / attrs.groups;
    const acc = new Int32Array(channels);
    const tap = (wAt: number, xAt: number): void => {
      for (let c = 0; c < channels; c++) {
        const first = Math.floor(c / perGroup) * inner;
        for (let p = 0; p < inner; p++) {
          const value = x!.data[xAt + (first + p) * x!.strides[3]!]! - attrs.inputZeroPoint;
          acc[c]! += value * w!.data[wAt + p * w!.strides[2]! + c * w!.strides[3]!]!;
        }
      }
    };
    forEachWindow(x!, w!, out, attrs, tap, (at) => {
      requantizeRow(acc, scales, out, at, attrs);
      acc.fill(0);
    });
  },
});

/**
 * A convolution in integers: x int8 `[batch, h, w, in]`, w int8 `[kh, kw, in/groups, out]` → int8 `[batch, oh, ow, out]`;
 * see {@link RequantizeAttrs}.
 */
export function qConv2d(
  x: Tensor,
  w: Tensor,
  bias: Tensor,
  multiplier: Tensor,
  shift: Tensor,
  attrs: QuantizedConvAttrs,
): Tensor {
  return apply(qConv2dOp, [x, w, bias, multiplier, shift], attrs);
}

const qDepthwiseConv2dOp = /* @__PURE__ */ defineOp<QuantizedConvAttrs>({
  name: 'qDepthwiseConv2d',
  infer: (inputs, attrs) => {
    const [x, w] = inputs as [TensorSpec, TensorSpec];
    const spec = convOutput(inputs, attrs, w.shape[2]! * w.shape[3]!, 'qDepthwiseConv2d');
    if (x.shape[3] !== w.shape[2]) {
      throw new ShapeError(
        `qDepthwiseConv2d: ${x.shape[3]} input channels, but a kernel of shape ${formatShape(w.shape)}.`,
      );
    }
    return spec;
  },
  reference: ([x, w, ...scales], out, attrs) => {
    const [, , inner, multiplier] = w!.shape as [number, number, number, number];
    const acc = new Int32Array(inner * multiplier);
    const tap = (wAt: number, xAt: number): void => {
      for (let c = 0; c < inner; c++) {
        const value = x!.data[xAt + c * x!.strides[3]!]! - attrs.inputZeroPoint;
        for (let r = 0; r < multiplier; r++) {
          acc[c * multiplier + r]! += value * w!.data[wAt + c * w!.strides[2]! + r * w!.strides[3]!]!;
        }
      }
    };
    forEachWindow(x!, w!, out, attrs, tap, (at) => {
      requantizeRow(acc, scales, out, at, attrs);
      acc.fill(0);
    });
  },
});

/** A depthwise convolution in integers: kernel `[kh, kw, in, multiplier]`, output `[batch, oh, ow, in · multiplier]`. */
export function qDepthwiseConv2d(
  x: Tensor,
  w: Tensor,
  bias: Tensor,
  multiplier: Tensor,
  shift: Tensor,
  attrs: QuantizedConvAttrs,
): Tensor {
  return apply(qDepthwiseConv2dOp, [x, w, bias, multiplier, shift], attrs);
}

/** Window of an integer average pool; padding is left out of the average. */
export type QuantizedPoolAttrs = Pick<QuantizedConvAttrs, 'strides' | 'padding'> & {
  readonly poolSize: readonly [number, number];
};

const qAvgPool2dOp = /* @__PURE__ */ defineOp<QuantizedPoolAttrs>({
  name: 'qAvgPool2d',
  infer: ([x], a) => {
    expectDType(x!, 'int8', 'qAvgPool2d');
    const size = (axis: 0 | 1): number =>
      Math.floor((x!.shape[axis + 1]! + a.padding[axis][0] + a.padding[axis][1] - a.poolSize[axis]) / a.strides[axis]) +
      1;
    if (x!.shape.length !== 4 || size(0) < 1 || size(1) < 1) {
      throw new ShapeError(
        `qAvgPool2d: a window of ${formatShape(a.poolSize)} does not fit the input ${formatShape(x!.shape)}.`,
      );
    }
    return { shape: [x!.shape[0]!, size(0), size(1), x!.shape[3]!], dtype: 'int8' };
  },
  reference: ([x], out, a) => {
    const channels = out.shape[3]!;
    const window = { ...x!, shape: [...a.poolSize], strides: [0, 0], offset: 0 };
    const geometry = {
      ...a,
      dilations: [1, 1],
      groups: 1,
      inputZeroPoint: 0,
      outputZeroPoint: 0,
      qmin: 0,
      qmax: 0,
    } as const;
    const acc = new Int32Array(channels);
    let count = 0;
    const tap = (_: number, xAt: number): void => {
      count++;
      for (let c = 0; c < channels; c++) acc[c]! += x!.data[xAt + c * x!.strides[3]!]!;
    };
    forEachWindow(x!, window, out, geometry, tap, (at) => {
      for (let c = 0; c < channels; c++) out.data[out.offset + at + c] = roundHalfAway(acc[c]!, count);
      acc.fill(0);
      count = 0;
    });
  },
});

/** a / n rounded to nearest, halves away from zero, in integers. */
function roundHalfAway(a: number, n: number): number {
  return a >= 0 ? Math.floor((2 * a + n) / (2 * n)) : -Math.floor((2 * -a + n) / (2 * n));
}

/** Average pooling of int8 values: the mean of each window rounded to nearest; scale and zero point stay the same. */
export function qAvgPool2d(x: Tensor, attrs: QuantizedPoolAttrs): Tensor {
  return apply(qAvgPool2dOp, [x], attrs);
}

function expectDType(x: TensorSpec, dtype: string, what: string): void {
  if (x.dtype !== dtype)
    throw new DTypeError(`${what}: expected ${dtype}, got ${x.dtype} of shape ${formatShape(x.shape)}.`);
}

function checkOperands(inputs: readonly TensorSpec[], channels: number, what: string): void {
  const names = ['x', 'w', 'bias', 'multiplier', 'shift'];
  inputs.forEach((input, i) => {
    expectDType(input, i < 2 ? 'int8' : 'int32', `${what} (${names[i]})`);
    if (i >= 2 && (input.shape.length !== 1 || input.shape[0] !== channels)) {
      throw new ShapeError(
        `${what}: ${names[i]} must have shape [${channels}], one value per output channel, got ${formatShape(input.shape)}.`,
      );
    }
  });
}
