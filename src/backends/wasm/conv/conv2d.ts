import type { Operand } from '../../../core/backend';
import type { WindowLayout } from '../gemm/params';
import { runProduct } from '../gemm/product';
import { addressOf } from '../kernel';
import type { TaskContext } from '../task';
import { type ConvAttrs, isPointwise } from './geometry';
import { convolveNarrow } from './narrow/index';
import { type Placed, placeContiguous, placeImages, placeOut } from './place';
import { type ConvSizes, convSizes, groupBatch } from './sizes';
import {
  isWinograd,
  LEAST_CHANNELS_BY_KERNEL,
  runWinograd,
  runWinogradKernelGrad,
  type SmallConvolution,
} from './winograd/index';

/** The groups of a convolution that Winograd's algorithm suits. */
function smallGroups(
  images: Placed,
  kernel: Placed,
  output: Placed,
  { inner, outer, bytes, groups }: ConvSizes,
  { padding }: ConvAttrs,
): SmallConvolution[] {
  return Array.from({ length: groups }, (_, g) => ({
    images: { ...images, address: images.address + g * inner * bytes },
    channels: inner,
    filters: outer,
    origin: [-padding[0][0], -padding[1][0]],
    kernel: { address: kernel.address + g * outer * bytes, strides: kernel.strides },
    output: { ...output, address: output.address + g * outer * bytes },
  }));
}

/** The windows of `x`, one group of its channels, as rows in the order of the output's pixels. */
export function windowsOf(
  x: Placed,
  output: readonly number[],
  a: ConvAttrs,
  s: Pick<ConvSizes, 'kernel' | 'inner'>,
  offset: number,
): WindowLayout {
  const [, height, width] = x.shape;
  const [batchStride, yStride, xStride] = x.strides;
  return {
    image: x.address + offset,
    batchStride,
    yStride,
    xStride,
    height,
    width,
    rowsY: output[1]!,
    rowsX: output[2]!,
    stepY: a.strides[0],
    originY: -a.padding[0][0],
    tapY: a.dilations[0],
    stepX: a.strides[1],
    originX: -a.padding[1][0],
    tapX: a.dilations[1],
    tapsX: s.kernel[1],
    channels: s.inner,
    fill: 0,
  };
}

/**
 * y = conv(x, kernel) as the product of x's windows `[pixels, taps · in]` with the kernel `[taps · in, out]`; a 1×1
 * kernel multiplies the image itself.
 */
export function conv2d([x, kernel]: readonly Operand[], out: Operand, attrs: ConvAttrs, context: TaskContext): boolean {
  const s = convSizes(x!.dtype, kernel!.shape, attrs.groups);
  if (s === null) return false;
  const pointwise = isPointwise(kernel!.shape, attrs);
  const images = pointwise ? placeContiguous(x!, context) : placeImages(x!, context);
  const weights = placeContiguous(kernel!, context);
  const row = s.groups * s.outer * s.bytes;
  if (isWinograd(out.shape, s, attrs)) {
    for (const group of smallGroups(images, weights, placeOut(out), s, attrs)) runWinograd(group, context);
    return true;
  }
  const { bytes } = s;
  if (convolveNarrow({ images, kernel: weights, output: placeOut(out), bytes, attrs }, context)) return true;
  const size = {
    kind: s.kind,
    m: out.shape[0]! * out.shape[1]! * out.shape[2]!,
    n: s.outer,
    k: s.kernel[0] * s.kernel[1] * s.inner,
  };
  const [inBytes, outBytes] = [s.inner * s.bytes, s.outer * s.bytes];
  if (pointwise) {
    const a = { address: images.address, row: s.groups * inBytes, column: s.bytes };
    const b = { address: weights.address, row, column: s.bytes };
    const batch = groupBatch(s.groups, inBytes, outBytes, outBytes);
    runProduct({ ...size, a, b, c: { address: addressOf(out), row }, batch }, context);
    return true;
  }
  for (let g = 0; g < s.groups; g++) {
    const a = { windows: windowsOf(images, out.shape, attrs, s, g * inBytes), transposed: false };
    const b = { address: weights.address + g * outBytes, row, column: s.bytes };
    runProduct({ ...size, a, b, c: { address: addressOf(out) + g * outBytes, row } }, context);
  }
  return true;
}

/**
 * The gradient by the kernel as the product of x's windows, transposed, `[taps · in, pixels]` with the cotangent
 * `[pixels, out]`.
 */
export function conv2dKernelGrad(
  [x, g]: readonly Operand[],
  out: Operand,
  attrs: ConvAttrs,
  context: TaskContext,
): boolean {
  const s = convSizes(x!.dtype, out.shape, attrs.groups);
  if (s === null) return false;
  const pointwise = isPointwise(out.shape, attrs);
  const images = pointwise ? placeContiguous(x!, context) : placeImages(x!, context);
  const cotangent = placeContiguous(g!, context);
  if (isWinograd(g!.shape, s, attrs, LEAST_CHANNELS_BY_KERNEL)) {
    for (const group of smallGroups(images, placeOut(out), cotangent, s, attrs)) runWinogradKernelGrad(group, context);
    return true;
  }
  const row = s.groups * s.outer * s.bytes;
  const size = {
    kind: s.kind,
    m: s.kernel[0] * s.kernel[1] * s.inner,
    n: s.outer,
    k: g!.shape[0]! * g!.shape[1]! * g!.shape[2]!,
  };
  const [inBytes, outBytes] = [s.inner * s.bytes, s.outer * s.bytes];
  if (pointwise) {
    const a = { address: images.address, row: s.bytes, column: s.groups * inBytes };
    const b = { address: cotangent.address, row, column: s.bytes };
    const batch = groupBatch(s.groups, inBytes, outBytes, outBytes);
    runProduct({ ...size, a, b, c: { address: addressOf(out), row }, batch }, context);
    return true;
  }
  for (let group = 0; group < s.groups; group++) {
    const a = { windows: windowsOf(images, g!.shape, attrs, s, group * inBytes), transposed: true };
    const b = { address: cotangent.address + group * outBytes, row, column: s.bytes };
    runProduct({ ...size, a, b, c: { address: addressOf(out) + group * outBytes, row } }, context);
  }
  return true;
}
