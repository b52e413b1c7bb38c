import type { DType, TypedArray } from '../../core/dtype';
import { FormatError } from '../../core/errors';
import { type Shape, sizeOf } from '../../core/shape';
import { bytesOfKind, decodeNumbers } from '../../data/numbers';

/** What a `.npy` file holds, row-major. */
export interface NpyArray {
  readonly dtype: DType;
  readonly shape: Shape;
  readonly data: TypedArray;
}

/** The letters of NumPy's type codes and the kinds of numbers that they begin. */
const LETTERS: Readonly<Record<string, string>> = { f: 'F', i: 'I', u: 'U' };

const REASONS: Readonly<Record<string, string>> = {
  O: 'Python objects, which only Python can make again (and which may run code). Save an array of numbers',
  U: 'text. Save the texts as JSON or CSV and read those, or save numbers that stand for them',
  S: 'text. Save the texts as JSON or CSV and read those, or save numbers that stand for them',
  c: 'complex numbers. Save x.real and x.imag',
  M: 'points in time. Save x.astype("int64") in a unit small enough for 32 bits, or as float64',
  m: 'spans of time. Save x.astype("int64") in a unit small enough for 32 bits, or as float64',
  V: 'records. Save each field as an array of its own',
};

/** More dimensions than NumPy allows. */
const MAX_RANK = 64;

/**
 * The array in the bytes of a `.npy` file of any version.
 *
 * @param what - who asks, and which array: begins the messages.
 * @throws FormatError for what is no such file, is cut off, or holds no numbers.
 */
export function decodeNpy(bytes: Uint8Array, what: string): NpyArray {
  const { header, dataStart } = readHeader(bytes, what);
  const shape = shapeOf(header, what);
  const { kind, littleEndian } = kindOf(header, what);
  const size = shape.reduce((n, d) => n * d, 1);
  const expected = size * bytesOfKind(kind)!;
  const raw = bytes.subarray(dataStart);
  if (raw.length !== expected) {
    throw new FormatError(
      `${what}: shape (${shape.join(', ')}) needs ${expected} bytes, but ${raw.length} follow the header. The file is damaged, or cut off.`,
    );
  }
  const { dtype, data } = decodeNumbers(kind, raw, what, littleEndian);
  return { dtype, shape, data: /'fortran_order':\s*True\b/.test(header) ? rowMajor(data, shape) : data };
}

/** The header is a Python dictionary, written by NumPy in one fixed way. */
function readHeader(bytes: Uint8Array, what: string): { header: string; dataStart: number } {
  const magic = bytes[0] === 0x93 && new TextDecoder('latin1').decode(bytes.subarray(1, 6)) === 'NUMPY';
  const version = bytes[6] ?? 0;
  if (!magic || version < 1 || version > 3) {
    throw new FormatError(
      `${what}: these are not the bytes of a .npy file of version 1, 2 or 3. Write one by numpy.save.`,
    );
  }
  const wide = version > 1;
  const start = wide ? 12 : 10;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const dataStart =
    bytes.length < start
      ? Number.POSITIVE_INFINITY
      : start + (wide ? view.getUint32(8, true) : view.getUint16(8, true));
  if (dataStart > bytes.length) throw new FormatError(`${what}: the file ends within its header. It is cut off.`);
  return { header: new TextDecoder('utf-8').decode(bytes.subarray(start, dataStart)), dataStart };
}

function shapeOf(header: string, what: string): Shape {
  const list = /'shape':\s*\(([\d\s,L]*)\)/.exec(header)?.[1];
  if (list === undefined || !/'fortran_order':\s*(True|False)\b/.test(header)) {
    throw new FormatError(`${what}: the header names no shape and order: ${excerpt(header)}. The file is damaged.`);
  }
  const shape = list
    .split(',')
    .map((d) => d.trim())
    .filter((d) => d !== '')
    .map((d) => Number.parseInt(d, 10));
  if (shape.length > MAX_RANK || shape.some((d) => !(d < 2 ** 32))) {
    throw new FormatError(`${what}: no array has shape (${excerpt(list)}). The file is damaged.`);
  }
  return shape;
}

function kindOf(header: string, what: string): { kind: string; littleEndian: boolean } {
  const code = /'descr':\s*'([<>|=]?)([A-Za-z?])(\d*)/.exec(header);
  const [, order = '', letter = 'V', width = ''] = code ?? [];
  const kind = letter === 'b' ? 'BOOL' : `${LETTERS[letter] ?? '?'}${Number(width) * 8}`;
  if (bytesOfKind(kind) !== null) return { kind, littleEndian: order !== '>' };
  const holds = REASONS[letter] ?? `'${letter}${width}', which kompakt has no numbers for. Save x.astype("float64")`;
  throw new FormatError(`${what}: the array holds ${holds}.`);
}

const excerpt = (text: string): string => (text.length > 80 ? `${text.slice(0, 80)}…` : text.trim());

/** Values whose first index runs fastest, put in the order in which the last one does. */
function rowMajor(data: TypedArray, shape: Shape): TypedArray {
  const out = data.slice();
  const rank = shape.length;
  const strides = shape.map((_, axis) => sizeOf(shape.slice(0, axis)));
  const index = new Array<number>(rank).fill(0);
  let from = 0;
  for (let to = 0; to < out.length; to++) {
    out[to] = data[from]!;
    for (let axis = rank - 1; axis >= 0; axis--) {
      index[axis]!++;
      from += strides[axis]!;
      if (index[axis]! < shape[axis]!) break;
      from -= strides[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
  return out;
}
