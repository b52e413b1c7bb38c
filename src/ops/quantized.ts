import {
  dequantizeLinearKernel,
  qAvgPool2dKernel,
  qConv2dKernel,
  qDepthwiseConv2dKernel,
  qMatmulKernel,
  quantizeLinearKernel,
} from '../backends/wasm/kernels';
import type { TypedArray } from '../core/dtype';
import { DTypeError, ShapeError } from '../core/errors';
import { multiplyByQuantizedMultiplier, roundHalfToEven } from '../core/fixed-point';
import { apply, defineOp, type TensorSpec } from '../core/op';
import { formatShape, sizeOf } from '../core/shape';
import type { Tensor } from '../core/tensor';
import { toContiguous, type View } from '../core/view';
import { expectImages, forEachTap, type Pair, type WindowAttrs, type WindowGeometry, windowOutput } from './window';

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
export interface QuantizedConvAttrs extends RequantizeAttrs, WindowAttrs {
  readonly groups: number;
}

const clamp = (x: number, low: number, high: number): number => (x < low ? low : x > high ? high : x);

const quantizeOp = /* @__PURE__ */ defineOp<AffineAttrs>({
  name: 'quantizeLinear',
  kernel: quantizeLinearKernel,
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
  kernel: dequantizeLinearKernel,
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
  kernel: qMatmulKernel,
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
  const output = windowOutput([x.shape[1]!, x.shape[2]!], [w.shape[0]!, w.shape[1]!], a, what);
  return { shape: [x.shape[0]!, ...output, out], dtype: 'int8' };
}

/** A window moving over int8 images: what {@link forEachTap} needs, from the operands' shapes. */
function geometryOf(x: View, window: Pair, out: View, attrs: WindowAttrs): WindowGeometry {
  const [batch, h, w] = x.shape as [number, number, number];
  const { strides, padding, dilations } = attrs;
  return { batch, input: [h, w], window, output: [out.shape[1]!, out.shape[2]!], strides, padding, dilations };
}

/**
 * Sums of products for every output pixel and channel, requantised: `multiply` adds to the sums at `sumAt` what the image
 * at `xAt` gives with the kernel's cell. Pixels in the padding are left out: they hold the zero point and add nothing.
 */
function convolve(
  [x, w, ...scales]: readonly View[],
  out: View,
  attrs: QuantizedConvAttrs,
  multiply: (
    sums: Int32Array,
    sumAt: number,
    images: TypedArray,
    xAt: number,
    kernel: TypedArray,
    cell: number,
  ) => void,
): void {
  const [images, kernel] = [toContiguous(x!, false), toContiguous(w!, false)];
  const channels = out.shape[3]!;
  const sums = new Int32Array(sizeOf(out.shape));
  const inputs = x!.shape[3]!;
  forEachTap(geometryOf(x!, [w!.shape[0]!, w!.shape[1]!], out, attrs), (pixel, input, cell) =>
    multiply(sums, pixel * channels, images, input * inputs, kernel, cell),
  );
  for (let at = 0; at < sums.length; at += channels) {
    requantizeRow(sums.subarray(at, at + channels), scales, out, at, attrs);
  }
}

const qConv2dOp = /* @__PURE__ */ defineOp<QuantizedConvAttrs>({
  name: 'qConv2d',
  kernel: qConv2dKernel,
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
  reference: (operands, out, attrs) => {
    const [, , inner, channels] = operands[1]!.shape as [number, number, number, number];
    const perGroup = channels / attrs.groups;
    convolve(operands, out, attrs, (sums, sumAt, images, xAt, kernel, cell) => {
      for (let c = 0; c < channels; c++) {
        const first = xAt + Math.floor(c / perGroup) * inner;
        for (let p = 0; p < inner; p++) {
          const value = images[first + p]! - attrs.inputZeroPoint;
          sums[sumAt + c]! += value * kernel[(cell * inner + p) * channels + c]!;
        }
      }
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
  kernel: qDepthwiseConv2dKernel,
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
  reference: (operands, out, attrs) => {
    const [, , inner, multiplier] = operands[1]!.shape as [number, number, number, number];
    convolve(operands, out, attrs, (sums, sumAt, images, xAt, kernel, cell) => {
      for (let c = 0; c < inner; c++) {
        const value = images[xAt + c]! - attrs.inputZeroPoint;
        for (let r = 0; r < multiplier; r++) {
          const at = c * multiplier + r;
          sums[sumAt + at]! += value * kernel[cell * inner * multiplier + at]!;
        }
      }
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
  readonly poolSize: Pair;
};

const qAvgPool2dOp = /* @__PURE__ */ defineOp<QuantizedPoolAttrs>({
  name: 'qAvgPool2d',
  kernel: qAvgPool2dKernel,
  infer: ([x], a) => {
    expectDType(x!, 'int8', 'qAvgPool2d');
    expectImages(x!.shape, 'qAvgPool2d');
    const [batch, h, w, channels] = x!.shape as [number, number, number, number];
    const output = windowOutput([h, w], a.poolSize, { ...a, dilations: [1, 1] }, 'qAvgPool2d');
    return { shape: [batch, ...output, channels], dtype: 'int8' };
  },
  reference: ([x], out, a) => {
    const images = toContiguous(x!, false);
    const channels = out.shape[3]!;
    const sums = new Int32Array(sizeOf(out.shape));
    const counts = new Int32Array(sums.length / channels);
    forEachTap(geometryOf(x!, a.poolSize, out, { ...a, dilations: [1, 1] }), (pixel, input) => {
      counts[pixel]!++;
      for (let c = 0; c < channels; c++) sums[pixel * channels + c]! += images[input * channels + c]!;
    });
    sums.forEach((sum, i) => {
      out.data[out.offset + i] = roundHalfAway(sum, counts[Math.floor(i / channels)]!);
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
