import { ShapeError } from '../../core/errors';
import type { Tensor } from '../../core/tensor';
import { add } from '../../ops/elementwise';
import { matmul } from '../../ops/linear';
import { reshape } from '../../ops/shape-ops';
import { activate } from '../activations';
import type { Layer } from '../layer';
import { defineLayer, heldBy, positions } from './define';
import { type AffineConfig, type AffineOptions, OptionReader, type WeightConfig, type WeightOptions } from './options';

/** Options of {@link dense}. */
export interface DenseOptions extends AffineOptions, WeightOptions<'kernel'> {
  readonly units: number;
}

export interface DenseConfig extends AffineConfig, WeightConfig<'kernel'> {
  readonly units: number;
}

/**
 * A fully connected layer: y = activation(x·W + b), on the last axis.
 *
 * @param options - `units` (required), `activation = 'linear'`, `useBias = true`, `kernelInitializer = 'glorotUniform'`,
 * `biasInitializer = 'zeros'`, `kernelRegularizer`, `biasRegularizer`, `activityRegularizer`, `kernelConstraint`,
 * `biasConstraint`, `name`, `trainable = true`, `inputShape`.
 * @returns a layer from `[batch, …, features]` to `[batch, …, units]`, with weights `kernel` `[features, units]` and
 * `bias` `[units]`.
 * @throws ConfigError for an option that is missing, unknown or out of range.
 *
 * @example
 * ```ts
 * import { ones } from 'kompakt';
 * import { dense, sequential } from 'kompakt/nn';
 * const model = sequential([dense({ units: 4, activation: 'relu' })], { inputShape: [3] });
 * console.log(model.predict(ones([2, 3])).shape, model.countParams()); // → [ 2, 4 ] 16
 * ```
 */
export function dense(options: DenseOptions): Layer<DenseConfig> {
  const o = new OptionReader('dense', options);
  const units = o.count('units');
  const config = { units, ...o.affine(), ...o.weight('kernel', 'glorotUniform'), ...o.common() };
  const { activation, useBias, kernelInitializer, biasInitializer } = config;
  return defineLayer<DenseConfig>(o, config, {
    outputShape(input) {
      if (input.length === 0)
        throw new ShapeError(
          `${o.label}: expected inputs [batch, …, features], got one number per sample. Add an axis.`,
        );
      return [...input.slice(0, -1), units];
    },
    weights: (input) => ({
      kernel: { shape: [input.at(-1)!, units], initializer: kernelInitializer },
      ...(useBias && { bias: { shape: [units], initializer: biasInitializer } }),
    }),
    run: (x, { kernel, bias }) => {
      const y = onLastAxis(x, kernel!);
      return activate(activation, bias === undefined ? y : add(y, bias));
    },
    multiplyAdds: (input) => positions(input) * input.at(-1)! * units,
    passesMask: true,
    ...heldBy(config, { kernel: 'kernel', bias: useBias && 'bias' }),
  });
}

/** x·W along the last axis of `x`, as one matrix product. */
function onLastAxis(x: Tensor, kernel: Tensor): Tensor {
  if (x.rank === 2) return matmul(x, kernel);
  const features = x.shape.at(-1)!;
  const y = matmul(reshape(x, [features === 0 ? positions(x.shape) : x.size / features, features]), kernel);
  return reshape(y, [...x.shape.slice(0, -1), kernel.shape[1]!]);
}
