import { ShapeError } from '../../../core/errors';
import { formatShape, type Shape } from '../../../core/shape';
import { tensor } from '../../../ops/create';
import { add } from '../../../ops/elementwise';
import { broadcastTo, slice } from '../../../ops/index';
import type { Layer } from '../../layer';
import { defineLayer, heldBy } from '../define';
import { embedding } from '../embedding';
import { defineNested } from '../nested';
import { type LayerConfig, type LayerOptions, OptionReader, type WeightConfig, type WeightOptions } from '../options';

/** Options of {@link sinePositionEncoding}. */
export interface SinePositionEncodingOptions extends LayerOptions {
  /** By default 10000. */
  readonly maxWavelength?: number | undefined;
  /** Whether the encoding is added to the input, instead of standing alone; by default false. */
  readonly addInput?: boolean | undefined;
}

export interface SinePositionEncodingConfig extends LayerConfig {
  readonly maxWavelength: number;
  readonly addInput: boolean;
}

/**
 * The places of steps as waves: feature 2i of step t is sin(t/λ^(2i/features)) and feature 2i + 1 is cos of the same, λ being
 * the longest wave, over 2π.
 *
 * @param options - `maxWavelength = 10000`, `addInput = false`: whether the output is the sum with the input; `name`,
 * `inputShape`.
 * @returns a layer from `[batch, …, time, features]` to the same shape.
 * @throws ConfigError for an option that is unknown or out of range; using the layer, a ShapeError for inputs without time.
 *
 * Reference: Vaswani et al. 2017, arXiv:1706.03762, section 3.5.
 *
 * @example
 * ```ts
 * import { zeros } from 'kompakt';
 * import { sinePositionEncoding } from 'kompakt/nn';
 * const { y } = sinePositionEncoding().call({}, {}, zeros([1, 2, 2]), { training: false, rng: null });
 * console.log(Array.from(y.dataSync(), (v) => v.toFixed(3)).join(' ')); // → 0.000 1.000 0.841 0.540
 * ```
 */
export function sinePositionEncoding(options: SinePositionEncodingOptions = {}): Layer<SinePositionEncodingConfig> {
  const o = new OptionReader('sinePositionEncoding', options);
  const config = {
    maxWavelength: o.number('maxWavelength', 10000, Number.MIN_VALUE),
    addInput: o.flag('addInput', false),
    ...o.common(),
  };
  return defineLayer<SinePositionEncodingConfig>(o, config, {
    outputShape: (input) => {
      expectTime(input, o.label);
      return input;
    },
    run: (x) => {
      const [time, features] = x.shape.slice(-2) as [number, number];
      const waves = tensor(
        { data: waveTable(time, features, config.maxWavelength), shape: [time, features] },
        { dtype: x.dtype, backend: x.backend },
      );
      return config.addInput ? add(x, waves) : broadcastTo(waves, x.shape);
    },
    passesMask: true,
  });
}

function waveTable(time: number, features: number, longest: number): Float64Array {
  const table = new Float64Array(time * features);
  for (let t = 0; t < time; t++) {
    for (let i = 0; i < features; i++) {
      const angle = t * longest ** ((-2 * Math.floor(i / 2)) / features);
      table[t * features + i] = i % 2 === 0 ? Math.sin(angle) : Math.cos(angle);
    }
  }
  return table;
}

/** Options of {@link positionEmbedding}. */
export interface PositionEmbeddingOptions extends LayerOptions, WeightOptions<'embeddings'> {
  /** The most steps there may be. */
  readonly sequenceLength: number;
  /** Whether the vectors are added to the input, instead of standing alone; by default false. */
  readonly addInput?: boolean | undefined;
}

export interface PositionEmbeddingConfig extends LayerConfig, WeightConfig<'embeddings'> {
  readonly sequenceLength: number;
  readonly addInput: boolean;
}

/**
 * A learned vector for each place in a sequence: yₜ = positionEmbeddingsₜ, whatever the input.
 *
 * @param options - `sequenceLength` (required): the most steps there may be; `addInput = false`: whether the output is the
 * sum with the input; `embeddingsInitializer = 'glorotUniform'`, `embeddingsRegularizer`, `embeddingsConstraint`, `name`,
 * `trainable = true`, `inputShape`.
 * @returns a layer from `[batch, …, time, features]` to the same shape, with the weight `positionEmbeddings`
 * `[sequenceLength, features]`.
 * @throws ConfigError for an option that is missing, unknown or out of range; using the layer, a ShapeError for inputs
 * without time, or with more steps than there are vectors.
 *
 * Reference: Gehring et al. 2017, arXiv:1705.03122.
 *
 * @example
 * ```ts
 * import { embedding, positionEmbedding, sequential } from 'kompakt/nn';
 * const places = positionEmbedding({ sequenceLength: 20, addInput: true });
 * const model = sequential([embedding({ inputDim: 100, outputDim: 8 }), places], { inputShape: [10] });
 * console.log(model.outputShape, model.countParams()); // → [ 10, 8 ] 960
 * ```
 */
export function positionEmbedding(options: PositionEmbeddingOptions): Layer<PositionEmbeddingConfig> {
  const o = new OptionReader('positionEmbedding', options);
  const config = {
    sequenceLength: o.count('sequenceLength'),
    addInput: o.flag('addInput', false),
    ...o.weight('embeddings', 'glorotUniform'),
    ...o.common(),
  };
  const { sequenceLength, embeddingsInitializer } = config;
  return defineLayer<PositionEmbeddingConfig>(o, config, {
    outputShape: (input) => {
      expectTime(input, o.label);
      if (input.at(-2)! <= sequenceLength) return input;
      throw new ShapeError(`${o.label}: ${input.at(-2)} steps, but there are vectors for ${sequenceLength} only.`);
    },
    weights: (input) => ({
      positionEmbeddings: { shape: [sequenceLength, input.at(-1)!], initializer: embeddingsInitializer },
    }),
    run: (x, { positionEmbeddings }) => {
      const vectors = slice(positionEmbeddings!, [0], [x.shape.at(-2)!]);
      return config.addInput ? add(x, vectors) : broadcastTo(vectors, x.shape);
    },
    passesMask: true,
    ...heldBy(config, { positionEmbeddings: 'embeddings' }),
  });
}

function expectTime(input: Shape, label: string): void {
  if (input.length < 2)
    throw new ShapeError(
      `${label}: expected inputs [batch, time, features], got shape ${formatShape(input)} (the batch axis left out).`,
    );
}

/** Options of {@link tokenAndPositionEmbedding}. */
export interface TokenAndPositionEmbeddingOptions extends LayerOptions, WeightOptions<'embeddings'> {
  /** Number of different tokens. */
  readonly vocabularySize: number;
  /** The most steps there may be. */
  readonly sequenceLength: number;
  /** Length of the vectors. */
  readonly embeddingDim: number;
  /** Whether token 0 is padding, which layers that know of masks skip; by default false. */
  readonly maskZero?: boolean | undefined;
}

export interface TokenAndPositionEmbeddingConfig extends LayerConfig, WeightConfig<'embeddings'> {
  readonly vocabularySize: number;
  readonly sequenceLength: number;
  readonly embeddingDim: number;
  readonly maskZero: boolean;
}

/**
 * A vector for each token plus one for its place: yₜ = embeddings[xₜ] + positionEmbeddingsₜ.
 *
 * @param options - `vocabularySize`, `sequenceLength`, `embeddingDim` (required), `maskZero = false`,
 * `embeddingsInitializer = 'glorotUniform'`, `embeddingsRegularizer`, `embeddingsConstraint` (of both), `name`,
 * `trainable = true`, `inputShape`.
 * @returns a layer from tokens `[batch, time]` to `[batch, time, embeddingDim]`, with weights `tokenEmbedding/embeddings`
 * `[vocabularySize, embeddingDim]` and `positionEmbedding/positionEmbeddings` `[sequenceLength, embeddingDim]`; with
 * `maskZero` it masks where the token is 0.
 * @throws ConfigError for an option that is missing, unknown or out of range, or for a token that is none; using the layer,
 * a ShapeError for more steps than there are vectors.
 *
 * @example
 * ```ts
 * import { sequential, tokenAndPositionEmbedding } from 'kompakt/nn';
 * const layer = tokenAndPositionEmbedding({ vocabularySize: 50, sequenceLength: 10, embeddingDim: 4 });
 * console.log(sequential([layer], { inputShape: [10] }).countParams()); // → 240
 * ```
 */
export function tokenAndPositionEmbedding(
  options: TokenAndPositionEmbeddingOptions,
): Layer<TokenAndPositionEmbeddingConfig> {
  const o = new OptionReader('tokenAndPositionEmbedding', options);
  const own = {
    vocabularySize: o.count('vocabularySize'),
    sequenceLength: o.count('sequenceLength'),
    embeddingDim: o.count('embeddingDim'),
    maskZero: o.flag('maskZero', false),
  };
  const held = o.weight('embeddings', 'glorotUniform');
  const config = { ...own, ...held, ...o.common() };
  const tokens = embedding({
    inputDim: own.vocabularySize,
    outputDim: own.embeddingDim,
    maskZero: own.maskZero,
    ...held,
  });
  const places = positionEmbedding({ sequenceLength: own.sequenceLength, addInput: true, ...held });
  const vectors = (input: Shape): Shape => [...input, own.embeddingDim];
  const names = ['tokenEmbedding/embeddings', 'positionEmbedding/positionEmbeddings'];
  const onBoth = <T>(value: T | null) =>
    value === null ? {} : (Object.fromEntries(names.map((name) => [name, value])) as { readonly [name: string]: T });
  return defineNested<TokenAndPositionEmbeddingConfig>(o, config, {
    arity: { min: 1, max: 1 },
    parts: ([input]) => ({
      tokenEmbedding: { layer: tokens, inputs: [input!] },
      positionEmbedding: { layer: places, inputs: [vectors(input!)] },
    }),
    outputShapes: ([input]) => [places.outputShape(vectors(input!))],
    run: ({ xs: [x] }, parts) => {
      const { ys, masks } = parts.many('tokenEmbedding', { xs: [x!], masks: [null] });
      return { ys: [parts.one('positionEmbedding', ys[0]!)], masks: [masks?.[0] ?? null] };
    },
    regularizers: onBoth(config.embeddingsRegularizer),
    constraints: onBoth(config.embeddingsConstraint),
  });
}
