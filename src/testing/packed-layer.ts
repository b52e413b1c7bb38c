import type { Rng } from '../core/rng';
import { type Shape, sizeOf } from '../core/shape';
import type { Tensor } from '../core/tensor';
import type { AnyLayer, Layer } from '../nn/layer';
import { manyFormOf } from '../nn/layers/nested';
import { concat, reshape, slice } from '../ops/shape-ops';

/** A sample of any shape as a row of numbers. */
const asRows = (x: Tensor): Tensor => reshape(x, [x.shape[0]!, sizeOf(x.shape.slice(1))]);

/** The tensors of those shapes that lie side by side in the rows of `x`. */
function unpack(x: Tensor, shapes: readonly Shape[]): Tensor[] {
  let from = 0;
  return shapes.map((shape) => {
    const to = from + sizeOf(shape);
    const part = reshape(slice(x, [0, from], [x.shape[0]!, to]), [x.shape[0]!, ...shape]);
    from = to;
    return part;
  });
}

/**
 * A layer of several inputs or outputs as one of a single input and output, in which they lie side by side: what holds for
 * all layers can be asked of it.
 *
 * @param inputs - the shapes of the inputs, without the batch axis.
 */
export function packedLayer(layer: AnyLayer, inputs: readonly Shape[]): Layer {
  const form = manyFormOf(layer);
  const width = (): number => form.outputShapes(inputs).reduce((n, shape) => n + sizeOf(shape), 0);
  return {
    ...(layer as Layer),
    outputShape: () => [width()],
    init: (_: Shape, rng: Rng, backend) => form.init(inputs, rng, backend),
    call(params, state, x, ctx) {
      const { ys, ...rest } = form.call(params, state, { xs: unpack(x, inputs), masks: inputs.map(() => null) }, ctx);
      return { state: rest.state, y: concat(ys.map(asRows), 1) };
    },
    multiplyAdds: () => form.multiplyAdds(inputs),
  };
}
