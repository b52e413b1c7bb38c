import { FormatError } from '../core/errors';
import type { Budget } from './budget';
import type { ZipPackage } from './keras/peers';

/** A comment of at most 65,535 bytes, after a record of 22, ends a zip. */
const END = 0x06054b50;
const END_64 = 0x07064b50;

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
  budget: Budget,
): ReturnType<ZipPackage['unzipSync']> {
  const seen = new Set<string>();
  checkEnd(bytes, what);
  try {
    return unzipSync(bytes, {
      filter({ name, size, originalSize }) {
        const limit = limitOf(name);
        if (limit === undefined) return false;
        if (seen.has(name)) throw new FormatError(`${what}: the zip holds '${name}' twice.`);
        seen.add(name);
        if (size > bytes.length || originalSize > limit)
          throw new FormatError(
            `${what}: '${name}' claims ${originalSize} bytes, unpacked of ${size}. It is damaged, or a trap.`,
          );
        budget.take(originalSize, size, name);
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

/** Zips of more than 4 GB, or 65,534 files, are lists of any claimed length; nothing that can be read is one. */
function checkEnd(bytes: Uint8Array, what: string): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const lowest = Math.max(0, bytes.length - 22 - 65_535);
  let at = bytes.length - 22;
  while (at >= lowest && view.getUint32(at, true) !== END) at--;
  if (at < lowest) throw new FormatError(`${what}: the zip can't be read: it has no end. The file is cut off.`);
  if (view.getUint16(at + 10, true) === 0xffff || (at >= 20 && view.getUint32(at - 20, true) === END_64))
    throw new FormatError(`${what}: the zip is a zip64, made for more than can be read here.`);
}
