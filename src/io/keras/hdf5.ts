import { FormatError, KompaktError } from '../../core/errors';
import { type Shape, sizeOf } from '../../core/shape';
import { halfToNumber } from '../../data/numbers';
import type { Budget } from '../budget';
import { show } from './json';
import { type H5Attribute, type H5Entity, type H5Metadata, type H5Module, loadH5, type ReaderPackages } from './peers';

/** Beyond this no WebAssembly memory of 32 bits goes anyway. */
const MAX_BYTES = 2 ** 31;
/** Of looking things up, which take about 0.1 ms each: links let a small file have any number of names. */
const MAX_STEPS = 60_000;
/** Texts of any length that point to one place make much of few bytes. */
const MAX_LINKED_TEXTS = 1000;
/** Of lists that Keras divides: it puts some thousand names into each. */
const MAX_PARTS = 1000;
const FILTERS: ReadonlyMap<number, string> = /* @__PURE__ */ new Map([
  [1, 'gzip'],
  [2, 'shuffle'],
  [3, 'fletcher32'],
  [4, 'szip'],
  [5, 'nbit'],
  [6, 'scale-offset'],
  [32000, 'lzf'],
]);

/** An array of a file. */
export interface H5Array {
  readonly shape: Shape;
  readonly data: Float32Array | Float64Array | Int32Array;
}

/** An array that is read when it is wanted. */
export interface StoredArray {
  readonly shape: Shape;
  read(): H5Array;
}

/** By type; the library turns all of them to little-endian. */
const NUMBERS: { readonly [type: string]: (buffer: ArrayBuffer) => H5Array['data'] } = {
  float16: (buffer) => Float32Array.from(new Uint16Array(buffer), halfToNumber),
  float32: (buffer) => new Float32Array(buffer),
  float64: (buffer) => new Float64Array(buffer),
  int8: (buffer) => Int32Array.from(new Int8Array(buffer)),
  int16: (buffer) => Int32Array.from(new Int16Array(buffer)),
  int32: (buffer) => new Int32Array(buffer),
  int64: (buffer) => Float64Array.from(new BigInt64Array(buffer), Number),
  uint8: (buffer) => Int32Array.from(new Uint8Array(buffer)),
  uint16: (buffer) => Int32Array.from(new Uint16Array(buffer)),
  uint32: (buffer) => Float64Array.from(new Uint32Array(buffer)),
  uint64: (buffer) => Float64Array.from(new BigUint64Array(buffer), Number),
};

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
  budget: Budget,
  packages: ReaderPackages,
): Promise<T> {
  const h5 = await loadH5(packages, what);
  const module = await h5.ready;
  const path = `/kompakt-${files++}.h5`;
  module.activate_throwing_error_handler();
  let file: (H5Entity & { close(): unknown }) | null = null;
  try {
    file = ofLibrary(what, () => {
      module.FS.writeFile(path, bytes, { canOwn: true });
      return new h5.File(path, 'r');
    });
    return read(new H5Reader(file, module, bytes.length, what, budget));
  } finally {
    quietly(() => file?.close());
    quietly(() => module.FS.unlink(path));
    quietly(() => module.deactivate_throwing_error_handler());
  }
}

/** Whatever the library throws, as an error of the file. */
function ofLibrary<T>(what: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (cause instanceof KompaktError) throw cause;
    const [reason] = String((cause as Error)?.message ?? cause).split('\n');
    throw new FormatError(`${what}: the HDF5 file can't be read. It is damaged, or none. ${reason}`, { cause });
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
  /** The function that reads, for messages. */
  readonly what: string;
  readonly #fileBytes: number;
  readonly #budget: Budget;
  #steps = 0;
  /** Of what was asked last: listing them takes time. */
  #attributes: { readonly path: string; readonly all: H5Entity['attrs'] | null } | null = null;

  constructor(root: H5Entity, module: H5Module, fileBytes: number, what: string, budget: Budget) {
    this.#root = root;
    this.#module = module;
    this.what = what;
    this.#fileBytes = fileBytes;
    this.#budget = budget;
  }

  #spend(steps: number): void {
    this.#steps += steps;
    if (this.#steps > MAX_STEPS)
      throw new FormatError(
        `${this.what}: finding the weights takes more than ${MAX_STEPS} steps. The file is damaged, or a trap.`,
      );
  }

  #of<T>(work: () => T): T {
    return ofLibrary(this.what, work);
  }

  #entity(path: string): H5Entity | null {
    this.#spend(1);
    if (path === '') return this.#root;
    try {
      return this.#root.get!(`/${path}`);
    } catch (error) {
      // The library throws for what is not there as for what is damaged; the former is asked for on purpose.
      if (error instanceof WebAssembly.RuntimeError) return this.#of(() => raise(error));
      return null;
    }
  }

  hasGroup(path: string): boolean {
    return this.#entity(path)?.type === 'Group';
  }

  /** Names in a group, in the file's order; none where there is no such group. */
  keys(path: string): string[] {
    const group = this.#entity(path);
    if (group?.type !== 'Group') return [];
    const names = this.#of(() => group.keys!());
    this.#spend(names.length / 10);
    return names;
  }

  #attributesOf(path: string): H5Entity['attrs'] | null {
    if (this.#attributes?.path !== path) {
      const entity = this.#entity(path);
      const all = entity === null ? null : (this.#of(() => entity.attrs) ?? null);
      this.#spend(all === null ? 0 : Object.keys(all).length / 10);
      this.#attributes = { path, all };
    }
    return this.#attributes.all;
  }

  #attribute(path: string, name: string): { readonly metadata: H5Metadata; readonly value: unknown } | null {
    const attributes = this.#attributesOf(path);
    if (attributes === null) return null;
    return this.#of(() => {
      if (!Object.hasOwn(attributes, name)) return null;
      const attribute: H5Attribute = attributes[name]!;
      const { size, total_size: count, vlen } = attribute.metadata;
      const isGreat = vlen && count > MAX_LINKED_TEXTS && !this.#budget.allows(count * this.#fileBytes);
      if (count > 100_000 || size * count > this.#fileBytes + 1024 || isGreat)
        throw new FormatError(
          `${this.what}: the attribute '${name}' claims ${count} values of ${vlen ? 'any number of' : size} bytes. The file is damaged.`,
        );
      this.#spend(count / 10);
      return { metadata: attribute.metadata, value: attribute.value };
    });
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
    const parts: string[][] = [];
    for (let i = 0; i < MAX_PARTS; i++) {
      const part = this.#list(path, `${name}${i}`);
      if (part === null) return i === 0 ? null : parts.flat();
      parts.push(part);
    }
    throw new FormatError(`${this.what}: the attribute '${name}' is divided into more than ${MAX_PARTS} parts.`);
  }

  #list(path: string, name: string): string[] | null {
    const attribute = this.#attribute(path, name);
    if (attribute === null) return null;
    // Keras writes the names of no weights as an empty list of floats.
    if (attribute.metadata.total_size === 0 || attribute.metadata.shape === null) return [];
    const { value } = attribute;
    const list: unknown = typeof value === 'string' ? [value] : value;
    if (!Array.isArray(list) || !list.every((item): item is string => typeof item === 'string'))
      throw new FormatError(`${this.what}: the attribute '${name}' is no list of names. The file is damaged.`);
    return list;
  }

  #metadata(path: string): H5Metadata & { readonly entity: H5Entity } {
    const entity = this.#entity(path);
    const metadata = entity?.type === 'Dataset' ? this.#of(() => entity.metadata) : undefined;
    if (metadata === undefined) throw new FormatError(`${this.what}: the file has no array '${path}'.`);
    return { ...metadata, entity: entity! };
  }

  /**
   * An array, to be read later. What it takes is counted at once, so that a file that holds too much is refused before any of
   * it is unpacked.
   */
  array(path: string): StoredArray {
    const { type, size, shape, chunks, signed, vlen, entity } = this.#metadata(path);
    if (shape === null || shape.some((n) => !Number.isSafeInteger(n) || n < 0))
      throw new FormatError(`${this.what}: the array '${path}' has no valid shape.`);
    const numbers = vlen ? undefined : NUMBERS[`${type === 1 ? 'float' : signed ? 'int' : 'uint'}${8 * size}`];
    if ((type !== 0 && type !== 1) || numbers === undefined)
      throw new FormatError(`${this.what}: the array '${path}' holds no numbers that can be weights.`);
    const byteLength = sizeOf(shape) * size;
    const isPacked = this.#filters(entity, path).length > 0;
    // The library unpacks whole chunks, which may be larger than the array.
    const chunk = chunks === null || !isPacked ? 0 : sizeOf(chunks) * size;
    // Arrays that were never written take no place in a file, whatever their size.
    if (!(Math.max(byteLength, chunk) <= MAX_BYTES) || (!isPacked && byteLength > this.#fileBytes))
      throw new FormatError(
        `${this.what}: the array '${path}' claims ${byteLength} bytes, in chunks of ${chunk}, more than a file of ${this.#fileBytes} can hold. It is damaged.`,
      );
    this.#budget.take(Math.max(byteLength, chunk), this.#fileBytes, path);
    const read = (): H5Array => ({
      shape: [...shape],
      data: numbers(this.#of(() => this.#bytes(entity, `/${path}`, byteLength)).buffer),
    });
    return { shape, read };
  }

  /** What the array is packed with. Each may be there once: one upon the other they would multiply. */
  #filters(entity: H5Entity, path: string): readonly number[] {
    const ids = this.#of(() => entity.filters ?? []).map(({ id }) => id);
    const stranger = ids.find((id) => !FILTERS.has(id) || id === 32000);
    if (stranger !== undefined)
      throw new FormatError(
        `${this.what}: the array '${path}' is packed with the HDF5 filter ${FILTERS.get(stranger) ?? show(stranger)}, which can't be read. Save it unpacked, or with gzip.`,
      );
    if (new Set(ids).size < ids.length)
      throw new FormatError(`${this.what}: the array '${path}' is packed with the same filter twice.`);
    return ids;
  }

  #bytes(entity: H5Entity, path: string, byteLength: number): Uint8Array<ArrayBuffer> {
    const module = this.#module;
    const pointer = module._malloc(Math.max(1, byteLength));
    if (pointer === 0)
      throw new FormatError(`${this.what}: there is no memory for the ${byteLength} bytes of '${path}'.`);
    try {
      // What a damaged file fails to fill must not show what the memory held before.
      module.HEAPU8.fill(0, pointer, pointer + byteLength);
      module.get_dataset_data(entity.file_id, path, null, null, null, BigInt(pointer));
      return new Uint8Array(module.HEAPU8.subarray(pointer, pointer + byteLength));
    } finally {
      module._free(pointer);
    }
  }
}

function raise(error: unknown): never {
  throw error;
}
