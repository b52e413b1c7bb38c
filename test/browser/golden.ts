import node from '../fixtures/browser/node.json';

/** What the scenarios gave in Node when `test/fixtures/browser/generate.ts` was last run. */
export const golden = node;

/** Largest distance of two lists of the same length. */
export function distance(a: readonly number[], b: readonly number[]): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  return Math.max(...a.map((x, i) => Math.abs(x - b[i]!)));
}
