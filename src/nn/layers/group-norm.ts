import { ShapeError } from '../../core/errors';
import { type Shape, sizeOf } from '../../core/shape';
import type { Tensor } from '../../core/tensor';
import { add, mul, rsqrt, square } from '../../ops/elementwise';
import { mean } from '../../ops/reduce';
import { reshape } from '../../ops/shape-ops';
import type { Layer } from '../layer';
import { unitLength } from '../unit-length';
import { defineLayer } from './define';
import { type LayerConfig, type LayerOptions, OptionReader } from './options';
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

/** Options of {@link groupNorm}. */
export interface GroupNormOptions extends ScalingOptions {
  /** How many groups the channels divide into; −1: one for each channel. By default 32. */
  readonly groups?: number | undefined;
  /** The axis of the channels, counted with the batch axis; by default −1. */
  readonly axis?: number | undefined;
}

export interface GroupNormConfig extends ScalingConfig {
  readonly groups: number;
  readonly axis: number;
}

/**
 * Group normalisation: y = γ·(x − μ)/√(v + ε) + β, with the mean and biased variance of each sample over each group of
 * channels and all positions. With `groups: -1` it is instance normalisation, with `groups: 1` one over whole samples.
 *
 * @param options - `groups = 32`, `axis = -1`, `epsilon = 0.001`, `center = true`, `scale = true`,
 * `betaInitializer = 'zeros'`, `gammaInitializer = 'ones'`, `betaRegularizer`, `gammaRegularizer`, `betaConstraint`,
 * `gammaConstraint`, `name`, `trainable = true`, `inputShape`.
 * @returns a layer that keeps the shape, with weights `gamma` and `beta` per channel.
 * @throws ConfigError for an option that is unknown or out of range; ShapeError when the channels do not divide.
 *
 * Reference: Wu, He 2018, “Group Normalization”, arXiv:1803.08494.
 *
 * @example
 * ```ts
 * import { tensor } from 'kompakt';
 * import { groupNorm } from 'kompakt/nn';
 * const layer = groupNorm({ groups: 2, epsilon: 0, center: false, scale: false });
 * const { y } = layer.call({}, {}, tensor([[1, 3, 10, 50]]), { training: false, rng: null });
 * console.log(y.toArraySync()); // → [ [ -1, 1, -1, 1 ] ]
 * ```
 */
export function groupNorm(options: GroupNormOptions = {}): Layer<GroupNormConfig> {
  const o = new OptionReader('groupNorm', options);
  const groups = o.raw('groups') === -1 ? -1 : o.count('groups', 32);
  const config = { groups, axis: o.axis('axis', -1), ...readScaling(o), ...o.common() };
  const channelAxis = (input: Shape): number => sampleAxis(config.axis, input, o.label);
  const groupsIn = (channels: number): number => {
    const count = groups === -1 ? channels : groups;
    if (count === 0 || channels % count !== 0)
      throw new ShapeError(`${o.label}: ${channels} channels do not divide into ${count} groups. Set groups.`);
    return count;
  };
  return defineLayer<GroupNormConfig>(o, config, {
    outputShape(input) {
      groupsIn(input[channelAxis(input)]!);
      return input;
    },
    passesMask: true,
    weights: (input) => scalingWeights(config, [input[channelAxis(input)]!]),
    run: (x, { gamma, beta }) => {
      const at = channelAxis(x.shape.slice(1)) + 1;
      const count = groupsIn(x.shape[at]!);
      const split = [...x.shape.slice(0, at), count, x.shape[at]! / count, ...x.shape.slice(at + 1)];
      const axes = split.map((_, i) => i).filter((i) => i !== 0 && i !== at);
      let y = reshape(standardized(reshape(x, split), axes, config.epsilon), x.shape);
      const along = x.shape.map((n, i) => (i === at ? n : 1));
      if (gamma !== undefined) y = mul(y, reshape(gamma, along));
      return beta === undefined ? y : add(y, reshape(beta, along));
    },
    multiplyAdds: (input) => sizeOf(input),
    ...scalingHeld(config),
  });
}

/** Options of {@link rmsNorm}. */
export interface RmsNormOptions extends LayerOptions {
  /** The axes to normalise over, counted with the batch axis; by default −1. */
  readonly axis?: number | readonly number[] | undefined;
  /** Added to the mean square, by default 1e-6. */
  readonly epsilon?: number | undefined;
}

export interface RmsNormConfig extends LayerConfig {
  readonly axis: readonly number[];
  readonly epsilon: number;
}

/**
 * Normalisation by the root mean square: y = scale·x/√(mean x² + ε), over `axis`.
 *
 * @param options - `axis = -1` (one or several), `epsilon = 1e-6`, `name`, `trainable = true`, `inputShape`.
 * @returns a layer that keeps the shape, with the weight `scale` of the sizes of the axes.
 * @throws ConfigError for an option that is unknown or out of range.
 *
 * Reference: Zhang, Sennrich 2019, “Root Mean Square Layer Normalization”, arXiv:1910.07467.
 *
 * @example
 * ```ts
 * import { tensor } from 'kompakt';
 * import { rmsNorm, sequential } from 'kompakt/nn';
 * const model = sequential([rmsNorm({ epsilon: 0 })], { inputShape: [2] });
 * console.log(model.predict(tensor([[5, -5]])).toArraySync()); // → [ [ 1, -1 ] ]
 * ```
 */
export function rmsNorm(options: RmsNormOptions = {}): Layer<RmsNormConfig> {
  const o = new OptionReader('rmsNorm', options);
  const config = { axis: readAxes(o, -1), epsilon: o.number('epsilon', 1e-6, 0), ...o.common() };
  const axes = (input: Shape): number[] => axesIn(config.axis, input, o.label);
  return defineLayer<RmsNormConfig>(o, config, {
    outputShape(input) {
      axes(input);
      return input;
    },
    weights: (input) => ({ scale: { shape: axes(input).map((a) => input[a - 1]!), initializer: 'ones' } }),
    run: (x, { scale }) => {
      const over = axes(x.shape.slice(1));
      const along = x.shape.map((n, i) => (over.includes(i) ? n : 1));
      const meanSquare = mean(square(x), { axis: over, keepDims: true });
      return mul(mul(x, rsqrt(add(meanSquare, config.epsilon))), reshape(scale!, along));
    },
    multiplyAdds: (input) => sizeOf(input),
  });
}

/** Options of {@link unitNorm}. */
export interface UnitNormOptions extends LayerOptions {
  /** The axes along which lengths are taken, counted with the batch axis; by default −1. */
  readonly axis?: number | readonly number[] | undefined;
}

export interface UnitNormConfig extends LayerConfig {
  readonly axis: readonly number[];
}

/** Vectors shorter than this are not made longer than 1/this times; Keras's. */
const SHORTEST = 1e-6;

/**
 * Vectors of length 1: y = x/‖x‖, along `axis`. (The constraint of that name is `unitNormConstraint`.)
 *
 * @param options - `axis = -1` (one or several), `name`, `inputShape`.
 * @returns a layer that keeps the shape; 0 stays 0.
 * @throws ConfigError for an axis that is none.
 *
 * @example
 * ```ts
 * import { tensor } from 'kompakt';
 * import { unitNorm } from 'kompakt/nn';
 * const { y } = unitNorm().call({}, {}, tensor([[0, 2], [0, 0]]), { training: false, rng: null });
 * console.log(y.toArraySync()); // → [ [ 0, 1 ], [ 0, 0 ] ]
 * ```
 */
export function unitNorm(options: UnitNormOptions = {}): Layer<UnitNormConfig> {
  const o = new OptionReader('unitNorm', options);
  const config = { axis: readAxes(o, -1), ...o.common() };
  const over = (x: Tensor): number[] => axesIn(config.axis, x.shape.slice(1), o.label);
  return defineLayer<UnitNormConfig>(o, config, {
    outputShape(input) {
      axesIn(config.axis, input, o.label);
      return input;
    },
    passesMask: true,
    run: (x) => unitLength(x, over(x), SHORTEST),
    multiplyAdds: (input) => sizeOf(input),
  });
}
