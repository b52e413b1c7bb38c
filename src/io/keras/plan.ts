import { FormatError } from '../../core/errors';
import type { AnyLayer } from '../../nn/layer';
import { Assembly, type Entry, type Value } from './assembly';
import { isModelClass, type KerasModel, type KerasNodes, parseModel, type Ref } from './graph';
import { batchSizeOf, type Input, sampleShape, shapeOf } from './input-shape';
import { type Json, own } from './json';
import type { KerasLayer } from './keras-layer';
import { type Making, makeLayer, ourName } from './make-layer';

const CALL_OPTIONS = ['use_causal_mask', 'return_attention_scores'];

/** The layers of a model with all their calls. */
export function assemble(model: KerasModel, making: Omit<Making, 'batchSize'>): Assembly {
  const layers = model.type === 'sequential' ? model.layers : model.layers.map(({ layer }) => layer);
  const assembly = new Assembly({ ...making, batchSize: batchSizeOf(layers[0]?.config) });
  const plan = new Plan(assembly, model, []);
  assembly.inputs = plan.inputs.map((input) => ({ ...input, name: assembly.unique(input.name, []) }));
  assembly.outputs = plan.run(plan.inputs.map((_, i) => ({ call: -1 - i, output: 0 })));
  assembly.entries = plan.entries;
  if (assembly.calls.length === 0) throw new FormatError(`${making.what}: the model has no layers.`);
  return assembly;
}

/** Our layers for one of Keras's. */
interface Leaf {
  readonly before: readonly number[];
  readonly layer: number;
  readonly after: readonly number[];
}

/** What a call is kept by. */
const key = ({ node, layer }: Pick<Ref, 'layer' | 'node'>): string => `${node} ${layer}`;

const inputsOf = ({ nodes }: KerasNodes): readonly Ref[] => nodes.flatMap((node) => node.inputs);

/** One model, or model within a model, whose layers are made once and can be called any number of times. */
class Plan {
  readonly entries: readonly Entry[];
  readonly inputs: readonly Input[];
  readonly #assembly: Assembly;
  readonly #model: KerasModel;
  readonly #parts = new Map<string, Leaf | Plan>();
  readonly #nodes = new Map<string, KerasNodes>();
  /** How many outputs of each call are used. */
  readonly #wanted: ReadonlyMap<string, number>;

  constructor(assembly: Assembly, model: KerasModel, path: readonly string[]) {
    this.#assembly = assembly;
    this.#model = model;
    const layers = model.type === 'sequential' ? model.layers : model.layers.map((l) => l.layer);
    const entries: Entry[] = [];
    if (model.type === 'functional') this.#readNodes(model.layers);
    const refs = model.type === 'functional' ? [...model.layers.flatMap(inputsOf), ...model.outputs] : [];
    this.#wanted = this.#wantedOutputs(refs);
    const reached = model.type === 'functional' ? reachedLayers(model) : null;
    for (const keras of layers) {
      if (this.#parts.has(keras.name)) throw this.#fail(`two layers are called '${keras.name}'.`);
      if (keras.className === 'InputLayer' || reached?.has(keras.name) === false) continue;
      entries.push(this.#part(keras, path));
    }
    this.entries = entries;
    this.inputs = model.type === 'sequential' ? [sequentialInput(model, this.#parts)] : this.#graphInputs(model);
  }

  #fail(what: string): FormatError {
    return new FormatError(`${this.#assembly.making.what}: ${what}`);
  }

  #part(keras: KerasLayer, path: readonly string[]): Entry {
    const { making } = this.#assembly;
    if (isModelClass(keras.className) && !making.customLayers.has(keras.className)) {
      const inner = parseModel(
        { class_name: keras.className, config: keras.config },
        `${making.what}: '${keras.name}'`,
      );
      const plan = new Plan(this.#assembly, inner, [...path, keras.name]);
      this.#parts.set(keras.name, plan);
      return { keras, entries: plan.entries };
    }
    const name = this.#assembly.unique(keras.name, path);
    const made = makeLayer({ ...keras, config: { ...keras.config, ...this.#callOptions(keras) } }, name, making);
    const add = (layer: AnyLayer, own: string): number => this.#assembly.addLayer(layer, own);
    const before = made.before.map((layer) => add(layer, this.#assembly.unique(layer.name ?? 'permute', path)));
    const layer = add(made.layer, name);
    const after = made.after.map((l) => add(l, this.#assembly.unique(l.name ?? 'permute', path)));
    this.#parts.set(keras.name, { before, layer, after });
    return { keras, layer };
  }

  /** Options that Keras's layers take when they are called, and ours when they are made. */
  #callOptions({ name }: KerasLayer): Json {
    const nodes = this.#nodes.get(name)?.nodes ?? [];
    const given = CALL_OPTIONS.filter((option) => nodes.some(({ kwargs }) => own(kwargs, option) === true));
    const differing = given.find((option) => nodes.some(({ kwargs }) => own(kwargs, option) !== true));
    if (differing !== undefined) throw this.#fail(`'${name}' is called with ${differing} and without.`);
    return Object.fromEntries(given.map((option) => [option, true]));
  }

  #readNodes(layers: readonly KerasNodes[]): void {
    for (const nodes of layers) this.#nodes.set(nodes.layer.name, nodes);
  }

  #graphInputs(model: KerasModel & { type: 'functional' }): Input[] {
    if (model.inputs.length === 0 || model.outputs.length === 0)
      throw this.#fail('the graph has no inputs or no outputs.');
    return model.inputs.map(({ layer }) => {
      const keras = this.#nodes.get(layer)?.layer;
      if (keras === undefined) throw this.#fail(`the graph's input '${layer}' is no layer of it.`);
      return { name: ourName(layer), shape: shapeOf(keras.config) };
    });
  }

  /** The outputs of the model for inputs, its layers called in order. */
  run(inputs: readonly Value[]): readonly Value[] {
    this.#assembly.spend(1 + inputs.length);
    if (inputs.length !== this.inputs.length)
      throw this.#fail(`'${this.#model.name}' takes ${this.inputs.length} inputs, and is given ${inputs.length}.`);
    if (this.#model.type === 'functional') return this.#runGraph(this.#model, inputs);
    let values = inputs;
    for (const part of this.#parts.values()) values = this.#call(part, values, 1);
    return values;
  }

  /** The first outputs of a call. */
  #call(part: Leaf | Plan, inputs: readonly Value[], wanted: number): readonly Value[] {
    if (part instanceof Plan) return part.run(inputs);
    const through = (values: readonly Value[], layers: readonly number[]) =>
      layers.reduce<readonly Value[]>((vs, layer) => vs.map((v) => this.#assembly.addCall(layer, [v])), values);
    const value = this.#assembly.addCall(part.layer, through(inputs, part.before));
    this.#assembly.spend(wanted);
    const outputs = Array.from({ length: wanted }, (_, i): Value => ({ ...value, output: i }));
    return through(outputs, part.after);
  }

  #runGraph(model: KerasModel & { type: 'functional' }, inputs: readonly Value[]): readonly Value[] {
    const done = new Map<string, readonly Value[]>();
    model.inputs.forEach((ref, i) => done.set(key(ref), [inputs[i]!]));
    const open = new Set<string>();
    // Depth first with a stack of our own, as a file may hold a chain of any length.
    const stack: Ref[] = [...model.outputs];
    while (stack.length > 0) {
      const ref = stack.at(-1)!;
      const id = key(ref);
      if (done.has(id)) {
        stack.pop();
        continue;
      }
      const { part, node } = this.#lookUp(ref);
      const missing = node.inputs.filter((input) => !done.has(key(input)));
      if (missing.length === 0) {
        const from = node.inputs.map((input) => this.#pick(done.get(key(input))!, input));
        done.set(id, this.#call(part, from, this.#wanted.get(id) ?? 1));
        open.delete(id);
        stack.pop();
      } else if (open.has(id)) {
        throw this.#fail(`the graph has a cycle through '${ref.layer}'.`);
      } else {
        open.add(id);
        for (const input of missing) stack.push(input);
      }
    }
    this.#assembly.spend(model.outputs.length);
    return model.outputs.map((ref) => this.#pick(done.get(key(ref))!, ref));
  }

  #wantedOutputs(refs: readonly Ref[]): Map<string, number> {
    const wanted = new Map<string, number>();
    for (const ref of refs) {
      const { layer, tensor } = ref;
      if (tensor < 0 || tensor > 1000) throw this.#fail(`'${layer}' has no output ${tensor}.`);
      const id = key(ref);
      wanted.set(id, Math.max(wanted.get(id) ?? 0, tensor + 1));
    }
    return wanted;
  }

  #pick(values: readonly Value[], { layer, tensor }: Ref): Value {
    return values[tensor] ?? this.#throw(`'${layer}' has no output ${tensor}; it has ${values.length}.`);
  }

  #throw(what: string): never {
    throw this.#fail(what);
  }

  #lookUp(ref: Ref): { part: Leaf | Plan; node: KerasNodes['nodes'][number] } {
    const part = this.#parts.get(ref.layer);
    const nodes = this.#nodes.get(ref.layer);
    if (part === undefined || nodes === undefined)
      throw this.#fail(
        `the graph refers to '${ref.layer}', which is no layer of it, or an input that is not among its input_layers.`,
      );
    const node = nodes.nodes[ref.node];
    if (node === undefined || node.inputs.length === 0)
      throw this.#fail(`'${ref.layer}' has no call number ${ref.node}.`);
    // In Keras 3, what the model is called with comes before what the layer was.
    if (own(node.kwargs, 'training') === true && this.#assembly.making.major < 3)
      throw this.#fail(`'${ref.layer}' is always called with training=true, which kompakt's models don't do.`);
    return { part, node };
  }
}

/**
 * The layers that the outputs need. Keras 3 also lists the operations that make masks, which our layers hand on by themselves.
 */
function reachedLayers(model: KerasModel & { type: 'functional' }): ReadonlySet<string> {
  const byName = new Map(model.layers.map((nodes) => [nodes.layer.name, nodes]));
  const reached = new Set<string>();
  const pending = model.outputs.map((ref) => ref.layer);
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    if (reached.has(name)) continue;
    reached.add(name);
    for (const { inputs } of byName.get(name)?.nodes ?? []) for (const { layer } of inputs) pending.push(layer);
  }
  return reached;
}

function sequentialInput(model: KerasModel & { type: 'sequential' }, parts: ReadonlyMap<string, Leaf | Plan>): Input {
  const [first] = model.layers;
  if (first === undefined) return { name: 'input', shape: null };
  const name = first.className === 'InputLayer' ? ourName(first.name) : 'input';
  const part = parts.get(first.name);
  const inner = part instanceof Plan ? part.inputs[0]!.shape : null;
  return { name, shape: shapeOf(first.config) ?? inner ?? sampleShape(model.inputShape) };
}
