import { FormatError } from '../../core/errors';
import { Budget } from '../budget';
import { loadZip, type ReaderPackages } from '../keras/peers';
import { unzip } from '../unzip';
import { decodeNpy, type NpyArray } from './npy';

/** The most that the arrays may take, unpacked, in all. */
const MAX_BYTES = 0x80000000;

/**
 * The arrays in the bytes of a `.npz` file, by name.
 *
 * @throws FormatError for what is no such file; ConfigError where the package `fflate` is not there.
 */
export async function decodeNpz(bytes: Uint8Array, packages: ReaderPackages): Promise<ReadonlyMap<string, NpyArray>> {
  const what = 'loadNpz';
  if (bytes[0] !== 0x50 || bytes[1] !== 0x4b) {
    throw new FormatError(
      `${what}: these are not the bytes of a .npz file. Write one by numpy.savez; a .npy file is loadNpy's.`,
    );
  }
  const { unzipSync } = await loadZip(packages, what);
  const limitOf = (name: string): number | undefined => (name.endsWith('.npy') ? MAX_BYTES : undefined);
  const budget = new Budget(what, bytes.length, MAX_BYTES, '');
  const files = Object.entries(unzip(unzipSync, bytes, what, limitOf, budget));
  return new Map(
    files.map(([name, content]) => [name.slice(0, -4), decodeNpy(content, `${what}: '${name.slice(0, -4)}'`)]),
  );
}
