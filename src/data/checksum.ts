let table: Uint32Array | undefined;

function crcTable(): Uint32Array {
  if (table !== undefined) return table;
  table = new Uint32Array(256);
  for (let n = 0; n < 256; n++) {
    let c = n;
    for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
    table[n] = c;
  }
  return table;
}

/**
 * The CRC-32 (ISO 3309, as in zip and png) of some bytes.
 *
 * @param bytes - the data.
 * @param before - the checksum of what came before, to go on from.
 */
export function crc32(bytes: Uint8Array, before = 0): number {
  const t = crcTable();
  let c = ~before;
  for (let i = 0; i < bytes.length; i++) c = t[(c ^ bytes[i]!) & 255]! ^ (c >>> 8);
  return ~c >>> 0;
}
