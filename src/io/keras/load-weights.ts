import { ConfigError, FormatError } from '../../core/errors';
import { checkOptions } from '../../core/options';
import { scope } from '../../core/scope';
import { formatShape, type Shape } from '../../core/shape';
import type { Tensor } from '../../core/tensor';
import { type ByteSource, readBytes } from '../../data/files';
import { weightsInState } from '../../nn/carried';
import type { Network } from '../../nn/graph/network';
import { NetworkModel } from '../../nn/graph/network-model';
import type { AnyLayer, LayerWeights } from '../../nn/layer';
import { networkWeightShapes } from '../../nn/weight-shapes';
import { Budget } from '../budget';
import type { Entry } from './assembly';
import { assignNamed, assignNumbered, type Target } from './assign';
import { hasContainer, type LayerGroup, layerGroups, majorOf } from './file-weights';
import { type Filled, listed, readWeights } from './fill';
import { type H5Reader, withHdf5 } from './hdf5';
import type { ReaderPackages } from './peers';
import { LAYER_RULES } from './rules';
import { isZip, unzipKeras } from './zip';

/** Options of {@link loadKerasWeights}. */
export interface LoadKerasWeightsOptions extends ReaderPackages {
  /**
   * Whether layers and the file's weights are matched by name, which leaves layers alone that the file has not; else by order.
   * By default by name where the file has the names of all layers with weights.
   */
  readonly byName?: boolean | undefined;
  /** How many bytes the file may unpack to; by default 256 MiB, or a hundred times its own where that is more. */
  readonly maxBytes?: number | undefined;
}

const WHAT = 'loadKerasWeights';

/** Keras's class for each of our kinds: `.keras` files number layers by class. */
const classOf = (layer: AnyLayer): string => {
  if (layer.kind === 'bidirectional') return 'Bidirectional';
  if (layer.kind === 'timeDistributed') return 'TimeDistributed';
  return [...LAYER_RULES].find(([, rule]) => rule.kind === layer.kind)?.[0] ?? layer.kind;
};

function entriesOf({ layers, names }: Network): Entry[] {
  return layers.map((layer, i) => ({
    keras: { className: classOf(layer), name: names[i]!, config: {}, registeredName: null, module: null },
    layer: i,
  }));
}

/** The shapes of the inputs that the network was given. */
function inputShapes({ inputs }: Network): Shape[] {
  return inputs.map(({ name, shape }) => {
    if (shape !== null) return shape;
    throw new ConfigError(`${WHAT}: the shape of the input '${name}' is not known. Build the model first.`);
  });
}

/** What `read` makes of a file of weights, whichever kind of file it is. */
async function withWeights<T>(
  source: ByteSource,
  options: LoadKerasWeightsOptions,
  what: string,
  read: (file: H5Reader) => T,
): Promise<T> {
  const bytes = await readBytes(source, what);
  const budget = new Budget(what, bytes.length, options.maxBytes);
  const weights = isZip(bytes) ? (await unzipKeras(bytes, what, budget, options)).weights : bytes;
  return withHdf5(weights, what, read, budget, options);
}

/**
 * The weights of a file for a network, by position of the layer; a layer that the file has not is not there.
 *
 * @throws FormatError where they do not fit.
 */
export async function readNetworkWeights<T>(
  network: Network,
  source: ByteSource,
  options: LoadKerasWeightsOptions,
  what: string,
  use: (filled: ReadonlyMap<number, Filled>) => T,
): Promise<T> {
  const target: Target = {
    what,
    entries: entriesOf(network),
    shapes: networkWeightShapes(network, inputShapes(network)).map(({ params, state }, i) => ({
      params,
      state: weightsInState(network.layers[i]!, state),
    })),
  };
  return withWeights(source, options, what, (file) => use(assign(file, target, options.byName)));
}

function assign(file: H5Reader, target: Target, byName: boolean | undefined): ReadonlyMap<number, Filled> {
  const base = file.hasGroup('model_weights') ? 'model_weights' : '';
  const groups = layerGroups(file, base, target.what);
  if (groups === null) {
    if (!hasContainer(file, base)) throw new FormatError(`${target.what}: the file holds no weights that Keras saved.`);
    return assignNumbered(target, file, base);
  }
  const origin = { major: majorOf(file.text(base, 'keras_version')), backend: file.text(base, 'backend') };
  const weighted = target.entries.filter((entry) => 'layer' in entry && listed(target.shapes[entry.layer]!).length > 0);
  const names = new Set(groups.map((group) => group.name));
  const known = weighted.filter((entry) => names.has(entry.keras.name));
  if (byName === true || (byName === undefined && known.length === weighted.length))
    return assignNamed({ ...target, entries: known }, groups, origin);
  return assignNamed({ ...target, entries: weighted }, inOrder(weighted, groups, target.what), origin);
}

/** The groups with weights, by the names of the layers in their places. */
function inOrder(entries: readonly Entry[], groups: readonly LayerGroup[], what: string): LayerGroup[] {
  const own = groups.filter((group) => group.weights.length > 0);
  if (own.length !== entries.length) {
    throw new FormatError(
      `${what}: the model has ${entries.length} layers with weights, the file ${own.length} (${own
        .slice(0, 5)
        .map(({ name, weights }) => `${name} ${formatShape(weights[0]!.shape)}`)
        .join(', ')}, …). Is it of another model? With byName: true, layers of the same names are read.`,
    );
  }
  return own.map(({ weights }, i) => ({ name: entries[i]!.keras.name, weights }));
}

/**
 * Gives a model the weights that Keras saved: by `save_weights`, whole models, or the official files of its applications.
 *
 * @param model - with a known input shape; its weights are replaced, all or none.
 * @param source - a path, an address, the bytes, or a `Blob`: an `.h5`, `.weights.h5` or `.keras` file.
 * @param options - `byName`: match layers by name, leaving alone those that the file has not, or by order; by default by name
 * if the file has the names of all layers; `maxBytes`: how many bytes it may unpack to, by default 256 MiB, or 100 times its own
 * if that is more; `h5wasm`, `fflate`: the packages, where they can't be found by name.
 * @throws FormatError when the file is damaged, or its weights are not the model's; ConfigError when a package is missing.
 *
 * @example
 * ```ts
 * import { File, ready } from 'h5wasm';
 * import { loadKerasWeights } from 'kompakt/io';
 * import { dense, sequential } from 'kompakt/nn';
 * // A file as Keras's save_weights writes it.
 * const { FS } = await ready;
 * const file = new File('/line.h5', 'w');
 * file.create_attribute('layer_names', ['line']);
 * const line = file.create_group('line');
 * line.create_attribute('weight_names', ['kernel:0', 'bias:0']);
 * line.create_dataset({ name: 'kernel:0', data: Float32Array.of(2), shape: [1, 1] });
 * line.create_dataset({ name: 'bias:0', data: Float32Array.of(1), shape: [1] });
 * file.close();
 *
 * const model = sequential([dense({ units: 1, name: 'line' })], { inputShape: [1] });
 * await loadKerasWeights(model, FS.readFile('/line.h5'));
 * console.log(model.predict([[3]]).toArraySync()); // → [ [ 7 ] ]
 * ```
 */
export async function loadKerasWeights(
  model: NetworkModel<never> | NetworkModel<Tensor>,
  source: ByteSource,
  options: LoadKerasWeightsOptions = {},
): Promise<void> {
  checkOptions(options, ['byName', 'maxBytes', 'h5wasm', 'fflate'], WHAT);
  if (!(model instanceof NetworkModel))
    throw new ConfigError(`${WHAT}: expected a model, then the file of its weights.`);
  const { network } = model;
  if (!model.isBuilt && network.inputs.every(({ shape }) => shape !== null))
    model.build(...network.inputs.map((i) => i.shape!));
  await readNetworkWeights(network, source, options, WHAT, (filled) =>
    scope(() => {
      const current = model.layerWeights;
      const next = current.map((own, i): LayerWeights => {
        const found = filled.get(i);
        return found === undefined ? own : readWeights(found, model.backend);
      });
      model.setWeights(
        next.flatMap(({ params, state }, i) => [
          ...Object.values(params),
          ...Object.values(weightsInState(network.layers[i]!, state)),
        ]),
      );
    }),
  );
}
