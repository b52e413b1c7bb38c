import type { Backend } from '../core/backend';
import type { Rng } from '../core/rng';
import type { Shape } from '../core/shape';
import type { Tensor } from '../core/tensor';

/** Named tensors of one layer, in Keras's weight order. */
export type Params = { readonly [name: string]: Tensor };

/** What a layer is told while it runs. */
export interface CallContext {
  /** Whether this is a training step: dropout drops, batch norm uses the batch's statistics. */
  readonly training: boolean;
  /** Randomness for this call (null at inference). */
  readonly rng: Rng | null;
}

/** What a layer returns: its output and its state after the call (the very same object where nothing changed). */
export interface CallResult {
  readonly y: Tensor;
  readonly state: Params;
}

/** Fresh weights of a layer: `params` are trained, `state` (running statistics) is carried along. */
export interface LayerWeights {
  readonly params: Params;
  readonly state: Params;
}

/** An extra term of the loss for one parameter, e.g. l2(1e-4). Plain data, so that it can be saved. */
export interface RegularizerConfig {
  readonly kind: 'l1l2';
  readonly l1: number;
  readonly l2: number;
}

/**
 * One layer of a model: a pure function of its parameters, with its options as data.
 *
 * A layer object is immutable and holds no tensors, so it can be shared between models. Shapes leave the batch axis
 * out: a layer for images takes `[height, width, channels]`.
 */
export interface Layer<C extends object = object> {
  /** The factory's name: `dense`, `conv2d`, … */
  readonly kind: string;
  /** Given by the user, else null: the model then calls it after its kind and position, `dense_1`. */
  readonly name: string | null;
  /** The options with all defaults filled in; JSON. A layer is rebuilt by calling its factory with it. */
  readonly config: C;
  /** Whether `params` are trained. */
  readonly trainable: boolean;
  /** Shape of the output for an input shape; throws a ShapeError where it does not fit. */
  outputShape(input: Shape): Shape;
  /** Initial weights for inputs of that shape. */
  init(input: Shape, rng: Rng, backend?: Backend): LayerWeights;
  call(params: Params, state: Params, x: Tensor, ctx: CallContext): CallResult;
  /** Multiply-adds for one sample. */
  multiplyAdds(input: Shape): number;
  /** Regularisers by parameter name, for those that have one. */
  readonly regularizers?: { readonly [param: string]: RegularizerConfig };
}
