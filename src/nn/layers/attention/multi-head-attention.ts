import { ShapeError } from '../../../core/errors';
import { formatShape, type Shape, sameShape, sizeOf } from '../../../core/shape';
import type { Tensor } from '../../../core/tensor';
import { add, mul } from '../../../ops/elementwise';
import { matmul } from '../../../ops/linear';
import { expandDims, reshape, transpose } from '../../../ops/shape-ops';
import type { CallContext, Layer, ManyInputs, ManyOutputLayer, Mask, Params, RegularizerConfig } from '../../layer';
import type { Regularizer } from '../../regularizers';
import { defineManyLayer, type WeightSpec } from '../define';
import { dropRate } from '../drop';
import { asBool } from '../mask';
import { type LayerConfig, type LayerOptions, OptionReader, type WeightConfig, type WeightOptions } from '../options';
import { attentionWeights, both, causalMask, hide, overQueries, overValues } from './scores';

/** Options of {@link multiHeadAttention}. */
export interface MultiHeadAttentionOptions extends LayerOptions, WeightOptions<'kernel'>, WeightOptions<'bias'> {
  readonly numHeads: number;
  /** Features of the queries and keys of a head. */
  readonly keyDim: number;
  /** Features of the values of a head; by default `keyDim`. */
  readonly valueDim?: number | null | undefined;
  /** Probability that an attention weight is dropped in training; by default 0. */
  readonly dropout?: number | undefined;
  /** By default true. */
  readonly useBias?: boolean | undefined;
  /** What the features of the output are; by default as many as those of the queries. */
  readonly outputShape?: number | Shape | null | undefined;
  /** The axes that are attended over, counted with the batch; by default all between batch and features. */
  readonly attentionAxes?: number | readonly number[] | null | undefined;
  readonly activityRegularizer?: Regularizer | null | undefined;
  /** Whether a query sees only values up to its own place; by default false. */
  readonly useCausalMask?: boolean | undefined;
  /** Whether the attention weights are a second output; by default false. */
  readonly returnAttentionScores?: boolean | undefined;
}

export interface MultiHeadAttentionConfig extends LayerConfig, WeightConfig<'kernel'>, WeightConfig<'bias'> {
  readonly numHeads: number;
  readonly keyDim: number;
  readonly valueDim: number;
  readonly dropout: number;
  readonly useBias: boolean;
  readonly outputShape: Shape | null;
  readonly attentionAxes: readonly number[] | null;
  readonly activityRegularizer: RegularizerConfig | null;
  readonly useCausalMask: boolean;
  readonly returnAttentionScores: boolean;
}

/**
 * Multi-head attention: every head projects queries, keys and values, yₕ = softmax(q·kᵀ/√keyDim)·v, and the heads' results
 * are projected together.
 *
 * Masked keys and values are not looked at, and the output is masked like the queries.
 *
 * @param options - `numHeads`, `keyDim` (required), `valueDim = keyDim`, `dropout = 0`, `useBias = true`, `outputShape`: by
 * default the features of the queries; `attentionAxes`: by default all between batch and features; `useCausalMask = false`,
 * `returnAttentionScores = false`, `kernelInitializer = 'glorotUniform'`, `biasInitializer = 'zeros'`, `kernelRegularizer`,
 * `biasRegularizer`, `activityRegularizer`, `kernelConstraint`, `biasConstraint`, `name`, `trainable = true`, `inputShape`.
 * @returns a layer of one input, which attends to itself, or of `[query, value]`, `[query, value, key]` or `[query, value,
 * key, attentionMask]`, of shapes `[batch, queries, features]`, `[batch, values, …]` twice, and `[batch, queries, values]`
 * (0 where a query must not look), to `[batch, queries, …outputShape]`, with `returnAttentionScores` followed by the weights
 * `[batch, numHeads, queries, values]`; with weights `query/kernel` `[features, numHeads, keyDim]`, `query/bias`
 * `[numHeads, keyDim]`, the same for `key` and `value`, `attentionOutput/kernel` `[numHeads, valueDim, …outputShape]` and
 * `attentionOutput/bias`.
 * @throws ConfigError for an option that is missing, unknown or out of range; using the layer, a ShapeError for inputs
 * that do not fit.
 *
 * Reference: Vaswani et al. 2017, arXiv:1706.03762.
 *
 * @example
 * ```ts
 * import { multiHeadAttention, sequential } from 'kompakt/nn';
 * const model = sequential([multiHeadAttention({ numHeads: 2, keyDim: 4 })], { inputShape: [10, 16] });
 * console.log(model.outputShape, model.countParams(), model.weights[0].path); // → [ 10, 16 ] 552 multiHeadAttention/query/kernel
 * ```
 */
export function multiHeadAttention(
  options: MultiHeadAttentionOptions & { readonly returnAttentionScores: true },
): ManyOutputLayer<MultiHeadAttentionConfig>;
export function multiHeadAttention(options: MultiHeadAttentionOptions): Layer<MultiHeadAttentionConfig>;
export function multiHeadAttention(
  options: MultiHeadAttentionOptions,
): Layer<MultiHeadAttentionConfig> | ManyOutputLayer<MultiHeadAttentionConfig> {
  const o = new OptionReader('multiHeadAttention', options);
  const config = readConfig(o);
  const geometryFor = (inputs: readonly Shape[]): Geometry => geometryOf(config, inputs, o.label);
  return defineManyLayer<MultiHeadAttentionConfig>(o, config, {
    arity: { min: 1, max: 4 },
    outputShapes: (inputs) => {
      const { output, scores } = geometryFor(inputs);
      return config.returnAttentionScores ? [output, scores] : [output];
    },
    weights: (inputs) => headWeights(config, inputs),
    run: (inputs, weights, ctx) => attend(inputs, weights, ctx, config, o.label),
    multiplyAdds: (inputs) => multiplyAdds(config, inputs, geometryFor(inputs)),
    ...held(config),
  });
}

function readConfig(o: OptionReader): MultiHeadAttentionConfig {
  const keyDim = o.count('keyDim');
  const list = (option: string, fits: (n: number) => boolean, wanted: string): number[] | null => {
    const given = o.raw(option) ?? null;
    if (given === null) return null;
    const values: unknown[] = Array.isArray(given) ? given : [given];
    if (values.length === 0 || !values.every((n) => Number.isInteger(n) && fits(n as number)))
      throw o.wrong(option, given, wanted);
    return values as number[];
  };
  return {
    numHeads: o.count('numHeads'),
    keyDim,
    valueDim: o.count('valueDim', keyDim),
    dropout: dropRate(o, 'dropout'),
    useBias: o.flag('useBias', true),
    outputShape: list('outputShape', (n) => n > 0, 'a positive integer or several'),
    attentionAxes: list('attentionAxes', (n) => n !== 0, 'an axis or several, of which 0 is the batch'),
    ...o.weight('kernel', 'glorotUniform'),
    ...o.weight('bias', 'zeros'),
    activityRegularizer: o.regularizer('activityRegularizer'),
    useCausalMask: o.flag('useCausalMask', false),
    returnAttentionScores: o.flag('returnAttentionScores', false),
    ...o.common(),
  };
}

const PROJECTIONS = ['query', 'key', 'value', 'attentionOutput'] as const;

/** The regularisers and constraints of all projections. */
function held(config: MultiHeadAttentionConfig) {
  const { kernelRegularizer, biasRegularizer, kernelConstraint, biasConstraint, useBias, activityRegularizer } = config;
  const all = <T>(kernel: T | null, bias: T | null): { [name: string]: T | null } =>
    Object.fromEntries(
      PROJECTIONS.flatMap((part) => [
        [`${part}/kernel`, kernel],
        [`${part}/bias`, useBias ? bias : null],
      ]),
    );
  return {
    regularizers: all(kernelRegularizer, biasRegularizer),
    constraints: all(kernelConstraint, biasConstraint),
    activityRegularizer,
  };
}

/** Query, value and key; one input is all three. */
function roles<T>(inputs: readonly T[]): { readonly query: T; readonly value: T; readonly key: T } {
  const query = inputs[0]!;
  const value = inputs[1] ?? query;
  return { query, value, key: inputs[2] ?? value };
}

function headWeights(config: MultiHeadAttentionConfig, inputs: readonly Shape[]): Record<string, WeightSpec> {
  const { numHeads, keyDim, valueDim } = config;
  const { query, value, key } = roles(inputs);
  const out = config.outputShape ?? [query.at(-1)!];
  const shapes = {
    query: [[query.at(-1)!], [numHeads, keyDim]],
    key: [[key.at(-1)!], [numHeads, keyDim]],
    value: [[value.at(-1)!], [numHeads, valueDim]],
    attentionOutput: [[numHeads, valueDim], out],
  };
  const weights: Record<string, WeightSpec> = {};
  for (const [part, [from, to]] of Object.entries(shapes)) {
    weights[`${part}/kernel`] = { shape: [...from!, ...to!], initializer: config.kernelInitializer };
    if (config.useBias) weights[`${part}/bias`] = { shape: to!, initializer: config.biasInitializer };
  }
  return weights;
}

/** How inputs are attended over; axes and shapes leave the batch out. */
interface Geometry {
  /** The axes attended over, and the others apart from the features. */
  readonly attended: readonly number[];
  readonly others: readonly number[];
  /** How many queries and values there are on the attended axes. */
  readonly queries: number;
  readonly values: number;
  readonly output: Shape;
  readonly scores: Shape;
}

function geometryOf(config: MultiHeadAttentionConfig, inputs: readonly Shape[], label: string): Geometry {
  const { query, value, key } = roles(inputs);
  const rank = query.length;
  const fail = (why: string): ShapeError =>
    new ShapeError(
      `${label}: ${why}, got inputs of shapes ${inputs.map(formatShape).join(', ')} (the batch axis left out).`,
    );
  if (rank < 2) throw fail('needs an axis of steps and one of features');
  if (value.length !== rank || key.length !== rank) throw fail('query, value and key need as many axes as each other');
  if (!sameShape(value.slice(0, -1), key.slice(0, -1)))
    throw fail('value and key must agree in all but their features');
  const attended = (config.attentionAxes ?? query.slice(1).map((_, i) => i + 1)).map((axis) =>
    axis < 0 ? axis + rank : axis - 1,
  );
  if (attended.some((axis) => axis < 0 || axis >= rank - 1) || new Set(attended).size < attended.length)
    throw fail(`attentionAxes must be different axes between batch and features, not [${config.attentionAxes}]`);
  const others = query.slice(1).flatMap((_, axis) => (attended.includes(axis) ? [] : [axis]));
  if (others.some((axis) => query[axis] !== value[axis]))
    throw fail('axes not attended over must have one size in all');
  const sizes = (shape: Shape, axes: readonly number[]): number[] => axes.map((axis) => shape[axis]!);
  const [queryAxes, valueAxes] = [sizes(query, attended), sizes(value, attended)];
  const [queries, values] = [sizeOf(queryAxes), sizeOf(valueAxes)];
  const mask = inputs[3];
  if (mask !== undefined && !sameShape(mask, [queries, values]) && !sameShape(mask, [config.numHeads, queries, values]))
    throw fail(`an attention mask must be [${queries}, ${values}] or have the heads before that`);
  const output = [...query.slice(0, -1), ...(config.outputShape ?? query.slice(-1))];
  const scores = [...sizes(query, others), config.numHeads, ...queryAxes, ...valueAxes];
  return { attended, others, queries, values, output, scores };
}

function multiplyAdds(config: MultiHeadAttentionConfig, inputs: readonly Shape[], geometry: Geometry): number {
  const { numHeads, keyDim, valueDim } = config;
  const { query, value, key } = roles(inputs);
  const out = sizeOf(config.outputShape ?? query.slice(-1));
  const [q, v] = [sizeOf(query.slice(0, -1)), sizeOf(value.slice(0, -1))];
  const projections =
    q * query.at(-1)! * keyDim + v * (key.at(-1)! * keyDim + value.at(-1)! * valueDim) + q * valueDim * out;
  return numHeads * (projections + q * geometry.values * (keyDim + valueDim));
}

function attend(
  inputs: ManyInputs,
  weights: Params,
  ctx: CallContext,
  config: MultiHeadAttentionConfig,
  label: string,
) {
  const { query, value, key } = roles(inputs.xs);
  const geometry = geometryOf(
    config,
    inputs.xs.map((x) => x.shape.slice(1)),
    label,
  );
  const head = (part: 'query' | 'key' | 'value', x: Tensor): Tensor => toHeads(project(x, weights, part), geometry);
  const q = mul(head('query', query), 1 / Math.sqrt(config.keyDim));
  const scores = matmul(q, head('key', key), { transposeB: true });
  const mask = scoreMask(inputs, config, geometry, scores.rank, label);
  const { whole, dropped } = attentionWeights(hide(scores, mask), config.dropout, ctx, label);
  const y = projectOut(fromHeads(matmul(dropped, head('value', value)), query, geometry), weights, config);
  const queryMask = inputs.masks[0] ?? null;
  if (!config.returnAttentionScores) return { ys: [y], masks: [queryMask] };
  return { ys: [y, reshape(whole, [query.shape[0]!, ...geometry.scores])], masks: [queryMask, null] };
}

/** x·W + b on the last axis: `[…, heads, size]`. */
function project(x: Tensor, weights: Params, part: string): Tensor {
  const kernel = weights[`${part}/kernel`]!;
  const [features, heads, size] = kernel.shape as [number, number, number];
  const bias = weights[`${part}/bias`];
  const flat = matmul(reshape(x, [sizeOf(x.shape.slice(0, -1)), features]), reshape(kernel, [features, heads * size]));
  const y = bias === undefined ? flat : add(flat, reshape(bias, [heads * size]));
  return reshape(y, [...x.shape.slice(0, -1), heads, size]);
}

/** `[batch, …steps, heads, size]` as `[batch, …others, heads, attended, size]`. */
function toHeads(x: Tensor, { attended, others }: Geometry): Tensor {
  const heads = x.rank - 2;
  const at = (axes: readonly number[]): number[] => axes.map((axis) => axis + 1);
  const turned = transpose(x, [0, ...at(others), heads, ...at(attended), heads + 1]);
  if (attended.length === 1) return turned;
  const lead = turned.shape.slice(0, 2 + others.length);
  return reshape(turned, [...lead, sizeOf(at(attended).map((axis) => x.shape[axis]!)), x.shape.at(-1)!]);
}

/** `[batch, …others, heads, attended, size]` as `[batch, …steps, heads · size]`. */
function fromHeads(y: Tensor, query: Tensor, { attended, others }: Geometry): Tensor {
  const steps = query.shape.slice(1, -1);
  const [lead, size] = [2 + others.length, y.shape.at(-1)!];
  const full = reshape(y, [...y.shape.slice(0, lead), ...attended.map((axis) => steps[axis]!), size]);
  // Where each axis of the steps has gone.
  const place = (axis: number): number => {
    const at = attended.indexOf(axis);
    return at < 0 ? 1 + others.indexOf(axis) : lead + at;
  };
  const turned = transpose(full, [0, ...steps.map((_, axis) => place(axis)), lead - 1, full.rank - 1]);
  return reshape(turned, [query.shape[0]!, ...steps, turned.shape.at(-2)! * size]);
}

function projectOut(heads: Tensor, weights: Params, { outputShape }: MultiHeadAttentionConfig): Tensor {
  const kernel = weights['attentionOutput/kernel']!;
  const bias = weights['attentionOutput/bias'];
  const inner = heads.shape.at(-1)!;
  const steps = heads.shape.slice(0, -1);
  const flat = matmul(reshape(heads, [sizeOf(steps), inner]), reshape(kernel, [inner, kernel.size / inner]));
  const y = bias === undefined ? flat : add(flat, reshape(bias, [bias.size]));
  return reshape(y, [...steps, ...(outputShape ?? [y.shape[1]!])]);
}

/** What may be looked at, from all masks, for scores of that rank; null for everything. */
function scoreMask(
  { xs, masks }: ManyInputs,
  { useCausalMask }: MultiHeadAttentionConfig,
  { queries, values, others }: Geometry,
  rank: number,
  label: string,
): Mask {
  const [queryMask = null, valueMask = null, keyMask = null] = masks;
  const [, , , given] = xs;
  // One input attends to itself: its mask is that of the values, too.
  const ofValues = xs.length === 1 ? queryMask : valueMask;
  let mask: Mask = null;
  for (const own of [overValues(queryMask), overQueries(ofValues), overQueries(keyMask)]) mask = both(mask, own);
  if (mask !== null && (xs[0]!.rank !== 3 || others.length > 0))
    throw new ShapeError(
      `${label}: masks are for sequences [batch, time, features], got ${formatShape(xs[0]!.shape)}.`,
    );
  if (useCausalMask) mask = both(mask, expandDims(causalMask(queries, values, xs[0]!.backend), 0));
  const overHeads = (m: Tensor): Tensor => {
    let full = m;
    while (full.rank < rank) full = expandDims(full, 1);
    return full;
  };
  const explicit = given === undefined ? null : overHeads(asBool(given));
  return both(mask === null ? null : overHeads(mask), explicit);
}
