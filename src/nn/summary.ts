import { bytesPerElement } from '../core/dtype';
import { tensorsIn } from '../core/nest';
import { formatShape, type Shape } from '../core/shape';
import type { Tensor } from '../core/tensor';
import { textTable } from '../core/text-table';
import type { Layer, LayerWeights } from './layer';

/** What a summary is made of. */
export interface Summarised {
  readonly layers: readonly Layer[];
  readonly names: readonly string[];
  /** Shapes of the input of each layer and of the output; null before the model is built. */
  readonly shapes: readonly Shape[] | null;
  readonly weights: readonly LayerWeights[];
  readonly optimizerState: unknown;
}

const grouped = (n: number): string => n.toLocaleString('en-US');

const tensorsOf = ({ params, state }: LayerWeights): Tensor[] => [...Object.values(params), ...Object.values(state)];
const count = (ts: readonly Tensor[]): number => ts.reduce((n, t) => n + t.size, 0);
const sizeBytes = (ts: readonly Tensor[]): number => ts.reduce((n, t) => n + t.size * bytesPerElement(t.dtype), 0);

/** A table of the layers with output shapes and parameter counts, as Keras prints it. */
export function formatSummary({ layers, names, shapes, weights, optimizerState }: Summarised): string {
  const rows = layers.map((layer, i) => {
    const shape = shapes === null ? '?' : formatShape(['batch', ...shapes[i + 1]!] as never);
    const own = weights[i];
    return [`${names[i]} (${layer.kind})`, shape, own === undefined ? '0 (unbuilt)' : grouped(count(tensorsOf(own)))];
  });
  const trained = weights.flatMap(({ params }, i) => (layers[i]!.trainable ? Object.values(params) : []));
  const all = weights.flatMap(tensorsOf);
  const optimizer = [...tensorsIn(optimizerState)] as Tensor[];
  const line = (label: string, ts: readonly Tensor[], n = count(ts), bytes = sizeBytes(ts)): string =>
    `${label}: ${grouped(n)} (${formatBytes(bytes)})`;
  const totals = [
    line('Total params', [...all, ...optimizer]),
    line('Trainable params', trained),
    line('Non-trainable params', [], count(all) - count(trained), sizeBytes(all) - sizeBytes(trained)),
    ...(optimizer.length > 0 ? [line('Optimizer params', optimizer)] : []),
  ];
  const table = textTable([['Layer (type)', 'Output shape', 'Param #'], ...rows], {
    gap: 3,
    left: (c) => c < 2,
    rule: 'both',
  });
  return `${table}\n${totals.join('\n')}`;
}

function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  return bytes < 1024 * 1024 ? `${(bytes / 1024).toFixed(2)} KB` : `${(bytes / 1024 / 1024).toFixed(2)} MB`;
}
