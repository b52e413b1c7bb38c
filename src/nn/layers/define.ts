import type { Backend } from '../../core/backend';
import { ConfigError, ShapeError } from '../../core/errors';
import type { Rng } from '../../core/rng';
import { scope } from '../../core/scope';
import { formatShape, type Shape, sameShape, sizeOf } from '../../core/shape';
import type { Tensor } from '../../core/tensor';
import { add, mul } from '../../ops/elementwise';
import { concat } from '../../ops/shape-ops';
import { applySelf } from '../graph/symbolic';
import { type Initializer, initialize } from '../initializers';
import type {
  CallContext,
  CallResult,
  Carried,
  ConstraintConfig,
  Layer,
  LayerWeights,
  ManyForm,
  ManyInputs,
  ManyOutputLayer,
  ManyResult,
  Params,
  RegularizerConfig,
  WeightShapes,
} from '../layer';
import { regularize } from '../regularizers';
import type { LayerConfig, OptionReader } from './options';

/** One weight of a layer. */
export interface WeightSpec {
  readonly shape: Shape;
  readonly initializer: Initializer;
  /** Where parts of it start differently: those parts, joined along the first axis. */
  readonly pieces?: readonly WeightSpec[];
  /** Present for a weight that is carried along instead of being trained. */
  readonly isState?: boolean;
}

/** What rules of all layers may say. */
export interface CommonRule {
  readonly regularizers?: { readonly [param: string]: RegularizerConfig | null };
  readonly constraints?: { readonly [param: string]: ConstraintConfig | null };
  /** Of the output, divided by the size of the batch. */
  readonly activityRegularizer?: RegularizerConfig | null;
}

/**
 * What holds the weights, read from a config by the names of its options: `{ kernel: 'kernel' }` takes `kernelRegularizer`
 * and `kernelConstraint` for the weight `kernel`. A weight that is not there is left out by false.
 */
export function heldBy(
  config: object,
  names: { readonly [weight: string]: string | false },
): Pick<CommonRule, 'regularizers' | 'constraints' | 'activityRegularizer'> {
  const options = config as Readonly<Record<string, unknown>>;
  const of = <T>(suffix: string): { [weight: string]: T | null } =>
    Object.fromEntries(
      Object.entries(names).map(([weight, name]) => [
        weight,
        name === false ? null : ((options[name + suffix] ?? null) as T | null),
      ]),
    );
  return {
    regularizers: of('Regularizer'),
    constraints: of('Constraint'),
    activityRegularizer: (options.activityRegularizer ?? null) as RegularizerConfig | null,
  };
}

/** What distinguishes one kind of layer; shapes leave the batch axis out. */
export interface LayerRule extends CommonRule {
  /** Shape of the output; throws a ShapeError where the input does not fit. */
  outputShape(input: Shape): Shape;
  /** Weights in Keras's order; by default none. */
  weights?(input: Shape): { readonly [name: string]: WeightSpec };
  run(x: Tensor, weights: Params, ctx: CallContext): Tensor | CallResult;
  /** By default 0. */
  multiplyAdds?(input: Shape): number;
  /** Whether the input's mask holds for the output; by default false. */
  readonly passesMask?: boolean;
}

/** What distinguishes a kind of layer of several inputs or outputs. */
export interface ManyRule extends CommonRule {
  /** How many inputs there may be; by default any number from 1 on. */
  readonly arity?: { readonly min: number; readonly max: number };
  outputShapes(inputs: readonly Shape[]): readonly Shape[];
  weights?(inputs: readonly Shape[]): { readonly [name: string]: WeightSpec };
  run(inputs: ManyInputs, weights: Params, ctx: CallContext): Omit<ManyResult, 'state'> & { readonly state?: Params };
  multiplyAdds?(inputs: readonly Shape[]): number;
  readonly carried?: Carried;
}

/** A layer of the rule, with the checks that all layers share. */
export function defineLayer<C extends LayerConfig>(options: OptionReader, config: C, rule: LayerRule): Layer<C> {
  const { kind, name, label } = options;
  const weightsFor = (input: Shape) => rule.weights?.(input) ?? {};
  return {
    kind,
    name,
    config,
    trainable: config.trainable,
    outputShape: (input) => rule.outputShape(input),
    init(input, rng, backend) {
      rule.outputShape(input);
      return freshWeights(weightsFor(input), rng, backend, label);
    },
    weightShapes: ([input]) => specShapes(weightsFor(input!)),
    call(params, state, x, ctx): CallResult {
      if (x.rank === 0) throw new ShapeError(`${label}: the input is a scalar; it must have a batch axis.`);
      const input = x.shape.slice(1);
      rule.outputShape(input);
      const weights = { ...params, ...state };
      checkWeights(weightsFor(input), weights, input, label);
      const result = rule.run(x, weights, ctx);
      const full = 'y' in result ? result : { y: result, state };
      return withPenalty(full, [full.y], rule.activityRegularizer);
    },
    multiplyAdds: (input) => rule.multiplyAdds?.(input) ?? 0,
    ...extrasOf(rule),
    ...(rule.passesMask === true && { passesMask: true }),
    apply: applySelf,
  };
}

/** The result with what the activity regulariser says of the outputs: of the batch as a whole, divided by its size. */
function withPenalty<R extends { readonly penalty?: Tensor | undefined }>(
  result: R,
  ys: readonly Tensor[],
  regularizer: RegularizerConfig | null | undefined,
): R {
  if (regularizer === null || regularizer === undefined) return result;
  let penalty = result.penalty;
  for (const y of ys) {
    const whole = y.shape[0] === 0 ? null : regularize(regularizer, y);
    if (whole === null) continue;
    const own = mul(whole, 1 / y.shape[0]!);
    penalty = penalty === undefined ? own : add(penalty, own);
  }
  return { ...result, penalty };
}

/** A layer of several inputs and one output. */
export function defineManyLayer<C extends LayerConfig>(options: OptionReader, config: C, rule: ManyRule): Layer<C> {
  const { kind, name, label } = options;
  const many = manyForm(rule, label);
  return {
    kind,
    name,
    config,
    trainable: config.trainable,
    outputShape: (input) => many.outputShapes([input])[0]!,
    init: (input, rng, backend) => many.init([input], rng, backend),
    weightShapes: (inputs) => specShapes(rule.weights?.(inputs) ?? {}),
    call(params, state, x, ctx) {
      const { ys, masks, ...rest } = many.call(params, state, { xs: [x], masks: [ctx.mask ?? null] }, ctx);
      return { ...rest, y: ys[0]!, mask: masks?.[0] ?? null };
    },
    multiplyAdds: (input) => many.multiplyAdds([input]),
    ...extrasOf(rule),
    ...(rule.carried !== undefined && { carried: rule.carried }),
    many,
    apply: applySelf,
  };
}

/** A layer of several outputs. */
export function defineManyOutputLayer<C extends LayerConfig>(
  options: OptionReader,
  config: C,
  rule: ManyRule,
): ManyOutputLayer<C> {
  return defineManyLayer(options, config, rule) as unknown as ManyOutputLayer<C>;
}

function manyForm(rule: ManyRule, label: string): ManyForm {
  const { min = 1, max = Number.POSITIVE_INFINITY } = rule.arity ?? {};
  const shapesOf = (inputs: readonly Shape[]): readonly Shape[] => {
    if (inputs.length < min || inputs.length > max) {
      const wanted = min === max ? `${min}` : max === Number.POSITIVE_INFINITY ? `${min} or more` : `${min} to ${max}`;
      throw new ShapeError(`${label}: takes ${wanted} inputs, got ${inputs.length}. Call apply([a, b]).`);
    }
    return rule.outputShapes(inputs);
  };
  const weightsFor = (inputs: readonly Shape[]) => rule.weights?.(inputs) ?? {};
  return {
    outputShapes: shapesOf,
    init(inputs, rng, backend) {
      shapesOf(inputs);
      return freshWeights(weightsFor(inputs), rng, backend, label);
    },
    call(params, state, inputs, ctx) {
      for (const x of inputs.xs)
        if (x.rank === 0) throw new ShapeError(`${label}: an input is a scalar; it must have a batch axis.`);
      const shapes = inputs.xs.map((x) => x.shape.slice(1));
      shapesOf(shapes);
      const weights = { ...params, ...state };
      checkWeights(weightsFor(shapes), weights, shapes[0]!, label);
      const result = rule.run(inputs, weights, ctx);
      return withPenalty({ state, ...result }, result.ys, rule.activityRegularizer);
    },
    multiplyAdds: (inputs) => rule.multiplyAdds?.(inputs) ?? 0,
  };
}

function extrasOf({ regularizers = {}, constraints = {} }: CommonRule): Pick<Layer, 'regularizers' | 'constraints'> {
  const [regular, constrained] = [present(regularizers), present(constraints)];
  return {
    ...(regular !== null && { regularizers: regular }),
    ...(constrained !== null && { constraints: constrained }),
  };
}

/** The entries that are not null; null where there are none. */
function present<T>(record: { readonly [key: string]: T | null }): { readonly [key: string]: T } | null {
  const entries = Object.entries(record).filter((entry): entry is [string, T] => entry[1] !== null);
  return entries.length === 0 ? null : Object.fromEntries(entries);
}

function specShapes(specs: { readonly [name: string]: WeightSpec }): WeightShapes {
  const pick = (isState: boolean) =>
    Object.fromEntries(
      Object.entries(specs).flatMap(([name, spec]) =>
        (spec.isState === true) === isState ? [[name, spec.shape] as const] : [],
      ),
    );
  return { params: pick(false), state: pick(true) };
}

function freshWeights(
  specs: { readonly [name: string]: WeightSpec },
  rng: Rng,
  backend: Backend | undefined,
  label: string,
): LayerWeights {
  const params: Record<string, Tensor> = {};
  const state: Record<string, Tensor> = {};
  for (const [name, spec] of Object.entries(specs)) {
    if (spec.shape.some((n) => Number.isNaN(n))) {
      throw new ConfigError(
        `${label}: the weight '${name}' would have shape ${formatShape(spec.shape)}. Where weights depend on it, the size of an axis must be given; only others may be null.`,
      );
    }
    (spec.isState === true ? state : params)[name] = freshWeight(spec, rng, backend);
  }
  return { params, state };
}

function freshWeight({ shape, initializer, pieces }: WeightSpec, rng: Rng, backend: Backend | undefined): Tensor {
  if (pieces === undefined) return initialize(initializer, shape, rng, { backend });
  return scope(() =>
    concat(
      pieces.map((piece) => freshWeight(piece, rng, backend)),
      0,
    ),
  );
}

function checkWeights(
  specs: { readonly [name: string]: WeightSpec },
  weights: Params,
  input: Shape,
  label: string,
): void {
  for (const [name, { shape }] of Object.entries(specs)) {
    const weight = weights[name];
    if (weight === undefined) {
      throw new ConfigError(
        `${label}: the weight '${name}' is missing. Make weights with init, for inputs of shape ${formatShape(input)}.`,
      );
    }
    if (!sameShape(weight.shape, shape)) {
      throw new ShapeError(
        `${label}: ${name} has shape ${formatShape(weight.shape)}, but an input of shape ${formatShape(input)} needs ${formatShape(shape)}. ` +
          'The weights were made for another input shape.',
      );
    }
  }
}

/** Throws unless the input has so many axes, the batch left out. */
export function expectRank(input: Shape, rank: number, layout: string, label: string): void {
  if (input.length !== rank) {
    throw new ShapeError(
      `${label}: expected inputs ${layout}, got shape ${formatShape(input)} (the batch axis left out). Reshape the data, or add a layer that does.`,
    );
  }
}

/** `x` as a batch of samples of another shape with as many elements. */
export const batchShape = (x: Tensor, sample: Shape): Shape => [x.shape[0]!, ...sample];

/** The product of all sizes but the last. */
export const positions = (shape: Shape): number => sizeOf(shape.slice(0, -1));
