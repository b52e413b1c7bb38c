import type { DType } from '../../core/dtype';
import { DTYPES } from '../../core/dtype';
import { ConfigError } from '../../core/errors';
import type { AnyLayer } from '../layer';
import { checkNames } from '../names';
import { readShape } from './input-shapes';
import type { Network } from './network';

/** A layer as a config describes it. */
export interface LayerDescription {
  readonly name: string;
  readonly kind: string;
  /** The name the user gave it, or null. */
  readonly givenName: string | null;
  readonly config: object;
}

/** How layers are connected, as JSON; see {@link Network}. */
export interface GraphConfig {
  /** Null is any size. */
  readonly inputs: readonly {
    readonly name: string;
    readonly shape: readonly (number | null)[] | null;
    readonly dtype: DType;
  }[];
  readonly calls: readonly { readonly layer: number; readonly inputs: readonly number[]; readonly outputs: number }[];
  readonly outputs: readonly { readonly name: string; readonly value: number }[];
}

/** A network without its weights, as JSON. */
export interface NetworkConfig extends GraphConfig {
  readonly layers: readonly LayerDescription[];
}

/** A network as JSON. */
export function describeNetwork(network: Network): NetworkConfig {
  return {
    ...describeGraph(network),
    layers: network.layers.map(({ kind, name, config }, i) => ({
      name: network.names[i]!,
      kind,
      givenName: name,
      config,
    })),
  };
}

/** How the layers of a network are connected, as JSON. */
export function describeGraph({ inputs, calls, outputs }: Network): GraphConfig {
  return {
    inputs: inputs.map(({ name, shape, dtype }) => ({
      name,
      shape: shape?.map((n) => (Number.isNaN(n) ? null : n)) ?? null,
      dtype,
    })),
    calls: calls.map(({ layer, inputs: from, outputs: made }) => ({ layer, inputs: [...from], outputs: made })),
    outputs: outputs.map(({ name, value }) => ({ name, value })),
  };
}

/**
 * The network that a config describes.
 *
 * @param build - makes a layer of a kind, config and name.
 * @throws ConfigError where it describes none.
 */
export function networkFromConfig(
  config: NetworkConfig,
  build: (kind: string, config: object, name: string | null) => AnyLayer,
): Network {
  const { layers } = config;
  if (!isList(layers) || layers.length === 0) return fail('it has no layers.');
  const built = layers.map((layer, i) => {
    if (!isRecord(layer) || typeof layer.kind !== 'string' || !isRecord(layer.config))
      return fail(`layer ${i} is none.`);
    if (typeof layer.name !== 'string' || layer.name.includes('/')) return fail(`layer ${i} has no valid name.`);
    if (layer.givenName !== null && typeof layer.givenName !== 'string') return fail(`layer ${i} has no valid name.`);
    return build(layer.kind, layer.config, layer.givenName);
  });
  return graphFromConfig(
    config,
    built,
    layers.map((l) => l.name),
  );
}

/** The network of given layers that a config connects. */
export function graphFromConfig(config: GraphConfig, layers: readonly AnyLayer[], names: readonly string[]): Network {
  const { inputs, calls, outputs } = config;
  if (!isList(inputs) || inputs.length === 0) return fail('it has no inputs.');
  if (!isList(calls) || !isList(outputs) || outputs.length === 0) return fail('it has no outputs.');
  checkNames(names, layers.length);
  let values = inputs.length;
  const isValue = (v: unknown): v is number => Number.isInteger(v) && (v as number) >= 0 && (v as number) < values;
  const called = new Set<number>();
  const ownCalls = calls.map((call, i) => {
    if (!isRecord(call) || !Number.isInteger(call.layer) || layers[call.layer] === undefined)
      return fail(`call ${i} is of no layer.`);
    if (!isList(call.inputs) || call.inputs.length === 0 || !call.inputs.every(isValue))
      return fail(`call ${i} has inputs that are not made before it.`);
    if (!Number.isInteger(call.outputs) || call.outputs < 1 || call.outputs > 1e6)
      return fail(`call ${i} has no outputs.`);
    values += call.outputs;
    called.add(call.layer);
    return { layer: call.layer, inputs: [...call.inputs], outputs: call.outputs };
  });
  if (called.size !== layers.length) return fail('it has layers that are never called.');
  return {
    inputs: inputs.map((input, i) => {
      if (!isRecord(input) || typeof input.name !== 'string' || !DTYPES.includes(input.dtype))
        return fail(`input ${i} has no name or dtype.`);
      const shape = input.shape === null ? null : readShape(input.shape, `model: the shape of input '${input.name}'`);
      return { name: input.name, shape, dtype: input.dtype };
    }),
    layers,
    names,
    calls: ownCalls,
    outputs: outputs.map((output, i) => {
      if (!isRecord(output) || typeof output.name !== 'string' || !isValue(output.value))
        return fail(`output ${i} is none.`);
      return { name: output.name, value: output.value };
    }),
  };
}

const isList = (x: unknown): x is readonly unknown[] => Array.isArray(x);
const isRecord = (x: unknown): x is { readonly [key: string]: unknown } =>
  typeof x === 'object' && x !== null && !Array.isArray(x);

function fail(what: string): never {
  throw new ConfigError(`model: the topology is malformed: ${what}`);
}
