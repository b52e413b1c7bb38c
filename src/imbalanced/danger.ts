import type { Neighborhood } from './neighborhoods';
import type { Given } from './resample';

/** How many of the m samples nearest to each of `queries` are of another class than `c`. */
export function countStrangers(
  given: Given,
  all: Neighborhood,
  queries: Int32Array,
  c: number,
  m: number,
  name: string,
): Int32Array {
  const near = all.others(queries, m, name);
  const strangers = new Int32Array(queries.length);
  for (let i = 0; i < near.length; i++) if (given.codes[near[i]!] !== c) strangers[Math.floor(i / m)]!++;
  return strangers;
}

/** Whether a sample is in danger: at least half, but not all, of its m neighbours are strangers. */
export const isInDanger = (strangers: number, m: number): boolean => strangers >= m / 2 && strangers < m;

/** All positions: 0 … n − 1. */
export const allOf = (n: number): Int32Array => Int32Array.from({ length: n }, (_, i) => i);
