import { FormatError } from '../core/errors';
import { sizeOf } from '../core/shape';
import { type ByteSink, type ByteSource, readBytes, writeBytes } from '../data/files';
import { isTyped } from '../data/rows';
import { decodeSafetensors, encodeSafetensors, type HostTensor } from '../data/safetensors';
import {
  fromJSON,
  fromState,
  type ModelState,
  type Restorable,
  type StateArray,
  type Stateful,
  type StateValue,
  toJSON,
} from '../estimator/state';

/** What the metadata of an estimator's file is kept under. */
const KEY = 'kompakt.estimator';

const DTYPES = new Map<string, HostTensor['dtype']>([
  ['Float64Array', 'float64'],
  ['Float32Array', 'float32'],
  ['Int32Array', 'int32'],
  ['Int8Array', 'int8'],
  ['Uint8Array', 'uint8'],
]);

/** Arrays below this length stay in the JSON: a tensor of its own costs more. */
const SHORT = 16;

/**
 * A fitted estimator as the bytes of a file; or, given a target, written there.
 *
 * The file is safetensors: long arrays are its tensors, all else is JSON in its metadata. A forest takes about as many
 * bytes as in memory.
 *
 * @param model - what `fit` of an estimator, a transformer, a pipeline or a search returned.
 * @returns the bytes, or a promise when there is a target: a path (replaced as a whole or not at all), a function, a
 * `WritableStream` or an object with `write`.
 * @throws FormatError for a model that can't be kept, such as one with a function of yours among its options.
 *
 * @example
 * ```ts
 * import { iris } from 'kompakt/data';
 * import { loadEstimator, saveEstimator } from 'kompakt/io';
 * import { FittedLogisticRegression, LogisticRegression } from 'kompakt/linear';
 * const { X, y } = iris();
 * const bytes = saveEstimator(await new LogisticRegression().fit(X, y));
 * const model = loadEstimator(bytes, [FittedLogisticRegression]);
 * console.log(model.score(X, y).toFixed(3)); // → 0.973
 * ```
 */
export function saveEstimator(model: Stateful): Uint8Array;
export function saveEstimator(model: Stateful, target: ByteSink): Promise<void>;
export function saveEstimator(model: Stateful, target?: ByteSink): Uint8Array | Promise<void> {
  if (typeof model?.toState !== 'function') {
    throw new FormatError(
      'saveEstimator: expected what fit returned, with a toState of its own. Networks are saved with their save method.',
    );
  }
  const tensors = new Map<string, HostTensor>();
  const json = toJSON(lift(model.toState(), '', tensors));
  const bytes = encodeSafetensors(tensors, { [KEY]: JSON.stringify(json) });
  return target === undefined ? bytes : writeBytes(target, bytes, 'saveEstimator');
}

/** The state with long arrays taken out, each leaving its place's name. */
function lift(value: StateValue, path: string, tensors: Map<string, HostTensor>): StateValue {
  if (isTyped(value)) {
    const data = value as StateArray;
    const dtype = DTYPES.get(data.constructor.name);
    if (dtype === undefined || data.length < SHORT) return data;
    tensors.set(path, { dtype, shape: [data.length], data: data as HostTensor['data'] });
    return { $tensor: path };
  }
  if (Array.isArray(value)) return value.map((v, i) => lift(v, `${path}.${i}`, tensors));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([k, v]) => [k, lift(v, path === '' ? k : `${path}.${k}`, tensors)]),
  );
}

function lower(value: StateValue, tensors: ReadonlyMap<string, HostTensor>): StateValue {
  if (isTyped(value) || typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((v) => lower(v, tensors));
  const named = (value as { readonly $tensor?: StateValue }).$tensor;
  if (named !== undefined) {
    const found = tensors.get(String(named));
    if (found === undefined || found.data.length !== sizeOf(found.shape))
      throw new FormatError(`loadEstimator: the file lacks its array '${String(named)}'. It is damaged.`);
    return found.data;
  }
  return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, lower(v, tensors)]));
}

/**
 * A fitted estimator from a file of {@link saveEstimator}.
 *
 * @param source - the bytes (read at once), or a path, an address or a `Blob` (read with waiting).
 * @param classes - the class of the fitted model, and those of the models within it: only what is named here is ever made,
 * and only what is imported is in a bundle.
 * @throws FormatError when it is no such file, or holds a model of another class; nothing is returned in part.
 *
 * @example
 * ```ts
 * import { iris } from 'kompakt/data';
 * import { loadEstimator, saveEstimator } from 'kompakt/io';
 * import { FittedRandomForestClassifier, RandomForestClassifier } from 'kompakt/trees';
 * const { X, y } = iris();
 * const forest = await new RandomForestClassifier({ nEstimators: 10, seed: 0 }).fit(X, y);
 * const again = loadEstimator(saveEstimator(forest), [FittedRandomForestClassifier]);
 * console.log(again.score(X, y) === forest.score(X, y)); // → true
 * ```
 */
export function loadEstimator<C extends readonly Restorable<unknown>[]>(
  source: Uint8Array | ArrayBuffer,
  classes: C,
): ReturnType<C[number]['fromState']>;
export function loadEstimator<C extends readonly Restorable<unknown>[]>(
  source: string | URL | Blob,
  classes: C,
): Promise<ReturnType<C[number]['fromState']>>;
export function loadEstimator<C extends readonly Restorable<unknown>[]>(
  source: ByteSource,
  classes: C,
): ReturnType<C[number]['fromState']> | Promise<ReturnType<C[number]['fromState']>> {
  if (!Array.isArray(classes) || classes.length === 0) {
    throw new FormatError(
      'loadEstimator: say what the file may hold: loadEstimator(bytes, [FittedLogisticRegression]).',
    );
  }
  if (source instanceof Uint8Array) return decode(source, classes);
  if (source instanceof ArrayBuffer) return decode(new Uint8Array(source), classes);
  return readBytes(source, 'loadEstimator').then((bytes) => decode(bytes, classes));
}

function decode<C extends readonly Restorable<unknown>[]>(
  bytes: Uint8Array,
  classes: C,
): ReturnType<C[number]['fromState']> {
  const { tensors, metadata } = decodeSafetensors(bytes);
  const text = metadata[KEY];
  if (text === undefined) {
    throw new FormatError('loadEstimator: the file holds tensors, but no estimator. Networks are read with loadModel.');
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new FormatError('loadEstimator: the description of the model is no JSON. The file is damaged.', { cause });
  }
  const state = lower(fromJSON(json), tensors);
  try {
    return fromState(state as ModelState, classes);
  } catch (cause) {
    if (cause instanceof FormatError) throw cause;
    throw new FormatError(`loadEstimator: the model can't be made from the file: ${String(cause)}. It is damaged.`, {
      cause,
    });
  }
}
