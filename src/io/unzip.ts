import { FormatError } from '../core/errors';
import type { ZipPackage } from './keras/peers';

/** The most that deflate can make of a byte. */
const MAX_RATIO = 1032;

/**
 * The files of a zip that are asked for, each no larger than it can honestly be.
 *
 * @param limitOf - the bytes that a file of that name may take, unpacked; undefined for those that stay packed.
 * @param budget - the bytes that all of them may take.
 * @throws FormatError for a damaged zip, a name that comes twice, or more than was allowed.
 */
export function unzip(
  unzipSync: ZipPackage['unzipSync'],
  bytes: Uint8Array,
  what: string,
  limitOf: (name: string) => number | undefined,
  budget = Number.POSITIVE_INFINITY,
): ReturnType<ZipPackage['unzipSync']> {
  const seen = new Set<string>();
  let total = 0;
  try {
    return unzipSync(bytes, {
      filter({ name, size, originalSize }) {
        const limit = limitOf(name);
        if (limit === undefined) return false;
        if (seen.has(name)) throw new FormatError(`${what}: the zip holds '${name}' twice.`);
        seen.add(name);
        total += originalSize;
        if (size > bytes.length || originalSize > Math.min(limit, MAX_RATIO * size) || total > budget)
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
