/**
 * Marsaglia's 32-bit xorshift generator, of whose numbers the low 31 bits are given: what scikit-learn's compiled loops draw
 * from.
 *
 * @param seed - 31 bits; 0 counts as 1.
 */
export function xorshift(seed: number): () => number {
  let state = seed | 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state & 0x7fffffff;
  };
}
