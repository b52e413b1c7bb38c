import type { Work } from '../task';
import { MOST_CHUNKS } from './layout';

/** Work below this, in nanoseconds, is left to one thread: handing it over costs a good part of that. */
const WORTH_NS = 10_000;
/** A chunk takes about this long at least. */
const CHUNK_NS = 6_000;
/**
 * A chunk takes about this long at most, where units are that short: a thread says nothing while it is at one, and who is
 * silent for long counts as lost. Estimates may be wrong by a factor of ten and more.
 */
const LONGEST_NS = 2e9;
/** Chunks per thread: enough for those who are held up to be helped, few enough to keep what a chunk costs small. */
const PER_THREAD = 4;

/** How units go to threads: units in a chunk, and how many chunks. */
export interface Division {
  readonly chunk: number;
  readonly chunks: number;
}

/** Divides work among `threads`. */
export function chunksFor({ units, cost, multiple = 1 }: Work, threads: number): Division {
  const whole = { chunk: units, chunks: 1 };
  if (threads === 1 || cost < WORTH_NS || units <= multiple) return whole;
  const enough = Math.max(threads * PER_THREAD, Math.ceil(cost / LONGEST_NS));
  const wanted = Math.min(enough, Math.ceil(cost / CHUNK_NS), Math.ceil(units / multiple));
  return divide(units, multiple, wanted);
}

/** Units in about `wanted` chunks of equal size, each a multiple of `multiple` but the last. */
export function divide(units: number, multiple: number, wanted: number): Division {
  const most = Math.max(1, Math.min(wanted, MOST_CHUNKS));
  const chunk = Math.ceil(units / most / multiple) * multiple;
  return { chunk, chunks: Math.ceil(units / chunk) };
}
