declare module 'seedrandom/lib/alea.js' {
  /** Johannes Baagøe's Alea: uniform numbers in [0, 1) from a string seed. */
  export default function alea(seed: string): () => number;
}
