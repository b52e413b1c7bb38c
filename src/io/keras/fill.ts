import type { Backend } from '../../core/backend';
import { FormatError } from '../../core/errors';
import { formatShape, type Shape, sameShape } from '../../core/shape';
import { Tensor } from '../../core/tensor';
import type { LayerWeights, WeightShapes } from '../../nn/layer';
import type { FileWeight } from './file-weights';

/** What becomes of one layer's weights. */
export interface Filled {
  readonly params: { readonly [name: string]: FileWeight };
  readonly state: { readonly [name: string]: FileWeight };
}

const describe = (weights: readonly { readonly name: string; readonly shape: Shape }[]): string =>
  weights
    .slice(0, 12)
    .map(({ name, shape }) => `${name} ${formatShape(shape)}`)
    .concat(weights.length > 12 ? `… (${weights.length})` : [])
    .join(', ') || 'none';

/** The names and shapes of a layer's weights, in Keras's order. */
export const listed = ({ params, state }: WeightShapes): { readonly name: string; readonly shape: Shape }[] =>
  [...Object.entries(params), ...Object.entries(state)].map(([name, shape]) => ({ name, shape }));

/**
 * The file's weights in the place of a layer's.
 *
 * @throws FormatError where there are others, or of other shapes, than the layer has.
 */
export function matchWeights(expected: WeightShapes, given: readonly FileWeight[], label: string): Filled {
  const wanted = listed(expected);
  const open = wanted.find(({ shape }) => shape.some((n) => !Number.isSafeInteger(n)));
  if (open !== undefined)
    throw new FormatError(`${label}: the shape of '${open.name}' depends on a size that the file leaves open.`);
  // Normalization also keeps how many samples it has seen.
  const own = given.length === wanted.length + 1 && given.at(-1)!.shape.length === 0 ? given.slice(0, -1) : given;
  if (own.length !== wanted.length || own.some((w, i) => !sameShape(w.shape, wanted[i]!.shape))) {
    throw new FormatError(
      `${label}: the layer has the weights ${describe(wanted)}; the file has ${describe(own)}. The weights are of another model.`,
    );
  }
  const params = Object.keys(expected.params);
  return {
    params: Object.fromEntries(params.map((name, i) => [name, own[i]!])),
    state: Object.fromEntries(Object.keys(expected.state).map((name, i) => [name, own[params.length + i]!])),
  };
}

/** Reads the weights onto a backend. */
export function readWeights({ params, state }: Filled, backend: Backend): LayerWeights {
  const read = (weights: Filled['params']) =>
    Object.fromEntries(
      Object.entries(weights).map(([name, weight]) => {
        const { data } = weight.read();
        const floats = data instanceof Float32Array ? data : Float32Array.from(data);
        return [name, Tensor.from(backend, floats, 'float32', weight.shape)];
      }),
    );
  return { params: read(params), state: read(state) };
}
