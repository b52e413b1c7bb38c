import { ShapeError } from '../../../core/errors';
import { formatShape, type Shape } from '../../../core/shape';
import type { Tensor } from '../../../core/tensor';
import { add } from '../../../ops/elementwise';
import type { ActivationName } from '../../activations';
import type { Initializer } from '../../initializers';
import type { CallContext, Layer, RegularizerConfig } from '../../layer';
import type { Regularizer } from '../../regularizers';
import { type MultiHeadAttentionConfig, multiHeadAttention } from '../attention/multi-head-attention';
import { dense } from '../dense';
import { dropElements, dropRate } from '../drop';
import type { PartCalls, Parts } from '../nested';
import { layerNorm } from '../normalization';
import type { LayerConfig, LayerOptions, OptionReader } from '../options';
import { activationOption } from '../recurrent/options';

/** Options of the blocks of a transformer. */
export interface TransformerOptions extends LayerOptions {
  /** Units of the inner layer of the feed-forward network. */
  readonly intermediateDim: number;
  readonly numHeads: number;
  /** Of attention weights and of what each part adds; by default 0. */
  readonly dropout?: number | undefined;
  /** Of the feed-forward network; by default `'relu'`. */
  readonly activation?: ActivationName | undefined;
  /** By default 1e-5. */
  readonly layerNormEpsilon?: number | undefined;
  /** By default `'glorotUniform'`. */
  readonly kernelInitializer?: Initializer | undefined;
  /** By default `'zeros'`. */
  readonly biasInitializer?: Initializer | undefined;
  readonly kernelRegularizer?: Regularizer | null | undefined;
  readonly biasRegularizer?: Regularizer | null | undefined;
  /** Whether what goes into each part is normalised, instead of the sum with what comes out; by default false. */
  readonly normalizeFirst?: boolean | undefined;
}

export interface TransformerConfig extends LayerConfig {
  readonly intermediateDim: number;
  readonly numHeads: number;
  readonly dropout: number;
  readonly activation: ActivationName;
  readonly layerNormEpsilon: number;
  readonly kernelInitializer: Initializer;
  readonly biasInitializer: Initializer;
  readonly kernelRegularizer: RegularizerConfig | null;
  readonly biasRegularizer: RegularizerConfig | null;
  readonly normalizeFirst: boolean;
}

/** Reads {@link TransformerOptions} without the common ones. */
export function transformerConfig(o: OptionReader): Omit<TransformerConfig, keyof LayerConfig> {
  return {
    intermediateDim: o.count('intermediateDim'),
    numHeads: o.count('numHeads'),
    dropout: dropRate(o, 'dropout'),
    activation: activationOption(o, 'activation', 'relu'),
    layerNormEpsilon: o.number('layerNormEpsilon', 1e-5, 0),
    kernelInitializer: o.initializer('kernelInitializer', 'glorotUniform'),
    biasInitializer: o.initializer('biasInitializer', 'zeros'),
    kernelRegularizer: o.regularizer('kernelRegularizer'),
    biasRegularizer: o.regularizer('biasRegularizer'),
    normalizeFirst: o.flag('normalizeFirst', false),
  };
}

/** The features of sequences `[time, features]`, and those of a head. */
export function headSize(input: Shape, { numHeads }: TransformerConfig, label: string): number {
  if (input.length !== 2)
    throw new ShapeError(
      `${label}: expected inputs [batch, time, features], got shape ${formatShape(input)} (the batch axis left out).`,
    );
  const size = Math.floor(input[1]! / numHeads);
  if (size === 0) throw new ShapeError(`${label}: ${input[1]} features are too few for ${numHeads} heads.`);
  return size;
}

/** The layers that blocks are made of. */
export function blockLayers(config: TransformerConfig) {
  const { kernelInitializer, biasInitializer, kernelRegularizer, biasRegularizer } = config;
  const common = { kernelInitializer, biasInitializer, kernelRegularizer, biasRegularizer };
  return {
    attention: (keyDim: number, useCausalMask = false): Layer<MultiHeadAttentionConfig> =>
      multiHeadAttention({ numHeads: config.numHeads, keyDim, dropout: config.dropout, useCausalMask, ...common }),
    norm: (): Layer => layerNorm({ epsilon: config.layerNormEpsilon }),
    /** The two dense layers, for sequences of that shape. */
    feedForward: (input: Shape): Parts => ({
      feedforwardIntermediateDense: {
        layer: dense({ units: config.intermediateDim, activation: config.activation, ...common }),
        inputs: [input],
      },
      feedforwardOutputDense: {
        layer: dense({ units: input[1]!, ...common }),
        inputs: [[input[0]!, config.intermediateDim]],
      },
    }),
  };
}

/**
 * One part of a block beside its residual connection: x + f(x), normalised by the part called `norm` before f, or after the
 * sum.
 */
export function residual(
  x: Tensor,
  norm: string,
  f: (x: Tensor) => Tensor,
  parts: PartCalls,
  config: TransformerConfig,
  ctx: CallContext,
  label: string,
): Tensor {
  const added = f(config.normalizeFirst ? parts.one(norm, x) : x);
  const y = add(dropElements(added, config.dropout, ctx, label), x);
  return config.normalizeFirst ? y : parts.one(norm, y);
}

/** The feed-forward network. */
export const feedForward = (x: Tensor, parts: PartCalls): Tensor =>
  parts.one('feedforwardOutputDense', parts.one('feedforwardIntermediateDense', x));

/** The regularisers of the kernels and biases of attention layers and of the feed-forward network. */
export function blockRegularizers(config: TransformerConfig, attentions: readonly string[]) {
  const projections = ['query', 'key', 'value', 'attentionOutput'];
  const owners = [
    ...attentions.flatMap((part) => projections.map((projection) => `${part}/${projection}`)),
    'feedforwardIntermediateDense',
    'feedforwardOutputDense',
  ];
  const record: Record<string, RegularizerConfig> = {};
  for (const owner of owners) {
    if (config.kernelRegularizer !== null) record[`${owner}/kernel`] = config.kernelRegularizer;
    if (config.biasRegularizer !== null) record[`${owner}/bias`] = config.biasRegularizer;
  }
  return record;
}
