import { ShapeError } from '../../../core/errors';
import { formatShape, type Shape, sameShape, sizeOf } from '../../../core/shape';
import type { Tensor } from '../../../core/tensor';
import { conv1d, conv2d } from '../../../ops/conv';
import { conv3d } from '../../../ops/conv3d';
import { zeros } from '../../../ops/create';
import { add, mul } from '../../../ops/elementwise';
import { concat, expandDims, reshape, slice } from '../../../ops/shape-ops';
import { type ActivationName, activate } from '../../activations';
import type { CallContext, Layer, ManyInputs, ManyOutputLayer, Params, RegularizerConfig } from '../../layer';
import type { Regularizer } from '../../regularizers';
import { defineManyLayer, expectRank, heldBy, type WeightSpec } from '../define';
import { dropFactors, dropRate } from '../drop';
import { type LayerConfig, type LayerOptions, OptionReader, type WeightConfig, type WeightOptions } from '../options';
import { type PerAxis, paddingOf, perAxis, type Rank, readKernel, slideAlong, type Window } from '../spatial';
import { activationOption, type SequenceConfig, type SequenceOptions, sequenceConfig } from './options';
import type { RecurrentLayer } from './recurrent-layer';
import { columnOf, goThrough } from './steps';

/** Options of {@link convLSTM2d} and of its like over `R` axes. */
export interface ConvLstmOptions<R extends Rank = Rank>
  extends LayerOptions,
    SequenceOptions,
    WeightOptions<'kernel'>,
    WeightOptions<'recurrent'>,
    WeightOptions<'bias'> {
  readonly filters: number;
  /** Of the window, one number for all axes or one for each. */
  readonly kernelSize: number | PerAxis<R>;
  /** Of the window over the inputs, by default 1. */
  readonly strides?: number | PerAxis<R> | undefined;
  /** By default `'valid'`. */
  readonly padding?: 'valid' | 'same' | undefined;
  /** Distance between the cells of the window over the inputs, by default 1. */
  readonly dilations?: number | PerAxis<R> | undefined;
  /** Keras's name for `dilations`. */
  readonly dilationRate?: number | PerAxis<R> | undefined;
  /** By default `'tanh'`. */
  readonly activation?: ActivationName | undefined;
  /** Of the gates, by default `'sigmoid'`. */
  readonly recurrentActivation?: ActivationName | undefined;
  /** By default true. */
  readonly useBias?: boolean | undefined;
  /** Whether the bias of the forget gate starts at 1; by default true. */
  readonly unitForgetBias?: boolean | undefined;
  readonly activityRegularizer?: Regularizer | null | undefined;
  /** Probability that a value of the input is dropped, the same ones at all steps; by default 0. */
  readonly dropout?: number | undefined;
  /** The same for the state; by default 0. */
  readonly recurrentDropout?: number | undefined;
}

export interface ConvLstmConfig<R extends Rank = Rank>
  extends LayerConfig,
    SequenceConfig,
    WeightConfig<'kernel'>,
    WeightConfig<'recurrent'>,
    WeightConfig<'bias'> {
  readonly filters: number;
  readonly kernelSize: PerAxis<R>;
  readonly strides: PerAxis<R>;
  readonly padding: 'valid' | 'same';
  readonly dilations: PerAxis<R>;
  readonly activation: ActivationName;
  readonly recurrentActivation: ActivationName;
  readonly useBias: boolean;
  readonly unitForgetBias: boolean;
  readonly activityRegularizer: RegularizerConfig | null;
  readonly dropout: number;
  readonly recurrentDropout: number;
}

const STATES = ['stateH', 'stateC'];
const GATES = 4;

/**
 * An LSTM over images in time, of which the products are convolutions: with z = conv(xₜ, W) + b + conv(hₜ₋₁, U) in four
 * blocks of filters i, f, c̃, o, cₜ = σ(f)·cₜ₋₁ + σ(i)·tanh(c̃) and hₜ = σ(o)·tanh(cₜ), put out. The convolution of the state
 * keeps its size.
 *
 * A mask `[batch, time]` holds steps back, as in {@link lstm}. The initial state is zero, or further inputs: `apply([x, h, c])`.
 *
 * @param options - `filters`, `kernelSize` (required), `strides = 1`, `padding = 'valid'`, `dilations = 1`,
 * `activation = 'tanh'`, `recurrentActivation = 'sigmoid'`, `useBias = true`, `unitForgetBias = true`,
 * `kernelInitializer = 'glorotUniform'`, `recurrentInitializer = 'orthogonal'`, `biasInitializer = 'zeros'`, regularisers and
 * constraints of those, `activityRegularizer`, `dropout = 0`, `recurrentDropout = 0`, `returnSequences = false`,
 * `returnState = false`, `goBackwards = false`, `stateful = false` (then `batchSize` is required), `unroll = false`,
 * `zeroOutputForMask = false`, `name`, `trainable = true`, `inputShape`.
 * @returns a layer from `[batch, time, height, width, channels]` to `[batch, oh, ow, filters]`, with `returnSequences` to
 * `[batch, time, oh, ow, filters]`, with `returnState` followed by h and c; with weights `kernel`
 * `[kh, kw, channels, 4 · filters]`, `recurrentKernel` `[kh, kw, filters, 4 · filters]` and `bias` `[4 · filters]`.
 * @throws ConfigError for an option that is missing, unknown or out of range; using it, a ShapeError for inputs that don't fit.
 *
 * Reference: Shi et al. 2015, arXiv:1506.04214.
 *
 * @example
 * ```ts
 * import { convLSTM2d, sequential } from 'kompakt/nn';
 * const layer = convLSTM2d({ filters: 4, kernelSize: 3, padding: 'same', returnSequences: true });
 * const model = sequential([layer], { inputShape: [5, 8, 8, 1] });
 * console.log(model.outputShape, model.countParams()); // → [ 5, 8, 8, 4 ] 736
 * ```
 */
export function convLSTM2d(
  options: ConvLstmOptions<2> & { readonly returnState: true },
): ManyOutputLayer<ConvLstmConfig<2>>;
export function convLSTM2d(options: ConvLstmOptions<2>): Layer<ConvLstmConfig<2>>;
export function convLSTM2d(options: ConvLstmOptions<2>): Layer<ConvLstmConfig<2>> | ManyOutputLayer<ConvLstmConfig<2>> {
  return convLstm(2, 'convLSTM2d', convLSTM2d, options);
}

/**
 * {@link convLSTM2d} over sequences of one axis in time.
 *
 * @param options - as of {@link convLSTM2d}; `kernelSize`, `strides` and `dilations` are numbers.
 * @returns a layer from `[batch, time, length, channels]` to `[batch, out, filters]`, or with `returnSequences` to
 * `[batch, time, out, filters]`; with `kernel` `[size, channels, 4 · filters]`, `recurrentKernel` and `bias`.
 * @throws as {@link convLSTM2d}.
 *
 * @example
 * ```ts
 * import { convLSTM1d } from 'kompakt/nn';
 * console.log(convLSTM1d({ filters: 4, kernelSize: 3 }).outputShape([5, 10, 2])); // → [ 8, 4 ]
 * ```
 */
export function convLSTM1d(
  options: ConvLstmOptions<1> & { readonly returnState: true },
): ManyOutputLayer<ConvLstmConfig<1>>;
export function convLSTM1d(options: ConvLstmOptions<1>): Layer<ConvLstmConfig<1>>;
export function convLSTM1d(options: ConvLstmOptions<1>): Layer<ConvLstmConfig<1>> | ManyOutputLayer<ConvLstmConfig<1>> {
  return convLstm(1, 'convLSTM1d', convLSTM1d, options);
}

/**
 * {@link convLSTM2d} over volumes in time.
 *
 * @param options - as of {@link convLSTM2d}, with three axes.
 * @returns a layer from `[batch, time, depth, height, width, channels]` to `[batch, od, oh, ow, filters]`, or with
 * `returnSequences` to `[batch, time, od, oh, ow, filters]`; with `kernel`, `recurrentKernel` and `bias`.
 * @throws as {@link convLSTM2d}.
 *
 * @example
 * ```ts
 * import { convLSTM3d } from 'kompakt/nn';
 * console.log(convLSTM3d({ filters: 2, kernelSize: 3 }).outputShape([5, 4, 6, 6, 1])); // → [ 2, 4, 4, 2 ]
 * ```
 */
export function convLSTM3d(
  options: ConvLstmOptions<3> & { readonly returnState: true },
): ManyOutputLayer<ConvLstmConfig<3>>;
export function convLSTM3d(options: ConvLstmOptions<3>): Layer<ConvLstmConfig<3>>;
export function convLSTM3d(options: ConvLstmOptions<3>): Layer<ConvLstmConfig<3>> | ManyOutputLayer<ConvLstmConfig<3>> {
  return convLstm(3, 'convLSTM3d', convLSTM3d, options);
}

/** What is the same for all sequences. */
interface Subject {
  readonly label: string;
  readonly rank: Rank;
  readonly config: ConvLstmConfig;
  readonly window: Window;
}

function convLstm<R extends Rank>(
  rank: R,
  kind: string,
  factory: (options: ConvLstmOptions<R>) => Layer<ConvLstmConfig<R>>,
  options: ConvLstmOptions<R>,
): Layer<ConvLstmConfig<R>> {
  const o = new OptionReader(kind, options);
  const window = readKernel(o, rank);
  const config = readConfig<R>(o, window);
  const { filters, useBias, stateful, batchSize } = config;
  const subject: Subject = { label: o.label, rank, config: config as unknown as ConvLstmConfig, window };
  const stateShape = (input: Shape): Shape => stateShapeOf(subject, input);
  const layer = defineManyLayer<ConvLstmConfig<R>>(o, config, {
    arity: { min: 1, max: 3 },
    outputShapes: ([input, ...given]) => {
      const state = stateShape(input!);
      checkStates(given, state, o.label);
      const y = config.returnSequences ? [input![0]!, ...state] : state;
      return config.returnState ? [y, state, state] : [y];
    },
    weights: ([input]) => ({
      kernel: { shape: [...window.size, input!.at(-1)!, GATES * filters], initializer: config.kernelInitializer },
      recurrentKernel: { shape: [...window.size, filters, GATES * filters], initializer: config.recurrentInitializer },
      ...(useBias && { bias: biasOf(config as unknown as ConvLstmConfig) }),
      ...(stateful && carriedSpecs(batchSize!, stateShape(input!))),
    }),
    ...(stateful && { carried: { names: STATES, batchSize: batchSize! } }),
    run: (inputs, weights, ctx) => runConvLstm(subject, inputs, weights, ctx),
    multiplyAdds: ([input]) => {
      const state = stateShape(input!);
      return input![0]! * sizeOf(state) * GATES * sizeOf(window.size) * (input!.at(-1)! + filters);
    },
    ...heldBy(config, { kernel: 'kernel', recurrentKernel: 'recurrent', bias: useBias && 'bias' }),
  });
  const own: RecurrentLayer = {
    ...(layer as unknown as Layer),
    stateCount: STATES.length,
    changed: (change) => factory({ ...config, name: o.name, ...change } as unknown as ConvLstmOptions<R>),
  };
  return own as unknown as Layer<ConvLstmConfig<R>>;
}

function readConfig<R extends Rank>(o: OptionReader, window: Window): ConvLstmConfig<R> {
  return {
    filters: o.count('filters'),
    kernelSize: perAxis<R>(window.size),
    strides: perAxis<R>(window.strides),
    padding: o.oneOf('padding', ['valid', 'same'], 'valid'),
    dilations: perAxis<R>(window.dilations),
    activation: activationOption(o, 'activation', 'tanh'),
    recurrentActivation: activationOption(o, 'recurrentActivation', 'sigmoid'),
    useBias: o.flag('useBias', true),
    unitForgetBias: o.flag('unitForgetBias', true),
    ...o.weight('kernel', 'glorotUniform'),
    ...o.weight('recurrent', 'orthogonal'),
    ...o.weight('bias', 'zeros'),
    activityRegularizer: o.regularizer('activityRegularizer'),
    dropout: dropRate(o, 'dropout'),
    recurrentDropout: dropRate(o, 'recurrentDropout'),
    ...sequenceConfig(o),
    ...o.common(),
  };
}

function biasOf({ filters, unitForgetBias, biasInitializer }: ConvLstmConfig): WeightSpec {
  const part = (blocks: number, initializer = biasInitializer): WeightSpec => ({
    shape: [blocks * filters],
    initializer,
  });
  return unitForgetBias ? { ...part(GATES), pieces: [part(1), part(1, 'ones'), part(2)] } : part(GATES);
}

const carriedSpecs = (batchSize: number, state: Shape): Record<string, WeightSpec> =>
  Object.fromEntries(
    STATES.map((name) => [name, { shape: [batchSize, ...state], initializer: 'zeros', isState: true } as const]),
  );

function stateShapeOf({ label, rank, config, window }: Subject, input: Shape): Shape {
  expectRank(input, rank + 2, '[batch, time, …, channels]', label);
  if (input[0] === 0)
    throw new ShapeError(`${label}: the sequences have no steps, shape ${formatShape(input)}. Give at least one.`);
  return [...slideAlong(input.slice(1, -1), window, config.padding, label), config.filters];
}

function checkStates(given: readonly Shape[], state: Shape, label: string): void {
  if (given.length === 0) return;
  if (given.length !== STATES.length || given.some((s) => !sameShape(s, state))) {
    throw new ShapeError(
      `${label}: the initial state must be h and c, each ${formatShape(state)} (the batch axis left out), got ${given.map((s) => formatShape(s)).join(' ')}.`,
    );
  }
}

function runConvLstm({ label, rank, config, window }: Subject, inputs: ManyInputs, weights: Params, ctx: CallContext) {
  const { stateful, batchSize, activation, recurrentActivation } = config;
  const [x, ...given] = inputs.xs as [Tensor, ...Tensor[]];
  const mask = inputs.masks[0] ?? null;
  const [batch, time] = x.shape as [number, number];
  if (stateful && batch !== batchSize) {
    throw new ShapeError(
      `${label}: it is stateful with batches of ${batchSize}, got one of ${batch}. Leave out incomplete batches.`,
    );
  }
  const z = projected(x, weights, { label, rank, config, window }, ctx);
  const carried = stateful ? STATES.map((name) => weights[name]!) : null;
  const fresh = (): Tensor[] =>
    STATES.map(() =>
      zeros([batch, ...z.shape.slice(2, -1), config.filters], { dtype: x.dtype as 'float32', backend: x.backend }),
    );
  const initial = given.length > 0 ? given : (carried ?? fresh());
  const drops = gateDrops(initial[0]!, config.recurrentDropout, ctx, label);
  const gate = (t: Tensor): Tensor => activate(recurrentActivation, t);
  const course = goThrough(
    {
      time,
      initial,
      mask,
      outputState: 0,
      step: (t, [h, c]) => {
        const inner = gatewise(h!, drops, weights.recurrentKernel!, (a, k) => convolve(rank, a, k, 'same', null));
        const [i, f, candidate, out] = blocks(add(columnOf(z, t), inner));
        const carry = add(mul(gate(f!), c!), mul(gate(i!), activate(activation, candidate!)));
        const y = mul(gate(out!), activate(activation, carry));
        return { y, states: [y, carry] };
      },
    },
    config,
  );
  const ys = config.returnState ? [course.y, ...course.states] : [course.y];
  const outMask = config.returnSequences ? mask : null;
  return {
    ys,
    masks: ys.map((_, i) => (i === 0 ? outMask : null)),
    ...(stateful && { state: Object.fromEntries(STATES.map((name, i) => [name, course.states[i]!])) }),
  };
}

/** The convolution of the inputs of all steps, bias included: `[batch, time, …, 4 · filters]`. */
function projected(
  x: Tensor,
  { kernel, bias }: Params,
  { label, rank, config, window }: Subject,
  ctx: CallContext,
): Tensor {
  const [batch, time, ...step] = x.shape as [number, number, ...number[]];
  const like = columnOf(x, 0);
  const drops = gateDrops(like, config.dropout, ctx, label)?.map((drop) => expandDims(drop, 1)) ?? null;
  const z = gatewise(x, drops, kernel!, (a, k) =>
    convolve(rank, reshape(a, [batch * time, ...step]), k, config.padding, window),
  );
  const all = bias === undefined ? z : add(z, bias);
  return reshape(all, [batch, time, ...all.shape.slice(1)]);
}

/** What each gate multiplies values by; null where nothing is dropped. */
function gateDrops(like: Tensor, rate: number, ctx: CallContext, label: string): readonly Tensor[] | null {
  if (!ctx.training || rate === 0) return null;
  return Array.from({ length: GATES }, () => dropFactors(like, rate, ctx, label)!);
}

/** A product with the whole kernel, or gate by gate where each drops others. */
function gatewise(
  x: Tensor,
  drops: readonly Tensor[] | null,
  kernel: Tensor,
  product: (x: Tensor, kernel: Tensor) => Tensor,
): Tensor {
  if (drops === null) return product(x, kernel);
  return concat(
    blocks(kernel).map((own, g) => product(mul(x, drops[g]!), own)),
    -1,
  );
}

/** The parts of the last axis that belong to the gates. */
function blocks(x: Tensor): Tensor[] {
  const before = x.shape.slice(0, -1);
  const size = x.shape.at(-1)! / GATES;
  return Array.from({ length: GATES }, (_, g) =>
    slice(x, [...before.map(() => 0), g * size], [...before, (g + 1) * size]),
  );
}

/** A convolution along so many axes; without a window it moves by ones. */
function convolve(rank: Rank, x: Tensor, kernel: Tensor, padding: 'valid' | 'same', window: Window | null): Tensor {
  const ones = Array.from({ length: rank }, () => 1);
  const own = window ?? { size: kernel.shape.slice(0, rank), strides: ones, dilations: ones };
  const pads = paddingOf(padding, x.shape.slice(1, -1), own);
  const { strides, dilations } = own;
  if (rank === 1) return conv1d(x, kernel, { strides: strides[0], dilations: dilations[0], padding: pads[0] });
  const options = { strides, dilations, padding: pads, groups: 1 } as never;
  return rank === 2 ? conv2d(x, kernel, options) : conv3d(x, kernel, options);
}
