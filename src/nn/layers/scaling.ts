import { ShapeError } from '../../core/errors';
import { formatShape, type Shape } from '../../core/shape';
import type { Tensor } from '../../core/tensor';
import { add, mul, rsqrt, square, sub } from '../../ops/elementwise';
import { normalizeRows } from '../../ops/normalize';
import { mean } from '../../ops/reduce';
import { heldBy, type WeightSpec } from './define';
import type { LayerConfig, LayerOptions, OptionReader, WeightConfig, WeightOptions } from './options';

/** Options of layers that normalise, then scale and shift. */
export interface ScalingOptions extends LayerOptions, WeightOptions<'gamma'>, WeightOptions<'beta'> {
  /** Added to the variance, by default 0.001. */
  readonly epsilon?: number | undefined;
  /** Whether β is added; by default true. */
  readonly center?: boolean | undefined;
  /** Whether the result is multiplied by γ; by default true. */
  readonly scale?: boolean | undefined;
}

/** The config of {@link ScalingOptions}. */
export interface ScalingConfig extends LayerConfig, WeightConfig<'gamma'>, WeightConfig<'beta'> {
  readonly epsilon: number;
  readonly center: boolean;
  readonly scale: boolean;
}

/** Reads {@link ScalingOptions}. */
export function readScaling(o: OptionReader): Omit<ScalingConfig, keyof LayerConfig> {
  return {
    epsilon: o.number('epsilon', 1e-3, 0),
    center: o.flag('center', true),
    scale: o.flag('scale', true),
    ...o.weight('beta', 'zeros'),
    ...o.weight('gamma', 'ones'),
  };
}

/** The weights γ and β. */
export function scalingWeights(config: ScalingConfig, shape: Shape): Record<string, WeightSpec> {
  return {
    ...(config.scale && { gamma: { shape, initializer: config.gammaInitializer } }),
    ...(config.center && { beta: { shape, initializer: config.betaInitializer } }),
  };
}

/** What holds them. */
export const scalingHeld = (c: ScalingConfig) => heldBy(c, { gamma: c.scale && 'gamma', beta: c.center && 'beta' });

/** (x − μ)/√(v + ε) with the mean and biased variance of each sample over `axes`, in one pass where that is the last. */
export function standardized(x: Tensor, axes: readonly number[], epsilon: number): Tensor {
  if (axes.length === 1 && axes[0] === x.rank - 1) return normalizeRows(x, epsilon);
  const centred = sub(x, mean(x, { axis: axes, keepDims: true }));
  const v = mean(square(centred), { axis: axes, keepDims: true });
  return mul(centred, rsqrt(add(v, epsilon)));
}

/** Position of an axis, counted with the batch axis, among those of a sample. */
export function sampleAxis(axis: number, input: Shape, label: string): number {
  const rank = input.length + 1;
  const at = axis < 0 ? axis + rank : axis;
  if (at < 1 || at >= rank) {
    throw new ShapeError(
      `${label}: axis ${axis} does not exist, or is the batch axis, for samples of shape ${formatShape(input)}. Use an axis in [1, ${rank - 1}] or from the end.`,
    );
  }
  return at - 1;
}

/** One axis or several of a sample, counted with the batch axis. */
export function readAxes(o: OptionReader, byDefault: number): number[] {
  const given = o.raw('axis') ?? byDefault;
  const axis = typeof given === 'number' ? [given] : given;
  if (!Array.isArray(axis) || axis.length === 0 || !axis.every((a) => Number.isInteger(a) && a !== 0)) {
    throw o.wrong('axis', given, 'an integer, or a list of them, other than 0, the batch axis');
  }
  return [...axis];
}

/** The axes, of `[batch, ...input]` and in order. */
export function axesIn(axis: readonly number[], input: Shape, label: string): number[] {
  const axes = axis.map((a) => sampleAxis(a, input, label) + 1).sort((a, b) => a - b);
  if (new Set(axes).size !== axes.length)
    throw new ShapeError(`${label}: axis ${formatShape(axis)} names the same axis twice.`);
  return axes;
}
