/** Bits that each of four rounds rotates by; the two rows take turns, and the key is added in between. */
export const ROTATIONS: readonly (readonly number[])[] = [
  [13, 15, 26, 6],
  [17, 29, 16, 24],
];

/** What the third word of the key is mixed from, beside the other two. */
export const PARITY = 0x1bd11bda;

/** Elements that four neighbouring counters make: the first words of the four, then the second ones. */
export const BLOCK = 8;

/**
 * Threefry-2x32 of 20 rounds: writes a bijection of two 32-bit words under a key of two, indistinguishable from random.
 *
 * Reference: Salmon, Moraes, Dror, Shaw 2011, “Parallel random numbers: as easy as 1, 2, 3”, SC '11 (Random123).
 */
export function threefry(key: readonly [number, number], counter: readonly [number, number], out: Int32Array): void {
  const keys = [key[0], key[1], PARITY ^ key[0] ^ key[1]] as const;
  let x = (counter[0] + keys[0]) | 0;
  let y = (counter[1] + keys[1]) | 0;
  for (let group = 0; group < 5; group++) {
    for (const bits of ROTATIONS[group % 2]!) {
      x = (x + y) | 0;
      y = ((y << bits) | (y >>> (32 - bits))) ^ x;
    }
    x = (x + keys[((group + 1) % 3) as 0 | 1 | 2]) | 0;
    y = (y + keys[((group + 2) % 3) as 0 | 1 | 2] + group + 1) | 0;
  }
  out[0] = x;
  out[1] = y;
}
