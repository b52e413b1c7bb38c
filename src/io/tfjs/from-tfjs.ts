import { ConfigError, FormatError } from '../../core/errors';
import { checkOptions } from '../../core/options';
import type { Tensor } from '../../core/tensor';
import { readBytes } from '../../data/files';
import { assignNamed } from '../keras/assign';
import type { ImportedModel } from '../keras/build-model';
import type { FileWeight, LayerGroup } from '../keras/file-weights';
import { majorOf } from '../keras/file-weights';
import { type FromKerasOptions, importModel } from '../keras/from-keras';
import { isRecord, type Json, own, parseRecord } from '../keras/json';
import { checkTotal, groupWeights, parseManifest, type WeightsGroup } from './manifest';

/** Options of {@link fromTFJS}. */
export type FromTFJSOptions = Omit<FromKerasOptions, 'h5wasm' | 'fflate' | 'maxBytes'>;

/** The files of a model by name: `model.json`, and those that it names. */
export type TFJSFiles = { readonly [name: string]: Uint8Array | ArrayBuffer };

const WHAT = 'fromTFJS';

/** Where the files beside a model.json are read from. */
type ReadFile = (name: string) => Promise<Uint8Array>;

/**
 * A layers-model of TensorFlow.js: its `model.json` and the files of weights beside it, quantised ones included.
 *
 * @param files - the path or address of the `model.json`; or the bytes of all files by name.
 * @param options - `customLayers`: by class name, functions `(config, name) => layer`; `inputShape`, for files that do not
 * tell it; `compile = true`; `backend`, `seed`.
 * @returns the model, compiled if the file says how.
 * @throws FormatError for a graph-model, anything but a whole model, or one with a layer that kompakt has not, which it
 * names; ConfigError when a file can't be read.
 *
 * @example
 * ```ts
 * import { fromTFJS } from 'kompakt/io';
 * const layers = [{ class_name: 'Dense', config: { name: 'line', units: 1, batch_input_shape: [null, 1] } }];
 * const weights = [
 *   { name: 'line/kernel', shape: [1, 1], dtype: 'float32' },
 *   { name: 'line/bias', shape: [1], dtype: 'float32' },
 * ];
 * const json = {
 *   modelTopology: { class_name: 'Sequential', config: { layers } },
 *   weightsManifest: [{ paths: ['weights.bin'], weights }],
 * };
 * const model = await fromTFJS({
 *   'model.json': new TextEncoder().encode(JSON.stringify(json)),
 *   'weights.bin': new Uint8Array(Float32Array.of(2, 1).buffer),
 * });
 * console.log(model.predict([[3]]).toArraySync()); // → [ [ 7 ] ]
 * ```
 */
export async function fromTFJS<Y = Tensor>(
  files: TFJSFiles | string | URL,
  options: FromTFJSOptions = {},
): Promise<ImportedModel<Y>> {
  return (await readModel(files, options)) as ImportedModel<Y>;
}

async function readModel(files: TFJSFiles | string | URL, options: FromTFJSOptions): Promise<ImportedModel<never>> {
  checkOptions(options, ['customLayers', 'inputShape', 'compile', 'backend', 'seed'], WHAT);
  const [text, read] = await openFiles(files);
  const json = parseRecord(text, WHAT);
  const topology = topologyOf(json);
  const weights = await readWeights(parseManifest(own(json, 'weightsManifest'), WHAT), read);
  const training = own(json, 'trainingConfig') ?? own(topology, 'training_config');
  const version = own(topology, 'keras_version');
  return importModel(
    {
      what: WHAT,
      topology: modelOf(topology),
      training,
      major: majorOf(typeof version === 'string' ? version : 'tfjs'),
    },
    (target) =>
      assignNamed(
        target,
        groupsOf(
          target.entries.map((e) => e.keras.name),
          weights,
        ),
        { major: 2, backend: null },
      ),
    options,
  );
}

async function readWeights(groups: readonly WeightsGroup[], read: ReadFile): Promise<FileWeight[]> {
  const seen = new Set<string>();
  const weights: FileWeight[][] = [];
  for (const group of groups) {
    const parts: Uint8Array[] = [];
    for (const path of group.paths) {
      const plain = path
        .split(/[/\\]/)
        .filter((part) => part !== '' && part !== '.')
        .join('/');
      // A small file that is named often would become a great one.
      if (seen.has(plain)) throw new FormatError(`${WHAT}: the weightsManifest names the file '${plain}' twice.`);
      seen.add(plain);
      parts.push(await read(path));
    }
    checkTotal(
      group,
      parts.reduce((n, part) => n + part.length, 0),
      WHAT,
    );
    weights.push(groupWeights(group, joined(parts)));
  }
  return weights.flat();
}

async function openFiles(files: TFJSFiles | string | URL): Promise<[text: string, read: ReadFile]> {
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  if (typeof files === 'string' || files instanceof URL) {
    const bytes = await readBytes(files, WHAT);
    return [text(bytes), (name) => readBytes(beside(files, name), WHAT)];
  }
  if (!isRecord(files))
    throw new ConfigError(`${WHAT}: expected the path or address of a model.json, or { 'model.json': bytes, … }.`);
  const names = Object.keys(files);
  const top =
    names.find((n) => n === 'model.json') ??
    names.find((n) => /(^|\/)model\.json$/.test(n)) ??
    names.find((n) => n.endsWith('.json'));
  if (top === undefined)
    throw new ConfigError(`${WHAT}: there is no model.json among ${names.join(', ') || 'no files'}.`);
  const bytesOf = (name: string): Uint8Array => {
    const bytes = files[name];
    if (bytes instanceof ArrayBuffer) return new Uint8Array(bytes);
    if (bytes instanceof Uint8Array) return bytes;
    throw new ConfigError(`${WHAT}: '${name}' must be bytes: a Uint8Array or an ArrayBuffer.`);
  };
  const taken = new Set<string>();
  const read: ReadFile = async (name) => {
    const short = name.split('/').at(-1)!;
    const found =
      [name, short].find((n) => Object.hasOwn(files, n)) ?? names.find((n) => n.split('/').at(-1) === short);
    if (found === undefined) throw new FormatError(`${WHAT}: the model's file '${name}' is not among those given.`);
    if (taken.has(found)) throw new FormatError(`${WHAT}: the weightsManifest takes the file '${found}' twice.`);
    taken.add(found);
    return bytesOf(found);
  };
  return [text(bytesOf(top)), read];
}

/** A file beside the model.json. Names that lead elsewhere are refused: a model must not read what it likes. */
function beside(model: string | URL, name: string): string | URL {
  const stranger = (): FormatError =>
    new FormatError(`${WHAT}: the model's file '${name}' is not beside its model.json.`);
  if (/^[a-z][a-z0-9+.-]*:|^[/\\]|(^|[/\\])\.\.([/\\]|$)/i.test(name)) throw stranger();
  if (model instanceof URL || /^[a-z][a-z0-9+.-]*:\/\//i.test(model)) {
    // Addresses drop blanks and undo escapes, so only what came of the name tells where it leads.
    const found = new URL(name, model);
    if (!found.href.startsWith(new URL('.', model).href)) throw stranger();
    return found;
  }
  return model.replace(/[^/\\]*$/, '') + name;
}

/** Writers put the model at different depths. */
function topologyOf(json: Json): Json {
  if (own(json, 'format') === 'graph-model')
    throw new FormatError(
      `${WHAT}: this is a graph-model: TensorFlow's operations, without layers. Convert the Keras model with tensorflowjs_converter --output_format tfjs_layers_model, or give the .h5 or .keras file to fromKeras.`,
    );
  const topology = own(json, 'modelTopology');
  if (!isRecord(topology))
    throw new FormatError(`${WHAT}: the model.json has no modelTopology; it is no model of TensorFlow.js.`);
  if (Array.isArray(own(topology, 'node')))
    throw new FormatError(
      `${WHAT}: this is a graph-model: TensorFlow's operations, without layers. Convert the Keras model to a tfjs_layers_model.`,
    );
  return topology;
}

function modelOf(topology: Json): Json {
  const config = own(topology, 'model_config');
  return isRecord(config) ? config : topology;
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0]!;
  const whole = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** The weights of each layer, which is the outermost part of their names that a layer has. */
function groupsOf(layers: readonly string[], weights: readonly FileWeight[]): LayerGroup[] {
  const groups = new Map(layers.map((name) => [name, [] as FileWeight[]]));
  for (const weight of weights) {
    const parts = weight.name.split('/').slice(0, -1);
    // A layer's own name may hold slashes.
    const prefix = parts.map((_, i) => parts.slice(0, i + 1).join('/')).find((p) => groups.has(p));
    const owner = prefix ?? parts.find((part) => groups.has(part));
    if (owner !== undefined) groups.get(owner)!.push(weight);
  }
  return [...groups].map(([name, own]) => ({ name, weights: own }));
}
