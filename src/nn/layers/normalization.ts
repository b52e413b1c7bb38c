import { type Shape, sizeOf } from '../../core/shape';
import type { Tensor } from '../../core/tensor';
import { add, cast, div, mul, rsqrt, square, sub } from '../../ops/elementwise';
import { stopGradient } from '../../ops/elementwise/stop-gradient';
import { mean, sum } from '../../ops/reduce';
import { broadcastTo, reshape } from '../../ops/shape-ops';
import type { Initializer } from '../initializers';
import type { CallContext, CallResult, Layer, Params } from '../layer';
import { defineLayer } from './define';
import { OptionReader } from './options';
import {
  axesIn,
  readAxes,
  readScaling,
  type ScalingConfig,
  type ScalingOptions,
  sampleAxis,
  scalingHeld,
  scalingWeights,
  standardized,
} from './scaling';

/** Added to the number of elements that count; Keras's. */
const MASK_EPSILON = 1e-7;

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
  /** Whether x is only divided by its deviation and multiplied by γ, not centred nor shifted; by default false. */
  readonly rmsScaling?: boolean | undefined;
}

export interface LayerNormConfig extends ScalingConfig {
  readonly axis: readonly number[];
  readonly rmsScaling: boolean;
}

/** (x − μ)·s + β with s = γ/√(v + ε), as one factor and one term per channel: x·s + (β − μ·s). */
function normalize(x: Tensor, mu: Tensor, v: Tensor, epsilon: number, { gamma, beta }: Params): Tensor {
  const inverse = rsqrt(add(v, epsilon));
  const factor = gamma === undefined ? inverse : mul(inverse, gamma);
  const shift = mul(mu, factor);
  return add(mul(x, factor), beta === undefined ? mul(shift, -1) : sub(beta, shift));
}

/**
 * Batch normalisation: y = γ·(x − μ)/√(v + ε) + β, per channel. In training, μ and v are the mean and biased variance of
 * the batch, and the running ones follow: m ← momentum·m + (1 − momentum)·μ. At inference, or when the layer is not
 * trainable, the running ones are used. Steps that a mask leaves out are normalised, but do not count in μ and v.
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
  const axis = o.axis('axis', -1);
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
  const counts = ctx.mask === null || ctx.mask === undefined ? null : countsFor(ctx.mask, x);
  const mu = averageOf(x, counts, others);
  const centred = sub(x, mu);
  const v = averageOf(square(centred), counts, others);
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

/** The mean over `axes`, of what counts if not everything does; 0 where nothing does. */
function averageOf(x: Tensor, counts: Tensor | null, axes: readonly number[]): Tensor {
  if (counts === null) return mean(x, { axis: axes, keepDims: true });
  const count = sum(counts, { axis: axes, keepDims: true });
  return div(sum(mul(x, counts), { axis: axes, keepDims: true }), add(count, MASK_EPSILON));
}

/** 1 for elements that count, else 0, of the shape of `x`. */
function countsFor(mask: Tensor, x: Tensor): Tensor {
  const along = [...mask.shape, ...x.shape.slice(mask.rank).map(() => 1)];
  return broadcastTo(reshape(cast(mask, x.dtype), along), x.shape);
}

/**
 * Layer normalisation: y = γ·(x − μ)/√(v + ε) + β, with the mean and biased variance of each sample over `axis`.
 *
 * @param options - `axis = -1` (one or several), `rmsScaling = false`, `epsilon = 0.001`, `center = true`, `scale = true`,
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
  const config = { axis: readAxes(o, -1), rmsScaling: o.flag('rmsScaling', false), ...readScaling(o), ...o.common() };
  const axesOf = (input: Shape): number[] => axesIn(config.axis, input, o.label);
  // Without the shift there is nothing but γ.
  const scaling = config.rmsScaling ? { ...config, scale: true, center: false } : config;
  return defineLayer<LayerNormConfig>(o, config, {
    outputShape(input) {
      axesOf(input);
      return input;
    },
    weights: (input) =>
      scalingWeights(
        scaling,
        axesOf(input).map((a) => input[a - 1]!),
      ),
    run: (x, { gamma, beta }) => {
      const axes = axesOf(x.shape.slice(1));
      const along = x.shape.map((n, i) => (axes.includes(i) ? n : 1));
      let y = config.rmsScaling ? scaledByDeviation(x, axes, config.epsilon) : standardized(x, axes, config.epsilon);
      if (gamma !== undefined) y = mul(y, reshape(gamma, along));
      return beta === undefined ? y : add(y, reshape(beta, along));
    },
    multiplyAdds: (input) => sizeOf(input),
    passesMask: true,
    ...scalingHeld(scaling),
  });
}

/** x/√(v + ε) with the variance of each sample over `axes`; x itself is not centred. */
function scaledByDeviation(x: Tensor, axes: readonly number[], epsilon: number): Tensor {
  const centred = sub(x, mean(x, { axis: axes, keepDims: true }));
  return mul(x, rsqrt(add(mean(square(centred), { axis: axes, keepDims: true }), epsilon)));
}
