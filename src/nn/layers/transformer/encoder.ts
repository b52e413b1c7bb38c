import type { Layer } from '../../layer';
import { defineNested } from '../nested';
import { OptionReader } from '../options';
import {
  blockLayers,
  blockRegularizers,
  feedForward,
  headSize,
  residual,
  type TransformerConfig,
  type TransformerOptions,
  transformerConfig,
} from './block';

/** Options of {@link transformerEncoder}. */
export interface TransformerEncoderOptions extends TransformerOptions {}

export interface TransformerEncoderConfig extends TransformerConfig {}

/**
 * A block of a transformer's encoder: a = norm(x + attention(x)), y = norm(a + W₂·activation(W₁·a)), both with biases; with
 * `normalizeFirst`, a = x + attention(norm(x)), y = a + W₂·activation(W₁·norm(a)).
 *
 * Masked steps are not looked at; the mask holds for the output.
 *
 * @param options - `intermediateDim`, `numHeads` (required), `dropout = 0`, `activation = 'relu'`,
 * `layerNormEpsilon = 1e-5`, `normalizeFirst = false`, `kernelInitializer = 'glorotUniform'`, `biasInitializer = 'zeros'`,
 * `kernelRegularizer`, `biasRegularizer`, `name`, `trainable = true`, `inputShape`.
 * @returns a layer from `[batch, time, features]` to the same shape, with the weights of its parts `selfAttentionLayer`,
 * `selfAttentionLayerNorm`, `feedforwardLayerNorm`, `feedforwardIntermediateDense` and `feedforwardOutputDense`. Heads have
 * ⌊features / numHeads⌋ features.
 * @throws ConfigError for an option that is missing, unknown or out of range; using the layer, a ShapeError for inputs
 * that do not fit.
 *
 * Reference: Vaswani et al. 2017, arXiv:1706.03762; Xiong et al. 2020, arXiv:2002.04745, on what comes first.
 *
 * @example
 * ```ts
 * import { sequential, transformerEncoder } from 'kompakt/nn';
 * const model = sequential([transformerEncoder({ intermediateDim: 64, numHeads: 4 })], { inputShape: [10, 32] });
 * console.log(model.outputShape, model.countParams()); // → [ 10, 32 ] 8544
 * ```
 */
export function transformerEncoder(options: TransformerEncoderOptions): Layer<TransformerEncoderConfig> {
  const o = new OptionReader('transformerEncoder', options);
  const config: TransformerEncoderConfig = { ...transformerConfig(o), ...o.common() };
  const layers = blockLayers(config);
  return defineNested<TransformerEncoderConfig>(o, config, {
    arity: { min: 1, max: 1 },
    parts: ([input]) => ({
      selfAttentionLayer: { layer: layers.attention(headSize(input!, config, o.label)), inputs: [input!, input!] },
      selfAttentionLayerNorm: { layer: layers.norm(), inputs: [input!] },
      feedforwardLayerNorm: { layer: layers.norm(), inputs: [input!] },
      ...layers.feedForward(input!),
    }),
    outputShapes: ([input]) => [input!],
    run: ({ xs: [x], masks: [mask = null] }, parts, ctx) => {
      const part = (norm: string, f: Parameters<typeof residual>[2], t: typeof x) =>
        residual(t!, norm, f, parts, config, ctx, o.label);
      // Masked steps still look: what comes of it is masked.
      const attend: Parameters<typeof residual>[2] = (t) =>
        parts.many('selfAttentionLayer', { xs: [t, t], masks: [null, mask] }).ys[0]!;
      const a = part('selfAttentionLayerNorm', attend, x);
      return { ys: [part('feedforwardLayerNorm', (t) => feedForward(t, parts), a)], masks: [mask] };
    },
    regularizers: blockRegularizers(config, ['selfAttentionLayer']),
  });
}
