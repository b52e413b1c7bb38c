import type { Backend } from '../../core/backend';
import { FormatError, KompaktError } from '../../core/errors';
import type { Seed } from '../../core/rng';
import { scope } from '../../core/scope';
import { formatShape, type Shape } from '../../core/shape';
import type { Tensor } from '../../core/tensor';
import { weightsInState } from '../../nn/carried';
import { Model } from '../../nn/graph/model';
import { type Network, type NetworkCall, outputShapesOf, shapesThrough } from '../../nn/graph/network';
import type { AnyLayer, Layer, LayerWeights, WeightShapes } from '../../nn/layer';
import { Sequential } from '../../nn/sequential';
import { weightShapesOf } from '../../nn/weight-shapes';
import { zeros } from '../../ops/create';
import type { Assembly, Value } from './assembly';
import { type Filled, readWeights } from './fill';

/** One sample of so many numbers fits into no array. */
const MAX_VALUES = 2 ** 32;
/** A model of this many weights takes more memory than any machine that this runs on has. */
const MAX_WEIGHTS = 2 ** 36;

export interface ModelPlace {
  readonly backend: Backend;
  readonly seed?: Seed | undefined;
}

/** The layers of an assembly, in the order of their calls, where each has one input: that of the one before. */
function chainOf({ calls, inputs, outputs }: Assembly): readonly number[] | null {
  const isChain =
    inputs.length === 1 &&
    outputs.length === 1 &&
    outputs[0]!.call === calls.length - 1 &&
    outputs[0]!.output === 0 &&
    calls.every(({ inputs: from }, i) => from.length === 1 && from[0]!.call === i - 1 && from[0]!.output === 0) &&
    new Set(calls.map((call) => call.layer)).size === calls.length;
  return isChain ? calls.map((call) => call.layer) : null;
}

/** A model of a file: layers in a row, or a graph. `Y` is what it predicts. */
export type ImportedModel<Y = Tensor> = Sequential | Model<Y>;

/** What an assembly becomes, once it has weights. */
export interface Blueprint {
  /** By position of the layer; null for layers that are never called. */
  readonly shapes: readonly (WeightShapes | null)[];
  build(filled: ReadonlyMap<number, Filled>, place: ModelPlace): ImportedModel<never>;
}

/** Errors of layers that don't fit each other, as errors of the file. */
export function asFormatError<T>(what: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (cause instanceof FormatError || !(cause instanceof KompaktError)) throw cause;
    throw new FormatError(`${what}: the file describes a model that can't be built here. ${cause.message}`, { cause });
  }
}

/** Checks that the layers fit each other, and finds out what weights they need. */
export function blueprint(assembly: Assembly, inputShapes: readonly Shape[]): Blueprint {
  const { what } = assembly.making;
  const { network, used } = asFormatError(what, () => networkOf(assembly, inputShapes));
  const values = asFormatError(what, () => shapesThrough(network, inputShapes));
  const byLayer: (WeightShapes | null)[] = assembly.layers.map(() => null);
  const whole: (WeightShapes | null)[] = assembly.layers.map(() => null);
  const first = firstCalls(network);
  used.forEach((layer, i) => {
    const inputs = first.get(i)!.inputs.map((v) => values[v]!);
    const own = assembly.layers[layer]!;
    const shapes = asFormatError(what, () => weightShapesOf(own, inputs));
    whole[layer] = shapes;
    byLayer[layer] = { params: shapes.params, state: weightsInState(own, shapes.state) };
  });
  checkValues(values, what);
  checkSize(byLayer, assembly.layers, what);
  const isChain = chainOf(assembly) !== null;
  const build: Blueprint['build'] = (filled, { backend, seed }) =>
    asFormatError(what, () =>
      scope(() => {
        const weights = used.map((i): LayerWeights => {
          const own = filled.get(i);
          const found = own === undefined ? { params: {}, state: {} } : readWeights(own, backend);
          const carried = assembly.layers[i]!.carried?.names ?? [];
          // What stateful layers carry is not in files: they begin anew.
          const fresh = carried.map((name) => [name, zeros(whole[i]!.state[name]!, { backend })] as const);
          return { params: found.params, state: { ...found.state, ...Object.fromEntries(fresh) } };
        });
        if (!isChain) return Model.from<never>({ network, weights, backend, seed });
        const { layers, names } = network;
        return Sequential.from({
          layers: layers as readonly Layer[],
          names,
          inputShape: inputShapes[0]!,
          weights,
          backend,
          seed,
        });
      }),
    );
  return { shapes: byLayer, build };
}

/** By position of the layer; found in one pass, as files may have any number of layers. */
function firstCalls({ calls }: Network): ReadonlyMap<number, NetworkCall> {
  const first = new Map<number, NetworkCall>();
  for (const call of calls) if (!first.has(call.layer)) first.set(call.layer, call);
  return first;
}

/** The assembly as a network, and the positions that its layers have there; those that are never called are left out. */
function networkOf(
  { layers, names, calls, inputs, outputs, making }: Assembly,
  inputShapes: readonly Shape[],
): { readonly network: Network; readonly used: readonly number[] } {
  const called = new Set(calls.map((call) => call.layer));
  const used = layers.flatMap((_, i) => (called.has(i) ? [i] : []));
  const position = new Map(used.map((layer, i) => [layer, i]));
  const shapes: Shape[] = [...inputShapes];
  const first: number[] = [];
  const counts: number[] = [];
  const numberOf = ({ call, output }: Value): number => {
    if (call < 0) return -1 - call;
    if (output < counts[call]!) return first[call]! + output;
    const name = names[calls[call]!.layer]!;
    throw new FormatError(`${making.what}: '${name}' gives ${counts[call]} outputs, and another one is used.`);
  };
  const made = calls.map((call): NetworkCall => {
    const from = call.inputs.map(numberOf);
    const own = outputShapesOf(
      layers[call.layer]!,
      from.map((v) => shapes[v]!),
    );
    if (from.length > 1 && layers[call.layer]!.many === undefined)
      throw new FormatError(`${making.what}: '${names[call.layer]}' takes one input, and is given ${from.length}.`);
    first.push(shapes.length);
    counts.push(own.length);
    for (const shape of own) shapes.push(shape);
    return { layer: position.get(call.layer)!, inputs: from, outputs: own.length };
  });
  const outputNames = distinct(
    outputs.map((value) => (value.call < 0 ? inputs[-1 - value.call]!.name : names[calls[value.call]!.layer]!)),
  );
  return {
    used,
    network: {
      inputs: inputs.map(({ name }, i) => ({ name, shape: inputShapes[i]!, dtype: 'float32' })),
      layers: used.map((i) => layers[i]!),
      names: used.map((i) => names[i]!),
      calls: made,
      outputs: outputs.map((value, k) => ({ name: outputNames[k]!, value: numberOf(value) })),
    },
  };
}

/** The names, numbered where they are not the first of their kind. */
function distinct(names: readonly string[]): string[] {
  const before = new Map<string, number>();
  return names.map((name) => {
    const count = before.get(name) ?? 0;
    before.set(name, count + 1);
    return count === 0 ? name : `${name}_${count}`;
  });
}

/** How many there are, sizes that the file leaves open left out. */
const countOf = (shape: Shape): number => shape.reduce((n, size) => n * (Number.isNaN(size) ? 1 : size), 1);

function checkValues(shapes: readonly Shape[], what: string): void {
  const gigantic = shapes.find((shape) => countOf(shape) > MAX_VALUES);
  if (gigantic !== undefined)
    throw new FormatError(`${what}: a layer gives samples of shape ${formatShape(gigantic)}, more than can be kept.`);
}

function checkSize(shapes: readonly (WeightShapes | null)[], layers: readonly AnyLayer[], what: string): void {
  let total = 0;
  shapes.forEach((own, i) => {
    if (own === null) return;
    for (const shape of [...Object.values(own.params), ...Object.values(own.state)]) total += countOf(shape);
    if (total > MAX_WEIGHTS)
      throw new FormatError(
        `${what}: with '${layers[i]!.name}', the model has ${total} weights, more than can be kept.`,
      );
  });
}
