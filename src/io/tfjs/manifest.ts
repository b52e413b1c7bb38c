import { FormatError } from '../../core/errors';
import { type Shape, sizeOf } from '../../core/shape';
import { halfToNumber } from '../../data/numbers';
import type { FileWeight } from '../keras/file-weights';
import { isRecord, type Json, own, show } from '../keras/json';

/** How many bytes one value takes in a file. */
const BYTES: ReadonlyMap<string, number> = /* @__PURE__ */ new Map([
  ['float32', 4],
  ['float16', 2],
  ['int32', 4],
  ['uint16', 2],
  ['uint8', 1],
  ['bool', 1],
]);

/** One weight of a manifest. */
export interface WeightSpec {
  readonly name: string;
  readonly shape: Shape;
  /** What it is kept as. */
  readonly stored: string;
  readonly bytes: number;
  /** Of quantised weights: w = q·scale + min. */
  readonly scale: number;
  readonly min: number;
}

/** Files that together hold weights, one after the other. */
export interface WeightsGroup {
  readonly paths: readonly string[];
  readonly weights: readonly WeightSpec[];
}

const MAX_WEIGHTS = 100_000;
const MAX_NAME = 1000;

/** @throws FormatError where the `weightsManifest` is malformed. */
export function parseManifest(json: unknown, what: string): WeightsGroup[] {
  if (!Array.isArray(json)) throw new FormatError(`${what}: the model.json has no weightsManifest.`);
  const names = new Set<string>();
  let count = 0;
  return json.map((group, g) => {
    const paths = isRecord(group) ? own(group, 'paths') : undefined;
    const weights = isRecord(group) ? own(group, 'weights') : undefined;
    if (!Array.isArray(paths) || !paths.every((p) => typeof p === 'string') || !Array.isArray(weights))
      throw new FormatError(`${what}: group ${g} of the weightsManifest has no paths or no weights.`);
    count += paths.length + weights.length;
    if (count > 2 * MAX_WEIGHTS)
      throw new FormatError(`${what}: the weightsManifest lists more than ${2 * MAX_WEIGHTS} files and weights.`);
    const specs = weights.map((weight) => weightSpec(weight, what));
    for (const { name } of specs) {
      if (names.has(name)) throw new FormatError(`${what}: the weight '${name}' is there twice.`);
      names.add(name);
    }
    return { paths, weights: specs };
  });
}

function weightSpec(json: unknown, what: string): WeightSpec {
  const get = (key: string): unknown => (isRecord(json) ? own(json, key) : undefined);
  const [name, shape, dtype, quantization] = [get('name'), get('shape'), get('dtype'), get('quantization')];
  if (typeof name !== 'string' || name.length > MAX_NAME)
    throw new FormatError(`${what}: a weight of the manifest has no name, or one of more than ${MAX_NAME} characters.`);
  if (!Array.isArray(shape) || !shape.every((n) => Number.isSafeInteger(n) && n >= 0))
    throw new FormatError(`${what}: the shape of '${name}' must be a list of sizes, the file has ${show(shape)}.`);
  const count = sizeOf(shape);
  const packed =
    quantization === undefined || quantization === null ? null : readQuantization(quantization, name, what);
  const stored = packed?.dtype ?? dtype;
  const each = typeof stored === 'string' ? BYTES.get(stored) : undefined;
  if (each === undefined || !Number.isSafeInteger(count))
    throw new FormatError(
      `${what}: '${name}' has the type ${show(stored)}, which can't be a weight's. Known are ${[...BYTES.keys()].join(', ')}.`,
    );
  return {
    name,
    shape,
    stored: stored as string,
    bytes: count * each,
    scale: packed?.scale ?? 1,
    min: packed?.min ?? 0,
  };
}

function readQuantization(json: unknown, name: string, what: string): { dtype: unknown; scale: number; min: number } {
  const record: Json = isRecord(json) ? json : {};
  const dtype = own(record, 'dtype');
  if (dtype === 'float16') return { dtype, scale: 1, min: 0 };
  const [scale, min] = [own(record, 'scale'), own(record, 'min')];
  const isNumber = (x: unknown): x is number => typeof x === 'number' && Number.isFinite(x);
  if ((dtype !== 'uint8' && dtype !== 'uint16') || !isNumber(scale) || !isNumber(min))
    throw new FormatError(`${what}: '${name}' is quantised in a way that is not known: ${show(json)}.`);
  return { dtype, scale, min };
}

/** @throws FormatError unless the files of a group have as many bytes as its weights take. */
export function checkTotal({ paths, weights }: WeightsGroup, given: number, what: string): void {
  const total = weights.reduce((n, w) => n + w.bytes, 0);
  if (total !== given)
    throw new FormatError(
      `${what}: the weights of ${paths.slice(0, 5).join(', ')} take ${total} bytes, the files have ${given}. One is cut off, or of another model.`,
    );
}

/** The weights of a group, given the bytes of its files one after the other; read when they are wanted. */
export function groupWeights(group: WeightsGroup, bytes: Uint8Array): FileWeight[] {
  let at = 0;
  return group.weights.map((spec) => {
    const start = at;
    at += spec.bytes;
    const { name, shape } = spec;
    return { name, shape, read: () => ({ shape, data: decode(spec, bytes.subarray(start, start + spec.bytes)) }) };
  });
}

function decode({ stored, scale, min, shape }: WeightSpec, bytes: Uint8Array): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const at = READERS[stored]!(view);
  const values = new Float32Array(sizeOf(shape));
  const isPlain = scale === 1 && min === 0;
  for (let i = 0; i < values.length; i++) values[i] = isPlain ? at(i) : at(i) * scale + min;
  return values;
}

const READERS: Readonly<Record<string, (view: DataView) => (i: number) => number>> = {
  float32: (view) => (i) => view.getFloat32(4 * i, true),
  float16: (view) => (i) => halfToNumber(view.getUint16(2 * i, true)),
  int32: (view) => (i) => view.getInt32(4 * i, true),
  uint16: (view) => (i) => view.getUint16(2 * i, true),
  uint8: (view) => (i) => view.getUint8(i),
  bool: (view) => (i) => view.getUint8(i),
};
