/**
 * MurmurHash3 (x86, 32 bit) of the UTF-8 of a text, as a signed number.
 *
 * Reference: Appleby 2011, MurmurHash3, in the public domain.
 */
export function murmurHash(text: string, seed = 0): number {
  const bytes = utf8(text);
  const n = bytes.length;
  let h = seed | 0;
  const whole = n & ~3;
  for (let i = 0; i < whole; i += 4)
    h = mixIn(h, bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24));
  if (n > whole) {
    let k = 0;
    for (let i = n - 1; i >= whole; i--) k = (k << 8) | bytes[i]!;
    h ^= scramble(k);
  }
  h ^= n;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

function scramble(k: number): number {
  const a = Math.imul(k, 0xcc9e2d51);
  return Math.imul((a << 15) | (a >>> 17), 0x1b873593);
}

function mixIn(h: number, k: number): number {
  const a = h ^ scramble(k);
  return (Math.imul((a << 13) | (a >>> 19), 5) + 0xe6546b64) | 0;
}

/** ASCII, which most terms are, without the encoder. */
function utf8(text: string): ArrayLike<number> {
  const out = new Array<number>(text.length);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 127) return new TextEncoder().encode(text);
    out[i] = code;
  }
  return out;
}

/** The column that a term gets, and whether its sign is negative. */
export function hashedColumn(term: string, columns: number): { readonly column: number; readonly negative: boolean } {
  const h = murmurHash(term);
  // The least number has no counterpart above 0; scikit-learn gives it this column.
  const column = h === -(2 ** 31) ? (2 ** 31 - (columns - 1)) % columns : Math.abs(h) % columns;
  return { column, negative: h < 0 };
}
