import { ConfigError } from '../../core/errors';
import { notEqual } from '../../ops/elementwise';
import { findNoIndex, rowsAt } from '../indices';
import type { Layer } from '../layer';
import { defineLayer, heldBy } from './define';
import { type LayerConfig, type LayerOptions, OptionReader, type WeightConfig, type WeightOptions } from './options';

/** Options of {@link embedding}. */
export interface EmbeddingOptions extends LayerOptions, WeightOptions<'embeddings'> {
  /** Number of different tokens. */
  readonly inputDim: number;
  /** Length of the vectors. */
  readonly outputDim: number;
  /** Whether token 0 is padding, which layers that know of masks skip; by default false. */
  readonly maskZero?: boolean | undefined;
}

export interface EmbeddingConfig extends LayerConfig, WeightConfig<'embeddings'> {
  readonly inputDim: number;
  readonly outputDim: number;
  readonly maskZero: boolean;
}

/**
 * A vector for each token: y[…] = embeddings[x[…]].
 *
 * @param options - `inputDim`, `outputDim` (required), `embeddingsInitializer = 'randomUniform'` (in ±0.05),
 * `embeddingsRegularizer`, `embeddingsConstraint`, `maskZero = false`, `name`, `trainable = true`, `inputShape`.
 * @returns a layer from integers `[batch, …]` in [0, inputDim) to `[batch, …, outputDim]`, with the weight `embeddings`
 * `[inputDim, outputDim]`; with `maskZero` it masks where the token is 0.
 * @throws ConfigError for an option that is missing, unknown or out of range; or, when the layer is used, for a
 * token that is not an integer in that range.
 *
 * @example
 * ```ts
 * import { embedding, sequential } from 'kompakt/nn';
 * const model = sequential([embedding({ inputDim: 100, outputDim: 8 })], { inputShape: [5] });
 * console.log(model.predict([[1, 2, 3, 4, 99]]).shape); // → [ 1, 5, 8 ]
 * ```
 */
export function embedding(options: EmbeddingOptions): Layer<EmbeddingConfig> {
  const o = new OptionReader('embedding', options);
  const own = {
    inputDim: o.count('inputDim'),
    outputDim: o.count('outputDim'),
    ...o.weight('embeddings', 'randomUniform'),
    maskZero: o.flag('maskZero', false),
  };
  const config = { ...own, ...o.common() };
  const { inputDim, outputDim } = config;
  return defineLayer<EmbeddingConfig>(o, config, {
    outputShape: (input) => [...input, outputDim],
    weights: () => ({ embeddings: { shape: [inputDim, outputDim], initializer: config.embeddingsInitializer } }),
    run: (x, { embeddings }) => {
      const stranger = findNoIndex(x, inputDim);
      if (stranger !== undefined) {
        throw new ConfigError(
          `${o.label}: tokens must be integers in [0, inputDim) = [0, ${inputDim}), found ${stranger}.`,
        );
      }
      const y = rowsAt(embeddings!, x);
      return config.maskZero ? { y, state: {}, mask: notEqual(x, 0) } : y;
    },
    ...heldBy(config, { embeddings: 'embeddings' }),
  });
}
