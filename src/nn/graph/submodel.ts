import { ConfigError } from '../../core/errors';
import { checkOptions } from '../../core/options';
import type { Shape } from '../../core/shape';
import type { Tensor } from '../../core/tensor';
import type { LayerWeights } from '../layer';
import { Model } from './model';
import { firstValues, type Network, type NetworkCall, shapesThrough } from './network';
import type { NetworkModel } from './network-model';

/** One value by the name of the layer that makes it, or of an input; several; or several by new names. */
export type ValueNames = string | readonly string[] | { readonly [name: string]: string };

export interface SubmodelOptions<O extends ValueNames = ValueNames> {
  /** What the part ends in. */
  readonly outputs: O;
  /** What it begins with: values that are made in the model become inputs; by default the model's own inputs. */
  readonly inputs?: ValueNames | undefined;
  readonly name?: string | undefined;
}

/** What a part of a model with those outputs predicts. */
export type PartPredicted<O extends ValueNames> = O extends string
  ? Tensor
  : O extends readonly string[]
    ? Tensor[]
    : { readonly [K in keyof O]: Tensor };

/**
 * A part of a model as a model of its own: for features, and for putting a new head on what was learnt.
 *
 * It has copies of the weights as they are. Under a layer of another model it starts from those; `withTrainable` freezes it.
 *
 * @param model - a model with weights; it stays as it is.
 * @param options - `outputs`: names of layers, whose outputs the part gives: one, an array, or a record by new names;
 * `inputs`: the same for where it begins, by default the model's inputs; `name`.
 * @returns a model of the layers in between.
 * @throws ConfigError for unknown names, layers that are used more than once, and outputs that need other inputs.
 *
 * @example
 * ```ts
 * import { dense, sequential, submodel, withTrainable } from 'kompakt/nn';
 * const taught = sequential([dense({ units: 8, name: 'hidden' }), dense({ units: 3 })], { inputShape: [4], seed: 0 });
 * const features = withTrainable(submodel(taught, { outputs: 'hidden' }), false);
 * const swapped = sequential([features, dense({ units: 5 })]);
 * console.log(swapped.outputShape, swapped.weights.filter((w) => w.trainable).length); // → [ 5 ] 2
 * ```
 */
export function submodel<O extends ValueNames>(
  model: NetworkModel<unknown>,
  options: SubmodelOptions<O>,
): Model<PartPredicted<O>> {
  checkOptions(options, ['inputs', 'outputs', 'name'], 'submodel');
  const { network, layerWeights } = model;
  if (!model.isBuilt || model.inputShape === null)
    throw new ConfigError('submodel: the model has no weights yet. Give it an input shape, or fit or predict first.');
  const shapes = shapesThrough(
    network,
    network.inputs.map(({ shape }, i) => (i === 0 ? (shape ?? model.inputShape!) : shape!)),
  );
  const outputs = named(options.outputs, 'outputs');
  const inputs = options.inputs === undefined ? null : named(options.inputs, 'inputs');
  const part = partOf(network, shapes, inputs ?? network.inputs.map(({ name }) => [name, name]), outputs);
  return Model.from<PartPredicted<O>>({
    network: part.network,
    outputForm: typeof options.outputs === 'string' ? 'one' : Array.isArray(options.outputs) ? 'array' : 'record',
    weights: part.layers.map((at): LayerWeights => layerWeights[at]!),
    masks: new Map([...model.masks].filter(([path]) => part.network.names.some((name) => path.startsWith(`${name}/`)))),
    name: options.name ?? null,
    seed: model.seed,
    backend: model.backend,
  });
}

type Named = readonly (readonly [name: string, of: string])[];

function named(given: ValueNames, what: string): Named {
  const pairs =
    typeof given === 'string'
      ? [[given, given] as const]
      : Array.isArray(given)
        ? given.map((name: string) => [name, name] as const)
        : Object.entries(given ?? {});
  if (pairs.length === 0 || !pairs.every(([, of]) => typeof of === 'string'))
    throw new ConfigError(`submodel: ${what} must be the name of a layer, an array or a record of names.`);
  return pairs as Named;
}

/** The value that a name means. */
function valueOf(network: Network, name: string): number {
  const input = network.inputs.findIndex((i) => i.name === name);
  if (input >= 0) return input;
  const layer = network.names.indexOf(name);
  if (layer < 0) {
    throw new ConfigError(
      `submodel: there is no layer or input '${name}'. There are ${[...network.inputs.map((i) => i.name), ...network.names].join(', ')}.`,
    );
  }
  const calls = network.calls.flatMap((call, c) => (call.layer === layer ? [c] : []));
  if (calls.length > 1 || network.calls[calls[0]!]!.outputs > 1)
    throw new ConfigError(`submodel: '${name}' is used more than once, or has several outputs; name another layer.`);
  return firstValues(network)[calls[0]!]!;
}

/** The calls between some values and others, as a network, and the layers of it by their old positions. */
function partOf(network: Network, shapes: readonly Shape[], inputs: Named, outputs: Named) {
  const first = firstValues(network);
  const starts = inputs.map(([, of]) => valueOf(network, of));
  const ends = outputs.map(([, of]) => valueOf(network, of));
  const { calls, used } = neededCalls(network, first, new Set(starts), ends);
  const unused = starts.findIndex((value) => !used.has(value) && !ends.includes(value));
  // Inputs nobody named are left out where nothing needs them.
  const kept = starts.flatMap((value, i) => (used.has(value) || ends.includes(value) ? [i] : []));
  if (unused >= 0 && kept.length === 0)
    throw new ConfigError(`submodel: no output depends on '${inputs[unused]![0]}'.`);
  const layers = network.layers.flatMap((_, l) => (calls.some((c) => network.calls[c]!.layer === l) ? [l] : []));
  const numbers = new Map<number, number>(kept.map((i, k) => [starts[i]!, k]));
  let next = kept.length;
  const own = calls.map((c): NetworkCall => {
    const { layer, inputs: from, outputs: made } = network.calls[c]!;
    for (let k = 0; k < made; k++) numbers.set(first[c]! + k, next++);
    return { layer: layers.indexOf(layer), inputs: from.map((v) => numbers.get(v)!), outputs: made };
  });
  return {
    layers,
    network: {
      inputs: kept.map((i) => ({
        name: inputs[i]![0],
        shape: shapes[starts[i]!]!,
        dtype: network.inputs[starts[i]!]?.dtype ?? ('float32' as const),
      })),
      layers: layers.map((l) => network.layers[l]!),
      names: layers.map((l) => network.names[l]!),
      calls: own,
      outputs: ends.map((value, k) => ({ name: outputs[k]![0], value: numbers.get(value)! })),
    },
  };
}

/** Calls that the ends need, in order, and the values they use. */
function neededCalls(network: Network, first: readonly number[], starts: ReadonlySet<number>, ends: readonly number[]) {
  const wanted = new Set(ends.filter((v) => !starts.has(v)));
  const used = new Set<number>();
  const calls: number[] = [];
  for (let c = network.calls.length - 1; c >= 0; c--) {
    const { inputs, outputs } = network.calls[c]!;
    const isWanted = Array.from({ length: outputs }, (_, k) => first[c]! + k).some((v) => wanted.has(v));
    if (!isWanted) continue;
    calls.unshift(c);
    for (const v of inputs) (starts.has(v) ? used : wanted).add(v);
  }
  const stray = network.inputs.find((_, i) => wanted.has(i));
  if (stray !== undefined)
    throw new ConfigError(`submodel: an output depends on the input '${stray.name}', which is not among the inputs.`);
  return { calls, used };
}
