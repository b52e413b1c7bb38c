import { ShapeError } from '../../core/errors';
import type { Shape } from '../../core/shape';
import type { Tensor } from '../../core/tensor';
import { tensor } from '../../ops/create';
import { mul } from '../../ops/elementwise';
import { gather } from '../../ops/gather';
import { max, sum } from '../../ops/reduce';
import { reshape } from '../../ops/shape-ops';
import type { Layer } from '../layer';
import { defineLayer } from './define';
import { type LayerConfig, type LayerOptions, OptionReader } from './options';
import { axesOf, expectSpatial, type PerAxis, perAxis, type Rank } from './spatial';

/** Options of pools that are told the size of their output. */
export interface AdaptivePoolOptions<R extends Rank = Rank> extends LayerOptions {
  /** How many windows there are along each axis, one number for all or one for each. */
  readonly outputSize: number | PerAxis<R>;
}

export interface AdaptivePoolConfig<R extends Rank = Rank> extends LayerConfig {
  readonly outputSize: PerAxis<R>;
}

/** The cells of the windows along an axis: window i of `count` is [⌊i·n / count⌋, ⌈(i + 1)·n / count⌉). */
interface Windows {
  /** All of one length; shorter ones repeat their last cell. */
  readonly cells: Int32Array;
  /** What each cell weighs in the mean of its window; 0 for repeated ones. */
  readonly weights: Float64Array;
  readonly length: number;
}

function windowsAlong(n: number, count: number): Windows {
  const from = Array.from({ length: count }, (_, i) => Math.floor((i * n) / count));
  const to = Array.from({ length: count }, (_, i) => Math.ceil(((i + 1) * n) / count));
  const length = Math.max(...to.map((end, i) => end - from[i]!));
  const cells = new Int32Array(count * length);
  const weights = new Float64Array(count * length);
  for (let k = 0; k < cells.length; k++) {
    const [i, at] = [Math.floor(k / length), k % length];
    const size = to[i]! - from[i]!;
    cells[k] = from[i]! + Math.min(at, size - 1);
    weights[k] = at < size ? 1 / size : 0;
  }
  return { cells, weights, length };
}

/** What a window makes of its cells, which lie along `axis`. */
type Reduce = (x: Tensor, axis: number, weights: () => Tensor) => Tensor;

const largest: Reduce = (x, axis) => max(x, { axis });
const average: Reduce = (x, axis, weights) => sum(mul(x, weights()), { axis });

/** Windows are boxes, so axes are reduced one after the other. */
function poolAxis(x: Tensor, axis: number, count: number, reduce: Reduce): Tensor {
  const { cells, weights, length } = windowsAlong(x.shape[axis]!, count);
  const { backend, dtype, shape } = x;
  const [before, behind] = [shape.slice(0, axis), shape.slice(axis + 1)];
  const picked = gather(x, tensor(cells, { dtype: 'int32', backend }), { axis });
  const windows = reshape(picked, [...before, count, length, ...behind]);
  const along = [count, length, ...behind.map(() => 1)];
  return reduce(windows, axis + 1, () =>
    tensor({ data: weights, shape: along }, { dtype: dtype as 'float32', backend }),
  );
}

function adaptivePool<R extends Rank>(
  kind: string,
  rank: R,
  options: AdaptivePoolOptions<R>,
  reduce: Reduce,
): Layer<AdaptivePoolConfig<R>> {
  const o = new OptionReader(kind, options);
  const config: AdaptivePoolConfig<R> = { outputSize: perAxis<R>(o.counts('outputSize', rank)), ...o.common() };
  const sizes = axesOf(config.outputSize);
  return defineLayer<AdaptivePoolConfig<R>>(o, config, {
    outputShape(input: Shape) {
      expectSpatial(input, rank, o.label);
      const own = input.slice(0, rank);
      if (own.includes(0)) throw new ShapeError(`${o.label}: inputs of ${own.join(' × ')} have nothing to pool.`);
      return [...sizes, input[rank]!];
    },
    run: (x) => sizes.reduce((y, count, i) => poolAxis(y, i + 1, count, reduce), x),
  });
}

/**
 * The mean over windows that divide a sequence into `outputSize` parts of about the same size, whatever its length: window i
 * of k over n steps is [⌊i·n/k⌋, ⌈(i + 1)·n/k⌉), so windows may overlap by a step.
 *
 * @param options - `outputSize` (required), `name`, `inputShape`.
 * @returns a layer from `[batch, steps, channels]` to `[batch, outputSize, channels]`.
 * @throws ConfigError without a positive size; using it, a ShapeError for inputs that don't fit.
 *
 * @example
 * ```ts
 * import { tensor } from 'kompakt';
 * import { adaptiveAvgPool1d, sequential } from 'kompakt/nn';
 * const model = sequential([adaptiveAvgPool1d({ outputSize: 2 })], { inputShape: [5, 1] });
 * console.log(model.predict(tensor([[[1], [2], [3], [4], [5]]])).toArraySync()); // → [ [ [ 2 ], [ 4 ] ] ]
 * ```
 */
export function adaptiveAvgPool1d(options: AdaptivePoolOptions<1>): Layer<AdaptivePoolConfig<1>> {
  return adaptivePool('adaptiveAvgPool1d', 1, options, average);
}

/**
 * {@link adaptiveAvgPool1d} over images.
 *
 * @param options - `outputSize` (required): one number for both axes, or `[height, width]`; `name`, `inputShape`.
 * @returns a layer from `[batch, height, width, channels]` to `[batch, …outputSize, channels]`.
 * @throws as {@link adaptiveAvgPool1d}.
 *
 * @example
 * ```ts
 * import { adaptiveAvgPool2d } from 'kompakt/nn';
 * console.log(adaptiveAvgPool2d({ outputSize: 7 }).outputShape([11, 13, 3])); // → [ 7, 7, 3 ]
 * ```
 */
export function adaptiveAvgPool2d(options: AdaptivePoolOptions<2>): Layer<AdaptivePoolConfig<2>> {
  return adaptivePool('adaptiveAvgPool2d', 2, options, average);
}

/**
 * {@link adaptiveAvgPool1d} over volumes.
 *
 * @param options - `outputSize` (required): one number for all axes, or one for each; `name`, `inputShape`.
 * @returns a layer from `[batch, depth, height, width, channels]` to `[batch, …outputSize, channels]`.
 * @throws as {@link adaptiveAvgPool1d}.
 *
 * @example
 * ```ts
 * import { adaptiveAvgPool3d } from 'kompakt/nn';
 * console.log(adaptiveAvgPool3d({ outputSize: [1, 2, 3] }).outputShape([4, 5, 6, 2])); // → [ 1, 2, 3, 2 ]
 * ```
 */
export function adaptiveAvgPool3d(options: AdaptivePoolOptions<3>): Layer<AdaptivePoolConfig<3>> {
  return adaptivePool('adaptiveAvgPool3d', 3, options, average);
}

/**
 * The largest value in each of the windows of {@link adaptiveAvgPool1d}.
 *
 * @param options - `outputSize` (required), `name`, `inputShape`.
 * @returns a layer from `[batch, steps, channels]` to `[batch, outputSize, channels]`.
 * @throws as {@link adaptiveAvgPool1d}.
 *
 * @example
 * ```ts
 * import { adaptiveMaxPool1d } from 'kompakt/nn';
 * console.log(adaptiveMaxPool1d({ outputSize: 4 }).outputShape([10, 8])); // → [ 4, 8 ]
 * ```
 */
export function adaptiveMaxPool1d(options: AdaptivePoolOptions<1>): Layer<AdaptivePoolConfig<1>> {
  return adaptivePool('adaptiveMaxPool1d', 1, options, largest);
}

/**
 * The largest value in each of the windows of {@link adaptiveAvgPool2d}.
 *
 * @param options - `outputSize` (required): one number for both axes, or `[height, width]`; `name`, `inputShape`.
 * @returns a layer from `[batch, height, width, channels]` to `[batch, …outputSize, channels]`.
 * @throws as {@link adaptiveAvgPool1d}.
 *
 * @example
 * ```ts
 * import { adaptiveMaxPool2d } from 'kompakt/nn';
 * console.log(adaptiveMaxPool2d({ outputSize: [2, 3] }).outputShape([5, 5, 1])); // → [ 2, 3, 1 ]
 * ```
 */
export function adaptiveMaxPool2d(options: AdaptivePoolOptions<2>): Layer<AdaptivePoolConfig<2>> {
  return adaptivePool('adaptiveMaxPool2d', 2, options, largest);
}

/**
 * The largest value in each of the windows of {@link adaptiveAvgPool3d}.
 *
 * @param options - `outputSize` (required): one number for all axes, or one for each; `name`, `inputShape`.
 * @returns a layer from `[batch, depth, height, width, channels]` to `[batch, …outputSize, channels]`.
 * @throws as {@link adaptiveAvgPool1d}.
 *
 * @example
 * ```ts
 * import { adaptiveMaxPool3d } from 'kompakt/nn';
 * console.log(adaptiveMaxPool3d({ outputSize: 2 }).outputShape([4, 5, 6, 1])); // → [ 2, 2, 2, 1 ]
 * ```
 */
export function adaptiveMaxPool3d(options: AdaptivePoolOptions<3>): Layer<AdaptivePoolConfig<3>> {
  return adaptivePool('adaptiveMaxPool3d', 3, options, largest);
}
