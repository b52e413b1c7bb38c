import { ShapeError } from '../../core/errors';
import type { Tensor } from '../../core/tensor';
import { add } from '../../ops/elementwise';
import { matmul } from '../../ops/linear';
import { reshape } from '../../ops/shape-ops';
import { activate } from '../activations';
import type { Initializer } from '../initializers';
import type { Layer, RegularizerConfig } from '../layer';
import type { Regularizer } from '../regularizers';
import { defineLayer, positions } from './define';
import { type AffineConfig, type AffineOptions, OptionReader } from './options';

/** Options of {@link dense}. */
export interface DenseOptions extends AffineOptions {
  readonly units: number;
  /** By default `'glorotUniform'`. */
  readonly kernelInitializer?: Initializer | undefined;
  readonly kernelRegularizer?: Regularizer | null | undefined;
}

export interface DenseConfig extends AffineConfig {
  readonly units: number;
  readonly kernelInitializer: Initializer;
  readonly kernelRegularizer: RegularizerConfig | null;
}

/**
 * A fully connected layer: y = activation(x·W + b), on the last axis.
 *
 * @param options - `units` (required), `activation = 'linear'`, `useBias = true`, `kernelInitializer = 'glorotUniform'`,
 * `biasInitializer = 'zeros'`, `kernelRegularizer`, `biasRegularizer`, `name`, `trainable = true`, `inputShape`.
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
  const kernelInitializer = o.initializer('kernelInitializer', 'glorotUniform');
  const kernelRegularizer = o.regularizer('kernelRegularizer');
  const config = { units, ...o.affine(), kernelInitializer, kernelRegularizer, ...o.common() };
  const { activation, useBias, biasInitializer, biasRegularizer } = config;
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
    regularizers: { kernel: kernelRegularizer, bias: useBias ? biasRegularizer : null },
  });
}

/** x·W along the last axis of `x`, as one matrix product. */
function onLastAxis(x: Tensor, kernel: Tensor): Tensor {
  if (x.rank === 2) return matmul(x, kernel);
  const features = x.shape.at(-1)!;
  const y = matmul(reshape(x, [features === 0 ? positions(x.shape) : x.size / features, features]), kernel);
  return reshape(y, [...x.shape.slice(0, -1), kernel.shape[1]!]);
}
