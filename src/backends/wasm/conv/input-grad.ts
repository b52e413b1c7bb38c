import type { Operand } from '../../../core/backend';
import { roundUp } from '../gemm/blocked';
import { runProduct } from '../gemm/product';
import { addressOf, type KernelContext } from '../kernel';
import { type ConvAttrs, type Four, gradientPhases, type Phase } from './geometry';
import { byteStrides, type Placed, placeContiguous, placeImages, placeOut, releasePlaced } from './place';
import { type ConvSizes, convSizes } from './sizes';
import { copyStrided } from './strided-copy';
import { isWinograd, runWinograd } from './winograd/index';

/** One pair of phases of one group: a convolution of stride 1 over the cotangent. */
interface Part {
  readonly s: ConvSizes;
  readonly y: Phase;
  readonly x: Phase;
  readonly group: number;
}

/**
 * The gradient by the input: windows of the cotangent times the kernel with its channels swapped and its taps reversed.
 * Strides of more than 1 fall into phases without them; see {@link gradientPhases}.
 */
export function conv2dInputGrad(
  [g, kernel]: readonly Operand[],
  out: Operand,
  attrs: ConvAttrs,
  context: KernelContext,
): boolean {
  const s = convSizes(g!.dtype, kernel!.shape, attrs.groups);
  if (s === null) return false;
  const cotangent = placeImages(g!, context);
  const weights = placeContiguous(kernel!, context);
  if (isWinograd(out.shape, s, attrs)) {
    for (let group = 0; group < s.groups; group++)
      turnSmall(cotangent, weights, placeOut(out), s, group, attrs, context);
    return true;
  }
  const phases = (axis: 0 | 1): Phase[] =>
    gradientPhases(
      out.shape[axis + 1]!,
      s.kernel[axis],
      attrs.strides[axis],
      attrs.padding[axis][0],
      attrs.dilations[axis],
    );
  try {
    for (const y of phases(0)) {
      for (const x of phases(1)) {
        for (let group = 0; group < s.groups; group++)
          runPart({ s, y, x, group }, cotangent, weights, out, attrs, context);
      }
    }
  } finally {
    releasePlaced(context, cotangent, weights);
  }
  return true;
}

/** One group's gradient by Winograd's algorithm: a convolution with the taps in reverse, filters and channels swapped. */
function turnSmall(
  g: Placed,
  kernel: Placed,
  out: Placed,
  { inner, outer, bytes }: ConvSizes,
  group: number,
  { padding }: ConvAttrs,
  context: KernelContext,
): void {
  const [ky, kx, ci, co] = kernel.strides;
  const convolution = {
    images: { ...g, address: g.address + group * outer * bytes },
    channels: outer,
    filters: inner,
    origin: [padding[0][0] - 2, padding[1][0] - 2],
    kernel: { address: kernel.address + 2 * ky + 2 * kx + group * outer * bytes, strides: [-ky, -kx, co, ci] },
    output: { ...out, address: out.address + group * inner * bytes },
  } as const;
  runWinograd(convolution, context);
}

function runPart(part: Part, g: Placed, kernel: Placed, out: Operand, attrs: ConvAttrs, context: KernelContext): void {
  const { s, y, x, group } = part;
  const { arena } = context;
  const { bytes, inner, outer } = s;
  const shape: Four = [out.shape[0]!, y.pixels, x.pixels, inner];
  const m = shape[0] * shape[1] * shape[2];
  const k = y.taps * x.taps * outer;
  const target = addressOf(out) + group * inner * bytes;
  const rowBytes = s.groups * inner * bytes;
  const whole = attrs.strides[0] === 1 && attrs.strides[1] === 1;
  const turnedBytes = roundUp(k * inner * bytes, 64);
  const workspaceBytes = turnedBytes + (whole ? 0 : m * inner * bytes);
  const turned = arena.allocate(workspaceBytes);
  const c = whole ? { address: target, row: rowBytes } : { address: turned + turnedBytes, row: inner * bytes };
  const [batchStride, yStride, xStride] = g.strides;
  const windows = {
    image: g.address + group * outer * bytes,
    batchStride,
    yStride,
    xStride,
    height: g.shape[1],
    width: g.shape[2],
    rowsY: y.pixels,
    rowsX: x.pixels,
    stepY: 1,
    originY: y.origin,
    tapY: y.tapOffset,
    stepX: 1,
    originX: x.origin,
    tapX: x.tapOffset,
    tapsX: x.taps,
    channels: outer,
    fill: 0,
  };
  const b = { address: turned, row: inner * bytes, column: bytes };
  try {
    turnKernel(part, kernel, turned, context);
    runProduct({ kind: s.kind, m, n: inner, k, a: { windows, transposed: false }, b, c }, context);
    if (!whole) {
      const [batch, high, wide] = byteStrides([out.shape[0]!, out.shape[1]!, out.shape[2]!, s.groups * inner], bytes);
      const to = {
        address: target + y.first * high + x.first * wide,
        strides: [batch, high * attrs.strides[0], wide * attrs.strides[1], bytes] as Four,
      };
      copyStrided(context, bytes, shape, to, { address: c.address, strides: byteStrides(shape, bytes) });
    }
  } finally {
    arena.release(turned, workspaceBytes);
  }
}

/** The kernel's taps of this part as a matrix `[taps · out, in]`. */
function turnKernel({ s, y, x, group }: Part, kernel: Placed, to: number, context: KernelContext): void {
  const { bytes, inner, outer } = s;
  const shape: Four = [y.taps, x.taps, outer, inner];
  const [ky, kx, ci, co] = kernel.strides;
  const from = {
    address: kernel.address + y.firstTap * ky + x.firstTap * kx + group * outer * bytes,
    strides: [ky * y.tapStep, kx * x.tapStep, co, ci] as Four,
  };
  copyStrided(context, bytes, shape, { address: to, strides: byteStrides(shape, bytes) }, from);
}
