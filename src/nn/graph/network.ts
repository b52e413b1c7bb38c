import type { Backend } from '../../core/backend';
import type { DType } from '../../core/dtype';
import { ConfigError } from '../../core/errors';
import type { Rng } from '../../core/rng';
import type { Shape } from '../../core/shape';
import type { AnyLayer, Layer, LayerWeights } from '../layer';

/** Where samples come in. */
export interface NetworkInput {
  readonly name: string;
  /** Of one sample, NaN where any size will do; null while nothing is known of it. */
  readonly shape: Shape | null;
  readonly dtype: DType;
}

/** One run of a layer. */
export interface NetworkCall {
  /** Position of the layer. */
  readonly layer: number;
  /** The values it is given. */
  readonly inputs: readonly number[];
  /** How many values it makes. */
  readonly outputs: number;
}

export interface NetworkOutput {
  readonly name: string;
  readonly value: number;
}

/**
 * What a model computes, as data. Values are numbered: those of the inputs first, then what the calls make, in their order.
 */
export interface Network {
  readonly inputs: readonly NetworkInput[];
  readonly layers: readonly AnyLayer[];
  /** A unique name for each layer. */
  readonly names: readonly string[];
  /** In an order in which everything a call needs is there. A layer called more than once has the same weights in all. */
  readonly calls: readonly NetworkCall[];
  readonly outputs: readonly NetworkOutput[];
}

/** Layers one after the other. */
export function linearNetwork(
  layers: readonly Layer[],
  names: readonly string[],
  inputShape: Shape | null,
  dtype: DType = 'float32',
): Network {
  return {
    inputs: [{ name: 'input', shape: inputShape, dtype }],
    layers,
    names,
    calls: layers.map((_, i) => ({ layer: i, inputs: [i], outputs: 1 })),
    outputs: [{ name: names.at(-1)!, value: layers.length }],
  };
}

/** Shapes of all values for inputs of those shapes; throws where a layer does not fit. */
export function shapesThrough({ layers, calls }: Network, inputs: readonly Shape[]): Shape[] {
  const shapes: Shape[] = [...inputs];
  for (const { layer, inputs: from, outputs } of calls) {
    const made = outputShapesOf(
      layers[layer]!,
      from.map((v) => shapes[v]!),
    );
    if (made.length !== outputs) {
      throw new ConfigError(
        `${layers[layer]!.kind}: gives ${made.length} outputs where ${outputs} ${outputs === 1 ? 'is' : 'are'} taken. In a sequence of layers, each gives one.`,
      );
    }
    shapes.push(...made);
  }
  return shapes;
}

export function outputShapesOf(layer: AnyLayer, inputs: readonly Shape[]): readonly Shape[] {
  return layer.many === undefined ? [layer.outputShape(inputs[0]!)] : layer.many.outputShapes(inputs);
}

/** Fresh weights of every layer, made for its first call, given the shapes of all values. */
export function initWeights(network: Network, shapes: readonly Shape[], rng: Rng, backend?: Backend): LayerWeights[] {
  return network.layers.map((layer, i) => {
    const inputs = firstInputs(network, i).map((v) => shapes[v]!);
    const own = rng.split();
    return layer.many === undefined ? layer.init(inputs[0]!, own, backend) : layer.many.init(inputs, own, backend);
  });
}

/** The values that a layer is first called with. */
export function firstInputs({ calls }: Network, layer: number): readonly number[] {
  return calls.find((call) => call.layer === layer)!.inputs;
}

/** The number of the first value that each call makes. */
export function firstValues({ inputs, calls }: Network): number[] {
  let next = inputs.length;
  return calls.map(({ outputs }) => {
    const first = next;
    next += outputs;
    return first;
  });
}

/** Whether values of a shape may stand where `expected` is, in which NaN is any size. */
export function fitsShape(shape: Shape, expected: Shape): boolean {
  return shape.length === expected.length && shape.every((n, i) => n === expected[i] || Number.isNaN(expected[i]));
}
