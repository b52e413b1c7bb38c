import { ConfigError } from '../../core/errors';
import { formatShape } from '../../core/shape';
import type { AnyLayer, LayerCall, SymbolicTensor } from '../layer';
import { nameLayers } from '../names';
import type { Network, NetworkCall } from './network';

/** Inputs or outputs of a graph with the names that users gave them, in order. */
export interface NamedValues {
  readonly values: readonly SymbolicTensor[];
  /** Null where they are to be named after what they are. */
  readonly names: readonly string[] | null;
}

/** The calls between some values and others, each after all that it needs. */
interface Reached {
  readonly calls: readonly LayerCall[];
  /** Layers in the order in which the search came by them, from the outputs. */
  readonly layers: readonly AnyLayer[];
  readonly inputs: ReadonlySet<SymbolicTensor>;
}

/**
 * The network that leads from some values of a graph to others.
 *
 * Layers come in Keras's order, by which weights are listed: the further from the outputs the earlier, and among those
 * equally far in the order in which a search from the outputs comes by them.
 *
 * @throws ConfigError where an output needs an input that is not among those given, or an input is needed by no output.
 */
export function traceNetwork(inputs: NamedValues, outputs: NamedValues): Network {
  const reached = callsBetween(inputs.values, outputs.values);
  const unused = inputs.values.findIndex((x) => !reached.inputs.has(x));
  if (unused >= 0) {
    throw new ConfigError(
      `model: no output depends on input ${nameOf(inputs, unused)}. Leave it out, or connect it to an output.`,
    );
  }
  const layers = byDepth(reached);
  const names = nameLayers(layers, 'model');
  const numbers = new Map<SymbolicTensor, number>(inputs.values.map((x, i) => [x, i]));
  const own = new Map<LayerCall, number>();
  const position = new Map(layers.map((layer, i) => [layer, i]));
  let next = inputs.values.length;
  const numberOf = (x: SymbolicTensor): number => numbers.get(x) ?? own.get(x.origin!)! + x.index;
  const calls = reached.calls.map((call): NetworkCall => {
    const made = { layer: position.get(call.layer)!, inputs: call.inputs.map(numberOf), outputs: outputCount(call) };
    own.set(call, next);
    next += made.outputs;
    return made;
  });
  const inputNames = inputs.names ?? inputNamesOf(inputs.values, names);
  checkDistinct(inputNames, names);
  return {
    inputs: inputs.values.map(({ shape, dtype }, i) => ({ name: inputNames[i]!, shape, dtype })),
    layers,
    names,
    calls,
    outputs: outputNames(outputs, layers, names, inputNames, inputs).map((name, k) => ({
      name,
      value: numberOf(outputs.values[k]!),
    })),
  };
}

const nameOf = ({ names, values }: NamedValues, i: number): string => `'${names?.[i] ?? values[i]!.name ?? i}'`;

const outputCount = ({ layer, inputs }: LayerCall): number =>
  layer.many?.outputShapes(inputs.map((x) => x.shape)).length ?? 1;

/** Walks back from the outputs to the inputs, depth first, without recursion: graphs may be thousands of calls deep. */
function callsBetween(inputs: readonly SymbolicTensor[], outputs: readonly SymbolicTensor[]): Reached {
  const given = new Set(inputs);
  const reached = new Set<SymbolicTensor>();
  const layers = new Set<AnyLayer>();
  const seen = new Set<LayerCall>();
  const calls: LayerCall[] = [];
  const pending: { readonly call: LayerCall; next: number }[] = [];
  const enter = (x: SymbolicTensor): void => {
    if (given.has(x)) reached.add(x);
    else if (x.origin === null) throw strayInput(x);
    else if (!seen.has(x.origin)) {
      seen.add(x.origin);
      layers.add(x.origin.layer);
      pending.push({ call: x.origin, next: 0 });
    }
  };
  for (const output of outputs) {
    enter(output);
    while (pending.length > 0) {
      const top = pending.at(-1)!;
      if (top.next < top.call.inputs.length) enter(top.call.inputs[top.next++]!);
      else {
        calls.push(top.call);
        pending.pop();
      }
    }
  }
  return { calls, layers: [...layers], inputs: reached };
}

function strayInput({ name, shape }: SymbolicTensor): ConfigError {
  const what = name === null ? `an input of shape ${formatShape(shape)}` : `the input '${name}'`;
  return new ConfigError(`model: an output depends on ${what}, which is not among the inputs. Add it there.`);
}

/** The layers, those furthest from the outputs first. */
function byDepth({ calls, layers }: Reached): AnyLayer[] {
  const depths = new Map<LayerCall, number>();
  const ofLayer = new Map<AnyLayer, number>();
  for (const call of [...calls].reverse()) {
    const depth = Math.max(depths.get(call) ?? 0, ofLayer.get(call.layer) ?? 0);
    ofLayer.set(call.layer, depth);
    for (const { origin } of call.inputs)
      if (origin !== null) depths.set(origin, Math.max(depths.get(origin) ?? 0, depth + 1));
  }
  // The sort keeps the order of what is equally deep.
  return [...layers].sort((a, b) => ofLayer.get(b)! - ofLayer.get(a)!);
}

function inputNamesOf(inputs: readonly SymbolicTensor[], layerNames: readonly string[]): string[] {
  const taken = new Set([...layerNames, ...inputs.map((x) => x.name)]);
  return inputs.map(({ name }) => {
    if (name !== null) return name;
    let own = 'input';
    for (let n = 1; taken.has(own); n++) own = `input_${n}`;
    taken.add(own);
    return own;
  });
}

function checkDistinct(inputNames: readonly string[], layerNames: readonly string[]): void {
  const all = [...inputNames, ...layerNames];
  const twice = all.find((name, i) => all.indexOf(name) !== i);
  if (twice !== undefined)
    throw new ConfigError(`model: '${twice}' names two inputs, or an input and a layer. Names must be unique.`);
}

/** As given or, as in Keras, after the layers they come from. */
function outputNames(
  { values, names: given }: NamedValues,
  layers: readonly AnyLayer[],
  names: readonly string[],
  inputNames: readonly string[],
  inputs: NamedValues,
): string[] {
  if (given !== null) return [...given];
  const position = new Map(layers.map((layer, i) => [layer, i]));
  const taken = new Set<string>();
  return values.map((x) => {
    const at = inputs.values.indexOf(x);
    const base = at >= 0 ? inputNames[at]! : names[position.get(x.origin!.layer)!]!;
    let own = base;
    for (let n = 1; taken.has(own); n++) own = `${base}_${n}`;
    taken.add(own);
    return own;
  });
}
