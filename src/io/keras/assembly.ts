import { FormatError } from '../../core/errors';
import type { AnyLayer } from '../../nn/layer';
import { isModelClass, type KerasModel, type KerasNodes, parseModel, type Ref } from './graph';
import { type Json, own, show } from './json';
import { type KerasLayer, type Making, makeLayer, ourName } from './make-layer';

/** What an input of the model, or a call of a layer, gives. */
export interface Value {
  /** Position of the call; of an input −1 − its position. */
  readonly call: number;
  readonly output: number;
}

export interface Call {
  /** Position of the layer. */
  readonly layer: number;
  readonly inputs: readonly Value[];
}

export interface Input {
  readonly name: string;
  /** Of one sample, null for sizes that the file leaves open; null as a whole where it does not tell. */
  readonly shape: readonly (number | null)[] | null;
}

/** A layer of Keras's model by its place there, for finding its weights. */
export type Entry =
  | { readonly keras: KerasLayer; readonly layer: number }
  | { readonly keras: KerasLayer; readonly entries: readonly Entry[] };

const MAX_CALLS = 100_000;
const CALL_OPTIONS = ['use_causal_mask', 'return_attention_scores'];

/** The layers of a file with all their calls; models within models are taken apart. */
export class Assembly {
  readonly layers: AnyLayer[] = [];
  readonly names: string[] = [];
  readonly calls: Call[] = [];
  readonly inputs: Input[] = [];
  outputs: readonly Value[] = [];
  /** In Keras's order. */
  entries: readonly Entry[] = [];
  readonly making: Making;
  readonly #taken = new Set<string>();

  constructor(model: KerasModel, making: Making) {
    this.making = making;
    const plan = new Plan(this, model, []);
    const inputs = plan.inputs.map((input, i): Value => {
      this.inputs.push({ ...input, name: this.unique(input.name, []) });
      return { call: -1 - i, output: 0 };
    });
    this.outputs = plan.run(inputs);
    this.entries = plan.entries;
    if (this.calls.length === 0) throw new FormatError(`${making.what}: the model has no layers.`);
  }

  addLayer(layer: AnyLayer, name: string): number {
    this.names.push(name);
    return this.layers.push(layer) - 1;
  }

  addCall(layer: number, inputs: readonly Value[]): Value {
    if (this.calls.length >= MAX_CALLS)
      throw new FormatError(`${this.making.what}: the layers of the model are called more than ${MAX_CALLS} times.`);
    return { call: this.calls.push({ layer, inputs }) - 1, output: 0 };
  }

  /** A name that no layer has yet. */
  unique(keras: string, path: readonly string[]): string {
    const plain = ourName(keras);
    const within = ourName([...path, keras].join('_'));
    let name = this.#taken.has(plain) ? within : plain;
    for (let i = 1; this.#taken.has(name); i++) name = `${within}_${i}`;
    this.#taken.add(name);
    return name;
  }
}

/** Our layers for one of Keras's. */
interface Leaf {
  readonly before: readonly number[];
  readonly layer: number;
  readonly after: readonly number[];
}

/** One model, or model within a model, whose layers are made once and can be called any number of times. */
class Plan {
  readonly entries: readonly Entry[];
  readonly inputs: readonly Input[];
  readonly #assembly: Assembly;
  readonly #model: KerasModel;
  readonly #parts = new Map<string, Leaf | Plan>();
  readonly #nodes = new Map<string, KerasNodes>();

  constructor(assembly: Assembly, model: KerasModel, path: readonly string[]) {
    this.#assembly = assembly;
    this.#model = model;
    const layers = model.type === 'sequential' ? model.layers : model.layers.map((l) => l.layer);
    const entries: Entry[] = [];
    if (model.type === 'functional') this.#readNodes(model.layers);
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
    if (inputs.length !== this.inputs.length)
      throw this.#fail(`'${this.#model.name}' takes ${this.inputs.length} inputs, and is given ${inputs.length}.`);
    if (this.#model.type === 'functional') return this.#runGraph(this.#model, inputs);
    let values = inputs;
    for (const part of this.#parts.values()) values = this.#call(part, values, (i) => i < 1);
    return values;
  }

  /** The outputs of a call; `Value`s of the outputs that `wants` says. */
  #call(part: Leaf | Plan, inputs: readonly Value[], wants: (output: number) => boolean): readonly Value[] {
    if (part instanceof Plan) return part.run(inputs);
    const through = (values: readonly Value[], layers: readonly number[]) =>
      layers.reduce<readonly Value[]>((vs, layer) => vs.map((v) => this.#assembly.addCall(layer, [v])), values);
    const value = this.#assembly.addCall(part.layer, through(inputs, part.before));
    const outputs: Value[] = [];
    for (let i = 0; wants(i); i++) outputs.push({ ...value, output: i });
    return through(outputs, part.after);
  }

  #runGraph(model: KerasModel & { type: 'functional' }, inputs: readonly Value[]): readonly Value[] {
    const key = (ref: Ref): string => `${ref.node} ${ref.layer}`;
    const done = new Map<string, readonly Value[]>();
    model.inputs.forEach((ref, i) => done.set(key(ref), [inputs[i]!]));
    const wanted = this.#wantedOutputs(model);
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
        const count = wanted.get(id) ?? 1;
        done.set(
          id,
          this.#call(
            part,
            node.inputs.map((input) => this.#pick(done.get(key(input))!, input)),
            (i) => i < count,
          ),
        );
        open.delete(id);
        stack.pop();
      } else if (open.has(id)) {
        throw this.#fail(`the graph has a cycle through '${ref.layer}'.`);
      } else {
        open.add(id);
        stack.push(...missing);
      }
    }
    return model.outputs.map((ref) => this.#pick(done.get(key(ref))!, ref));
  }

  /** How many outputs of each call are used. */
  #wantedOutputs(model: KerasModel & { type: 'functional' }): Map<string, number> {
    const wanted = new Map<string, number>();
    const refs = [...model.layers.flatMap((l) => l.nodes.flatMap((n) => n.inputs)), ...model.outputs];
    for (const { layer, node, tensor } of refs) {
      if (tensor < 0 || tensor > 1000) throw this.#fail(`'${layer}' has no output ${tensor}.`);
      const id = `${node} ${layer}`;
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
    if (own(node.kwargs, 'training') === true)
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
    for (const { inputs } of byName.get(name)?.nodes ?? []) pending.push(...inputs.map((ref) => ref.layer));
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

/** Shape of one sample by the config of a first layer. */
function shapeOf(config: Json): readonly (number | null)[] | null {
  return sampleShape(own(config, 'batch_shape') ?? own(config, 'batch_input_shape'));
}

/** Without the batch axis; null where there is none. */
function sampleShape(batchShape: unknown): readonly (number | null)[] | null {
  if (batchShape === null || batchShape === undefined) return null;
  const isSize = (n: unknown): boolean =>
    n === null || (Number.isSafeInteger(n) && (n as number) > 0 && (n as number) < 2 ** 31);
  if (
    !Array.isArray(batchShape) ||
    batchShape.length === 0 ||
    batchShape.length > 9 ||
    !batchShape.slice(1).every(isSize)
  )
    throw new FormatError(
      `fromKeras: the shape of the input must be a list of sizes, the file has ${show(batchShape)}.`,
    );
  return batchShape.slice(1) as (number | null)[];
}
