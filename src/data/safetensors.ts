import { bytesPerElement, type DType, type TypedArray } from '../core/dtype';
import { FormatError } from '../core/errors';
import { type Shape, sizeOf } from '../core/shape';
import { bytesOfKind, decodeNumbers, isLittleEndian, swapped } from './numbers';
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

/** Typed arrays are laid out as the machine is; the format is little-endian. */
function littleEndianBytes(data: TypedArray): Uint8Array {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return isLittleEndian() ? bytes : swapped(bytes, data.BYTES_PER_ELEMENT);
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
  const { entries, metadata, dataStart } = parseHeader(bytes, bytesOfKind);
  const tensors = new Map<string, HostTensor>();
  for (const { name, dtype, shape, begin, end } of entries) {
    const raw = bytes.subarray(dataStart + begin, dataStart + end);
    tensors.set(name, { shape, ...decodeNumbers(dtype, raw, `safetensors: '${name}'`) });
  }
  return { tensors, metadata };
}
