import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { strToU8, unzipSync, zipSync } from 'fflate';
import { type Group, File as H5File, Module, ready } from 'h5wasm';

/** A file that was saved by Keras; see generate_keras.py. */
export const file = (name: string): Uint8Array =>
  new Uint8Array(gunzipSync(readFileSync(new URL(`../../fixtures/io/keras/${name}.gz`, import.meta.url))));

const whole = unzipSync(file('transfer.keras'));
const text = (json: unknown): Uint8Array => strToU8(typeof json === 'string' ? json : JSON.stringify(json));

/** A `.keras` file of a description and weights, by default those of another model. */
export const kerasFile = (config: unknown, weights = whole['model.weights.h5']!): Uint8Array =>
  zipSync(
    { 'metadata.json': whole['metadata.json']!, 'config.json': text(config), 'model.weights.h5': weights },
    { level: 1 },
  );

/** An HDF5 file. */
export async function hdf5(fill: (file: H5File) => void): Promise<Uint8Array<ArrayBuffer>> {
  const { FS } = await ready;
  const made = new H5File('/made.h5', 'w');
  fill(made);
  made.close();
  const bytes = (FS.readFile('/made.h5') as Uint8Array<ArrayBuffer>).slice();
  FS.unlink('/made.h5');
  return bytes;
}

/** A list of texts as Keras writes it. */
export const texts = (group: Group, name: string, list: readonly string[]): void =>
  group.create_attribute(name, [...list], null, `S${Math.max(1, ...list.slice(0, 1000).map((t) => t.length))}`);

/** A second name for a group or an array. */
export const link = (file: H5File, from: string, to: string): void => {
  Module.create_hard_link(file.file_id, from, to);
};

export interface LayerJson {
  readonly class_name: string;
  readonly config: { readonly name: string };
}

export const layer = (className: string, config: object = {}): LayerJson => ({
  class_name: className,
  config: { name: 'x', ...config },
});

export const input = (...shape: (number | null)[]): LayerJson =>
  layer('InputLayer', { name: 'input', batch_shape: [null, ...shape] });

export const sequence = (...layers: readonly LayerJson[]): object => ({
  class_name: 'Sequential',
  config: { name: 's', layers },
});

/** `[name of a layer, number of its call, number of the output]`. */
export type Reference = readonly [layer: string, call: number, output: number];

/** A layer in a graph of Keras 2, with the inputs of each of its calls. */
export const called = (own: LayerJson, ...calls: readonly (readonly Reference[])[]): object => ({
  ...own,
  name: own.config.name,
  inbound_nodes: calls.map((refs) => refs.map((ref) => [...ref, {}])),
});

export const graph = (layers: readonly object[], outputs: readonly Reference[], name = 'g'): LayerJson => ({
  class_name: 'Functional',
  config: { name, layers, input_layers: [['input', 0, 0]], output_layers: outputs } as never,
});
