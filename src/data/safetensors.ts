import { allocateTyped, bytesPerElement, type DType, type TypedArray, viewTyped } from '../core/dtype';
import { FormatError } from '../core/errors';
import { type Shape, sizeOf } from '../core/shape';
import { parseHeader } from './safetensors-header';

/** A tensor's values on the host, outside of any backend. */
export interface HostTensor {
  readonly dtype: DType;
  readonly shape: Shape;
  /** Row-major. */
  readonly data: TypedArray;
}

/** What a safetensors file holds. */
export interface SafetensorsContent {
  readonly tensors: ReadonlyMap<string, HostTensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

const NAMES: Readonly<Record<DType, string>> = {
  float32: 'F32',
  float64: 'F64',
  int32: 'I32',
  int8: 'I8',
  uint8: 'U8',
  bool: 'BOOL',
};

/** How the file's types become ours: as they are, or converted where that loses nothing. */
interface Reader {
  readonly bytes: number;
  readonly dtype: DType;
  /** For types we don't have: the value at a byte position. */
  readonly convert?: (view: DataView, at: number) => number;
}

const READERS: Readonly<Record<string, Reader>> = {
  F64: { bytes: 8, dtype: 'float64' },
  F32: { bytes: 4, dtype: 'float32' },
  I32: { bytes: 4, dtype: 'int32' },
  I8: { bytes: 1, dtype: 'int8' },
  U8: { bytes: 1, dtype: 'uint8' },
  BOOL: { bytes: 1, dtype: 'bool' },
  F16: { bytes: 2, dtype: 'float32', convert: (v, at) => halfToNumber(v.getUint16(at, true)) },
  BF16: { bytes: 2, dtype: 'float32', convert: (v, at) => brainToNumber(v.getUint16(at, true)) },
  I16: { bytes: 2, dtype: 'int32', convert: (v, at) => v.getInt16(at, true) },
  U16: { bytes: 2, dtype: 'int32', convert: (v, at) => v.getUint16(at, true) },
  U32: { bytes: 4, dtype: 'int32', convert: (v, at) => v.getUint32(at, true) },
  I64: { bytes: 8, dtype: 'int32', convert: (v, at) => Number(v.getBigInt64(at, true)) },
  U64: { bytes: 8, dtype: 'int32', convert: (v, at) => Number(v.getBigUint64(at, true)) },
};

/** The number that 16 bits of IEEE half precision stand for. */
export function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
}

const scratch = /* @__PURE__ */ new DataView(/* @__PURE__ */ new ArrayBuffer(4));

/** The upper half of a float32. */
function brainToNumber(bits: number): number {
  scratch.setUint32(0, bits * 65536);
  return scratch.getFloat32(0);
}

/** Typed arrays are laid out as the machine is; the format is little-endian. */
function littleEndianBytes(data: TypedArray): Uint8Array {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return isLittleEndian() ? bytes : swapped(bytes, data.BYTES_PER_ELEMENT);
}

function isLittleEndian(): boolean {
  return new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;
}

function swapped(bytes: Uint8Array, width: number): Uint8Array {
  const out = new Uint8Array(bytes);
  for (let at = 0; at < out.length; at += width) out.subarray(at, at + width).reverse();
  return out;
}

/**
 * The bytes of a safetensors file: an 8-byte header length, a JSON header padded to 8, and the data, tensors with wide
 * elements first so that each is aligned, without holes.
 *
 * @throws FormatError for names that can't be read back or data that does not fill its shape.
 */
export function encodeSafetensors(
  tensors: ReadonlyMap<string, HostTensor>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const order = [...tensors].sort(
    ([a, x], [b, y]) => bytesPerElement(y.dtype) - bytesPerElement(x.dtype) || (a < b ? -1 : 1),
  );
  const entries: [string, unknown][] = Object.keys(metadata).length > 0 ? [['__metadata__', { ...metadata }]] : [];
  let end = 0;
  for (const [name, { dtype, shape, data }] of order) {
    if (name === '__metadata__' || name === '__proto__') {
      throw new FormatError(`safetensors: a tensor can't be named '${name}'. Rename it.`);
    }
    if (data.length !== sizeOf(shape)) {
      throw new FormatError(`safetensors: '${name}' has ${data.length} values for shape [${shape.join(', ')}].`);
    }
    const begin = end;
    end += data.byteLength;
    entries.push([name, { dtype: NAMES[dtype], shape, data_offsets: [begin, end] }]);
  }
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  const headerBytes = Math.ceil(json.length / 8) * 8;
  const out = new Uint8Array(8 + headerBytes + end).fill(32, 8 + json.length, 8 + headerBytes);
  new DataView(out.buffer).setBigUint64(0, BigInt(headerBytes), true);
  out.set(json, 8);
  let at = 8 + headerBytes;
  for (const [, { data }] of order) {
    out.set(littleEndianBytes(data), at);
    at += data.byteLength;
  }
  return out;
}

/**
 * What the bytes of a safetensors file say. F16, BF16 become float32, and I64, U64, I16, U16, U32 int32 where the values
 * fit.
 *
 * @throws FormatError for anything that is not exactly such a file; nothing is returned in part.
 */
export function decodeSafetensors(bytes: Uint8Array): SafetensorsContent {
  const { entries, metadata, dataStart } = parseHeader(bytes, (name) =>
    Object.hasOwn(READERS, name) ? READERS[name]!.bytes : null,
  );
  const tensors = new Map<string, HostTensor>();
  for (const { name, dtype, shape, begin, end } of entries) {
    tensors.set(name, readTensor(name, READERS[dtype]!, shape, bytes.subarray(dataStart + begin, dataStart + end)));
  }
  return { tensors, metadata };
}

function readTensor(name: string, { bytes, dtype, convert }: Reader, shape: Shape, raw: Uint8Array): HostTensor {
  const size = sizeOf(shape);
  if (convert === undefined) {
    // Not slice(): that of Node's Buffer, which is a Uint8Array too, shares the memory it came from.
    const own = new Uint8Array(raw);
    const data = viewTyped(dtype, (isLittleEndian() ? own : swapped(own, bytes)).buffer, 0, size);
    if (dtype === 'bool' && data.some((x: number) => x > 1)) {
      throw new FormatError(`safetensors: '${name}' is BOOL, but holds bytes other than 0 and 1. The file is damaged.`);
    }
    return { dtype, shape, data };
  }
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  const data = allocateTyped(dtype, size);
  for (let i = 0; i < size; i++) {
    const value = convert(view, i * bytes);
    data[i] = value;
    if (dtype === 'int32' && data[i] !== value) {
      throw new FormatError(
        `safetensors: '${name}' holds ${value}, which does not fit int32, the widest integer kompakt has.`,
      );
    }
  }
  return { dtype, shape, data };
}
