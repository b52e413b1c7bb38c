import { ConfigError } from '../../../core/errors';
import type { Shape } from '../../../core/shape';
import type { Tensor } from '../../../core/tensor';
import { add, div, mul } from '../../../ops/elementwise';
import { concat, flip } from '../../../ops/shape-ops';
import { carriedOf } from '../../carried';
import type { AnyLayer, Layer, ManyOutputLayer } from '../../layer';
import { defineNested, type InnerConfig, innerConfig, innerLayer, manyFormOf, prefixed } from '../nested';
import { type LayerConfig, type LayerOptions, OptionReader } from '../options';
import { gru } from './gru';
import { lstm } from './lstm';
import type { SequenceConfig } from './options';
import { isRecurrent } from './recurrent-layer';
import { simpleRNN } from './simple-rnn';

/** How the outputs of both directions become one; null: they stay two. */
export type MergeMode = 'concat' | 'sum' | 'mul' | 'ave' | null;

/** Options of {@link bidirectional}. */
export interface BidirectionalOptions extends LayerOptions {
  /** What goes forwards: a recurrent layer. */
  readonly layer: AnyLayer;
  /** By default `'concat'`. */
  readonly mergeMode?: MergeMode | undefined;
  /** What goes backwards, by default a layer like `layer`. */
  readonly backwardLayer?: AnyLayer | null | undefined;
}

export interface BidirectionalConfig extends LayerConfig {
  readonly layer: InnerConfig;
  readonly mergeMode: MergeMode;
  readonly backwardLayer: InnerConfig | null;
}

const FACTORIES: Readonly<Record<string, (config: never) => AnyLayer>> = { simpleRNN, lstm, gru };
const MODES: readonly unknown[] = ['concat', 'sum', 'mul', 'ave', null];

/**
 * A recurrent layer run over a sequence in both directions, each with weights of its own; yₜ joins what both say of step t.
 *
 * Masked steps are skipped in both directions, and with `returnSequences` their outputs are zero, as in Keras. Initial
 * states, if any, are further inputs: first those of the forward layer, then those of the backward layer.
 *
 * @param options - `layer` (required): the forward layer; `mergeMode = 'concat'`: along the features, or `'sum'`, `'mul'`,
 * `'ave'` (the mean), or null, which gives two outputs; `backwardLayer`: with `goBackwards`, by default one like `layer`;
 * `name`, `trainable = true`, `inputShape`.
 * @returns a layer from `[batch, time, features]` to `[batch, 2 · units]` or, where the layer has `returnSequences`,
 * `[batch, time, 2 · units]` (`units`, where outputs are not concatenated), followed by the states of both directions where
 * it has `returnState`; with the weights of both, under `forward/` and `backward/`.
 * @throws ConfigError where a layer is not recurrent, both go in one direction or differ in what they return.
 *
 * Reference: Schuster & Paliwal 1997, “Bidirectional Recurrent Neural Networks”.
 *
 * @example
 * ```ts
 * import { bidirectional, lstm, sequential } from 'kompakt/nn';
 * const model = sequential([bidirectional({ layer: lstm({ units: 4 }) })], { inputShape: [10, 3] });
 * console.log(model.outputShape, model.weights[3].name); // → [ 8 ] backward/kernel
 * ```
 */
export function bidirectional(
  options: BidirectionalOptions & ({ readonly mergeMode: null } | { readonly layer: ManyOutputLayer }),
): ManyOutputLayer<BidirectionalConfig>;
export function bidirectional(options: BidirectionalOptions): Layer<BidirectionalConfig>;
export function bidirectional(
  options: BidirectionalOptions,
): Layer<BidirectionalConfig> | ManyOutputLayer<BidirectionalConfig> {
  const o = new OptionReader('bidirectional', options);
  const layer = innerLayer(o, 'layer');
  const given = (o.raw('backwardLayer') ?? null) === null ? null : innerLayer(o, 'backwardLayer');
  const mode = o.raw('mergeMode') === undefined ? 'concat' : (o.raw('mergeMode') as MergeMode);
  if (!MODES.includes(mode)) throw o.wrong('mergeMode', mode, "'concat', 'sum', 'mul', 'ave' or null");
  const common = o.common();
  const config: BidirectionalConfig = {
    layer: innerConfig(layer),
    mergeMode: mode,
    backwardLayer: given === null ? null : innerConfig(given),
    ...common,
    trainable: common.trainable && layer.trainable && (given?.trainable ?? true),
  };
  const forward = zeroing(o, layer, 'layer');
  const backward = zeroing(o, given ?? layer, 'backwardLayer', given === null ? { goBackwards: !goesBack(layer) } : {});
  checkPair(o, forward, backward);
  const { returnSequences, returnState } = sequenceOf(forward);
  const states = returnState ? stateCountOf(forward) : 0;
  return defineNested<BidirectionalConfig>(o, config, {
    arity: { min: 1, max: 1 + 2 * stateCountOf(forward) },
    parts: (inputs) => ({
      forward: { layer: forward, inputs: halfOf(inputs, 0) },
      backward: { layer: backward, inputs: halfOf(inputs, 1) },
    }),
    outputShapes: (inputs) => {
      const [own, other] = [forward, backward].map((part, i) => manyFormOf(part).outputShapes(halfOf(inputs, i)));
      const joined = joinShapes(own![0]!, other![0]!, mode);
      return [...joined, ...own!.slice(1), ...other!.slice(1)];
    },
    run: ({ xs, masks }, parts) => {
      const results = ['forward', 'backward'].map((part, i) =>
        parts.many(part, { xs: halfOf(xs, i), masks: halfOf(masks, i) }),
      );
      const [a, b] = results.map(({ ys }) => ys) as [readonly Tensor[], readonly Tensor[]];
      const joined = join(a[0]!, returnSequences ? flip(b[0]!, 1) : b[0]!, mode);
      const mask = returnSequences ? (masks[0] ?? null) : null;
      const none = Array.from({ length: 2 * states }, () => null);
      return { ys: [...joined, ...a.slice(1), ...b.slice(1)], masks: [...joined.map(() => mask), ...none] };
    },
    regularizers: { ...prefixed('forward', forward.regularizers), ...prefixed('backward', backward.regularizers) },
    constraints: { ...prefixed('forward', forward.constraints), ...prefixed('backward', backward.constraints) },
    ...carriedOf({ forward, backward }),
  }) as Layer<BidirectionalConfig> | ManyOutputLayer<BidirectionalConfig>;
}

const sequenceOf = ({ config }: AnyLayer): SequenceConfig => config as SequenceConfig;
const stateCountOf = (layer: AnyLayer): number =>
  isRecurrent(layer) ? layer.stateCount : layer.kind === 'lstm' ? 2 : 1;
const goesBack = (layer: AnyLayer): boolean => sequenceOf(layer).goBackwards;

/** The sequences, and the states of one direction. */
function halfOf<T>([x, ...states]: readonly T[], direction: number): T[] {
  const half = states.length / 2;
  return [x!, ...states.slice(direction * half, (direction + 1) * half)];
}

/** A recurrent layer whose masked outputs are zero, where it returns them. */
function zeroing(o: OptionReader, layer: AnyLayer, option: string, change: object = {}): AnyLayer {
  const zeroes = { zeroOutputForMask: sequenceOf(layer).returnSequences, ...change };
  if (isRecurrent(layer)) return layer.changed(zeroes);
  const factory = FACTORIES[layer.kind];
  if (factory === undefined) {
    throw new ConfigError(
      `${o.label}: ${option} must be a recurrent layer (${Object.keys(FACTORIES).join(', ')}, rnn, convLSTM2d), got ${layer.kind}.`,
    );
  }
  return factory({ ...layer.config, ...zeroes, name: layer.name } as never);
}

function checkPair(o: OptionReader, forward: AnyLayer, backward: AnyLayer): void {
  if (goesBack(forward) === goesBack(backward)) {
    throw new ConfigError(
      `${o.label}: both layers have goBackwards ${goesBack(forward)}; one of them must go backwards, the other not.`,
    );
  }
  for (const option of ['returnSequences', 'returnState', 'stateful'] as const) {
    const [a, b] = [sequenceOf(forward)[option], sequenceOf(backward)[option]];
    if (a !== b) throw new ConfigError(`${o.label}: the layers differ in ${option}: ${a} and ${b}. Make them agree.`);
  }
}

function joinShapes(a: Shape, b: Shape, mode: MergeMode): Shape[] {
  if (mode === null) return [a, b];
  return mode === 'concat' ? [[...a.slice(0, -1), a.at(-1)! + b.at(-1)!]] : [a];
}

function join(a: Tensor, b: Tensor, mode: MergeMode): Tensor[] {
  if (mode === null) return [a, b];
  if (mode === 'concat') return [concat([a, b], -1)];
  if (mode === 'mul') return [mul(a, b)];
  return [mode === 'sum' ? add(a, b) : div(add(a, b), 2)];
}
