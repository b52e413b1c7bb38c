import type { Shape } from '../core/shape';
import type { Tensor } from '../core/tensor';
import { abs, add, mul, square, sum } from '../ops/index';
import type { CallContext, Layer, LayerWeights, Params } from './layer';

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

/** Σ over regularised weights of l1·Σ|w| + l2·Σw², or null when there are none. */
export function penalty(layers: readonly Layer[], params: readonly Params[]): Tensor | null {
  let total: Tensor | null = null;
  layers.forEach((layer, i) => {
    for (const [name, { l1, l2 }] of Object.entries(layer.regularizers ?? {})) {
      const w = params[i]![name];
      if (w === undefined) continue;
      if (l1 !== 0) total = plus(total, mul(sum(abs(w)), l1));
      if (l2 !== 0) total = plus(total, mul(sum(square(w)), l2));
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
