import {
  conv2dInputGradKernel,
  conv2dKernel,
  conv2dKernelGradKernel,
  depthwiseConv2dInputGradKernel,
  depthwiseConv2dKernel,
  depthwiseConv2dKernelGradKernel,
} from '../backends/wasm/kernels';
import { ConfigError, ShapeError } from '../core/errors';
import { apply } from '../core/op';
import { checkOptions } from '../core/options';
import { scope } from '../core/scope';
import { formatShape } from '../core/shape';
import type { Tensor } from '../core/tensor';
import { defineConvolution, runConv } from './conv-primitives';
import type { TensorLike } from './create';
import { inChannelsLast } from './data-format';
import { floatingOperands } from './operand';
import { expandDims, reshape, squeeze } from './shape-ops';
import {
  type DataFormat,
  type Padding2d,
  type PaddingOption,
  type Pair,
  resolvePadding,
  toPair,
  windowExtent,
} from './window';

const conv = /* @__PURE__ */ defineConvolution('conv2d', 'dense', {
  forward: conv2dKernel,
  inputGrad: conv2dInputGradKernel,
  kernelGrad: conv2dKernelGradKernel,
});
const depthwise = /* @__PURE__ */ defineConvolution('depthwiseConv2d', 'depthwise', {
  forward: depthwiseConv2dKernel,
  inputGrad: depthwiseConv2dInputGradKernel,
  kernelGrad: depthwiseConv2dKernelGradKernel,
});

const OPTIONS = ['strides', 'padding', 'dilations', 'dataFormat'];
const GROUPED_OPTIONS = ['strides', 'padding', 'dilations', 'groups', 'dataFormat'];

export interface Conv2dOptions {
  /** Step of the window, by default 1. */
  readonly strides?: number | Pair | undefined;
  /** `'valid'` (default), `'same'`, or `[[top, bottom], [left, right]]`. */
  readonly padding?: PaddingOption | undefined;
  /** Distance between the cells of the kernel, by default 1. */
  readonly dilations?: number | Pair | undefined;
  /** By default `'channelsLast'`. */
  readonly dataFormat?: DataFormat | undefined;
}

export interface GroupedConv2dOptions extends Conv2dOptions {
  /** Blocks of channels that are convolved apart from each other, by default 1. */
  readonly groups?: number | undefined;
}

/**
 * 2-D convolution (cross-correlation, as in every deep-learning library):
 * y[b, p, o] = Σ x[b, p·strides + cell·dilations − padding, i] · kernel[cell, i, o].
 *
 * @param x - images `[batch, height, width, in]`, or `[batch, in, height, width]` with `dataFormat: 'channelsFirst'`.
 * @param kernel - `[kh, kw, in / groups, out]` in either format.
 * @param options - `strides = 1`, `padding = 'valid'`, `dilations = 1`, `groups = 1`, `dataFormat = 'channelsLast'`.
 * @returns `[batch, oh, ow, out]`, oh = ⌊(height + padding − (kh − 1)·dilation − 1) / stride⌋ + 1; `'same'`: ⌈height / stride⌉.
 * @throws ShapeError when the channels do not fit or the window is larger than the padded image; ConfigError for
 * options out of range.
 *
 * @example
 * ```ts
 * import { conv2d, ones } from 'kompakt';
 * const y = conv2d(ones([1, 5, 5, 2]), ones([3, 3, 2, 4]), { padding: 'same', strides: 2 });
 * console.log(y.shape, y.dataSync()[0]); // → [ 1, 3, 3, 4 ] 8
 * ```
 */
export function conv2d(x: TensorLike, kernel: TensorLike, options: GroupedConv2dOptions = {}): Tensor {
  checkOptions(options, GROUPED_OPTIONS, 'conv2d');
  return scope(() => {
    const [images, k] = floatingOperands(x, kernel);
    const groups = toGroups(options.groups, 'conv2d');
    return inChannelsLast(images, options.dataFormat, 'conv2d', (nhwc) => {
      const attrs = { ...resolve(nhwc, k, options, 'conv2d'), groups };
      const [kh, kw, inner, out] = k.shape as [number, number, number, number];
      const perChannel = groups > 1 && groups === nhwc.shape[3] && inner === 1 && out % groups === 0;
      if (!perChannel) return runConv(conv.forward, nhwc, k, attrs);
      // One group per channel is a depthwise convolution, for which backends have a direct kernel.
      return runConv(depthwise.forward, nhwc, reshape(k, [kh, kw, groups, out / groups]), { ...attrs, groups: 1 });
    });
  });
}

/**
 * Depthwise 2-D convolution: every channel has filters of its own,
 * y[b, p, i·m + r] = Σ x[b, p·strides + cell·dilations − padding, i] · kernel[cell, i, r].
 *
 * @param x - images `[batch, height, width, channels]` (see `dataFormat`).
 * @param kernel - `[kh, kw, channels, m]`.
 * @param options - `strides = 1`, `padding = 'valid'`, `dilations = 1`, `dataFormat = 'channelsLast'`.
 * @returns `[batch, oh, ow, channels · m]`.
 * @throws ShapeError, ConfigError as {@link conv2d}.
 *
 * @example
 * ```ts
 * import { depthwiseConv2d, ones } from 'kompakt';
 * console.log(depthwiseConv2d(ones([1, 4, 4, 3]), ones([3, 3, 3, 2])).shape); // → [ 1, 2, 2, 6 ]
 * ```
 */
export function depthwiseConv2d(x: TensorLike, kernel: TensorLike, options: Conv2dOptions = {}): Tensor {
  checkOptions(options, OPTIONS, 'depthwiseConv2d');
  return scope(() => {
    const [images, k] = floatingOperands(x, kernel);
    return inChannelsLast(images, options.dataFormat, 'depthwiseConv2d', (nhwc) =>
      runConv(depthwise.forward, nhwc, k, { ...resolve(nhwc, k, options, 'depthwiseConv2d'), groups: 1 }),
    );
  });
}

export interface Conv1dOptions {
  readonly strides?: number | undefined;
  /** `'valid'` (default), `'same'`, `'causal'` (all padding at the start), or `[before, after]`. */
  readonly padding?: 'valid' | 'same' | 'causal' | Pair | undefined;
  readonly dilations?: number | undefined;
  readonly groups?: number | undefined;
  readonly dataFormat?: DataFormat | undefined;
}

/**
 * 1-D convolution: y[b, p, o] = Σ x[b, p·strides + cell·dilations − padding, i] · kernel[cell, i, o].
 *
 * @param x - sequences `[batch, steps, in]`, or `[batch, in, steps]` with `dataFormat: 'channelsFirst'`.
 * @param kernel - `[size, in / groups, out]`.
 * @param options - `strides = 1`, `padding = 'valid'`, `dilations = 1`, `groups = 1`, `dataFormat = 'channelsLast'`.
 * @returns `[batch, steps', out]`.
 * @throws ShapeError, ConfigError as {@link conv2d}.
 *
 * @example
 * ```ts
 * import { conv1d, tensor } from 'kompakt';
 * const x = tensor([[[1], [2], [3]]]);
 * console.log(conv1d(x, tensor([[[1]], [[1]]]), { padding: 'causal' }).toArraySync()); // → [ [ [ 1 ], [ 3 ], [ 5 ] ] ]
 * ```
 */
export function conv1d(x: TensorLike, kernel: TensorLike, options: Conv1dOptions = {}): Tensor {
  checkOptions(options, GROUPED_OPTIONS, 'conv1d');
  return scope(() => {
    const [sequences, k] = floatingOperands(x, kernel);
    if (sequences.rank !== 3 || k.rank !== 3) {
      throw new ShapeError(
        `conv1d: needs sequences [batch, steps, channels] and a kernel [size, in / groups, out], got ${formatShape(sequences.shape)} ` +
          `and ${formatShape(k.shape)}.`,
      );
    }
    const { strides = 1, padding = 'valid', dilations = 1, groups = 1, dataFormat = 'channelsLast' } = options;
    const causal: Pair = [windowExtent(k.shape[0]!, dilations) - 1, 0];
    const along = padding === 'causal' ? causal : padding;
    // One row high, whatever the format.
    const axis = dataFormat === 'channelsFirst' ? 2 : 1;
    const y = conv2d(expandDims(sequences, axis), expandDims(k, 0), {
      strides: [1, strides],
      dilations: [1, dilations],
      padding: typeof along === 'string' ? along : [[0, 0], along],
      groups,
      dataFormat,
    });
    return squeeze(y, axis);
  });
}

/**
 * Transposed 2-D convolution: the gradient of {@link conv2d} with respect to its images, used to enlarge them,
 * y[b, p·strides + cell·dilations − padding, o] = Σ x[b, p, i] · kernel[cell, o, i].
 *
 * @param x - images `[batch, height, width, in]` (see `dataFormat`).
 * @param kernel - `[kh, kw, out / groups, in]`, as in Keras, which has no groups.
 * @param options - `strides = 1`, `padding = 'valid'`, `dilations = 1`, `groups = 1`, `dataFormat = 'channelsLast'`.
 * @returns `[batch, oh, ow, out]`; with e = (kh − 1)·dilation + 1, oh is height·stride for `'same'`,
 * height·stride + max(e − stride, 0) for `'valid'`, (height − 1)·stride + e − top − bottom for pairs.
 * @throws ShapeError, ConfigError as {@link conv2d}.
 *
 * @example
 * ```ts
 * import { conv2dTranspose, ones } from 'kompakt';
 * console.log(conv2dTranspose(ones([1, 4, 4, 3]), ones([3, 3, 8, 3]), { strides: 2, padding: 'same' }).shape); // → [ 1, 8, 8, 8 ]
 * ```
 */
export function conv2dTranspose(x: TensorLike, kernel: TensorLike, options: GroupedConv2dOptions = {}): Tensor {
  const what = 'conv2dTranspose';
  checkOptions(options, GROUPED_OPTIONS, what);
  return scope(() => {
    const [images, k] = floatingOperands(x, kernel);
    const groups = toGroups(options.groups, what);
    return inChannelsLast(images, options.dataFormat, what, (nhwc) => {
      expectKernel(k, nhwc, what);
      const [, , perGroup, filters] = k.shape as [number, number, number, number];
      if (filters !== nhwc.shape[3] || filters % groups !== 0) {
        throw new ShapeError(
          `${what}: the input ${formatShape(nhwc.shape)} has ${nhwc.shape[3]} channels, the kernel ${formatShape(k.shape)} takes ${filters}, ` +
            `which must divide into ${groups} groups. Its layout is [height, width, out / groups, in].`,
        );
      }
      const strides = toPair(options.strides ?? 1, 'strides', what);
      const dilations = toPair(options.dilations ?? 1, 'dilations', what);
      const window: Pair = [k.shape[0]!, k.shape[1]!];
      const size = (axis: 0 | 1): number =>
        transposedSize(nhwc.shape[axis + 1]!, axis, window, strides, dilations, options.padding ?? 'valid');
      const input: Pair = [size(0), size(1)];
      const padding: Padding2d = resolvePadding(
        options.padding ?? 'valid',
        { input, window, strides, dilations },
        what,
      );
      const inputShape = [nhwc.shape[0]!, ...input, perGroup * groups];
      if (input[0] < 1 || input[1] < 1) {
        throw new ShapeError(
          `${what}: padding ${JSON.stringify(padding)} leaves nothing of the output for an input ${formatShape(nhwc.shape)}.`,
        );
      }
      const attrs = { strides, padding, dilations, inputShape };
      if (perGroup > 1 || groups === 1) return apply(conv.inputGrad, [nhwc, k], { ...attrs, groups });
      // One channel per group is the adjoint of a depthwise convolution, for which backends have a direct kernel.
      const filtersOf = reshape(k, [k.shape[0]!, k.shape[1]!, groups, filters / groups]);
      return apply(depthwise.inputGrad, [nhwc, filtersOf], { ...attrs, groups: 1 });
    });
  });
}

function transposedSize(
  n: number,
  axis: 0 | 1,
  window: Pair,
  strides: Pair,
  dilations: Pair,
  padding: PaddingOption,
): number {
  const extent = windowExtent(window[axis], dilations[axis]);
  if (padding === 'same') return n * strides[axis];
  if (padding === 'valid') return n * strides[axis] + Math.max(extent - strides[axis], 0);
  const pad = padding[axis] as Pair | undefined;
  return (n - 1) * strides[axis] + extent - (pad?.[0] ?? 0) - (pad?.[1] ?? 0);
}

function toGroups(groups: number | undefined, what: string): number {
  if (groups === undefined) return 1;
  if (!Number.isInteger(groups) || groups < 1)
    throw new ConfigError(`${what}: groups must be a positive integer, got ${groups}.`);
  return groups;
}

function resolve(x: Tensor, kernel: Tensor, options: Conv2dOptions, what: string) {
  expectKernel(kernel, x, what);
  const strides = toPair(options.strides ?? 1, 'strides', what);
  const dilations = toPair(options.dilations ?? 1, 'dilations', what);
  const input: Pair = [x.shape[1]!, x.shape[2]!];
  const window: Pair = [kernel.shape[0]!, kernel.shape[1]!];
  return {
    strides,
    dilations,
    padding: resolvePadding(options.padding ?? 'valid', { input, window, strides, dilations }, what),
  };
}

function expectKernel(kernel: Tensor, x: Tensor, what: string): void {
  if (kernel.rank !== 4) {
    throw new ShapeError(
      `${what}: needs a kernel of rank 4 (height, width and two axes of channels), got ${formatShape(kernel.shape)} for images ${formatShape(x.shape)}.`,
    );
  }
}
