import { formatShape, type Shape } from '../../core/shape';
import type { Tensor } from '../../core/tensor';
import { conv2dTranspose as transpose2d } from '../../ops/conv';
import { conv3dTranspose as transpose3d } from '../../ops/conv3d';
import { add } from '../../ops/elementwise';
import { expandDims, pad, squeeze } from '../../ops/shape-ops';
import { type Pair, windowExtent } from '../../ops/window';
import { activate } from '../activations';
import type { Layer } from '../layer';
import { defineLayer, heldBy } from './define';
import { type AffineConfig, type AffineOptions, OptionReader, type WeightConfig, type WeightOptions } from './options';
import { axesOf, expectSpatial, type PerAxis, perAxis, type Rank, readKernel, type Window } from './spatial';

/** Options of {@link conv1dTranspose}, {@link conv2dTranspose} and {@link conv3dTranspose}. */
export interface ConvTransposeOptions<R extends Rank> extends AffineOptions, WeightOptions<'kernel'> {
  readonly filters: number;
  /** Size of the window along each axis, or one number for all. */
  readonly kernelSize: number | PerAxis<R>;
  /** By default 1. */
  readonly strides?: number | PerAxis<R> | undefined;
  /** By default `'valid'`: all that windows cover; `'same'`: `strides` times the input. */
  readonly padding?: 'valid' | 'same' | undefined;
  /**
   * How many positions more there are at the end of each axis than the least that the windows can come from, below the
   * strides; by default null, which makes `'same'` exact and `'valid'` whole.
   */
  readonly outputPadding?: number | PerAxis<R> | null | undefined;
  /** Distance between the cells of the window, by default 1. */
  readonly dilations?: number | PerAxis<R> | undefined;
  /** Keras's name for `dilations`. */
  readonly dilationRate?: number | PerAxis<R> | undefined;
}

export interface ConvTransposeConfig<R extends Rank> extends AffineConfig, WeightConfig<'kernel'> {
  readonly filters: number;
  readonly kernelSize: PerAxis<R>;
  readonly strides: PerAxis<R>;
  readonly padding: 'valid' | 'same';
  readonly outputPadding: PerAxis<R> | null;
  readonly dilations: PerAxis<R>;
}

/** Where the output of one axis lies in all that the windows cover: `cut` at both ends, then zeros up to `size`. */
interface Extent {
  readonly size: number;
  readonly cut: Pair;
  readonly zeros: number;
}

/** Keras's arithmetic of transposed windows. */
function extentOf(n: number, axis: number, window: Window, same: boolean, outputPadding: number | null): Extent {
  const stride = window.strides[axis]!;
  const k = windowExtent(window.size[axis]!, window.dilations[axis]!);
  const extra = outputPadding ?? (same ? stride - (k % 2) : Math.max(k, stride) - k);
  const size = (n - 1) * stride + (same ? k % 2 : k) + extra;
  const covered = (n - 1) * stride + k;
  // What a window of the same size and stride would have padded at the start.
  const before = same ? Math.max(0, Math.floor((k - (k % 2) - extra) / 2)) : 0;
  const after = covered - before - size;
  return { size, cut: [before, Math.max(0, after)], zeros: Math.max(0, -after) };
}

/** The transposed convolution for sequences, images and volumes, of which `cut` is left out at the ends of every axis. */
function transposed(x: Tensor, kernel: Tensor, { strides, dilations }: Window, cut: readonly Pair[]): Tensor {
  if (x.rank === 5) {
    return transpose3d(x, kernel, { strides, dilations, padding: cut } as unknown as Parameters<typeof transpose3d>[2]);
  }
  if (x.rank === 4) return transpose2d(x, kernel, { strides, dilations, padding: cut } as never);
  const y = transpose2d(expandDims(x, 1), expandDims(kernel, 0), {
    strides: [1, strides[0]!],
    dilations: [1, dilations[0]!],
    padding: [[0, 0], cut[0]!],
  });
  return squeeze(y, 1);
}

function readOutputPadding(o: OptionReader, rank: Rank, strides: readonly number[]): number[] | null {
  const given = o.raw('outputPadding') ?? null;
  if (given === null) return null;
  const list: unknown = typeof given === 'number' ? strides.map(() => given) : given;
  const fits = Array.isArray(list) && list.length === rank && list.every((n) => Number.isInteger(n) && n >= 0);
  if (!fits || (list as number[]).some((n, i) => n >= strides[i]!)) {
    throw o.wrong('outputPadding', given, `null, or integers in [0, strides) with strides ${formatShape(strides)}`);
  }
  return [...(list as number[])];
}

function convTranspose<R extends Rank>(
  kind: string,
  rank: R,
  options: ConvTransposeOptions<R>,
): Layer<ConvTransposeConfig<R>> {
  const o = new OptionReader(kind, options);
  const filters = o.count('filters');
  const window = readKernel(o, rank);
  const outputPadding = readOutputPadding(o, rank, window.strides);
  const config: ConvTransposeConfig<R> = {
    filters,
    kernelSize: perAxis<R>(window.size),
    strides: perAxis<R>(window.strides),
    padding: o.oneOf('padding', ['valid', 'same'], 'valid'),
    outputPadding: outputPadding === null ? null : perAxis<R>(outputPadding),
    dilations: perAxis<R>(window.dilations),
    ...o.affine(),
    ...o.weight('kernel', 'glorotUniform'),
    ...o.common(),
  };
  const { useBias, padding } = config;
  const extents = (sizes: Shape): Extent[] =>
    sizes.map((n, i) => extentOf(n, i, window, padding === 'same', outputPadding?.[i] ?? null));
  const kernelShape = (input: Shape): Shape => [...axesOf(config.kernelSize as number), filters, input.at(-1)!];
  return defineLayer<ConvTransposeConfig<R>>(o, config, {
    outputShape(input) {
      expectSpatial(input, rank, o.label);
      return [...extents(input.slice(0, rank)).map((e) => e.size), filters];
    },
    weights: (input) => ({
      kernel: { shape: kernelShape(input), initializer: config.kernelInitializer },
      ...(useBias && { bias: { shape: [filters], initializer: config.biasInitializer } }),
    }),
    run: (x, { kernel, bias }) => {
      const along = extents(x.shape.slice(1, -1));
      const covered = transposed(
        x,
        kernel!,
        window,
        along.map((e) => e.cut),
      );
      const ends = along.some((e) => e.zeros > 0);
      const y = ends ? pad(covered, [[0, 0], ...along.map((e) => [0, e.zeros] as const), [0, 0]]) : covered;
      return activate(config.activation, bias === undefined ? y : add(y, bias));
    },
    multiplyAdds: (input) => [...input.slice(0, rank), ...kernelShape(input)].reduce((a, b) => a * b, 1),
    ...heldBy(config, { kernel: 'kernel', bias: useBias && 'bias' }),
  });
}

/**
 * The transposed convolution over sequences, which goes from what {@link conv1d} makes to what it takes:
 * y = activation(convᵀ(x, W) + b).
 *
 * @param options - as of {@link conv2dTranspose}.
 * @returns a layer from `[batch, steps, channels]` to `[batch, outputs, filters]`, with weights `kernel`
 * `[size, filters, channels]` and `bias` `[filters]`.
 * @throws ConfigError for an option that is missing, unknown or out of range.
 *
 * @example
 * ```ts
 * import { conv1dTranspose } from 'kompakt/nn';
 * console.log(conv1dTranspose({ filters: 4, kernelSize: 3, strides: 2 }).outputShape([10, 8])); // → [ 21, 4 ]
 * ```
 */
export function conv1dTranspose(options: ConvTransposeOptions<1>): Layer<ConvTransposeConfig<1>> {
  return convTranspose('conv1dTranspose', 1, options);
}

/**
 * The transposed convolution over images, which goes from what {@link conv2d} makes to what it takes:
 * y = activation(convᵀ(x, W) + b). With n positions along an axis, stride s and a window of k, there are n·s of them for
 * padding `'same'` and (n − 1)·s + max(k, s) for `'valid'`.
 *
 * @param options - `filters`, `kernelSize` (required), `strides = 1`, `padding = 'valid'`, `outputPadding = null`,
 * `dilations = 1`, `activation = 'linear'`, `useBias = true`, `kernelInitializer = 'glorotUniform'`,
 * `biasInitializer = 'zeros'`, `kernelRegularizer`, `biasRegularizer`, `activityRegularizer`, `kernelConstraint`,
 * `biasConstraint`, `name`, `trainable = true`, `inputShape`.
 * @returns a layer from `[batch, height, width, channels]` to `[batch, oh, ow, filters]`, with weights `kernel`
 * `[kh, kw, filters, channels]` and `bias` `[filters]`.
 * @throws ConfigError for an option that is missing, unknown or out of range.
 *
 * Reference: Dumoulin, Visin 2016, “A guide to convolution arithmetic for deep learning”, arXiv:1603.07285.
 *
 * @example
 * ```ts
 * import { conv2dTranspose } from 'kompakt/nn';
 * const layer = conv2dTranspose({ filters: 8, kernelSize: 3, strides: 2, padding: 'same' });
 * console.log(layer.outputShape([7, 7, 16])); // → [ 14, 14, 8 ]
 * ```
 */
export function conv2dTranspose(options: ConvTransposeOptions<2>): Layer<ConvTransposeConfig<2>> {
  return convTranspose('conv2dTranspose', 2, options);
}

/**
 * The transposed convolution over volumes, which goes from what {@link conv3d} makes to what it takes:
 * y = activation(convᵀ(x, W) + b).
 *
 * @param options - as of {@link conv2dTranspose}.
 * @returns a layer from `[batch, depth, height, width, channels]` to `[batch, od, oh, ow, filters]`, with weights
 * `kernel` `[kd, kh, kw, filters, channels]` and `bias` `[filters]`.
 * @throws ConfigError for an option that is missing, unknown or out of range.
 *
 * @example
 * ```ts
 * import { conv3dTranspose } from 'kompakt/nn';
 * console.log(conv3dTranspose({ filters: 2, kernelSize: 2, strides: 2 }).outputShape([4, 4, 4, 8])); // → [ 8, 8, 8, 2 ]
 * ```
 */
export function conv3dTranspose(options: ConvTransposeOptions<3>): Layer<ConvTransposeConfig<3>> {
  return convTranspose('conv3dTranspose', 3, options);
}
