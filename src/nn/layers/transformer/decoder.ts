import { ShapeError } from '../../../core/errors';
import { formatShape, type Shape } from '../../../core/shape';
import type { Tensor } from '../../../core/tensor';
import type { CallContext, Layer, ManyInputs } from '../../layer';
import { defineNested, type PartCalls, type Parts } from '../nested';
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

/** Options of {@link transformerDecoder}. */
export interface TransformerDecoderOptions extends TransformerOptions {
  /** Whether a step sees only those up to its own place; by default true. */
  readonly useCausalMask?: boolean | undefined;
  /** Whether it attends to a second input, the encoder's sequence; by default false. */
  readonly crossAttention?: boolean | undefined;
}

export interface TransformerDecoderConfig extends TransformerConfig {
  readonly useCausalMask: boolean;
  readonly crossAttention: boolean;
}

/**
 * A block of a transformer's decoder: attention to the steps before, attention to the encoder's sequence (with
 * `crossAttention`) and a feed-forward network, each added to what went in, and normalised as in `transformerEncoder`.
 *
 * Masked steps are not looked at, in either sequence; the mask of the first holds for the output.
 *
 * @param options - `intermediateDim`, `numHeads` (required), `crossAttention = false`, `useCausalMask = true`, `dropout = 0`,
 * `activation = 'relu'`, `layerNormEpsilon = 1e-5`, `normalizeFirst = false`, `kernelInitializer = 'glorotUniform'`,
 * `biasInitializer = 'zeros'`, `kernelRegularizer`, `biasRegularizer`, `name`, `trainable = true`, `inputShape`.
 * @returns a layer from `[batch, time, features]`, or that and the encoder's `[batch, steps, …]`: `apply([x, encoded])`, to
 * `[batch, time, features]`, with the weights of its parts `selfAttention`, `selfAttentionLayerNorm`, `crossAttention`,
 * `crossAttentionLayerNorm`, `feedforwardIntermediateDense`, `feedforwardOutputDense` and `feedforwardLayerNorm`. Heads have
 * ⌊features / numHeads⌋ features.
 * @throws ConfigError for an option that is missing, unknown or out of range; using the layer, a ShapeError for inputs
 * that do not fit.
 *
 * Reference: Vaswani et al. 2017, arXiv:1706.03762.
 *
 * @example
 * ```ts
 * import { transformerDecoder } from 'kompakt/nn';
 * const block = transformerDecoder({ intermediateDim: 64, numHeads: 4, crossAttention: true });
 * console.log(block.many?.outputShapes([[10, 32], [7, 32]])); // → [ [ 10, 32 ] ]
 * ```
 */
export function transformerDecoder(options: TransformerDecoderOptions): Layer<TransformerDecoderConfig> {
  const o = new OptionReader('transformerDecoder', options);
  const config: TransformerDecoderConfig = {
    ...transformerConfig(o),
    useCausalMask: o.flag('useCausalMask', true),
    crossAttention: o.flag('crossAttention', false),
    ...o.common(),
  };
  const count = config.crossAttention ? 2 : 1;
  return defineNested<TransformerDecoderConfig>(o, config, {
    arity: { min: count, max: count },
    parts: (inputs) => decoderParts(config, inputs, o.label),
    outputShapes: ([input]) => [input!],
    run: (inputs, parts, ctx) => decode(inputs, parts, config, ctx, o.label),
    regularizers: blockRegularizers(
      config,
      config.crossAttention ? ['selfAttention', 'crossAttention'] : ['selfAttention'],
    ),
  });
}

function decoderParts(config: TransformerDecoderConfig, [input, encoded]: readonly Shape[], label: string): Parts {
  const layers = blockLayers(config);
  const size = headSize(input!, config, label);
  if (encoded !== undefined && encoded.length !== 2)
    throw new ShapeError(
      `${label}: the encoder's sequence must be [batch, steps, features], got ${formatShape(encoded)}.`,
    );
  const normed = { layer: layers.norm(), inputs: [input!] };
  return {
    selfAttention: { layer: layers.attention(size, config.useCausalMask), inputs: [input!, input!] },
    selfAttentionLayerNorm: normed,
    ...(encoded !== undefined && {
      crossAttention: { layer: layers.attention(size), inputs: [input!, encoded] },
      crossAttentionLayerNorm: normed,
    }),
    ...layers.feedForward(input!),
    feedforwardLayerNorm: normed,
  };
}

function decode(
  { xs: [x, encoded], masks: [mask = null, encodedMask = null] }: ManyInputs,
  parts: PartCalls,
  config: TransformerDecoderConfig,
  ctx: CallContext,
  label: string,
) {
  const part = (norm: string, t: Tensor, f: (t: Tensor) => Tensor): Tensor =>
    residual(t, norm, f, parts, config, ctx, label);
  let y = part(
    'selfAttentionLayerNorm',
    x!,
    (t) => parts.many('selfAttention', { xs: [t, t], masks: [null, mask] }).ys[0]!,
  );
  if (encoded !== undefined)
    y = part(
      'crossAttentionLayerNorm',
      y,
      (t) => parts.many('crossAttention', { xs: [t, encoded], masks: [null, encodedMask] }).ys[0]!,
    );
  return { ys: [part('feedforwardLayerNorm', y, (t) => feedForward(t, parts))], masks: [mask] };
}
