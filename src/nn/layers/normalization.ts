import { ShapeError } from '../../core/errors';
import { formatShape, type Shape, sizeOf } from '../../core/shape';
import type { Tensor } from '../../core/tensor';
import { add, mul, rsqrt, square, sub } from '../../ops/elementwise';
import { stopGradient } from '../../ops/elementwise/stop-gradient';
import { normalizeRows } from '../../ops/normalize';
import { mean } from '../../ops/reduce';
import { reshape } from '../../ops/shape-ops';
import type { Initializer } from '../initializers';
import type { CallContext, CallResult, Layer, Params } from '../layer';
import { defineLayer, heldBy, type WeightSpec } from './define';
import { type LayerConfig, type LayerOptions, OptionReader, type WeightConfig, type WeightOptions } from './options';

interface ScalingOptions extends LayerOptions, WeightOptions<'gamma'>, WeightOptions<'beta'> {
  /** Added to the variance, by default 0.001. */
  readonly epsilon?: number | undefined;
  /** Whether β is added; by default true. */
  readonly center?: boolean | undefined;
  /** Whether the result is multiplied by γ; by default true. */
  readonly scale?: boolean | undefined;
}

interface ScalingConfig extends LayerConfig, WeightConfig<'gamma'>, WeightConfig<'beta'> {
  readonly epsilon: number;
  readonly center: boolean;
  readonly scale: boolean;
}

/** Options of {@link batchNorm}. */
export interface BatchNormOptions extends ScalingOptions {
  /** The axis of the channels, counted with the batch axis; by default −1. */
  readonly axis?: number | undefined;
  /** What the running statistics keep of themselves at each step, by default 0.99. */
  readonly momentum?: number | undefined;
  /** By default `'zeros'`. */
  readonly movingMeanInitializer?: Initializer | undefined;
  /** By default `'ones'`. */
  readonly movingVarianceInitializer?: Initializer | undefined;
}

export interface BatchNormConfig extends ScalingConfig {
  readonly axis: number;
  readonly momentum: number;
  readonly movingMeanInitializer: Initializer;
  readonly movingVarianceInitializer: Initializer;
}

/** Options of {@link layerNorm}. */
export interface LayerNormOptions extends ScalingOptions {
  /** The axes to normalise over, counted with the batch axis; by default −1. */
  readonly axis?: number | readonly number[] | undefined;
}

export interface LayerNormConfig extends ScalingConfig {
  readonly axis: readonly number[];
}

function readScaling(o: OptionReader): Omit<ScalingConfig, keyof LayerConfig> {
  return {
    epsilon: o.number('epsilon', 1e-3, 0),
    center: o.flag('center', true),
    scale: o.flag('scale', true),
    ...o.weight('beta', 'zeros'),
    ...o.weight('gamma', 'ones'),
  };
}

function scalingWeights(config: ScalingConfig, shape: Shape): Record<string, WeightSpec> {
  return {
    ...(config.scale && { gamma: { shape, initializer: config.gammaInitializer } }),
    ...(config.center && { beta: { shape, initializer: config.betaInitializer } }),
  };
}

const scalingHeld = (c: ScalingConfig) => heldBy(c, { gamma: c.scale && 'gamma', beta: c.center && 'beta' });

/** (x − μ)·s + β with s = γ/√(v + ε), as one factor and one term per channel: x·s + (β − μ·s). */
function normalize(x: Tensor, mu: Tensor, v: Tensor, epsilon: number, { gamma, beta }: Params): Tensor {
  const inverse = rsqrt(add(v, epsilon));
  const factor = gamma === undefined ? inverse : mul(inverse, gamma);
  const shift = mul(mu, factor);
  return add(mul(x, factor), beta === undefined ? mul(shift, -1) : sub(beta, shift));
}

/** (x − μ)/√(v + ε) with the mean and biased variance of each sample over `axes`, in one pass where that is the last. */
function standardized(x: Tensor, axes: readonly number[], epsilon: number): Tensor {
  if (axes.length === 1 && axes[0] === x.rank - 1) return normalizeRows(x, epsilon);
  const centred = sub(x, mean(x, { axis: axes, keepDims: true }));
  const v = mean(square(centred), { axis: axes, keepDims: true });
  return mul(centred, rsqrt(add(v, epsilon)));
}

/** Position of an axis, counted with the batch axis, among those of a sample. */
function sampleAxis(axis: number, input: Shape, label: string): number {
  const rank = input.length + 1;
  const at = axis < 0 ? axis + rank : axis;
  if (at < 1 || at >= rank) {
    throw new ShapeError(
      `${label}: axis ${axis} does not exist, or is the batch axis, for samples of shape ${formatShape(input)}. Use an axis in [1, ${rank - 1}] or from the end.`,
    );
  }
  return at - 1;
}

/**
 * Batch normalisation: y = γ·(x − μ)/√(v + ε) + β, per channel. In training, μ and v are the mean and biased variance of
 * the batch, and the running ones follow: m ← momentum·m + (1 − momentum)·μ. At inference, or when the layer is not
 * trainable, the running ones are used.
 *
 * @param options - `axis = -1`, `momentum = 0.99`, `epsilon = 0.001`, `center = true`, `scale = true`,
 * `betaInitializer = 'zeros'`, `gammaInitializer = 'ones'`, `movingMeanInitializer = 'zeros'`,
 * `movingVarianceInitializer = 'ones'`, `betaRegularizer`, `gammaRegularizer`, `betaConstraint`, `gammaConstraint`, `name`, `trainable = true`, `inputShape`.
 * @returns a layer that keeps the shape, with weights `gamma`, `beta` and the state `movingMean`, `movingVariance`.
 * @throws ConfigError for an option that is unknown or out of range.
 *
 * Reference: Ioffe, Szegedy 2015, “Batch Normalization”, arXiv:1502.03167.
 *
 * @example
 * ```ts
 * import { tensor } from 'kompakt';
 * import { batchNorm, sequential } from 'kompakt/nn';
 * const model = sequential([batchNorm({ epsilon: 0 })], { inputShape: [2] });
 * console.log(model.predict(tensor([[1, 2]])).toArraySync(), model.countParams()); // → [ [ 1, 2 ] ] 8
 * ```
 */
export function batchNorm(options: BatchNormOptions = {}): Layer<BatchNormConfig> {
  const o = new OptionReader('batchNorm', options);
  const axis = o.raw('axis') ?? -1;
  if (typeof axis !== 'number' || !Number.isInteger(axis) || axis === 0)
    throw o.wrong('axis', axis, 'an integer other than 0, the batch axis');
  const own = {
    axis,
    momentum: o.number('momentum', 0.99, 0, 1),
    movingMeanInitializer: o.initializer('movingMeanInitializer', 'zeros'),
    movingVarianceInitializer: o.initializer('movingVarianceInitializer', 'ones'),
  };
  const config = { ...own, ...readScaling(o), ...o.common() };
  const channelsOf = (input: Shape): Shape => [input[sampleAxis(axis, input, o.label)]!];
  return defineLayer<BatchNormConfig>(o, config, {
    outputShape(input) {
      sampleAxis(axis, input, o.label);
      return input;
    },
    weights: (input) => ({
      ...scalingWeights(config, channelsOf(input)),
      movingMean: { shape: channelsOf(input), initializer: config.movingMeanInitializer, isState: true },
      movingVariance: { shape: channelsOf(input), initializer: config.movingVarianceInitializer, isState: true },
    }),
    run: (x, weights, ctx) => runBatchNorm(x, weights, ctx, config, sampleAxis(axis, x.shape.slice(1), o.label) + 1),
    multiplyAdds: (input) => sizeOf(input),
    passesMask: true,
    ...scalingHeld(config),
  });
}

function runBatchNorm(x: Tensor, weights: Params, ctx: CallContext, config: BatchNormConfig, axis: number): CallResult {
  const { movingMean, movingVariance, ...scaling } = weights;
  const state = { movingMean: movingMean!, movingVariance: movingVariance! };
  const along = x.shape.map((n, i) => (i === axis ? n : 1));
  // Channels on the last axis broadcast as they are.
  const onAxis = (t: Tensor): Tensor => (axis === x.rank - 1 ? t : reshape(t, along));
  const perChannel = Object.fromEntries(Object.entries(scaling).map(([name, t]) => [name, onAxis(t)]));
  if (!ctx.training || !(ctx.trainable ?? config.trainable)) {
    return {
      y: normalize(x, onAxis(state.movingMean), onAxis(state.movingVariance), config.epsilon, perChannel),
      state,
    };
  }
  const others = along.flatMap((_, i) => (i === axis ? [] : [i]));
  const mu = mean(x, { axis: others, keepDims: true });
  const centred = sub(x, mu);
  const v = mean(square(centred), { axis: others, keepDims: true });
  const inverse = rsqrt(add(v, config.epsilon));
  const { gamma, beta } = perChannel;
  const scaled = mul(centred, gamma === undefined ? inverse : mul(inverse, gamma));
  const follow = (old: Tensor, now: Tensor): Tensor =>
    add(mul(old, config.momentum), mul(stopGradient(reshape(now, old.shape)), 1 - config.momentum));
  return {
    y: beta === undefined ? scaled : add(scaled, beta),
    state: { movingMean: follow(state.movingMean, mu), movingVariance: follow(state.movingVariance, v) },
  };
}

/**
 * Layer normalisation: y = γ·(x − μ)/√(v + ε) + β, with the mean and biased variance of each sample over `axis`.
 *
 * @param options - `axis = -1` (one or several), `epsilon = 0.001`, `center = true`, `scale = true`,
 * `betaInitializer = 'zeros'`, `gammaInitializer = 'ones'`, `betaRegularizer`, `gammaRegularizer`, `betaConstraint`, `gammaConstraint`, `name`,
 * `trainable = true`, `inputShape`.
 * @returns a layer that keeps the shape, with weights `gamma` and `beta` of the sizes of the axes.
 * @throws ConfigError for an option that is unknown or out of range.
 *
 * Reference: Ba, Kiros, Hinton 2016, “Layer Normalization”, arXiv:1607.06450.
 *
 * @example
 * ```ts
 * import { tensor } from 'kompakt';
 * import { layerNorm, sequential } from 'kompakt/nn';
 * const model = sequential([layerNorm({ epsilon: 0 })], { inputShape: [2] });
 * console.log(model.predict(tensor([[1, 5]])).toArraySync()); // → [ [ -1, 1 ] ]
 * ```
 */
export function layerNorm(options: LayerNormOptions = {}): Layer<LayerNormConfig> {
  const o = new OptionReader('layerNorm', options);
  const given = o.raw('axis') ?? -1;
  const axis = typeof given === 'number' ? [given] : given;
  if (!Array.isArray(axis) || axis.length === 0 || !axis.every((a) => Number.isInteger(a) && a !== 0)) {
    throw o.wrong('axis', given, 'an integer, or a list of them, other than 0, the batch axis');
  }
  const config = { axis: [...axis] as number[], ...readScaling(o), ...o.common() };
  const axesOf = (input: Shape): number[] => {
    const axes = config.axis.map((a) => sampleAxis(a, input, o.label) + 1).sort((a, b) => a - b);
    if (new Set(axes).size !== axes.length)
      throw new ShapeError(`${o.label}: axis ${formatShape(config.axis)} names the same axis twice.`);
    return axes;
  };
  return defineLayer<LayerNormConfig>(o, config, {
    outputShape(input) {
      axesOf(input);
      return input;
    },
    weights: (input) =>
      scalingWeights(
        config,
        axesOf(input).map((a) => input[a - 1]!),
      ),
    run: (x, { gamma, beta }) => {
      const axes = axesOf(x.shape.slice(1));
      const along = x.shape.map((n, i) => (axes.includes(i) ? n : 1));
      let y = standardized(x, axes, config.epsilon);
      if (gamma !== undefined) y = mul(y, reshape(gamma, along));
      return beta === undefined ? y : add(y, reshape(beta, along));
    },
    multiplyAdds: (input) => sizeOf(input),
    passesMask: true,
    ...scalingHeld(config),
  });
}
