import { ConfigError, ShapeError } from '../core/errors';
import { formatShape, type Shape, sameShape } from '../core/shape';
import { Tensor } from '../core/tensor';
import { asTensor, type TensorLike } from '../ops/create';
import { cast, mul } from '../ops/index';
import { weightsInState } from './carried';
import type { AnyLayer, LayerWeights, Params } from './layer';
import { ownCopies } from './variables';

/** One weight of a model. */
export interface Weight {
  /** `layer/weight`, e.g. `dense_1/kernel`. */
  readonly path: string;
  /** The weight's own name, e.g. `kernel`. */
  readonly name: string;
  readonly shape: Shape;
  readonly trainable: boolean;
  /** The model's own tensor: replaced, and freed, by training. */
  readonly value: Tensor;
}

/** All weights in Keras's order: layer by layer, trained ones first. */
export function listWeights(
  layers: readonly AnyLayer[],
  names: readonly string[],
  weights: readonly LayerWeights[],
): Weight[] {
  return weights.flatMap(({ params, state }, i) => {
    const { trainable, isFrozen } = layers[i]!;
    const describe =
      (isParam: boolean) =>
      ([name, value]: [string, Tensor]): Weight => ({
        path: `${names[i]}/${name}`,
        name,
        shape: value.shape,
        trainable: isParam && trainable && isFrozen?.(name) !== true,
        value,
      });
    return [
      ...Object.entries(params).map(describe(true)),
      ...Object.entries(weightsInState(layers[i]!, state)).map(describe(false)),
    ];
  });
}

interface Owner {
  readonly layers: readonly AnyLayer[];
  readonly weights: readonly Weight[];
  readonly layerWeights: readonly LayerWeights[];
  readonly masks: ReadonlyMap<string, Tensor>;
}

/** Given values as the weights of each layer, in the order of {@link listWeights}. What masks remove stays zero. */
export function fittedWeights(values: readonly TensorLike[], model: Owner): LayerWeights[] {
  const current = model.weights;
  if (!Array.isArray(values)) {
    throw new ConfigError(`setWeights: expected an array of ${current.length} weights, as getWeights returns it.`);
  }
  if (values.length !== current.length) {
    throw new ConfigError(`setWeights: the model has ${current.length} weights, got ${values.length}.`);
  }
  const made = current.map((weight, i) => fitted(values[i]!, weight, model.masks.get(weight.path)));
  let at = 0;
  const take = (ts: Params): Params => Object.fromEntries(Object.keys(ts).map((name) => [name, made[at++]!]));
  return model.layerWeights.map(({ params, state }, i) => ({
    params: take(params),
    state: { ...state, ...take(weightsInState(model.layers[i]!, state)) },
  }));
}

function fitted(given: TensorLike, { path, value: like }: Weight, mask: Tensor | undefined): Tensor {
  const own = given instanceof Tensor ? ownCopies(given, like.backend) : asTensor(given, like);
  if (!sameShape(own.shape, like.shape)) {
    throw new ShapeError(`setWeights: '${path}' has shape ${formatShape(like.shape)}, got ${formatShape(own.shape)}.`);
  }
  const value = cast(own, like.dtype);
  return mask === undefined ? value : mul(value, mask);
}
