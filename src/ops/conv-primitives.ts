import type { TypedArray } from '../core/dtype';
import { isFloating } from '../core/dtype';
import { DTypeError, ShapeError } from '../core/errors';
import { apply, defineOp, type Op, type TensorSpec } from '../core/op';
import { formatShape, type Shape, sameShape } from '../core/shape';
import type { Tensor } from '../core/tensor';
import { toContiguous, type View } from '../core/view';
import { forEachTap, type Pair, type WindowAttrs, type WindowGeometry, windowOutput } from './window';

/** Geometry of a convolution; images `[batch, h, w, in]`, kernels `[kh, kw, in / groups, out]`. */
export interface ConvAttrs extends WindowAttrs {
  readonly groups: number;
}

export interface ConvInputGradAttrs extends ConvAttrs {
  /** Of the image whose gradient this is, batch included. */
  readonly inputShape: Shape;
}

export interface ConvKernelGradAttrs extends ConvAttrs {
  readonly kernelShape: Shape;
}

/**
 * A convolution and its two gradients. With y = conv(x, k), all three are contractions of two of (x, k, y) into the
 * third, so the derivatives of each are the other two.
 */
export interface ConvFamily {
  readonly forward: Op<ConvAttrs>;
  readonly inputGrad: Op<ConvInputGradAttrs>;
  readonly kernelGrad: Op<ConvKernelGradAttrs>;
}

/** Whether the kernel is `[kh, kw, in, multiplier]`, one filter bank per channel, or `[kh, kw, in / groups, out]`. */
type Kind = 'dense' | 'depthwise';

/** Code of the three, as {@link Op.kernel}. */
type ConvKernels = { readonly [K in keyof ConvFamily]: unknown };

/** Declares the three primitives `name`, `nameInputGrad` and `nameKernelGrad`. */
export function defineConvolution(name: string, kind: Kind, kernels: ConvKernels): ConvFamily {
  const outputOf = (x: Shape, k: Shape, a: ConvAttrs): Shape => convOutputShape(x, k, a, kind, name);
  const forward: Op<ConvAttrs> = defineOp({
    name,
    kernel: kernels.forward,
    infer: ([x, k], a) => ({ shape: outputOf(x!.shape, k!.shape, a), dtype: floatingPair(x!, k!, name) }),
    reference: ([x, k], out, a) => contract('output', x!.shape, k!.shape, a, kind, [x!, k!], out),
    vjp: (g, { inputs: [x, k], attrs }, i) =>
      i === 0
        ? apply(inputGrad, [g, k!], { ...attrs, inputShape: x!.shape })
        : apply(kernelGrad, [x!, g], { ...attrs, kernelShape: k!.shape }),
  });
  const inputGrad: Op<ConvInputGradAttrs> = defineOp({
    name: `${name}InputGrad`,
    kernel: kernels.inputGrad,
    infer: ([g, k], a) => {
      expectGradShape(g!.shape, outputOf(a.inputShape, k!.shape, a), `${name}InputGrad`);
      return { shape: a.inputShape, dtype: floatingPair(g!, k!, `${name}InputGrad`) };
    },
    reference: ([g, k], out, a) => contract('input', a.inputShape, k!.shape, a, kind, [g!, k!], out),
    vjp: (u, { inputs: [g, k], attrs: { inputShape: _, ...attrs } }, i) =>
      i === 0 ? apply(forward, [u, k!], attrs) : apply(kernelGrad, [u, g!], { ...attrs, kernelShape: k!.shape }),
  });
  const kernelGrad: Op<ConvKernelGradAttrs> = defineOp({
    name: `${name}KernelGrad`,
    kernel: kernels.kernelGrad,
    infer: ([x, g], a) => {
      expectGradShape(g!.shape, outputOf(x!.shape, a.kernelShape, a), `${name}KernelGrad`);
      return { shape: a.kernelShape, dtype: floatingPair(x!, g!, `${name}KernelGrad`) };
    },
    reference: ([x, g], out, a) => contract('kernel', x!.shape, a.kernelShape, a, kind, [x!, g!], out),
    vjp: (u, { inputs: [x, g], attrs: { kernelShape: _, ...attrs } }, i) =>
      i === 0 ? apply(inputGrad, [g!, u], { ...attrs, inputShape: x!.shape }) : apply(forward, [x!, u], attrs),
  });
  return { forward, inputGrad, kernelGrad };
}

function floatingPair(a: TensorSpec, b: TensorSpec, what: string): TensorSpec['dtype'] {
  if (!isFloating(a.dtype) || a.dtype !== b.dtype) {
    throw new DTypeError(
      `${what}: needs two operands of float32 or two of float64, got ${a.dtype} and ${b.dtype}. Use cast.`,
    );
  }
  return a.dtype;
}

function expectGradShape(got: Shape, expected: Shape, what: string): void {
  if (!sameShape(got, expected)) {
    throw new ShapeError(
      `${what}: the cotangent has shape ${formatShape(got)}, the output ${formatShape(expected)}; they must agree.`,
    );
  }
}

/** Output shape of a convolution, after checking that the kernel fits the image. */
function convOutputShape(x: Shape, k: Shape, a: ConvAttrs, kind: Kind, what: string): Shape {
  if (x.length !== 4 || k.length !== 4) {
    throw new ShapeError(
      `${what}: needs images [batch, height, width, channels] and a kernel of rank 4, got ${formatShape(x)} and ${formatShape(k)}.`,
    );
  }
  const [, , inner, last] = k as [number, number, number, number];
  const channels = x[3]!;
  if (kind === 'depthwise') {
    if (channels !== inner) {
      throw new ShapeError(
        `${what}: the input ${formatShape(x)} has ${channels} channels, the kernel ${formatShape(k)} is for ${inner}. ` +
          'A depthwise kernel is [height, width, channels, multiplier].',
      );
    }
  } else if (channels !== inner * a.groups || last % a.groups !== 0) {
    throw new ShapeError(
      `${what}: the input ${formatShape(x)} has ${channels} channels; a kernel ${formatShape(k)} with groups ${a.groups} takes ` +
        `${inner * a.groups}, and its ${last} filters must divide into the groups. A kernel is [height, width, in / groups, out].`,
    );
  }
  const [oh, ow] = windowOutput([x[1]!, x[2]!], [k[0]!, k[1]!], a, what);
  return [x[0]!, oh, ow, kind === 'depthwise' ? inner * last : last];
}

/**
 * The definition of all three: y[b, p, o] = Σ x[b, p·stride + cell·dilation − padding, i]·k[cell, i, o], contracted into
 * whichever of `output`, `input` (the gradient by x) and `kernel` is asked for, with sums in double precision.
 * A depthwise kernel is, in memory, one with as many groups as channels.
 */
function contract(
  into: 'output' | 'input' | 'kernel',
  x: Shape,
  k: Shape,
  a: ConvAttrs,
  kind: Kind,
  [left, right]: readonly [View, View],
  out: View,
): void {
  const window: Pair = [k[0]!, k[1]!];
  const input: Pair = [x[1]!, x[2]!];
  const geometry: WindowGeometry = {
    ...a,
    batch: x[0]!,
    input,
    window,
    output: windowOutput(input, window, a, 'conv'),
  };
  const groups = kind === 'depthwise' ? x[3]! : a.groups;
  const channels: Channels = {
    groups,
    inner: groups === 0 ? 0 : x[3]! / groups,
    outer: kind === 'depthwise' ? k[3]! : k[3]! / groups,
  };
  const sum = new Float64Array(out.data.length === 0 ? 0 : out.shape.reduce((m, n) => m * n, 1));
  TAPS[into](geometry, channels, toContiguous(left, false), toContiguous(right, false), sum);
  out.data.set(sum, out.offset);
}

interface Channels {
  readonly groups: number;
  /** Input and output channels of one group. */
  readonly inner: number;
  readonly outer: number;
}

type Taps = (
  geometry: WindowGeometry,
  channels: Channels,
  left: TypedArray,
  right: TypedArray,
  sum: Float64Array,
) => void;

const TAPS: Readonly<Record<'output' | 'input' | 'kernel', Taps>> = {
  output: (geometry, { groups, inner, outer }, x, k, y) => {
    const filters = groups * outer;
    forEachTap(geometry, (out, input, cell) => {
      for (let g = 0; g < groups; g++) {
        const yAt = out * filters + g * outer;
        for (let i = 0; i < inner; i++) {
          const value = x[(input * groups + g) * inner + i]!;
          const kAt = (cell * inner + i) * filters + g * outer;
          for (let o = 0; o < outer; o++) y[yAt + o]! += value * k[kAt + o]!;
        }
      }
    });
  },
  input: (geometry, { groups, inner, outer }, y, k, x) => {
    const filters = groups * outer;
    forEachTap(geometry, (out, input, cell) => {
      for (let g = 0; g < groups; g++) {
        const yAt = out * filters + g * outer;
        for (let i = 0; i < inner; i++) {
          const kAt = (cell * inner + i) * filters + g * outer;
          let total = 0;
          for (let o = 0; o < outer; o++) total += y[yAt + o]! * k[kAt + o]!;
          x[(input * groups + g) * inner + i]! += total;
        }
      }
    });
  },
  kernel: (geometry, { groups, inner, outer }, x, y, k) => {
    const filters = groups * outer;
    forEachTap(geometry, (out, input, cell) => {
      for (let g = 0; g < groups; g++) {
        const yAt = out * filters + g * outer;
        for (let i = 0; i < inner; i++) {
          const value = x[(input * groups + g) * inner + i]!;
          const kAt = (cell * inner + i) * filters + g * outer;
          for (let o = 0; o < outer; o++) k[kAt + o]! += value * y[yAt + o]!;
        }
      }
    });
  },
};

/** Applies one of the primitives with only the attributes that belong to it. */
export function runConv(op: Op<ConvAttrs>, x: Tensor, kernel: Tensor, attrs: ConvAttrs): Tensor {
  const { strides, padding, dilations, groups } = attrs;
  return apply(op, [x, kernel], { strides, padding, dilations, groups });
}
