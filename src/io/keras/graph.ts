import { FormatError } from '../../core/errors';
import { isRecord, type Json, own, show } from './json';
import type { KerasLayer } from './keras-layer';

/** One output of one call of a layer: `[name, node, tensor]`. */
export interface Ref {
  readonly layer: string;
  readonly node: number;
  readonly tensor: number;
}

/** One call of a layer. */
export interface KerasNode {
  readonly inputs: readonly Ref[];
  /** What else the call was given. */
  readonly kwargs: Json;
}

/** A layer of a graph, or a model within it, with its calls. */
export interface KerasNodes {
  readonly layer: KerasLayer;
  readonly nodes: readonly KerasNode[];
}

/** A model as files describe it: layers in order, or a graph. */
export type KerasModel =
  | {
      readonly type: 'sequential';
      readonly name: string;
      readonly layers: readonly KerasLayer[];
      readonly inputShape: unknown;
    }
  | {
      readonly type: 'functional';
      readonly name: string;
      readonly layers: readonly KerasNodes[];
      readonly inputs: readonly Ref[];
      readonly outputs: readonly Ref[];
    };

const MAX_LAYERS = 20_000;
const MAX_NAME = 1000;
const FUNCTIONAL = new Set(['Model', 'Functional', 'Container', 'Network']);

export const isModelClass = (className: string): boolean => className === 'Sequential' || FUNCTIONAL.has(className);

const text = (x: unknown): string | null => (typeof x === 'string' ? x : null);

/**
 * The model that `{ class_name, config }` describes.
 *
 * @throws FormatError where it is none, or malformed.
 */
export function parseModel(json: unknown, what: string): KerasModel {
  if (!isRecord(json)) throw new FormatError(`${what}: expected the description of a model, found ${show(json)}.`);
  const className = own(json, 'class_name');
  const config = own(json, 'config');
  if (className === 'Sequential') return sequentialModel(config, what);
  if (typeof className === 'string' && FUNCTIONAL.has(className) && isRecord(config))
    return functionalModel(config, what);
  throw new FormatError(
    `${what}: this is a model of class ${show(own(json, 'registered_name') ?? className)}; only sequential and functional ones say what they compute. Build it in kompakt and give it the weights with loadKerasWeights.`,
  );
}

function layersOf(config: unknown, what: string): readonly Json[] {
  const layers = isRecord(config) ? own(config, 'layers') : config;
  if (!Array.isArray(layers) || !layers.every(isRecord))
    throw new FormatError(`${what}: the model has no list of layers.`);
  if (layers.length > MAX_LAYERS)
    throw new FormatError(`${what}: ${layers.length} layers are more than ${MAX_LAYERS}.`);
  return layers;
}

/** Keras 1 wrote the layers of a sequence without an object around them. */
function sequentialModel(config: unknown, what: string): KerasModel {
  const layers = layersOf(config, what).map((json, i) => kerasLayer(json, i, what));
  const name = isRecord(config) ? text(own(config, 'name')) : null;
  const inputShape = isRecord(config) ? (own(config, 'build_input_shape') ?? null) : null;
  return { type: 'sequential', name: name ?? 'sequential', layers, inputShape };
}

function functionalModel(config: Json, what: string): KerasModel {
  let isKeras3 = false;
  const layers = layersOf(config, what).map((json, i) => {
    const layer = kerasLayer(json, i, what);
    const inbound = own(json, 'inbound_nodes') ?? [];
    if (!Array.isArray(inbound)) throw new FormatError(`${what}: the inbound_nodes of '${layer.name}' are no list.`);
    isKeras3 ||= inbound.some(isRecord);
    return { layer, nodes: inbound.map((node) => kerasNode(node, layer.name, what)) };
  });
  const outputs = refs(own(config, 'output_layers'), `${what}: output_layers`);
  const offsets = isKeras3 ? offsetsOfOutputs(layers) : offsetsOfAll(layers, outputs);
  const renumbered = (nodes: readonly KerasNode[]): KerasNode[] =>
    nodes.map((node) => ({ ...node, inputs: node.inputs.map((ref) => numberedFrom0(ref, offsets)) }));
  return {
    type: 'functional',
    name: text(own(config, 'name')) ?? 'model',
    layers: isKeras3 ? layers : layers.map(({ layer, nodes }) => ({ layer, nodes: renumbered(nodes) })),
    inputs: refs(own(config, 'input_layers'), `${what}: input_layers`),
    outputs: outputs.map((ref) => numberedFrom0(ref, offsets)),
  };
}

const numberedFrom0 = (ref: Ref, offsets: ReadonlyMap<string, number>): Ref => ({
  ...ref,
  node: ref.node - (offsets.get(ref.layer) ?? 0),
});

/** Keras 3 counts the calls of functional models within the model from 1 where it lists outputs, and nowhere else. */
function offsetsOfOutputs(layers: readonly KerasNodes[]): Map<string, number> {
  return new Map(layers.map(({ layer }) => [layer.name, FUNCTIONAL.has(layer.className) ? 1 : 0]));
}

/** Keras 2 counts the calls of models within the model from 1, sequences not always. */
function offsetsOfAll(layers: readonly KerasNodes[], outputs: readonly Ref[]): Map<string, number> {
  const all = [...layers.flatMap((l) => l.nodes.flatMap((n) => n.inputs)), ...outputs];
  const from0 = new Set(all.filter((ref) => ref.node === 0).map((ref) => ref.layer));
  return new Map(
    layers.map(({ layer: { name, className } }) => [name, isModelClass(className) && !from0.has(name) ? 1 : 0]),
  );
}

/** A layer of a list, by whatever name it has; Keras 1's sequences name it in the config only. */
function kerasLayer(json: Json, i: number, what: string): KerasLayer {
  const className = own(json, 'class_name');
  const config = own(json, 'config') ?? {};
  if (typeof className !== 'string') throw new FormatError(`${what}: layer ${i} has no class_name.`);
  const isList = Array.isArray(config) && className === 'Sequential';
  if (!isRecord(config) && !isList) throw new FormatError(`${what}: layer ${i}, a ${className}, has no config.`);
  const settings = isList ? { layers: config } : (config as Json);
  const name = text(own(json, 'name')) ?? text(own(settings, 'name')) ?? `${className.toLowerCase()}_${i + 1}`;
  if (name.length > MAX_NAME)
    throw new FormatError(`${what}: the name of layer ${i} has ${name.length} characters; ${MAX_NAME} are the most.`);
  if (name === '__proto__') throw new FormatError(`${what}: layer ${i} is called '__proto__', which no layer can be.`);
  return {
    className,
    name,
    config: settings,
    registeredName: text(own(json, 'registered_name')),
    module: text(own(json, 'module')),
  };
}

const isRefList = (x: unknown): x is [string, number, number, unknown?] =>
  Array.isArray(x) && typeof x[0] === 'string' && Number.isInteger(x[1]) && Number.isInteger(x[2]);

/** References in any nesting of lists and records, in order. */
function refs(value: unknown, label: string): Ref[] {
  if (value === null || value === undefined) return [];
  if (isRefList(value)) return [{ layer: value[0], node: value[1], tensor: value[2] }];
  if (Array.isArray(value)) return value.flatMap((v) => refs(v, label));
  if (isRecord(value)) {
    if (own(value, 'class_name') === '__keras_tensor__') return [kerasTensor(value, label)];
    return Object.values(value).flatMap((v) => refs(v, label));
  }
  throw new FormatError(`${label}: expected [layer, node, tensor], found ${show(value)}.`);
}

function kerasTensor(value: Json, label: string): Ref {
  const config = own(value, 'config');
  const history = isRecord(config) ? own(config, 'keras_history') : undefined;
  if (!isRefList(history)) throw new FormatError(`${label}: a tensor of the graph says not where it comes from.`);
  return { layer: history[0], node: history[1], tensor: history[2] };
}

/** Whether tensors of the graph are somewhere within. */
function holdsTensors(value: unknown): boolean {
  if (isRefList(value)) return true;
  if (Array.isArray(value)) return value.some(holdsTensors);
  if (!isRecord(value)) return false;
  return own(value, 'class_name') === '__keras_tensor__' || Object.values(value).some(holdsTensors);
}

function kerasNode(node: unknown, name: string, what: string): KerasNode {
  const label = `${what}: an inbound node of '${name}'`;
  if (isRecord(node)) {
    // Keras 3: the arguments of the call.
    const kwargs = own(node, 'kwargs') ?? {};
    if (!isRecord(kwargs)) throw new FormatError(`${label} has kwargs that are no object.`);
    return withTensors(tensorsOnly(own(node, 'args'), label), kwargs, label);
  }
  if (!Array.isArray(node)) throw new FormatError(`${label} is no list.`);
  // Keras 1 and 2: a list of [layer, node, tensor, kwargs].
  const entries = isRefList(node) ? [node] : node;
  if (!entries.every(isRefList))
    throw new FormatError(`${label} is no list of [layer, node, tensor], but ${show(node)}.`);
  const inputs = entries.map(([layer, at, tensor]) => ({ layer, node: at, tensor }));
  const kwargs = entries.map((entry) => entry[3]).find((own) => isRecord(own) && Object.keys(own).length > 0) ?? {};
  return withTensors(inputs, kwargs as Json, label);
}

/** The tensors among arguments; others are numbers and the like, which only operations take. */
function tensorsOnly(args: unknown, label: string): Ref[] {
  if (!Array.isArray(args)) return [];
  return args.flatMap((arg) => (holdsTensors(arg) ? refs(arg, label) : []));
}

/** Arguments of calls that are tensors, in the order in which our layers take them. */
const TENSORS = ['inputs', 'query', 'value', 'key', 'initial_state'];

/** Arguments by name that are tensors too, in the order in which our layers take them. Masks find their way by themselves. */
function withTensors(inputs: readonly Ref[], kwargs: Json, label: string): KerasNode {
  const more = TENSORS.flatMap((key) => {
    const value = own(kwargs, key);
    return holdsTensors(value) ? refs(value, label) : [];
  });
  let all = [...inputs, ...more];
  const mask = own(kwargs, 'attention_mask');
  if (holdsTensors(mask)) {
    if (all.length === 0) throw new FormatError(`${label} is given a mask and nothing else.`);
    // Of our attention it is the fourth input, after the keys, which are the values unless they are given.
    while (all.length < 3) all.push(all.at(-1)!);
    all = [...all, ...refs(mask, label)];
  }
  const stranger = Object.entries(kwargs).find(
    ([key, value]) => ![...TENSORS, 'attention_mask', 'mask'].includes(key) && holdsTensors(value),
  );
  if (stranger !== undefined)
    throw new FormatError(`${label} is given a tensor as '${stranger[0]}', which kompakt's layers do not take.`);
  return { inputs: all, kwargs };
}
