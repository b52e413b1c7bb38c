import { FormatError } from '../core/errors';
import { type Shape, sizeOf } from '../core/shape';
import type { HostTensor } from '../data/safetensors';
import type { GraphConfig } from './graph/network-config';

/** A layer as the file describes it. */
export interface StoredLayer {
  readonly name: string;
  readonly kind: string;
  /** The name the user gave it, or null. */
  readonly givenName: string | null;
  readonly config: object;
  readonly params: { readonly [name: string]: HostTensor };
  readonly state: { readonly [name: string]: HostTensor };
}

/** Compile options that are plain data. */
export interface StoredCompile {
  readonly optimizer: unknown;
  readonly loss: unknown;
  readonly metrics: unknown;
  readonly weightedMetrics: unknown;
  readonly lossWeights?: unknown;
  readonly autoScaleLoss?: boolean;
}

/** How outputs are given back: the one there is, an array, or a record by name. */
export type OutputForm = 'one' | 'array' | 'record';

/** Everything a model file holds, on the host. */
export interface StoredModel {
  readonly type: 'sequential' | 'model';
  /** The name the user gave it, or null. */
  readonly name: string | null;
  /** How the layers are connected. */
  readonly graph: GraphConfig;
  readonly outputForm: OutputForm;
  readonly layers: readonly StoredLayer[];
  /** By weight path; 0/1. */
  readonly masks: ReadonlyMap<string, HostTensor>;
  readonly compile: StoredCompile | null;
  readonly seed: number | string | null;
}

type Json = { readonly [key: string]: unknown };
type Tensors = ReadonlyMap<string, HostTensor>;

const fail = (what: string): never => {
  throw new FormatError(`loadModel: ${what} The file was not written by kompakt as it stands.`);
};

const isRecord = (x: unknown): x is Json => typeof x === 'object' && x !== null && !Array.isArray(x);
const isNames = (x: unknown): x is string[] =>
  Array.isArray(x) && x.every((s) => typeof s === 'string' && s !== '__proto__');
const isShape = (x: unknown): x is (number | null)[] =>
  Array.isArray(x) && x.every((n) => n === null || (Number.isSafeInteger(n) && n >= 0));

/**
 * Reads the topology of a model file and gives every layer its tensors.
 *
 * @param unpack - a stored mask as 0/1 numbers.
 * @throws FormatError when the topology is malformed, names a tensor that is missing, or leaves one over.
 */
export function parseTopology(
  text: string,
  tensors: Tensors,
  unpack: (mask: HostTensor, shape: Shape, size: number) => HostTensor,
  isGraph = false,
): StoredModel {
  const json = parse(text);
  const { name = null, layers, masks, compile, seed } = json;
  if (name !== null && typeof name !== 'string') return fail('the topology has no valid name.');
  if (!Array.isArray(layers) || layers.length === 0) return fail('the topology has no layers.');
  if (!isNames(masks)) return fail('the topology has no list of masks.');
  const left = new Set(tensors.keys());
  const take = (name: string): HostTensor => {
    if (!left.delete(name)) return fail(`tensor '${name}' is missing, or named twice.`);
    return tensors.get(name)!;
  };
  const stored = layers.map((layer, i) => readLayer(layer, i, take));
  const read = readMasks(masks, tensors, take, unpack);
  if (left.size > 0) fail(`tensors belong to no layer: ${[...left].join(', ')}.`);
  return {
    type: isGraph ? 'model' : 'sequential',
    name,
    ...(isGraph ? readGraph(json) : readSequence(json, stored)),
    layers: stored,
    masks: read,
    compile: readCompile(compile),
    seed: typeof seed === 'number' || typeof seed === 'string' ? seed : null,
  };
}

function parse(text: string): Json {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new FormatError('loadModel: the topology is not JSON.', { cause: error });
  }
  return isRecord(json) ? json : fail('the topology is not a JSON object.');
}

/** The graph of layers one after the other. */
function readSequence({ inputShape }: Json, layers: readonly StoredLayer[]): Pick<StoredModel, 'graph' | 'outputForm'> {
  if (!isShape(inputShape)) return fail('the topology has no valid inputShape.');
  const graph: GraphConfig = {
    inputs: [{ name: 'input', shape: inputShape, dtype: 'float32' }],
    calls: layers.map((_, i) => ({ layer: i, inputs: [i], outputs: 1 })),
    outputs: [{ name: layers.at(-1)!.name, value: layers.length }],
  };
  return { graph, outputForm: 'one' };
}

/** The graph as it stands; whoever builds the network of it checks it. */
function readGraph({ graph, outputForm }: Json): Pick<StoredModel, 'graph' | 'outputForm'> {
  if (!isRecord(graph)) return fail('the topology has no graph.');
  if (outputForm !== 'one' && outputForm !== 'array' && outputForm !== 'record')
    return fail('the topology does not say how outputs are given back.');
  const { inputs } = graph;
  if (!Array.isArray(inputs) || !inputs.every((input) => isRecord(input) && isShape(input.shape)))
    return fail('the topology has an input without a valid shape.');
  return { graph: graph as unknown as GraphConfig, outputForm };
}

function readLayer(layer: unknown, i: number, take: (name: string) => HostTensor): StoredLayer {
  if (!isRecord(layer)) return fail(`layer ${i} is not an object.`);
  const { name, kind, givenName, config, params, state } = layer;
  if (typeof name !== 'string' || typeof kind !== 'string') return fail(`layer ${i} has no name or kind.`);
  if (givenName !== null && typeof givenName !== 'string') return fail(`layer '${name}' has no valid name.`);
  if (!isRecord(config)) return fail(`layer '${name}' has no config.`);
  if (!isNames(params) || !isNames(state)) return fail(`layer '${name}' does not list its weights.`);
  const weights = (names: string[]) => Object.fromEntries(names.map((n) => [n, take(`${name}/${n}`)]));
  return { name, kind, givenName, config, params: weights(params), state: weights(state) };
}

function readMasks(
  paths: readonly string[],
  tensors: Tensors,
  take: (name: string) => HostTensor,
  unpack: (mask: HostTensor, shape: Shape, size: number) => HostTensor,
): Map<string, HostTensor> {
  const masks = new Map<string, HostTensor>();
  for (const path of paths) {
    const weight = tensors.get(path) ?? fail(`there is a mask for '${path}', which does not exist.`);
    const packed = take(`${path}@mask`);
    const size = sizeOf(weight.shape);
    if (packed.dtype !== 'uint8' || packed.data.length !== Math.ceil(size / 8))
      fail(`the mask of '${path}' does not fit it.`);
    masks.set(path, unpack(packed, weight.shape, size));
  }
  return masks;
}

function readCompile(compile: unknown): StoredCompile | null {
  if (compile === null) return null;
  const isNest = (x: unknown): boolean => Array.isArray(x) || isRecord(x);
  if (!isRecord(compile) || !isNest(compile.metrics) || !isNest(compile.weightedMetrics))
    return fail('the compile options are malformed.');
  return compile as unknown as StoredCompile;
}
