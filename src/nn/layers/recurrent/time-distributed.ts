import { ShapeError } from '../../../core/errors';
import { formatShape, type Shape } from '../../../core/shape';
import { reshape } from '../../../ops/shape-ops';
import { carriedOf } from '../../carried';
import type { AnyLayer, Layer, Mask } from '../../layer';
import { defineNested, type InnerConfig, innerConfig, innerLayer, manyFormOf, prefixed } from '../nested';
import { type LayerConfig, type LayerOptions, OptionReader } from '../options';

/** Options of {@link timeDistributed}. */
export interface TimeDistributedOptions extends LayerOptions {
  /** What every step goes through. */
  readonly layer: AnyLayer;
}

export interface TimeDistributedConfig extends LayerConfig {
  readonly layer: InnerConfig;
}

/**
 * A layer applied to every step of a sequence, with the same weights: yₜ = layer(xₜ).
 *
 * All steps are one batch for the layer, which is what batch normalisation takes its statistics from. The mask of the
 * sequences holds for the output.
 *
 * @param options - `layer` (required), of one input and one output; `name`, `trainable = true`, `inputShape`.
 * @returns a layer from `[batch, time, …]` to `[batch, time, …what the layer makes of the rest]`, with the weights of the
 * layer under `layer/`.
 * @throws ConfigError where there is no layer; using it, a ShapeError for inputs without a time axis.
 *
 * @example
 * ```ts
 * import { conv2d, sequential, timeDistributed } from 'kompakt/nn';
 * const frames = timeDistributed({ layer: conv2d({ filters: 4, kernelSize: 3 }) });
 * console.log(sequential([frames], { inputShape: [5, 8, 8, 1] }).outputShape); // → [ 5, 6, 6, 4 ]
 * ```
 */
export function timeDistributed(options: TimeDistributedOptions): Layer<TimeDistributedConfig> {
  const o = new OptionReader('timeDistributed', options);
  const layer = innerLayer(o, 'layer');
  const common = o.common();
  const config = { layer: innerConfig(layer), ...common, trainable: common.trainable && layer.trainable };
  const form = manyFormOf(layer);
  const stepOf = (input: Shape): Shape => {
    if (input.length >= 2) return input.slice(1);
    throw new ShapeError(
      `${o.label}: expected inputs [batch, time, …], got shape ${formatShape(input)} (the batch axis left out).`,
    );
  };
  return defineNested<TimeDistributedConfig>(o, config, {
    arity: { min: 1, max: 1 },
    parts: ([input]) => ({ layer: { layer, inputs: [stepOf(input!)] } }),
    outputShapes: ([input]) => [[input![0]!, ...form.outputShapes([stepOf(input!)])[0]!]],
    run: ({ xs: [x], masks: [mask] }, parts) => {
      const [batch, time, ...step] = x!.shape as [number, number, ...number[]];
      const own = stepMask(mask ?? null, batch * time);
      const y = parts.one('layer', reshape(x!, [batch * time, ...step]), own);
      return { ys: [reshape(y, [batch, time, ...y.shape.slice(1)])], masks: [mask ?? null] };
    },
    multiplyAdds: ([input]) => input![0]! * form.multiplyAdds([stepOf(input!)]),
    regularizers: prefixed('layer', layer.regularizers),
    constraints: prefixed('layer', layer.constraints),
    ...carriedOf({ layer }),
  });
}

/** The mask of steps as a layer sees them: it has one where the mask goes further than time. */
function stepMask(mask: Mask, steps: number): Mask {
  if (mask === null || mask.rank <= 2) return null;
  return reshape(mask, [steps, ...mask.shape.slice(2)]);
}
