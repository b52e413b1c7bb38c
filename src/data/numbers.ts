import { allocateTyped, type DType, type TypedArray, viewTyped } from '../core/dtype';
import { FormatError } from '../core/errors';

/** How a file's types become ours: as they are, or converted where that loses nothing. */
interface Kind {
  readonly bytes: number;
  readonly dtype: DType;
  /** For types we don't have: the value at a byte position. */
  readonly convert?: (view: DataView, at: number, littleEndian: boolean) => number;
}

const KINDS: Readonly<Record<string, Kind>> = {
  F64: { bytes: 8, dtype: 'float64' },
  F32: { bytes: 4, dtype: 'float32' },
  I32: { bytes: 4, dtype: 'int32' },
  I8: { bytes: 1, dtype: 'int8' },
  U8: { bytes: 1, dtype: 'uint8' },
  BOOL: { bytes: 1, dtype: 'bool' },
  F16: { bytes: 2, dtype: 'float32', convert: (v, at, le) => halfToNumber(v.getUint16(at, le)) },
  BF16: { bytes: 2, dtype: 'float32', convert: (v, at, le) => brainToNumber(v.getUint16(at, le)) },
  I16: { bytes: 2, dtype: 'int32', convert: (v, at, le) => v.getInt16(at, le) },
  U16: { bytes: 2, dtype: 'int32', convert: (v, at, le) => v.getUint16(at, le) },
  U32: { bytes: 4, dtype: 'int32', convert: (v, at, le) => v.getUint32(at, le) },
  I64: { bytes: 8, dtype: 'int32', convert: (v, at, le) => Number(v.getBigInt64(at, le)) },
  U64: { bytes: 8, dtype: 'int32', convert: (v, at, le) => Number(v.getBigUint64(at, le)) },
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

/** Whether this machine stores the low byte first, as most do. */
export function isLittleEndian(): boolean {
  return new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;
}

/** The bytes with each group of `width` reversed. */
export function swapped(bytes: Uint8Array, width: number): Uint8Array {
  const out = new Uint8Array(bytes);
  for (let at = 0; at < out.length; at += width) out.subarray(at, at + width).reverse();
  return out;
}

/** How many bytes an element of a kind takes, such as `'F32'`; null for what there is no such kind. */
export const bytesOfKind = (kind: string): number | null => (Object.hasOwn(KINDS, kind) ? KINDS[kind]!.bytes : null);

/**
 * Numbers of a file as an array of ours: halves become float32, other integers int32 where every value fits.
 *
 * @param kind - one of `F64 F32 F16 BF16 I64 I32 I16 I8 U64 U32 U16 U8 BOOL`.
 * @param raw - exactly the elements' bytes.
 * @param what - the format and the name, for messages: `safetensors: 'w'`.
 * @throws FormatError for truth values other than 0 and 1, and for integers beyond int32.
 */
export function decodeNumbers(
  kind: string,
  raw: Uint8Array,
  what: string,
  littleEndian = true,
): { readonly dtype: DType; readonly data: TypedArray } {
  const { bytes, dtype, convert } = KINDS[kind]!;
  const size = raw.length / bytes;
  if (convert === undefined) {
    // Not slice(): that of Node's Buffer, which is a Uint8Array too, shares the memory it came from.
    const own = new Uint8Array(raw);
    const data = viewTyped(dtype, (isLittleEndian() === littleEndian ? own : swapped(own, bytes)).buffer, 0, size);
    if (dtype === 'bool' && data.some((x: number) => x > 1)) {
      throw new FormatError(`${what} is BOOL, but holds bytes other than 0 and 1. The file is damaged.`);
    }
    return { dtype, data };
  }
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  const data = allocateTyped(dtype, size);
  for (let i = 0; i < size; i++) {
    const value = convert(view, i * bytes, littleEndian);
    data[i] = value;
    if (dtype === 'int32' && data[i] !== value) {
      throw new FormatError(`${what} holds ${value}, which does not fit int32, the widest integer kompakt has.`);
    }
  }
  return { dtype, data };
}
