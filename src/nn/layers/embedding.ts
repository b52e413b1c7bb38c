import { ConfigError } from '../../core/errors';
import { gather } from '../../ops/index-ops';
import { findNoIndex } from '../indices';
import type { Initializer } from '../initializers';
import type { Layer, RegularizerConfig } from '../layer';
import type { Regularizer } from '../regularizers';
import { defineLayer } from './define';
import { type LayerConfig, type LayerOptions, OptionReader } from './options';

/** Options of {@link embedding}. */
export interface EmbeddingOptions extends LayerOptions {
  /** Number of different tokens. */
  readonly inputDim: number;
  /** Length of the vectors. */
  readonly outputDim: number;
  /** By default `'randomUniform'`, in ±0.05. */
  readonly embeddingsInitializer?: Initializer | undefined;
  readonly embeddingsRegularizer?: Regularizer | null | undefined;
}

export interface EmbeddingConfig extends LayerConfig {
  readonly inputDim: number;
  readonly outputDim: number;
  readonly embeddingsInitializer: Initializer;
  readonly embeddingsRegularizer: RegularizerConfig | null;
}

/**
 * A vector for each token: y[…] = embeddings[x[…]].
 *
 * @param options - `inputDim`, `outputDim` (required), `embeddingsInitializer = 'randomUniform'`, `embeddingsRegularizer`,
 * `name`, `trainable = true`, `inputShape`.
 * @returns a layer from integers `[batch, …]` in [0, inputDim) to `[batch, …, outputDim]`, with the weight `embeddings`
 * `[inputDim, outputDim]`.
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
    embeddingsInitializer: o.initializer('embeddingsInitializer', 'randomUniform'),
    embeddingsRegularizer: o.regularizer('embeddingsRegularizer'),
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
      return gather(embeddings!, x);
    },
    regularizers: { embeddings: config.embeddingsRegularizer },
  });
}
