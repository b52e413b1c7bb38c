import { bytesFor } from '../memory';
import type { RecordedStep } from './recorder';

/** Which of a number of buffers each slot lies in, and how large those are. */
export interface Placement {
  /** By slot; −1 for one that is not to be placed, or that nothing uses. */
  readonly places: readonly number[];
  /** Bytes of each buffer. */
  readonly sizes: readonly number[];
}

/**
 * Puts slots into buffers, several one after the other into the same: each from the first step that uses it to the last. No
 * step finds two slots in one buffer, as what a kernel writes must not be what it reads.
 *
 * @param lengths - elements of each slot; null for those that have a place.
 */
export function placeSlots(steps: readonly RecordedStep[], lengths: readonly (number | null)[]): Placement {
  const last = new Map<number, number>();
  steps.forEach(({ bindings }, at) => {
    for (const { slot } of bindings) last.set(slot, at);
  });
  const places = lengths.map(() => -1);
  const sizes: number[] = [];
  const free: number[] = [];
  steps.forEach(({ bindings }, at) => {
    for (const { slot } of bindings) {
      const length = lengths[slot] ?? null;
      if (length !== null && places[slot]! < 0) places[slot] = takeBuffer(bytesFor(length), sizes, free);
    }
    for (const slot of new Set(bindings.map((b) => b.slot))) {
      if (places[slot]! >= 0 && last.get(slot) === at) free.push(places[slot]!);
    }
  });
  return { places, sizes };
}

/** The smallest buffer at hand that is large enough; else the largest, made larger; else a new one. */
function takeBuffer(bytes: number, sizes: number[], free: number[]): number {
  if (free.length === 0) return sizes.push(bytes) - 1;
  const better = (a: number, b: number): number => {
    const [fitsA, fitsB] = [sizes[a]! >= bytes, sizes[b]! >= bytes];
    if (fitsA !== fitsB) return fitsA ? a : b;
    return sizes[a]! < sizes[b]! === fitsA ? a : b;
  };
  const best = free.reduce(better);
  free.splice(free.indexOf(best), 1);
  sizes[best] = Math.max(sizes[best]!, bytes);
  return best;
}
