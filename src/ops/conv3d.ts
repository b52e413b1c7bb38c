import { ConfigError, ShapeError } from '../core/errors';
import { formatShape } from '../core/shape';
import type { Tensor } from '../core/tensor';
import { conv2d, conv2dTranspose } from './conv';
import { add } from './elementwise';
import { concat, expandDims, pad, reshape, slice, transpose } from './shape-ops';
import { type Pair, windowExtent, windowSteps } from './window';

/** A value for depth, one for height and one for width. */
export type Triple = readonly [number, number, number];

/** How a window moves over volumes. */
export interface Conv3dAttrs {
  readonly strides: Triple;
  readonly dilations: Triple;
  /** Zeros before and after each axis; of the transposed convolution, what is cut off. */
  readonly padding: readonly [Pair, Pair, Pair];
  readonly groups: number;
}

const inPlane = ({ strides, dilations, padding, groups }: Conv3dAttrs) => ({
  strides: [strides[1], strides[2]] as const,
  dilations: [dilations[1], dilations[2]] as const,
  padding: [padding[1], padding[2]] as const,
  groups,
});

/** `[depth, height, width, a, b]` as a kernel over images whose channels are those of all slices: `[h, w, depth · a, b]`. */
function flatKernel(kernel: Tensor): Tensor {
  const [kd, kh, kw, a, b] = kernel.shape as [number, number, number, number, number];
  return reshape(transpose(kernel, [1, 2, 0, 3, 4]), [kh, kw, kd * a, b]);
}

function check(x: Tensor, kernel: Tensor, channels: number, what: string): void {
  if (x.rank !== 5 || kernel.rank !== 5) {
    throw new ShapeError(
      `${what}: needs volumes [batch, depth, height, width, channels] and a kernel of rank 5, got ${formatShape(x.shape)} and ${formatShape(kernel.shape)}.`,
    );
  }
  if (x.shape[4] !== channels) {
    throw new ShapeError(
      `${what}: the input ${formatShape(x.shape)} has ${x.shape[4]} channels, the kernel ${formatShape(kernel.shape)} takes ${channels}.`,
    );
  }
}

/**
 * A convolution over volumes `[batch, depth, height, width, channels]`, kernel `[kd, kh, kw, in / groups, out]`: one over
 * images whose channels are those of the slices under the window.
 */
export function conv3d(x: Tensor, kernel: Tensor, attrs: Conv3dAttrs): Tensor {
  const { groups, strides, dilations, padding } = attrs;
  check(x, kernel, (kernel.shape[3] ?? 0) * groups, 'conv3d');
  const [kd, , , inner] = kernel.shape as [number, number, number, number];
  const [batch, depth, height, width] = x.shape as [number, number, number, number];
  const steps = windowSteps(depth, kd, strides[0], padding[0], dilations[0]);
  if (steps < 1) throw new ShapeError(`conv3d: a window of ${kd} slices does not fit ${depth}.`);
  const padded = pad(x, [[0, 0], padding[0], [0, 0], [0, 0], [0, 0]]);
  const grouped = reshape(padded, [...padded.shape.slice(0, 4), groups, inner]);
  const taps = Array.from({ length: kd }, (_, tap) => {
    const first = tap * dilations[0];
    return slice(grouped, [0, first], [batch, first + (steps - 1) * strides[0] + 1], [1, strides[0]]);
  });
  const images = reshape(concat(taps, -1), [batch * steps, height, width, groups * kd * inner]);
  const y = conv2d(images, flatKernel(kernel), inPlane(attrs));
  return reshape(y, [batch, steps, ...y.shape.slice(1)]);
}

/**
 * The adjoint of a convolution over volumes: input `[batch, depth, height, width, in]`, kernel `[kd, kh, kw, out, in]`.
 * `padding` is what is cut off of all that the windows cover.
 */
export function conv3dTranspose(x: Tensor, kernel: Tensor, attrs: Omit<Conv3dAttrs, 'groups'>): Tensor {
  check(x, kernel, kernel.shape[4]!, 'conv3dTranspose');
  const { strides, dilations, padding } = attrs;
  const [kd, , , out] = kernel.shape as [number, number, number, number];
  const [batch, depth, height, width, channels] = x.shape as [number, number, number, number, number];
  const covered = (depth - 1) * strides[0] + windowExtent(kd, dilations[0]);
  if (padding[0][0] + padding[0][1] >= covered)
    throw new ConfigError(`conv3dTranspose: padding ${JSON.stringify(padding[0])} leaves none of ${covered} slices.`);
  const planes = conv2dTranspose(
    reshape(x, [batch * depth, height, width, channels]),
    flatKernel(kernel),
    inPlane({ ...attrs, groups: 1 }),
  );
  const [, h, w] = planes.shape as [number, number, number];
  const all = reshape(planes, [batch, depth, h, w, kd, out]);
  const apart = spread(all, strides[0]);
  const taps = Array.from({ length: kd }, (_, tap) => {
    const before = tap * dilations[0];
    const one = reshape(slice(apart, [0, 0, 0, 0, tap], [batch, apart.shape[1]!, h, w, tap + 1]), [
      batch,
      apart.shape[1]!,
      h,
      w,
      out,
    ]);
    return pad(one, [
      [0, 0],
      [before, covered - before - one.shape[1]!],
      [0, 0],
      [0, 0],
      [0, 0],
    ]);
  });
  const sum = taps.reduce((a, b) => add(a, b));
  return slice(sum, [0, padding[0][0]], [batch, covered - padding[0][1]]);
}

/** Slices `stride` apart, with zeros between them. */
function spread(x: Tensor, stride: number): Tensor {
  if (stride === 1) return x;
  const [batch, depth, ...rest] = x.shape as [number, number, ...number[]];
  const gaps = pad(expandDims(x, 2), [[0, 0], [0, 0], [0, stride - 1], ...rest.map(() => [0, 0] as const)]);
  return slice(reshape(gaps, [batch, depth * stride, ...rest]), [0, 0], [batch, (depth - 1) * stride + 1]);
}
