import type { Backend } from '../core/backend';
import type { DType } from '../core/dtype';
import type { Rng } from '../core/rng';
import type { Shape } from '../core/shape';
import type { Tensor } from '../core/tensor';

/** Named tensors of one layer, in Keras's weight order. */
export type Params = { readonly [name: string]: Tensor };

/** Which steps of a sequence count: `[batch, time]`, 1 or 0 (bool); null where all do. */
export type Mask = Tensor | null;

/** What a layer is told while it runs. */
export interface CallContext {
  /** Whether this is a training step: dropout drops, batch norm uses the batch's statistics. */
  readonly training: boolean;
  /** Randomness for this call (null at inference). */
  readonly rng: Rng | null;
  /** Of the input of a layer with one input; absent or null: everything counts. */
  readonly mask?: Mask | undefined;
  /** Whether the model trains the weights of the layer; absent: as its config says. Frozen batch norms are at inference. */
  readonly trainable?: boolean | undefined;
}

/** What a layer returns: its output and its state after the call (the very same object where nothing changed). */
export interface CallResult {
  readonly y: Tensor;
  readonly state: Params;
  /** Of the output; where it is left out, the input's, if the layer passes masks on, else none. */
  readonly mask?: Mask | undefined;
  /** A scalar that this call adds to the loss, e.g. of activity regularisation. */
  readonly penalty?: Tensor | undefined;
}

/** All inputs of a layer, each with its mask. */
export interface ManyInputs {
  readonly xs: readonly Tensor[];
  readonly masks: readonly Mask[];
}

/** {@link CallResult} for several outputs. */
export interface ManyResult {
  readonly ys: readonly Tensor[];
  readonly state: Params;
  /** Of each output; where left out, none has a mask. */
  readonly masks?: readonly Mask[] | undefined;
  readonly penalty?: Tensor | undefined;
}

/** The general form of a layer, for any number of inputs and outputs. Shapes leave the batch axis out. */
export interface ManyForm {
  outputShapes(inputs: readonly Shape[]): readonly Shape[];
  init(inputs: readonly Shape[], rng: Rng, backend?: Backend): LayerWeights;
  call(params: Params, state: Params, inputs: ManyInputs, ctx: CallContext): ManyResult;
  multiplyAdds(inputs: readonly Shape[]): number;
}

/** Fresh weights of a layer: `params` are trained, `state` (running statistics) is carried along. */
export interface LayerWeights {
  readonly params: Params;
  readonly state: Params;
}

/** Shapes of a layer's weights by name, in Keras's order. */
export interface WeightShapes {
  readonly params: { readonly [name: string]: Shape };
  readonly state: { readonly [name: string]: Shape };
}

/** What stateful layers carry from batch to batch, at inference too: entries of their state that are no weights. */
export interface Carried {
  readonly names: readonly string[];
  /** The size that all batches must have. */
  readonly batchSize: number;
}

/** An extra term of the loss for one parameter, e.g. l2(1e-4). Plain data, so that it can be saved. */
export type RegularizerConfig =
  | { readonly kind: 'l1l2'; readonly l1: number; readonly l2: number }
  | { readonly kind: 'orthogonal'; readonly factor: number; readonly mode: 'rows' | 'columns' };

/** What a parameter is put back to after every step of training, e.g. maxNorm(2). Plain data. */
export interface ConstraintConfig {
  readonly kind: string;
  readonly [option: string]: unknown;
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
  /** Whether a parameter is not, though the layer is, as it belongs to a frozen layer within it. */
  readonly isFrozen?: (param: string) => boolean;
  /** Shape of the output for an input shape; throws a ShapeError where it does not fit. */
  outputShape(input: Shape): Shape;
  /** Initial weights for inputs of that shape. */
  init(input: Shape, rng: Rng, backend?: Backend): LayerWeights;
  /** The shapes of the weights that `init` makes, known without making them; a wrapper asks what it wraps. */
  weightShapes?(inputs: readonly Shape[]): WeightShapes;
  call(params: Params, state: Params, x: Tensor, ctx: CallContext): CallResult;
  /** Multiply-adds for one sample. */
  multiplyAdds(input: Shape): number;
  /** Regularisers by parameter name, for those that have one. */
  readonly regularizers?: { readonly [param: string]: RegularizerConfig };
  /** Constraints by parameter name, for those that have one. */
  readonly constraints?: { readonly [param: string]: ConstraintConfig };
  /** Present on layers that go on where the last batch ended. */
  readonly carried?: Carried;
  /** Whether the mask of the input holds for the output; by default it ends here. */
  readonly passesMask?: boolean;
  /**
   * Present on layers that take several inputs or give several outputs; the methods above then hold for one input, and
   * tell of the first output.
   */
  readonly many?: ManyForm;
  /** The layer's output in a graph. Applied more than once, a layer has the same weights everywhere. */
  apply(x: SymbolicTensor | readonly SymbolicTensor[]): SymbolicTensor;
}

/** A layer of several outputs. */
export interface ManyOutputLayer<C extends object = object> extends Omit<Layer<C>, 'apply'> {
  readonly many: ManyForm;
  apply(x: SymbolicTensor | readonly SymbolicTensor[]): SymbolicTensor[];
}

/** Any layer of a graph. */
export type AnyLayer = Layer | ManyOutputLayer;

/** One use of a layer in a graph. */
export interface LayerCall {
  readonly layer: AnyLayer;
  readonly inputs: readonly SymbolicTensor[];
}

/** A value of a graph model before there are numbers: what `input` gives, and what a layer makes of such values. */
export interface SymbolicTensor {
  /** Of one sample, without the batch axis; NaN where any size will do. */
  readonly shape: Shape;
  /** The call it comes from; null for an input. */
  readonly origin: LayerCall | null;
  /** Which of the outputs of that call it is. */
  readonly index: number;
  /** The name of an input, where it was given. */
  readonly name: string | null;
  /** Of an input, what its samples are converted to. */
  readonly dtype: DType;
}
