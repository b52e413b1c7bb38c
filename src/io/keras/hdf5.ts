import { FormatError, KompaktError } from '../../core/errors';
import { type Shape, sizeOf } from '../../core/shape';
import { halfToNumber } from '../../data/numbers';
import { type H5Attribute, type H5Entity, type H5Metadata, type H5Module, loadH5, type ReaderPackages } from './peers';

/** The most that deflate can make of a byte. */
const MAX_RATIO = 1032;
/** Beyond this no WebAssembly memory of 32 bits goes anyway. */
const MAX_BYTES = 2 ** 31;

/** An array of a file. */
export interface H5Array {
  readonly shape: Shape;
  readonly data: Float32Array | Float64Array | Int32Array;
}

let files = 0;

/**
 * What `read` makes of an HDF5 file, which is closed afterwards. `read` may not wait: errors of the library are made to
 * throw only for as long as it runs.
 *
 * @throws FormatError for what is no HDF5 file, or a damaged one.
 */
export async function withHdf5<T>(
  bytes: Uint8Array,
  what: string,
  read: (file: H5Reader) => T,
  packages: ReaderPackages = {},
): Promise<T> {
  const h5 = await loadH5(packages, what);
  const module = await h5.ready;
  const path = `/kompakt-${files++}.h5`;
  module.activate_throwing_error_handler();
  let file: (H5Entity & { close(): unknown }) | null = null;
  try {
    module.FS.writeFile(path, bytes, { canOwn: true });
    file = new h5.File(path, 'r');
    return read(new H5Reader(file, module, bytes.length, what));
  } catch (cause) {
    if (cause instanceof KompaktError) throw cause;
    const [reason] = String((cause as Error)?.message ?? cause).split('\n');
    throw new FormatError(`${what}: the HDF5 file can't be read. It is damaged, or none. ${reason}`, { cause });
  } finally {
    quietly(() => file?.close());
    quietly(() => module.FS.unlink(path));
    quietly(() => module.deactivate_throwing_error_handler());
  }
}

/** Tidying up after an error that left nothing to tidy must not hide it. */
function quietly(work: () => void): void {
  try {
    work();
  } catch {}
}

/** One open file. Names within it are looked up one by one, as they may hold anything. */
export class H5Reader {
  readonly #root: H5Entity;
  readonly #module: H5Module;
  readonly #what: string;
  readonly #fileBytes: number;
  /** Bytes of arrays that may still be read. */
  #budget: number;

  constructor(root: H5Entity, module: H5Module, fileBytes: number, what: string) {
    this.#root = root;
    this.#module = module;
    this.#what = what;
    this.#fileBytes = fileBytes;
    this.#budget = MAX_RATIO * fileBytes;
  }

  #entity(path: string): H5Entity | null {
    if (path === '') return this.#root;
    try {
      return this.#root.get!(`/${path}`);
    } catch (error) {
      // The library throws for what is not there as for what is damaged; the former is asked for on purpose.
      if (error instanceof WebAssembly.RuntimeError) throw error;
      return null;
    }
  }

  hasGroup(path: string): boolean {
    return this.#entity(path)?.type === 'Group';
  }

  isArray(path: string): boolean {
    return this.#entity(path)?.type === 'Dataset';
  }

  /** Names in a group, in the file's order; none where there is no such group. */
  keys(path: string): string[] {
    const group = this.#entity(path);
    return group?.type === 'Group' ? group.keys!() : [];
  }

  #attribute(path: string, name: string): H5Attribute | null {
    const attributes = this.#entity(path)?.attrs;
    if (attributes === undefined || !Object.hasOwn(attributes, name)) return null;
    const attribute = attributes[name]!;
    const { size, total_size: count } = attribute.metadata;
    if (count > 100_000 || size * count > this.#fileBytes + 1024)
      throw new FormatError(
        `${this.#what}: the attribute '${name}' claims ${count} values of ${size} bytes. The file is damaged.`,
      );
    return attribute;
  }

  /** An attribute that is one text; null where there is none. */
  text(path: string, name: string): string | null {
    const value = this.#attribute(path, name)?.value;
    const single = Array.isArray(value) && value.length === 1 ? value[0] : value;
    if (single instanceof Uint8Array) return new TextDecoder().decode(single);
    return typeof single === 'string' ? single : null;
  }

  /** An attribute that is a list of texts; Keras divides those that are too long: `name0`, `name1`, … */
  texts(path: string, name: string): string[] | null {
    const whole = this.#list(path, name);
    if (whole !== null) return whole;
    const parts: string[] = [];
    for (let i = 0; ; i++) {
      const part = this.#list(path, `${name}${i}`);
      if (part === null) return i === 0 ? null : parts;
      parts.push(...part);
    }
  }

  #list(path: string, name: string): string[] | null {
    const attribute = this.#attribute(path, name);
    if (attribute === null) return null;
    // Keras writes the names of no weights as an empty list of floats.
    if (attribute.metadata.total_size === 0 || attribute.metadata.shape === null) return [];
    const { value } = attribute;
    const list: unknown = typeof value === 'string' ? [value] : value;
    if (!Array.isArray(list) || !list.every((item): item is string => typeof item === 'string'))
      throw new FormatError(`${this.#what}: the attribute '${name}' is no list of names. The file is damaged.`);
    return list;
  }

  /** Of an array, without reading it. */
  shape(path: string): Shape {
    return this.#metadata(path).shape ?? [];
  }

  #metadata(path: string): H5Metadata & { readonly entity: H5Entity } {
    const entity = this.#entity(path);
    if (entity?.type !== 'Dataset' || entity.metadata === undefined)
      throw new FormatError(`${this.#what}: the file has no array '${path}'.`);
    return { ...entity.metadata, entity };
  }

  /** The numbers of an array. */
  array(path: string): H5Array {
    const { type, size, shape, signed, littleEndian, entity } = this.#metadata(path);
    if (shape === null || shape.some((n) => !Number.isSafeInteger(n) || n < 0))
      throw new FormatError(`${this.#what}: the array '${path}' has no valid shape.`);
    const count = sizeOf(shape);
    const byteLength = count * size;
    const isPacked = (entity.filters ?? []).length > 0;
    // Arrays that were never written take no place in a file, whatever their size.
    if (byteLength > this.#budget || byteLength > MAX_BYTES || (!isPacked && byteLength > this.#fileBytes)) {
      throw new FormatError(
        `${this.#what}: the array '${path}' claims ${byteLength} bytes, more than a file of ${this.#fileBytes} can hold. It is damaged.`,
      );
    }
    this.#budget -= byteLength;
    const bytes = this.#bytes(entity, `/${path}`, byteLength);
    if (!littleEndian) swapBytes(bytes, size);
    return { shape: [...shape], data: this.#numbers(bytes, type, size, signed, path) };
  }

  #bytes(entity: H5Entity, path: string, byteLength: number): Uint8Array<ArrayBuffer> {
    const module = this.#module;
    const pointer = module._malloc(Math.max(1, byteLength));
    if (pointer === 0)
      throw new FormatError(`${this.#what}: there is no memory for the ${byteLength} bytes of '${path}'.`);
    try {
      // What a damaged file fails to fill must not show what the memory held before.
      module.HEAPU8.fill(0, pointer, pointer + byteLength);
      module.get_dataset_data(entity.file_id, path, null, null, null, BigInt(pointer));
      return new Uint8Array(module.HEAPU8.subarray(pointer, pointer + byteLength));
    } finally {
      module._free(pointer);
    }
  }

  #numbers(bytes: Uint8Array<ArrayBuffer>, type: number, size: number, signed: boolean, path: string): H5Array['data'] {
    const { buffer } = bytes;
    if (type === 1 && size === 4) return new Float32Array(buffer);
    if (type === 1 && size === 8) return new Float64Array(buffer);
    if (type === 1 && size === 2) return Float32Array.from(new Uint16Array(buffer), halfToNumber);
    if (type === 0 && size === 4 && signed) return new Int32Array(buffer);
    if (type === 0 && size === 4) return Float64Array.from(new Uint32Array(buffer));
    if (type === 0 && size === 8) return Float64Array.from(new BigInt64Array(buffer), Number);
    if (type === 0 && size === 2) return Int32Array.from(signed ? new Int16Array(buffer) : new Uint16Array(buffer));
    if (type === 0 && size === 1) return Int32Array.from(signed ? new Int8Array(buffer) : bytes);
    throw new FormatError(`${this.#what}: the array '${path}' holds no numbers that can be weights.`);
  }
}

function swapBytes(bytes: Uint8Array, size: number): void {
  for (let i = 0; i < bytes.length; i += size) bytes.subarray(i, i + size).reverse();
}
