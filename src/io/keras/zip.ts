import { FormatError } from '../../core/errors';
import type { Budget } from '../budget';
import { unzip } from '../unzip';
import { loadZip, type ReaderPackages } from './peers';

/** What one file within may take, unpacked: the description, and what HDF5 with 32-bit memory can be read from. */
const LIMITS: ReadonlyMap<string, number> = /* @__PURE__ */ new Map([
  ['metadata.json', 1048576],
  ['config.json', 33554432],
  ['model.weights.h5', 0x80000000],
]);

/** The files of a `.keras` file. */
export interface KerasZip {
  readonly metadata: string | null;
  readonly config: string;
  readonly weights: Uint8Array;
}

export const isZip = (bytes: Uint8Array): boolean => bytes[0] === 0x50 && bytes[1] === 0x4b;

/**
 * Takes a `.keras` file apart. Only the three files that it should hold are unpacked, each no larger than it can honestly be.
 *
 * @throws FormatError for what is no such file, or a damaged one.
 */
export async function unzipKeras(
  bytes: Uint8Array,
  what: string,
  budget: Budget,
  packages: ReaderPackages,
): Promise<KerasZip> {
  const { unzipSync } = await loadZip(packages, what);
  const files = unzip(unzipSync, bytes, what, (name) => LIMITS.get(name), budget);
  const text = (name: string): string | null =>
    Object.hasOwn(files, name) ? new TextDecoder().decode(files[name]) : null;
  const config = text('config.json');
  const weights = Object.hasOwn(files, 'model.weights.h5') ? files['model.weights.h5']! : null;
  if (config === null || weights === null) {
    throw new FormatError(
      `${what}: the zip has no ${config === null ? 'config.json' : 'model.weights.h5'}. It is no .keras file; those of sharded weights can't be read.`,
    );
  }
  return { metadata: text('metadata.json'), config, weights };
}
