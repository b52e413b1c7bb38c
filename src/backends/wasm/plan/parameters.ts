import { scalarsAt } from '../arena';
import type { RecordedTask } from './recorder';
import { offsetInSlot, slotOf } from './slots';

/** Bytes that the parameters of a task take, so that those of the next one begin in a cache line of their own. */
export function parameterBytes({ words, scalars }: RecordedTask): number {
  return Math.ceil((scalarsAt(words.length) + 8 * scalars.length) / 64) * 64;
}

/** Parameters that depend on where inputs and outputs lie, written anew when they have moved. */
export class Relocations {
  /** Per slot: index of a word and offset in the slot, in turn. */
  readonly #bySlot = new Map<number, number[]>();

  add(slot: number, word: number, offset: number): void {
    const known = this.#bySlot.get(slot);
    if (known === undefined) this.#bySlot.set(slot, [word, offset]);
    else known.push(word, offset);
  }

  /** Writes all parameters that are in `slot`, which now begins at `address`. */
  apply(words: Int32Array, slot: number, address: number): void {
    const places = this.#bySlot.get(slot);
    if (places === undefined) return;
    for (let i = 0; i < places.length; i += 2) words[places[i]!] = address + places[i + 1]!;
  }
}

/**
 * Writes the parameters of a task at `address`.
 *
 * @param baseOf - where a slot begins, or null for one that moves from call to call.
 */
export function writeParameters(
  memory: { readonly i32: Int32Array; readonly f64: Float64Array },
  address: number,
  { words, scalars }: RecordedTask,
  baseOf: (slot: number) => number | null,
  relocations: Relocations,
): void {
  words.forEach((value, i) => {
    const slot = slotOf(value);
    const word = address / 4 + i;
    if (slot < 0) {
      memory.i32[word] = value;
      return;
    }
    const base = baseOf(slot);
    const offset = offsetInSlot(value);
    if (base === null) relocations.add(slot, word, offset);
    else memory.i32[word] = base + offset;
  });
  const first = (address + scalarsAt(words.length)) / 8;
  scalars.forEach((value, i) => {
    memory.f64[first + i] = value;
  });
}
