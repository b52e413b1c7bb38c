import { bytesPerElement } from '../core/dtype';
import { tensorsIn } from '../core/nest';
import { formatShape, type Shape } from '../core/shape';
import type { Tensor } from '../core/tensor';
import { textTable } from '../core/text-table';
import { weightsInState } from './carried';
import { firstValues, type Network } from './graph/network';
import type { AnyLayer, LayerWeights } from './layer';
import { trainedParams } from './train-step';

/** What a summary is made of. */
export interface Summarised {
  readonly network: Network;
  /** Shapes of all values; null before the model is built. */
  readonly shapes: readonly Shape[] | null;
  readonly weights: readonly LayerWeights[];
  readonly optimizerState: unknown;
}

const grouped = (n: number): string => n.toLocaleString('en-US');

const tensorsOf = (layer: AnyLayer, { params, state }: LayerWeights): Tensor[] => [
  ...Object.values(params),
  ...Object.values(weightsInState(layer, state)),
];
const count = (ts: readonly Tensor[]): number => ts.reduce((n, t) => n + t.size, 0);
const sizeBytes = (ts: readonly Tensor[]): number => ts.reduce((n, t) => n + t.size * bytesPerElement(t.dtype), 0);

/** A table of the layers with output shapes and parameter counts, as Keras prints it. */
export function formatSummary({ network, shapes, weights, optimizerState }: Summarised): string {
  const trained = trainedParams(network.layers, weights).flatMap((params) => Object.values(params));
  const all = weights.flatMap((w, i) => tensorsOf(network.layers[i]!, w));
  const optimizer = [...tensorsIn(optimizerState)];
  const line = (label: string, ts: readonly Tensor[], n = count(ts), bytes = sizeBytes(ts)): string =>
    `${label}: ${grouped(n)} (${formatBytes(bytes)})`;
  const totals = [
    line('Total params', [...all, ...optimizer]),
    line('Trainable params', trained),
    line('Non-trainable params', [], count(all) - count(trained), sizeBytes(all) - sizeBytes(trained)),
    ...(optimizer.length > 0 ? [line('Optimizer params', optimizer)] : []),
  ];
  const isLine = isLinear(network);
  const rows = rowsOf(network, shapes, weights).map((row) => (isLine ? row.slice(0, 3) : row));
  const head = ['Layer (type)', 'Output shape', 'Param #', 'Connected to'].slice(0, isLine ? 3 : 4);
  const table = textTable([head, ...(isLine ? rows.slice(1) : rows)], { gap: 3, left: (c) => c !== 2, rule: 'both' });
  return `${table}\n${totals.join('\n')}`;
}

/** Whether each layer takes what the one before it gives, and no more. */
const isLinear = ({ inputs, layers, calls, outputs }: Network): boolean =>
  inputs.length === 1 &&
  outputs.length === 1 &&
  calls.length === layers.length &&
  outputs[0]!.value === calls.length &&
  calls.every((call, i) => call.layer === i && call.inputs.length === 1 && call.inputs[0] === i && call.outputs === 1);

/** Inputs, then layers: name, output shapes, parameters, and where their inputs come from. */
function rowsOf(network: Network, shapes: readonly Shape[] | null, weights: readonly LayerWeights[]): string[][] {
  const { inputs, layers, names, calls } = network;
  const first = firstValues(network);
  const sources = [
    ...inputs.map((i) => i.name),
    ...calls.flatMap((call) => sourceNames(names[call.layer]!, call.outputs)),
  ];
  const shown = (value: number): string => (shapes === null ? '?' : formatShape(['batch', ...shapes[value]!] as never));
  const inputRows = inputs.map(({ name }, i) => [`${name} (input)`, shown(i), '0', '-']);
  const layerRows = layers.map((layer, l) => {
    const own = calls.flatMap((call, c) => (call.layer === l ? [c] : []));
    const made = own.flatMap((c) => Array.from({ length: calls[c]!.outputs }, (_, k) => shown(first[c]! + k)));
    const from = own.map((c) => calls[c]!.inputs.map((v) => sources[v]!).join(', '));
    const params = weights[l] === undefined ? '0 (unbuilt)' : grouped(count(tensorsOf(layer, weights[l])));
    return [`${names[l]} (${layer.kind})`, [...new Set(made)].join(', '), params, from.join('; ')];
  });
  return [...inputRows, ...layerRows];
}

const sourceNames = (name: string, outputs: number): string[] =>
  outputs === 1 ? [name] : Array.from({ length: outputs }, (_, k) => `${name}[${k}]`);

function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  return bytes < 1024 * 1024 ? `${(bytes / 1024).toFixed(2)} KB` : `${(bytes / 1024 / 1024).toFixed(2)} MB`;
}
