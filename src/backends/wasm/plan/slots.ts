import { BackendError } from '../../../core/errors';

/*
 * While a plan is recorded, memory has no place yet. Each block, workspace and the like is a slot, whose addresses are
 * numbers beyond all memory: BASE apart, with room below and above for offsets. Kernels only add to addresses and
 * subtract from them, so that slot and offset can be read off a parameter afterwards.
 */
const BASE = 2 ** 38;
const MOST_SLOTS = 2 ** 15 - 2;

/** The address that stands for the beginning of slot `slot`. */
export function addressOfSlot(slot: number): number {
  if (slot > MOST_SLOTS) {
    throw new BackendError(`wasm: a plan of more than ${MOST_SLOTS} blocks can't be recorded. Compile smaller parts.`);
  }
  return (slot + 1) * BASE;
}

/** The slot of an address, or −1 for an ordinary number. */
export function slotOf(address: number): number {
  return address < BASE / 2 ? -1 : Math.round(address / BASE) - 1;
}

/** Bytes from the beginning of its slot to an address. */
export function offsetInSlot(address: number): number {
  return address - Math.round(address / BASE) * BASE;
}
