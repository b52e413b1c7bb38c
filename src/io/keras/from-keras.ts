import { defaultBackend } from '../../backends/default';
import type { Backend } from '../../core/backend';
import { ConfigError, FormatError } from '../../core/errors';
import { checkOptions } from '../../core/options';
import type { Seed } from '../../core/rng';
import type { Shape } from '../../core/shape';
import type { Tensor } from '../../core/tensor';
import { type ByteSource, readBytes } from '../../data/files';
import { readShape } from '../../nn/graph/input-shapes';
import { Budget } from '../budget';
import { assignNamed, assignNumbered, type Target } from './assign';
import { blueprint, type ImportedModel } from './build-model';
import { hasContainer, layerGroups, majorOf } from './file-weights';
import type { Filled } from './fill';
import { parseModel } from './graph';
import { type H5Reader, withHdf5 } from './hdf5';
import type { Input } from './input-shape';
import { isRecord, type Json, own, parseRecord, show } from './json';
import type { CustomLayer } from './make-layer';
import type { ReaderPackages } from './peers';
import { assemble } from './plan';
import { compileIfPossible, compileOptionsOf } from './training';
import { isZip, unzipKeras } from './zip';

/** Options of {@link fromKeras}. */
export interface FromKerasOptions extends ReaderPackages {
  /** Makes layers of classes that kompakt has not, by class name or registered name. */
  readonly customLayers?: { readonly [className: string]: CustomLayer } | undefined;
  /** Shape of one sample, without the batch axis, for files that do not tell; null for any size. */
  readonly inputShape?: readonly (number | null)[] | undefined;
  /** Whether to compile the model as the file says, if kompakt can; by default true. */
  readonly compile?: boolean | undefined;
  /** Where the model's weights go; by default the default backend. */
  readonly backend?: Backend | undefined;
  /** For shuffling and dropout, should the model be trained. */
  readonly seed?: Seed | undefined;
  /** How many bytes the file may unpack to; by default 256 MiB, or a hundred times its own where that is more. */
  readonly maxBytes?: number | undefined;
}

const KNOWN = ['customLayers', 'inputShape', 'compile', 'backend', 'seed', 'h5wasm', 'fflate', 'maxBytes'];
const WHAT = 'fromKeras';

/**
 * A model that Keras saved: an `.h5` file of Keras 1 to 3, or a `.keras` file.
 *
 * HDF5 is read with the package `h5wasm`, zips with `fflate`; install them, or pass them. Layers, their options and weights
 * become kompakt's; the model predicts what Keras's does, to rounding. It is compiled as the file says, if kompakt has the
 * optimiser, the loss and the metrics. The state of the optimiser is not read.
 *
 * @param source - a path, an address, the bytes, or a `Blob`.
 * @param options - `customLayers`: by class name, functions `(config, name) => layer` for layers that kompakt has not, or that
 * it should make otherwise; `inputShape`, for files that do not tell it; `compile = true`; `backend`, `seed`;
 * `maxBytes`: how many bytes it may unpack to, by default 256 MiB, or 100 times its own if that is more; `h5wasm`, `fflate`: the
 * packages, where they can't be found by name.
 * @returns the model, with Keras's names of layers (`/` in them becomes `_`): a `Sequential` where each layer takes what the
 * one before gives, else a graph. Models within the model are taken apart. Sizes that the file leaves open, of sequences say,
 * may differ from batch to batch. With several outputs it predicts an array; say so by `fromKeras<Tensor[]>(…)`.
 * @throws FormatError for anything but a whole, undamaged model, or one with a layer or an option of a layer that kompakt
 * has not, which it names; ConfigError when a package is missing, or the source can't be read.
 *
 * @example
 * ```ts
 * import { File, ready } from 'h5wasm';
 * import { fromKeras } from 'kompakt/io';
 * // A file as Keras 3 writes it, of a model of one layer.
 * const { FS } = await ready;
 * const file = new File('/tiny.h5', 'w');
 * const layers = [
 *   { class_name: 'InputLayer', config: { batch_shape: [null, 3], name: 'input' } },
 *   { class_name: 'Activation', config: { activation: 'relu', name: 'rectify' } },
 * ];
 * file.create_attribute('model_config', JSON.stringify({ class_name: 'Sequential', config: { name: 'tiny', layers } }));
 * file.create_attribute('keras_version', '3.3.0');
 * file.create_group('model_weights').create_attribute('layer_names', ['rectify']);
 * file.close();
 *
 * const model = await fromKeras(FS.readFile('/tiny.h5'));
 * console.log(model.layerNames, model.predict([[-1, 0, 2]]).toArraySync()); // → [ 'rectify' ] [ [ 0, 0, 2 ] ]
 * ```
 */
export async function fromKeras<Y = Tensor>(
  source: ByteSource,
  options: FromKerasOptions = {},
): Promise<ImportedModel<Y>> {
  return (await readModel(source, options)) as ImportedModel<Y>;
}

async function readModel(source: ByteSource, options: FromKerasOptions): Promise<ImportedModel<never>> {
  checkOptions(options, KNOWN, WHAT);
  const bytes = await readBytes(source, WHAT);
  const budget = new Budget(WHAT, bytes.length, options.maxBytes);
  if (!isZip(bytes)) return withHdf5(bytes, WHAT, (file) => fromH5(file, options), budget, options);
  const { metadata, config, weights } = await unzipKeras(bytes, WHAT, budget, options);
  const version = metadata === null ? null : own(parseRecord(metadata, WHAT), 'keras_version');
  const major = majorOf(typeof version === 'string' ? version : '3');
  const topology = parseRecord(config, WHAT);
  return withHdf5(
    weights,
    WHAT,
    (file) =>
      importModel(
        { topology, training: own(topology, 'compile_config'), major },
        (target) => assignNumbered(target, file),
        options,
      ),
    budget,
    options,
  );
}

function fromH5(file: H5Reader, options: FromKerasOptions): ImportedModel<never> {
  const text = file.text('', 'model_config');
  if (text === null) {
    const isWeights = file.texts('', 'layer_names') !== null || hasContainer(file, '');
    throw new FormatError(
      isWeights
        ? `${WHAT}: the file holds weights only, and not what the model is. Build the model and call loadKerasWeights(model, bytes).`
        : `${WHAT}: the HDF5 file has no 'model_config': it is no model that Keras saved.`,
    );
  }
  const base = 'model_weights';
  const version = file.text(base, 'keras_version') ?? file.text('', 'keras_version');
  const origin = { major: majorOf(version), backend: file.text(base, 'backend') ?? file.text('', 'backend') };
  const groups = layerGroups(file, base, WHAT);
  if (groups === null) throw new FormatError(`${WHAT}: the file has no list of its layers' weights. It is damaged.`);
  const training = file.text('', 'training_config');
  return importModel(
    {
      topology: parseRecord(text, WHAT),
      training: training === null ? null : parseRecord(training, WHAT),
      major: origin.major,
    },
    (target) => assignNamed(target, groups, origin),
    options,
  );
}

/** What a file says of a model, whatever kind of file it is. */
export interface Description {
  readonly topology: Json;
  readonly training: unknown;
  /** Of Keras's version. */
  readonly major: number;
  /** The function that reads the file. */
  readonly what?: string;
}

/** The model that a file describes, with the weights that `assign` finds for it. */
export function importModel(
  { topology, training, major, what = WHAT }: Description,
  assign: (target: Target) => ReadonlyMap<number, Filled>,
  options: FromKerasOptions,
): ImportedModel<never> {
  const customLayers = customLayersOf(options.customLayers, what);
  const assembly = assemble(parseModel(topology, what), { what, major, customLayers });
  const shapes = inputShapesOf(assembly.inputs, options.inputShape, what);
  const plan = blueprint(assembly, shapes);
  const filled = assign({ what, entries: assembly.entries, shapes: plan.shapes });
  const model = plan.build(filled, { backend: options.backend ?? defaultBackend(), seed: options.seed });
  if (options.compile !== false) compileIfPossible(model, compileOptionsOf(training));
  return model;
}

function customLayersOf(given: unknown, what: string): ReadonlyMap<string, CustomLayer> {
  if (given === undefined) return new Map();
  if (!isRecord(given))
    throw new ConfigError(`${what}: customLayers must be an object of functions, got ${show(given)}.`);
  const entries = Object.entries(given);
  const wrong = entries.find(([, make]) => typeof make !== 'function');
  if (wrong !== undefined)
    throw new ConfigError(
      `${what}: customLayers must hold functions (config, name) => layer; '${wrong[0]}' is ${show(wrong[1])}.`,
    );
  return new Map(entries as [string, CustomLayer][]);
}

function inputShapesOf(inputs: readonly Input[], given: FromKerasOptions['inputShape'], what: string): Shape[] {
  if (given !== undefined && inputs.length > 1)
    throw new ConfigError(`${what}: the model has ${inputs.length} inputs; inputShape is for those with one.`);
  return inputs.map(({ name, shape }) => {
    if (given !== undefined) return readShape(given, `${what}: inputShape`);
    if (shape !== null) return shape.map((n) => n ?? Number.NaN);
    throw new FormatError(
      `${what}: the file does not tell the shape of the input '${name}'. Give it: { inputShape: [28, 28, 1] }.`,
    );
  });
}
