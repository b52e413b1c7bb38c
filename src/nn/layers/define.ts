import type { Backend } from '../../core/backend';
import { ConfigError, ShapeError } from '../../core/errors';
import type { Rng } from '../../core/rng';
import { formatShape, type Shape, sameShape, sizeOf } from '../../core/shape';
import type { Tensor } from '../../core/tensor';
import { type Initializer, initialize } from '../initializers';
import type { CallContext, CallResult, Layer, LayerWeights, Params, RegularizerConfig } from '../layer';
import type { LayerConfig, OptionReader } from './options';

/** One weight of a layer. */
export interface WeightSpec {
  readonly shape: Shape;
  readonly initializer: Initializer;
  /** Present for a weight that is carried along instead of being trained. */
  readonly isState?: boolean;
}

/** What distinguishes one kind of layer; shapes leave the batch axis out. */
export interface LayerRule {
  /** Shape of the output; throws a ShapeError where the input does not fit. */
  outputShape(input: Shape): Shape;
  /** Weights in Keras's order; by default none. */
  weights?(input: Shape): { readonly [name: string]: WeightSpec };
  run(x: Tensor, weights: Params, ctx: CallContext): Tensor | CallResult;
  /** By default 0. */
  multiplyAdds?(input: Shape): number;
  readonly regularizers?: { readonly [param: string]: RegularizerConfig | null };
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
      return freshWeights(weightsFor(input), rng, backend);
    },
    call(params, state, x, ctx): CallResult {
      if (x.rank === 0) throw new ShapeError(`${label}: the input is a scalar; it must have a batch axis.`);
      const input = x.shape.slice(1);
      rule.outputShape(input);
      const weights = { ...params, ...state };
      checkWeights(weightsFor(input), weights, input, label);
      const result = rule.run(x, weights, ctx);
      return 'y' in result ? result : { y: result, state };
    },
    multiplyAdds: (input) => rule.multiplyAdds?.(input) ?? 0,
    ...regularizersOf(rule),
  };
}

function regularizersOf({ regularizers = {} }: LayerRule): Pick<Layer, 'regularizers'> {
  const active = Object.entries(regularizers).filter(
    (entry): entry is [string, RegularizerConfig] => entry[1] !== null,
  );
  return active.length === 0 ? {} : { regularizers: Object.fromEntries(active) };
}

function freshWeights(
  specs: { readonly [name: string]: WeightSpec },
  rng: Rng,
  backend: Backend | undefined,
): LayerWeights {
  const params: Record<string, Tensor> = {};
  const state: Record<string, Tensor> = {};
  for (const [name, { shape, initializer, isState }] of Object.entries(specs)) {
    (isState === true ? state : params)[name] = initialize(initializer, shape, rng, { backend });
  }
  return { params, state };
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
