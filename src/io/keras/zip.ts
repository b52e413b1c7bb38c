import { FormatError } from '../../core/errors';
import { loadZip, type ReaderPackages, type ZipPackage } from './peers';

/** What one file within may take, unpacked: the description, and what HDF5 with 32-bit memory can be read from. */
const LIMITS: ReadonlyMap<string, number> = /* @__PURE__ */ new Map([
  ['metadata.json', 1048576],
  ['config.json', 67108864],
  ['model.weights.h5', 0x80000000],
]);

/** The most that deflate can make of a byte. */
const MAX_RATIO = 1032;

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
export async function unzipKeras(bytes: Uint8Array, what: string, packages: ReaderPackages = {}): Promise<KerasZip> {
  const { unzipSync } = await loadZip(packages, what);
  const files = unpack(unzipSync, bytes, what);
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

function unpack(
  unzipSync: ZipPackage['unzipSync'],
  bytes: Uint8Array,
  what: string,
): ReturnType<ZipPackage['unzipSync']> {
  const seen = new Set<string>();
  try {
    return unzipSync(bytes, {
      filter({ name, size, originalSize }) {
        const limit = LIMITS.get(name);
        if (limit === undefined) return false;
        if (seen.has(name)) throw new FormatError(`${what}: the zip holds '${name}' twice.`);
        seen.add(name);
        if (size > bytes.length || originalSize > Math.min(limit, MAX_RATIO * size))
          throw new FormatError(
            `${what}: '${name}' claims ${originalSize} bytes, unpacked of ${size}. It is damaged, or a trap.`,
          );
        return true;
      },
    });
  } catch (cause) {
    if (cause instanceof FormatError) throw cause;
    throw new FormatError(`${what}: the zip can't be read: ${String(cause)}. The file is damaged, or cut off.`, {
      cause,
    });
  }
}
