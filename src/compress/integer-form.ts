import { ConfigError } from '../core/errors';
import { scope } from '../core/scope';
import { formatShape, type Shape } from '../core/shape';
import { type SampleSource, sampleSource } from '../data/batches';
import { forward } from '../nn/forward';
import {
  firstInputs,
  firstValues,
  fitsShape,
  type Network,
  type NetworkCall,
  shapesThrough,
} from '../nn/graph/network';
import type { NetworkModel } from '../nn/graph/network-model';
import type { AnyLayer, Layer, LayerWeights } from '../nn/layer';
import { dequantizeOutput, quantizeInput } from '../nn/layers/quantized';
import { layerFromConfig } from '../nn/layers/registry';
import { partsOf } from '../nn/per-output';
import {
  activationOf,
  affine,
  bare,
  CLAMPS,
  isWeighted,
  lowerAveragePool,
  lowerWeighted,
  type MakeStage,
  type NewStage,
  ORDER_ONLY,
  withActivation,
} from './lower-stage';
import { type Observer, type ObserverOptions, observer } from './observer';
import type { Stage } from './pass';
import type { QuantizationParams } from './quantization-params';

/** A graph with its weights, layer by layer. */
interface Weighted {
  readonly network: Network;
  readonly weights: readonly LayerWeights[];
}

/** What calibration says of the values of a graph. */
interface Ranges {
  readonly params: readonly QuantizationParams[];
  /** Values whose steps don't all count: layers then need masks, which integers don't carry. */
  readonly masked: ReadonlySet<number>;
}

/** The integer form of a model: layers made when called, and how they are connected. */
export interface IntegerForm {
  readonly makeStages: () => NewStage[];
  readonly calls: readonly NetworkCall[];
  /** The values that come out. */
  readonly outputs: readonly number[];
}

/**
 * The integer form of a model: single layers with weights run in integers; where integers and reals meet, they are
 * converted once. Branches that join (sums of residuals, concatenations), layers used more than once, models within and
 * sequences with masks stay in float32. That of a chain is a chain.
 *
 * @param folded - a model without batch norms to fold; it stays as it is.
 */
export async function integerForm(
  folded: NetworkModel<unknown>,
  calibration: unknown,
  options: ObserverOptions,
  perChannel: boolean,
): Promise<IntegerForm> {
  const split = splitActivations({ network: folded.network, weights: folded.layerWeights });
  const inputs = await calibrationSources(folded, calibration);
  const ranges = await calibrate(split, inputs, options);
  const shapes = shapesThrough(
    split.network,
    inputs.map((source) => source.shape),
  );
  const { stages, calls, outputs } = await lowered(split, ranges, shapes, perChannel);
  return { makeStages: () => stages.map((make) => make()), calls, outputs };
}

const timesUsed = ({ calls }: Network, layer: number): number => calls.filter((call) => call.layer === layer).length;

/** Layers with weights whose activations are more than bounds give them to layers of their own. */
function splitActivations({ network, weights }: Weighted): Weighted {
  const layers: AnyLayer[] = [...network.layers];
  const names = [...network.names];
  const own = [...weights];
  const calls: NetworkCall[] = [];
  const first = firstValues(network);
  const moved = network.inputs.map((_, i) => i);
  let next = network.inputs.length;
  network.calls.forEach((call, c) => {
    calls.push({ ...call, inputs: call.inputs.map((v) => moved[v]!) });
    for (let k = 0; k < call.outputs; k++) moved[first[c]! + k] = next++;
    const layer = network.layers[call.layer]! as Layer;
    const activation = activationOf(layer);
    if (!isWeighted(layer) || CLAMPS.has(activation) || timesUsed(network, call.layer) > 1) return;
    layers[call.layer] = layerFromConfig(layer.kind, { ...layer.config, activation: 'linear' }, layer.name);
    names.push(`${network.names[call.layer]}_${activation}`);
    calls.push({ layer: layers.length, inputs: [moved[first[c]!]!], outputs: 1 });
    layers.push(layerFromConfig('activation', { activation }, null));
    own.push({ params: {}, state: {} });
    moved[first[c]!] = next++;
  });
  const outputs = network.outputs.map(({ name, value }) => ({ name, value: moved[value]! }));
  return { network: { ...network, layers, names, calls, outputs }, weights: own };
}

async function calibrationSources(model: NetworkModel<unknown>, calibration: unknown): Promise<SampleSource[]> {
  const { inputs } = model.network;
  const names = inputs.map(({ name }) => name);
  const parts = partsOf(calibration, names, 'quantize: calibration');
  const sources = await Promise.all(
    parts.map((part, i) => sampleSource(part, model.backend, inputs[i]!.dtype, 'quantize: calibration')),
  );
  sources.forEach(({ shape, length }, i) => {
    const expected = inputs[i]!.shape ?? model.inputShape!;
    if (fitsShape(shape, expected) && length > 0 && length === sources[0]!.length) return;
    throw new ConfigError(
      inputs.length === 1
        ? `quantize: calibration must hold samples of shape ${formatShape(expected)}, got ${formatShape([length, ...shape])}.`
        : `quantize: calibration must hold as many samples for each input, those of '${names[i]}' of shape ${formatShape(expected)}; got ${formatShape([length, ...shape])}.`,
    );
  });
  return sources;
}

async function calibrate(
  { network, weights }: Weighted,
  sources: readonly SampleSource[],
  options: ObserverOptions,
): Promise<Ranges> {
  const count = network.inputs.length + network.calls.reduce((n, { outputs }) => n + outputs, 0);
  const observers: Observer[] = Array.from({ length: count }, () => observer(options));
  const masked = new Set<number>();
  const { length } = sources[0]!;
  for (let at = 0; at < length; at += 64) {
    const values = scope(() => {
      const xs = sources.map((source) => source.range(at, Math.min(at + 64, length)));
      const made = [...xs];
      forward(network, weights, xs, { training: false, rng: null }, ({ ys, masks }) => {
        ys.forEach((_, k) => {
          if (masks?.[k]) masked.add(made.length + k);
        });
        made.push(...ys);
      });
      return made;
    });
    for (const [i, x] of values.entries()) observers[i]!.observe(await x.data());
    for (const x of new Set(values)) x.dispose();
  }
  return { params: observers.map((o) => o.params()), masked };
}

/** The graph that comes out, as it grows. */
class Graph {
  readonly stages: MakeStage[] = [];
  readonly calls: NetworkCall[] = [];
  readonly outputs: number[] = [];
  #values: number;

  constructor(inputs: number) {
    this.#values = inputs;
  }

  /** Calls a layer that is there already; returns its first value. */
  call(layer: number, inputs: readonly number[], outputs = 1): number {
    this.calls.push({ layer, inputs, outputs });
    this.#values += outputs;
    return this.#values - outputs;
  }

  /** Puts a layer in and calls it. */
  add(make: MakeStage, inputs: readonly number[], outputs = 1): number {
    return this.call(this.stages.push(make) - 1, inputs, outputs);
  }
}

/** A value in the new graph: as reals, as integers, or as both. */
interface Form {
  readonly name: string;
  real: number | null;
  integer: { readonly value: number; readonly map: QuantizationParams } | null;
}

async function lowered(
  { network, weights }: Weighted,
  { params, masked }: Ranges,
  shapes: readonly Shape[],
  perChannel: boolean,
): Promise<Graph> {
  const graph = new Graph(network.inputs.length);
  const first = firstValues(network);
  const forms: Form[] = network.inputs.map(({ name }, i) => ({ name, real: i, integer: null }));
  const known = new Map<number, number>();
  const real = (form: Form): number => {
    form.real ??= graph.add(bare(`${form.name}_dequantize`, dequantizeOutput(affine(form.integer!.map))), [
      form.integer!.value,
    ]);
    return form.real;
  };
  const integer = (form: Form, map: QuantizationParams): NonNullable<Form['integer']> => {
    form.integer ??= { value: graph.add(bare(`${form.name}_quantize`, quantizeInput(affine(map))), [form.real!]), map };
    return form.integer;
  };
  for (const [c, call] of network.calls.entries()) {
    const layer = network.layers[call.layer]! as Layer;
    const name = network.names[call.layer]!;
    const from = call.inputs[0]!;
    const put = (form: Omit<Form, 'name'>): void => {
      forms[first[c]!] = { name, ...form };
    };
    const input = shapes[firstInputs(network, call.layer)[0]!]!;
    const stage: Stage = { name, layer, ...weights[call.layer]!, input };
    const isAlone = timesUsed(network, call.layer) === 1 && !call.inputs.some((v) => masked.has(v));
    const before = forms[from]!;
    if (isAlone && isNothing(layer)) {
      forms[first[c]!] = before;
    } else if (isAlone && isWeighted(layer)) {
      const at = first[c]!;
      const clamp = clampBehind(network, at, layer);
      // The bounds of what follows are those of the integers: its range is the one that counts.
      const map = params[clamp === null ? at : first[clamp]!]!;
      const x = integer(before, params[from]!);
      const bounded =
        clamp === null
          ? stage
          : withActivation(stage, activationOf(network.layers[network.calls[clamp]!.layer]! as Layer));
      const value = graph.add(await lowerWeighted(bounded, x.map, map, perChannel), [x.value]);
      put({ real: null, integer: { value, map } });
    } else if (isAlone && layer.kind === 'activation' && isClamped(network, from, c)) {
      forms[first[c]!] = before;
    } else if (isAlone && before.integer !== null && ORDER_ONLY.has(layer.kind)) {
      put({ real: null, integer: { ...before.integer, value: graph.add(() => stage, [before.integer.value]) } });
    } else if (isAlone && before.integer !== null && (layer.kind === 'avgPool2d' || layer.kind === 'globalAvgPool2d')) {
      let { value } = before.integer;
      for (const make of lowerAveragePool(stage)) value = graph.add(make, [value]);
      put({ real: null, integer: { ...before.integer, value } });
    } else {
      const xs = call.inputs.map((v) => real(forms[v]!));
      const at = known.get(call.layer) ?? graph.stages.push(() => stage) - 1;
      known.set(call.layer, at);
      const value = graph.call(at, xs, call.outputs);
      for (let k = 0; k < call.outputs; k++)
        forms[first[c]! + k] = { name: call.outputs === 1 ? name : `${name}_${k}`, real: value + k, integer: null };
    }
  }
  graph.outputs.push(...network.outputs.map(({ value }) => real(forms[value]!)));
  return graph;
}

/** Layers that do nothing at inference. */
const isNothing = (layer: Layer): boolean =>
  layer.kind === 'dropout' || (layer.kind === 'activation' && activationOf(layer) === 'linear');

/** The call of the activation that alone follows a linear layer, where it is no more than bounds of its output. */
function clampBehind(network: Network, value: number, layer: Layer): number | null {
  if (activationOf(layer) !== 'linear') return null;
  const calls = network.calls.flatMap((call, i) => (call.inputs.includes(value) ? [i] : []));
  if (calls.length !== 1 || network.outputs.some((o) => o.value === value)) return null;
  const next = network.calls[calls[0]!]!;
  const behind = network.layers[next.layer]! as Layer;
  const isClamp =
    behind.kind === 'activation' && CLAMPS.has(activationOf(behind)) && timesUsed(network, next.layer) === 1;
  return isClamp ? calls[0]! : null;
}

/** Whether the layer that made a value has taken over this activation. */
function isClamped(network: Network, value: number, call: number): boolean {
  const producer = firstValues(network).indexOf(value);
  if (producer < 0) return false;
  const at = network.calls[producer]!.layer;
  const layer = network.layers[at]! as Layer;
  return isWeighted(layer) && timesUsed(network, at) === 1 && clampBehind(network, value, layer) === call;
}
