import type { Operand } from '../../../core/backend';
import type { WindowLayout } from '../gemm/params';
import type { MatrixLayout } from '../gemm/problem';
import { runProduct } from '../gemm/product';
import { addressOf } from '../kernel';
import type { TaskContext } from '../task';
import { fewChannelsInputGrad, hasFewChannels } from './few-channels';
import { type ConvAttrs, type Four, gradientPhases, isPointwise, type Phase } from './geometry';
import { byteStrides, copyPlaced, type Placed, placeContiguous, placeImages, placeOut, placeWorkspace } from './place';
import { type ConvSizes, convSizes, groupBatch } from './sizes';
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
  context: TaskContext,
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
  if (isPointwise(kernel!.shape, attrs)) {
    pointwiseInputGrad(placeContiguous(g!, context), weights, addressOf(out), s, context);
    return true;
  }
  if (hasFewChannels(s, attrs)) {
    fewChannelsInputGrad(placeContiguous(g!, context), weights, out, attrs, s, context);
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
  for (const y of phases(0)) {
    for (const x of phases(1)) {
      for (let group = 0; group < s.groups; group++)
        runPart({ s, y, x, group }, cotangent, weights, out, attrs, context);
    }
  }
  return true;
}

/** The gradient of a 1×1 convolution: the cotangent times the kernel, transposed. */
function pointwiseInputGrad(g: Placed, kernel: Placed, out: number, s: ConvSizes, context: TaskContext): void {
  const { bytes, inner, outer, groups } = s;
  const product = {
    kind: s.kind,
    m: g.shape[0] * g.shape[1] * g.shape[2],
    n: inner,
    k: outer,
    a: { address: g.address, row: groups * outer * bytes, column: bytes },
    b: { address: kernel.address, row: bytes, column: groups * outer * bytes },
    c: { address: out, row: groups * inner * bytes },
    batch: groupBatch(groups, outer * bytes, outer * bytes, inner * bytes),
  };
  runProduct(product, context);
}

/** One group's gradient by Winograd's algorithm: a convolution with the taps in reverse, filters and channels swapped. */
function turnSmall(
  g: Placed,
  kernel: Placed,
  out: Placed,
  { inner, outer, bytes }: ConvSizes,
  group: number,
  { padding }: ConvAttrs,
  context: TaskContext,
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

function runPart(part: Part, g: Placed, kernel: Placed, out: Operand, attrs: ConvAttrs, context: TaskContext): void {
  const { s, y, x, group } = part;
  const { bytes, inner, outer } = s;
  const shape: Four = [out.shape[0]!, y.pixels, x.pixels, inner];
  const whole = attrs.strides[0] === 1 && attrs.strides[1] === 1;
  const target = addressOf(out) + group * inner * bytes;
  const apart = whole ? null : placeWorkspace(shape, bytes, context);
  const c = apart === null ? { address: target, row: s.groups * inner * bytes } : { ...apart, row: inner * bytes };
  const product = {
    kind: s.kind,
    m: shape[0] * shape[1] * shape[2],
    n: inner,
    k: y.taps * x.taps * outer,
    a: { windows: windowsOf(part, g), transposed: false },
    b: turnKernel(part, kernel, context),
    c: { address: c.address, row: c.row },
  };
  runProduct(product, context);
  if (apart === null) return;
  const [batch, high, wide] = byteStrides([out.shape[0]!, out.shape[1]!, out.shape[2]!, s.groups * inner], bytes);
  const to = {
    address: target + y.first * high + x.first * wide,
    strides: [batch, high * attrs.strides[0], wide * attrs.strides[1], bytes] as Four,
  };
  copyPlaced(context, bytes, shape, to, apart);
}

/** What of the cotangent meets the pixels of a part. */
function windowsOf({ s, y, x, group }: Part, g: Placed): WindowLayout {
  return {
    image: g.address + group * s.outer * s.bytes,
    batchStride: g.strides[0],
    yStride: g.strides[1],
    xStride: g.strides[2],
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
    channels: s.outer,
    fill: 0,
  };
}

/** The kernel's taps of this part as a matrix `[taps · out, in]`: that of a single tap is there, only transposed. */
function turnKernel({ s, y, x, group }: Part, kernel: Placed, context: TaskContext): MatrixLayout {
  const { bytes, inner, outer } = s;
  const [ky, kx, ci, co] = kernel.strides;
  const address = kernel.address + y.firstTap * ky + x.firstTap * kx + group * outer * bytes;
  if (y.taps * x.taps === 1) return { address, row: co, column: ci };
  const turned = placeWorkspace([y.taps, x.taps, outer, inner], bytes, context);
  const from = { address, strides: [ky * y.tapStep, kx * x.tapStep, co, ci] as Four };
  copyPlaced(context, bytes, turned.shape, turned, from);
  return { address: turned.address, row: inner * bytes, column: bytes };
}
