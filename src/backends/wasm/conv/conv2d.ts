import type { Operand } from '../../../core/backend';
import type { WindowLayout } from '../gemm/blocked';
import { runProduct } from '../gemm/product';
import { addressOf, type KernelContext } from '../kernel';
import { type ConvAttrs, isPointwise } from './geometry';
import { type Placed, placeContiguous, placeImages, placeOut, releasePlaced } from './place';
import { type ConvSizes, convSizes } from './sizes';
import { isWinograd, runWinograd, runWinogradKernelGrad, type SmallConvolution } from './winograd/index';

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
export function conv2d(
  [x, kernel]: readonly Operand[],
  out: Operand,
  attrs: ConvAttrs,
  context: KernelContext,
): boolean {
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
  const size = {
    kind: s.kind,
    m: out.shape[0]! * out.shape[1]! * out.shape[2]!,
    n: s.outer,
    k: s.kernel[0] * s.kernel[1] * s.inner,
  };
  try {
    for (let g = 0; g < s.groups; g++) {
      const inOffset = g * s.inner * s.bytes;
      const outOffset = g * s.outer * s.bytes;
      const a = pointwise
        ? { address: images.address + inOffset, row: s.groups * s.inner * s.bytes, column: s.bytes }
        : { windows: windowsOf(images, out.shape, attrs, s, inOffset), transposed: false };
      const b = { address: weights.address + outOffset, row, column: s.bytes };
      runProduct({ ...size, a, b, c: { address: addressOf(out) + outOffset, row } }, context);
    }
  } finally {
    releasePlaced(context, images, weights);
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
  context: KernelContext,
): boolean {
  const s = convSizes(x!.dtype, out.shape, attrs.groups);
  if (s === null) return false;
  const pointwise = isPointwise(out.shape, attrs);
  const images = pointwise ? placeContiguous(x!, context) : placeImages(x!, context);
  const cotangent = placeContiguous(g!, context);
  if (isWinograd(g!.shape, s, attrs)) {
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
  try {
    for (let group = 0; group < s.groups; group++) {
      const inOffset = group * s.inner * s.bytes;
      const outOffset = group * s.outer * s.bytes;
      const a = pointwise
        ? { address: images.address + inOffset, row: s.bytes, column: s.groups * s.inner * s.bytes }
        : { windows: windowsOf(images, g!.shape, attrs, s, inOffset), transposed: true };
      const b = { address: cotangent.address + outOffset, row, column: s.bytes };
      runProduct({ ...size, a, b, c: { address: addressOf(out) + outOffset, row } }, context);
    }
  } finally {
    releasePlaced(context, images, cotangent);
  }
  return true;
}
