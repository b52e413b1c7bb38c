import type { DType } from '../../core/dtype';
import { ConfigError } from '../../core/errors';
import { formatShape, type Shape } from '../../core/shape';
import type { AnyLayer, LayerCall, SymbolicTensor } from '../layer';

/** The one implementation of {@link SymbolicTensor}. */
export class SymbolicValue implements SymbolicTensor {
  constructor(
    readonly shape: Shape,
    readonly origin: LayerCall | null,
    readonly index: number = 0,
    readonly name: string | null = null,
    readonly dtype: DType = 'float32',
  ) {}

  toString(): string {
    return `SymbolicTensor(${formatShape(this.shape)})`;
  }
}

/** The outputs of a layer for inputs of a graph: an array where the layer has several. */
export function applyLayer(
  layer: AnyLayer,
  x: SymbolicTensor | readonly SymbolicTensor[],
): SymbolicTensor | SymbolicTensor[] {
  const inputs = x instanceof SymbolicValue ? [x] : x;
  if (!Array.isArray(inputs) || inputs.length === 0 || !inputs.every((t) => t instanceof SymbolicValue)) {
    throw new ConfigError(
      `${layer.kind}.apply: expected what input(shape) or another layer's apply returned, or an array of those.`,
    );
  }
  const shapes = inputs.map((t: SymbolicTensor) => t.shape);
  const call: LayerCall = { layer, inputs };
  if (layer.many === undefined) {
    if (inputs.length > 1) throw new ConfigError(`${layer.kind}.apply: takes one input, got ${inputs.length}.`);
    return new SymbolicValue(layer.outputShape(shapes[0]!), call);
  }
  const outputs = layer.many.outputShapes(shapes).map((shape, i) => new SymbolicValue(shape, call, i));
  return outputs.length === 1 ? outputs[0]! : outputs;
}

/** {@link Layer.apply} of a layer of one output. */
export function applySelf(this: AnyLayer, x: SymbolicTensor | readonly SymbolicTensor[]): SymbolicTensor {
  return applyLayer(this, x) as SymbolicTensor;
}
