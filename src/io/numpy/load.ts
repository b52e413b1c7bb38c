import { defaultBackend } from '../../backends/default';
import type { Backend } from '../../core/backend';
import { checkOptions } from '../../core/options';
import { Tensor } from '../../core/tensor';
import { type ByteSource, readBytes } from '../../data/files';
import type { ReaderPackages } from '../keras/peers';
import { decodeNpy, type NpyArray } from './npy';
import { decodeNpz } from './npz';

export interface LoadNpyOptions {
  /** Where the tensor goes. Default: the default backend. */
  readonly backend?: Backend | undefined;
}

export interface LoadNpzOptions extends LoadNpyOptions {
  /** The package `fflate`, in a bundled app: `await import('fflate')`. In Node it is found where it is installed. */
  readonly fflate?: ReaderPackages['fflate'];
}

const place = ({ data, dtype, shape }: NpyArray, backend: Backend = defaultBackend()): Tensor =>
  Tensor.from(backend, data, dtype, shape);

/**
 * The array of a `.npy` file, as `numpy.save` writes it (versions 1 to 3, either order of bytes and of indices).
 *
 * float16 becomes float32, and integers that kompakt has no type for (16 and 64 bits, unsigned 32) int32 where every value
 * fits. Nothing is ever unpickled.
 *
 * @param source - the bytes (read at once), or a path, a URL or a `Blob` (read with waiting).
 * @param options - `backend` to put the tensor on.
 * @throws FormatError for what is no such file, is cut off, or holds objects, text or complex numbers.
 *
 * Reference: NEP 1, https://numpy.org/neps/nep-0001-npy-format.html
 *
 * @example
 * ```ts
 * import { loadNpy } from 'kompakt/io';
 * const header = "{'descr': '|u1', 'fortran_order': False, 'shape': (3,), }\n";
 * const text = `\u0093NUMPY\u0001\0${String.fromCharCode(header.length)}\0${header}`;
 * const bytes = Uint8Array.from([...Array.from(text, (c) => c.charCodeAt(0)), 7, 8, 9]);
 * console.log(loadNpy(bytes).toArraySync()); // → [ 7, 8, 9 ]
 * ```
 */
export function loadNpy(source: Uint8Array | ArrayBuffer, options?: LoadNpyOptions): Tensor;
export function loadNpy(source: string | URL | Blob, options?: LoadNpyOptions): Promise<Tensor>;
export function loadNpy(source: ByteSource, options: LoadNpyOptions = {}): Tensor | Promise<Tensor> {
  checkOptions(options, ['backend'], 'loadNpy');
  const read = (bytes: Uint8Array): Tensor => place(decodeNpy(bytes, 'loadNpy'), options.backend);
  if (source instanceof Uint8Array) return read(source);
  if (source instanceof ArrayBuffer) return read(new Uint8Array(source));
  return readBytes(source, 'loadNpy').then(read);
}

/**
 * The arrays of a `.npz` file by name, as `numpy.savez` and `savez_compressed` write it.
 *
 * Types are as for {@link loadNpy}. Needs the package `fflate`.
 *
 * @param source - a path, a URL, a `Blob`, or the bytes.
 * @param options - `backend` to put the tensors on; `fflate` in a bundled app.
 * @throws FormatError for what is no such file, or one array of which can't be read: nothing is returned in part;
 * ConfigError where the package is not there.
 *
 * @example
 * ```ts
 * import { strToU8, zipSync } from 'fflate';
 * import { loadNpz } from 'kompakt/io';
 * const header = "{'descr': '|u1', 'fortran_order': False, 'shape': (2,), }\n";
 * const head = Uint8Array.from([0x93, ...strToU8('NUMPY'), 1, 0, header.length, 0]);
 * const bytes = zipSync({ 'labels.npy': Uint8Array.from([...head, ...strToU8(header), 4, 2]) });
 * const { labels } = await loadNpz(bytes);
 * console.log(labels?.toArraySync()); // → [ 4, 2 ]
 * ```
 */
export async function loadNpz(
  source: ByteSource,
  options: LoadNpzOptions = {},
): Promise<{ readonly [name: string]: Tensor }> {
  checkOptions(options, ['backend', 'fflate'], 'loadNpz');
  const arrays = await decodeNpz(await readBytes(source, 'loadNpz'), options);
  return Object.fromEntries([...arrays].map(([name, array]) => [name, place(array, options.backend)]));
}
