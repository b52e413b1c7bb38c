import { ConfigError } from '../core/errors';
import { checkOptions } from '../core/options';
import type { Shape } from '../core/shape';
import type { Tensor } from '../core/tensor';
import { readShape } from './graph/input-shapes';
import { isModelLayer } from './graph/model-layer';
import { linearNetwork } from './graph/network';
import { NetworkModel } from './graph/network-model';
import type { ModelChanges, ModelOptions, ModelParts } from './graph/parts';
import type { Layer } from './layer';
import { checkNames, nameLayers } from './names';

export interface SequentialOptions extends ModelOptions {
  /**
   * Shape of one sample, without the batch axis, null for a size that may differ from batch to batch; by default taken from
   * the first layer or the first data.
   */
  readonly inputShape?: readonly (number | null)[] | undefined;
}

/** All parts of a model; see {@link Sequential.from}. */
export interface SequentialParts extends ModelParts {
  readonly layers: readonly Layer[];
  /** Default: as `sequential` would name them. */
  readonly names?: readonly string[] | undefined;
  readonly inputShape: Shape;
}

/**
 * A model whose layers run one after the other. Made by {@link sequential}.
 */
export class Sequential extends NetworkModel<Tensor> {
  constructor(
    layers: readonly (Layer | NetworkModel<Tensor>)[],
    options: SequentialOptions = {},
    names?: readonly string[],
  ) {
    super('sequential', networkOf(layers, options, names), options);
  }

  /**
   * A model of given layers and weights. Takes copies of all tensors.
   *
   * @throws ConfigError when there is not one set of weights for each layer.
   */
  static from(parts: SequentialParts): Sequential {
    const model = new Sequential(parts.layers, parts, parts.names);
    model.adopt([readShape(parts.inputShape, 'Sequential.from: inputShape')], parts);
    return model;
  }

  override get layers(): readonly Layer[] {
    return this.network.layers as readonly Layer[];
  }

  override rebuilt(changes: ModelChanges): this {
    return Sequential.from({
      ...this.partsWith(changes, 'sequential'),
      layers: (changes.layers as readonly Layer[] | undefined) ?? this.layers,
      names: this.layerNames,
      inputShape: this.inputShape!,
    }) as this;
  }

  protected override packed(ys: readonly Tensor[]): Tensor {
    return ys[0]!;
  }
}

function networkOf(
  given: readonly (Layer | NetworkModel<Tensor>)[],
  options: SequentialOptions,
  names: readonly string[] | undefined,
) {
  if (!Array.isArray(given) || given.length === 0)
    throw new ConfigError('sequential: give at least one layer: sequential([dense({ units: 1 })]).');
  const layers = given.map((layer: Layer | NetworkModel<Tensor> | null, i): Layer => {
    if (layer instanceof NetworkModel) return layer.asLayer();
    if (typeof layer !== 'object' || typeof layer?.call !== 'function')
      throw new ConfigError(`sequential: item ${i} is not a layer. Call the factory, e.g. dense({ units: 1 }).`);
    return layer;
  });
  if (names !== undefined) checkNames(names, layers.length);
  const shape = options.inputShape ?? ownInputShape(layers[0]!);
  const inputShape = shape === null ? null : readShape(shape, 'sequential: inputShape');
  return linearNetwork(layers, names ?? nameLayers(layers), inputShape);
}

/** The input shape that a layer was given. */
function ownInputShape(layer: Layer): readonly (number | null)[] | null {
  if (isModelLayer(layer)) return layer.network.inputs[0]!.shape;
  return (layer.config as SequentialOptions).inputShape ?? null;
}

/**
 * A model of layers that run one after the other.
 *
 * @param layers - from the first to the last; a model among them is a layer, see `asLayer`.
 * @param options - `inputShape` of one sample (else taken from the first layer's `inputShape`, or from the first data),
 * `seed` for initial weights, shuffling and dropout, `backend`, `name`.
 * @returns a model, with weights if its input shape is known.
 * @throws ConfigError for names that are not unique; ShapeError where layers don't fit each other.
 *
 * @example
 * ```ts
 * import { dense, sequential } from 'kompakt/nn';
 * const model = sequential([dense({ units: 8, activation: 'tanh' }), dense({ units: 1, activation: 'sigmoid' })], { seed: 1 });
 * model.compile({ optimizer: 'adam', loss: 'binaryCrossentropy', metrics: ['accuracy'] });
 * const { history } = await model.fit([[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0], { epochs: 5 });
 * console.log(history.loss.length, model.predict([[0, 1]]).shape); // → 5 [ 1, 1 ]
 * ```
 */
export function sequential(
  layers: readonly (Layer | NetworkModel<Tensor>)[],
  options: SequentialOptions = {},
): Sequential {
  checkOptions(options, ['inputShape', 'name', 'seed', 'backend'], 'sequential');
  const model = new Sequential(layers, options);
  if (model.inputShape !== null) model.build(model.inputShape);
  return model;
}
