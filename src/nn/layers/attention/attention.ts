import { ShapeError } from '../../../core/errors';
import { formatShape, type Shape } from '../../../core/shape';
import type { Tensor } from '../../../core/tensor';
import { add, cast, mul, tanh } from '../../../ops/elementwise';
import { matmul } from '../../../ops/linear';
import { sum } from '../../../ops/reduce';
import { expandDims } from '../../../ops/shape-ops';
import type { CallContext, Layer, ManyInputs, ManyOutputLayer, Params } from '../../layer';
import { defineManyLayer, type WeightSpec } from '../define';
import { dropRate } from '../drop';
import { asBool } from '../mask';
import { type LayerConfig, type LayerOptions, OptionReader } from '../options';
import { attentionWeights, both, causalMask, checkSequences, lower, overQueries } from './scores';

/** Options of {@link additiveAttention}. */
export interface AdditiveAttentionOptions extends LayerOptions {
  /** Whether scores are scaled by a weight. */
  readonly useScale?: boolean | undefined;
  /** Probability that an attention weight is dropped in training; by default 0. */
  readonly dropout?: number | undefined;
  /** Whether a query sees only values up to its own place; by default false. */
  readonly useCausalMask?: boolean | undefined;
  /** Whether the attention weights are a second output; by default false. */
  readonly returnAttentionScores?: boolean | undefined;
}

export interface AdditiveAttentionConfig extends LayerConfig {
  readonly useScale: boolean;
  readonly dropout: number;
  readonly useCausalMask: boolean;
  readonly returnAttentionScores: boolean;
}

/** Options of {@link attention}. */
export interface AttentionOptions extends AdditiveAttentionOptions {
  /** By default `'dot'`: q·k; `'concat'`: Σ tanh(q + k). */
  readonly scoreMode?: 'dot' | 'concat' | undefined;
}

export interface AttentionConfig extends AdditiveAttentionConfig {
  readonly scoreMode: 'dot' | 'concat';
}

/**
 * Dot-product attention: y = softmax(q·kᵀ)·v, for each query a mean of the values, weighted by how its dot product with
 * their keys compares.
 *
 * Values that are masked are not looked at; where queries are masked, the output is zero, and it is masked like them.
 *
 * @param options - `useScale = false`: whether the scores are multiplied by a weight `scale`; `scoreMode = 'dot'`:
 * `'concat'` scores w·Σ tanh(scale·(q + k)) with a weight w; `dropout = 0`, `useCausalMask = false`,
 * `returnAttentionScores = false`, `name`, `trainable = true`.
 * @returns a layer of the inputs `[query, value]` or `[query, value, key]`, of shapes `[batch, queries, features]`,
 * `[batch, values, size]` and `[batch, values, features]`, to `[batch, queries, size]`, with `returnAttentionScores`
 * followed by the weights `[batch, queries, values]`; with the weights `scale` and `concatScoreWeight`, numbers, where used.
 * @throws ConfigError for an option that is unknown or out of range; using the layer, a ShapeError for inputs that do not fit.
 *
 * Reference: Luong et al. 2015, arXiv:1508.04025.
 *
 * @example
 * ```ts
 * import { attention } from 'kompakt/nn';
 * console.log(attention({ returnAttentionScores: true }).many.outputShapes([[5, 8], [7, 8]])); // → [ [ 5, 8 ], [ 5, 7 ] ]
 * ```
 */
export function attention(
  options: AttentionOptions & { readonly returnAttentionScores: true },
): ManyOutputLayer<AttentionConfig>;
export function attention(options?: AttentionOptions): Layer<AttentionConfig>;
export function attention(options: AttentionOptions = {}): Layer<AttentionConfig> | ManyOutputLayer<AttentionConfig> {
  const o = new OptionReader('attention', options);
  const config: AttentionConfig = {
    ...attentionConfig(o, false),
    scoreMode: o.oneOf('scoreMode', ['dot', 'concat'], 'dot'),
    ...o.common(),
  };
  const dots = config.scoreMode === 'dot';
  const number: WeightSpec = { shape: [], initializer: 'ones' };
  return attentionLayer(o, config, {
    weights: () => ({
      ...(config.useScale && { scale: number }),
      ...(!dots && { concatScoreWeight: number }),
    }),
    scores: (query, key, { scale, concatScoreWeight }) => {
      if (!dots)
        return mul(
          concatScoreWeight!,
          sumOfTanh(query, key, (t) => (scale ? mul(scale, t) : t)),
        );
      const scores = matmul(query, key, { transposeB: true });
      return scale === undefined ? scores : mul(scores, scale);
    },
  });
}

/**
 * Additive attention: y = softmax(Σ scale·tanh(q + k))·v, for each query a mean of the values, weighted by how its features
 * add up with those of their keys.
 *
 * Values that are masked are not looked at; where queries are masked, the output is zero, and it is masked like them.
 *
 * @param options - `useScale = true`: whether the features count by a weight `scale`; `dropout = 0`,
 * `useCausalMask = false`, `returnAttentionScores = false`, `name`, `trainable = true`.
 * @returns a layer of the inputs `[query, value]` or `[query, value, key]`, of shapes `[batch, queries, features]`,
 * `[batch, values, size]` and `[batch, values, features]`, to `[batch, queries, size]`, with `returnAttentionScores`
 * followed by the weights `[batch, queries, values]`; with the weight `scale` `[features]`.
 * @throws ConfigError for an option that is unknown or out of range; using the layer, a ShapeError for inputs that do not fit.
 *
 * Reference: Bahdanau et al. 2015, arXiv:1409.0473.
 *
 * @example
 * ```ts
 * import { ones } from 'kompakt';
 * import { additiveAttention } from 'kompakt/nn';
 * const layer = additiveAttention({ useScale: false });
 * const inputs = { xs: [ones([1, 2, 3]), ones([1, 4, 3])], masks: [null, null] };
 * console.log(layer.many?.call({}, {}, inputs, { training: false, rng: null }).ys[0].shape); // → [ 1, 2, 3 ]
 * ```
 */
export function additiveAttention(
  options: AdditiveAttentionOptions & { readonly returnAttentionScores: true },
): ManyOutputLayer<AdditiveAttentionConfig>;
export function additiveAttention(options?: AdditiveAttentionOptions): Layer<AdditiveAttentionConfig>;
export function additiveAttention(
  options: AdditiveAttentionOptions = {},
): Layer<AdditiveAttentionConfig> | ManyOutputLayer<AdditiveAttentionConfig> {
  const o = new OptionReader('additiveAttention', options);
  const config: AdditiveAttentionConfig = { ...attentionConfig(o, true), ...o.common() };
  return attentionLayer(o, config, {
    weights: (features) => ({
      ...(config.useScale && { scale: { shape: [features], initializer: 'glorotUniform' } }),
    }),
    scores: (query, key, { scale }) => {
      if (scale === undefined) return sumOfTanh(query, key, (t) => t);
      return sum(mul(scale, tanh(pairs(query, key))), { axis: -1 });
    },
  });
}

function attentionConfig(o: OptionReader, useScale: boolean): Omit<AdditiveAttentionConfig, keyof LayerConfig> {
  return {
    useScale: o.flag('useScale', useScale),
    dropout: dropRate(o, 'dropout'),
    useCausalMask: o.flag('useCausalMask', false),
    returnAttentionScores: o.flag('returnAttentionScores', false),
  };
}

/** Each query plus each key: `[batch, queries, values, features]`. */
const pairs = (query: Tensor, key: Tensor): Tensor => add(expandDims(query, 2), expandDims(key, 1));

const sumOfTanh = (query: Tensor, key: Tensor, scaled: (t: Tensor) => Tensor): Tensor =>
  sum(tanh(scaled(pairs(query, key))), { axis: -1 });

/** What distinguishes a kind of attention. */
interface Scoring {
  weights(features: number): { readonly [name: string]: WeightSpec };
  /** `[batch, queries, values]` */
  scores(query: Tensor, key: Tensor, weights: Params): Tensor;
}

function attentionLayer<C extends AdditiveAttentionConfig>(o: OptionReader, config: C, scoring: Scoring): Layer<C> {
  const { label } = o;
  return defineManyLayer<C>(o, config, {
    arity: { min: 2, max: 3 },
    outputShapes: (inputs) => {
      checkSequences(inputs, label);
      checkKey(inputs, label);
      const [[queries], [values, size]] = inputs as unknown as [[number, number], [number, number]];
      return config.returnAttentionScores
        ? [
            [queries, size],
            [queries, values],
          ]
        : [[queries, size]];
    },
    weights: ([query]) => scoring.weights(query![1]!),
    run: (inputs, weights, ctx) => attend(inputs, weights, ctx, config, scoring, label),
    multiplyAdds: (inputs) => {
      const [[queries, features], [values, size]] = inputs as unknown as [[number, number], [number, number]];
      return queries * values * (features + size);
    },
  });
}

function checkKey(inputs: readonly Shape[], label: string): void {
  const [query, value] = inputs;
  const key = inputs[2] ?? value;
  if (query![1] === key![1]) return;
  throw new ShapeError(
    `${label}: queries have ${query![1]} features, keys ${key![1]} (shapes ${formatShape(query!)} and ${formatShape(key!)}); they must agree.`,
  );
}

function attend(
  { xs, masks }: ManyInputs,
  weights: Params,
  ctx: CallContext,
  config: AdditiveAttentionConfig,
  scoring: Scoring,
  label: string,
) {
  const [query, value] = xs as [Tensor, Tensor];
  const [queryMask = null, valueMask = null] = masks;
  const scores = scoring.scores(query, xs[2] ?? value, weights);
  const causal = config.useCausalMask ? causalMask(query.shape[1]!, value.shape[1]!, query.backend) : null;
  const hidden = lower(scores, both(overQueries(valueMask), causal));
  const { dropped } = attentionWeights(hidden, config.dropout, ctx, label);
  const seen = matmul(dropped, value);
  const y = queryMask === null ? seen : mul(seen, cast(expandDims(asBool(queryMask), 2), seen.dtype));
  // As in Keras, what is returned are the weights that were used, dropped ones included.
  return config.returnAttentionScores
    ? { ys: [y, dropped], masks: [queryMask, null] }
    : { ys: [y], masks: [queryMask] };
}
