import type { Shape } from '../core/shape';
import type { Tensor } from '../core/tensor';
import { add } from '../ops/index';
import type { CallContext, Layer, LayerWeights, Params } from './layer';
import { regularize } from './regularizers';

/** Runs layers one after the other: the output of the last, and the state of each after the call. */
export function forward(
  layers: readonly Layer[],
  weights: readonly LayerWeights[],
  x: Tensor,
  ctx: CallContext,
): { y: Tensor; state: Params[] } {
  const states: Params[] = [];
  let y = x;
  layers.forEach((layer, i) => {
    const { params, state } = weights[i]!;
    const result = layer.call(params, state, y, ctx);
    y = result.y;
    states.push(result.state);
  });
  return { y, state: states };
}

/** The sum of what the regularisers say of their weights, or null when there are none. */
export function penalty(layers: readonly Layer[], params: readonly Params[]): Tensor | null {
  let total: Tensor | null = null;
  layers.forEach((layer, i) => {
    for (const [name, regularizer] of Object.entries(layer.regularizers ?? {})) {
      const w = params[i]![name];
      const term = w === undefined ? null : regularize(regularizer, w);
      if (term !== null) total = plus(total, term);
    }
  });
  return total;
}

const plus = (a: Tensor | null, b: Tensor): Tensor => (a === null ? b : add(a, b));

/** Shapes of the input of each layer and, last, of the output; throws where a layer does not fit. */
export function shapesThrough(layers: readonly Layer[], input: Shape): Shape[] {
  const shapes: Shape[] = [input];
  for (const layer of layers) shapes.push(layer.outputShape(shapes.at(-1)!));
  return shapes;
}
