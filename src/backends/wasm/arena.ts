import type { DType, TypedArray } from '../../core/dtype';
import { BackendError } from '../../core/errors';

const PAGE = 65536;
/** Every block starts at a multiple of this: a cache line, and four vectors. */
const ALIGNMENT = 64;
/** Addresses below are for the parameters of tasks that are run at once, and for what threads share (`threads/layout.ts`). */
const FIRST_BLOCK = 16384;
/** Left free at the end of memory, so that a vector load may run past the end of any block. */
const GUARD = 64;
/** Blocks up to this size are cut from slabs and kept in one free list per size. */
const LARGEST_SMALL = 16384;
const SLAB = 65536;
const SMALL_CLASSES = 4 * 9;

/** Where a task that is run at once finds its parameters: bytes [4096, 12288). */
export const TASK_PARAMETERS = 4096;
export const TASK_PARAMETER_BYTES = 8192;

/** Where the float64 parameters begin, in bytes, after `words` 32-bit ones. */
export function scalarsAt(words: number): number {
  return (words * 4 + 7) & -8;
}

/** Shared memory is tried with at most so many pages where the engine can't reserve as many as asked for: 1 GiB, 256 MiB. */
const SMALLER_SHARED = [16384, 4096];

/** Free memory [start, end). */
interface Range {
  start: number;
  end: number;
}

export interface ArenaOptions {
  /** Most that the memory may grow to; at most 65,536 pages of 64 KiB (4 GiB). */
  readonly maximumPages?: number;
  readonly shared?: boolean;
}

/**
 * The one WebAssembly memory of a backend, and who owns which part of it.
 *
 * Small blocks come from free lists by size class, carved out of slabs; large ones from an address-ordered list of free
 * ranges, best fit, merged with their neighbours when freed. Growing the memory detaches all views of it, so nobody
 * keeps one: take `f32` and its siblings anew after anything that may allocate.
 */
export class Arena {
  readonly memory: WebAssembly.Memory;
  readonly maximumPages: number;
  readonly shared: boolean;
  #f32: Float32Array;
  #f64: Float64Array;
  #i32: Int32Array;
  #u8: Uint8Array;
  #i8: Int8Array;
  /** Sorted by address; no two touch. */
  readonly #free: Range[];
  readonly #small: number[][] = Array.from({ length: SMALL_CLASSES }, () => []);
  /** By address: the size class and how many bytes of blocks it was cut into. */
  readonly #slabs = new Map<number, { index: number; bytes: number }>();
  #inUse = 0;

  constructor(options: ArenaOptions = {}) {
    const { memory, maximum, shared } = makeMemory(options.maximumPages ?? 65536, options.shared ?? false);
    this.memory = memory;
    this.maximumPages = maximum;
    this.shared = shared;
    this.#f32 = new Float32Array(this.memory.buffer);
    this.#f64 = new Float64Array(this.memory.buffer);
    this.#i32 = new Int32Array(this.memory.buffer);
    this.#u8 = new Uint8Array(this.memory.buffer);
    this.#i8 = new Int8Array(this.memory.buffer);
    this.#free = [{ start: FIRST_BLOCK, end: this.memory.buffer.byteLength - GUARD }];
  }

  /** The whole memory as floats; valid until the next allocation. Index = address / 4. */
  get f32(): Float32Array {
    return this.#f32;
  }

  get f64(): Float64Array {
    return this.#f64;
  }

  get i32(): Int32Array {
    return this.#i32;
  }

  get u8(): Uint8Array {
    return this.#u8;
  }

  get i8(): Int8Array {
    return this.#i8;
  }

  /** The whole memory as elements of `dtype`; valid until the next allocation. Index = address / bytes per element. */
  elements(dtype: DType): TypedArray {
    switch (dtype) {
      case 'float32':
        return this.#f32;
      case 'float64':
        return this.#f64;
      case 'int32':
        return this.#i32;
      case 'int8':
        return this.#i8;
      default:
        return this.#u8;
    }
  }

  get buffer(): ArrayBufferLike {
    return this.#u8.buffer;
  }

  /** Bytes handed out, rounded up as they are stored. */
  get bytesInUse(): number {
    return this.#inUse;
  }

  /** Bytes the memory has grown to. */
  get bytesReserved(): number {
    return this.#u8.length;
  }

  /**
   * The address of `bytes` new bytes, a multiple of 64; contents unspecified.
   *
   * @throws BackendError when the memory can't grow enough.
   */
  allocate(bytes: number): number {
    if (bytes <= LARGEST_SMALL) {
      const index = classOf(bytes);
      const list = this.#small[index]!;
      if (list.length === 0) this.#addSlab(index);
      this.#inUse += classBytes(index);
      return list.pop()!;
    }
    const size = roundUp(bytes, ALIGNMENT);
    const address = this.#take(size);
    if (address === null) throw this.#outOfMemory(bytes);
    this.#inUse += size;
    return address;
  }

  /** Gives back what `allocate(bytes)` returned; `bytes` must be the same. */
  release(address: number, bytes: number): void {
    if (bytes <= LARGEST_SMALL) {
      const index = classOf(bytes);
      this.#inUse -= classBytes(index);
      this.#small[index]!.push(address);
      return;
    }
    const size = roundUp(bytes, ALIGNMENT);
    this.#inUse -= size;
    this.#give(address, address + size);
  }

  /** Checks every invariant of the free lists; for tests. */
  check(): void {
    let previous = FIRST_BLOCK - 1;
    for (const { start, end } of this.#free) {
      const sane = start > previous && end > start && start % ALIGNMENT === 0 && end <= this.bytesReserved - GUARD;
      if (!sane)
        throw new BackendError(`arena: free range [${start}, ${end}) after ${previous} is out of order or touches it.`);
      previous = end;
    }
    const seen = new Set<number>();
    this.#small.forEach((list, index) => {
      for (const address of list) {
        const start = Math.max(...[...this.#slabs.keys()].filter((s) => s <= address));
        const slab = this.#slabs.get(start);
        const inSlab =
          slab?.index === index && address < start + slab.bytes && (address - start) % classBytes(index) === 0;
        if (!inSlab || seen.has(address))
          throw new BackendError(`arena: free small block ${address} is foreign or listed twice.`);
        seen.add(address);
      }
    });
  }

  /** Cuts a slab into free blocks of a class; a slab of one block, where memory has no room for more. */
  #addSlab(index: number): void {
    const block = classBytes(index);
    let bytes = SLAB - (SLAB % block);
    let start = this.#take(bytes);
    if (start === null) {
      bytes = block;
      start = this.#take(block);
    }
    if (start === null) throw this.#outOfMemory(block);
    this.#slabs.set(start, { index, bytes });
    const list = this.#small[index]!;
    for (let at = start + bytes - block; at >= start; at -= block) list.push(at);
  }

  /** Takes `size` bytes from the smallest free range that holds them, growing the memory if there is none. */
  #take(size: number): number | null {
    let best = this.#bestFit(size);
    if (best < 0 && !this.#grow(size) && !this.#reclaimSlabs(size)) return null;
    if (best < 0) best = this.#bestFit(size);
    const range = this.#free[best]!;
    const address = range.start;
    range.start += size;
    if (range.start === range.end) this.#free.splice(best, 1);
    return address;
  }

  #bestFit(size: number): number {
    const free = this.#free;
    let best = -1;
    let bestBytes = Infinity;
    for (let i = 0; i < free.length; i++) {
      const bytes = free[i]!.end - free[i]!.start;
      if (bytes < size || bytes >= bestBytes) continue;
      best = i;
      bestBytes = bytes;
      if (bytes === size) break;
    }
    return best;
  }

  /** Adds [start, end) to the free ranges, merged with what it touches. */
  #give(start: number, end: number): void {
    const free = this.#free;
    let low = 0;
    let high = free.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (free[middle]!.start < start) low = middle + 1;
      else high = middle;
    }
    const before = free[low - 1];
    const after = free[low];
    const joinsBefore = before !== undefined && before.end === start;
    const joinsAfter = after !== undefined && after.start === end;
    if (joinsBefore && joinsAfter) {
      before.end = after.end;
      free.splice(low, 1);
    } else if (joinsBefore) before.end = end;
    else if (joinsAfter) after.start = start;
    else free.splice(low, 0, { start, end });
  }

  /** Grows so that `size` bytes fit at the end; by a quarter more where that is allowed, to grow rarely. */
  #grow(size: number): boolean {
    const old = this.bytesReserved;
    const last = this.#free[this.#free.length - 1];
    const tail = last !== undefined && last.end === old - GUARD ? last.end - last.start : 0;
    const pages = Math.ceil((size - tail) / PAGE);
    const room = this.maximumPages - old / PAGE;
    if (pages > room) return false;
    const generous = Math.min(room, Math.max(pages, 64, Math.ceil(old / PAGE / 4)));
    if (!this.#growBy(generous) && !this.#growBy(pages)) return false;
    const { buffer } = this.memory;
    this.#f32 = new Float32Array(buffer);
    this.#f64 = new Float64Array(buffer);
    this.#i32 = new Int32Array(buffer);
    this.#u8 = new Uint8Array(buffer);
    this.#i8 = new Int8Array(buffer);
    this.#give(old - GUARD, buffer.byteLength - GUARD);
    return true;
  }

  #growBy(pages: number): boolean {
    try {
      this.memory.grow(pages);
      return true;
    } catch {
      return false;
    }
  }

  /** Turns slabs without a block in use back into free ranges; true if `size` bytes fit then. */
  #reclaimSlabs(size: number): boolean {
    for (const [start, { index, bytes }] of this.#slabs) {
      const list = this.#small[index]!;
      const rest = list.filter((address) => address < start || address >= start + bytes);
      if ((list.length - rest.length) * classBytes(index) < bytes) continue;
      this.#small[index] = rest;
      this.#slabs.delete(start);
      this.#give(start, start + bytes);
    }
    return this.#bestFit(size) >= 0;
  }

  #outOfMemory(bytes: number): BackendError {
    return new BackendError(
      `Out of memory: ${formatBytes(bytes)} asked for, ${formatBytes(this.#inUse)} in use of at most ` +
        `${formatBytes(this.maximumPages * PAGE)}. Free tensors with dispose(), 'using' or scope(() => …), or use smaller batches.`,
    );
  }
}

/**
 * A memory that can grow to `most` pages. Engines reserve the addresses of a shared one at once, and some have few: then it
 * is smaller, or not shared.
 */
function makeMemory(most: number, wantsShared: boolean) {
  const attempts = wantsShared
    ? [most, ...SMALLER_SHARED.filter((pages) => pages < most)].map((maximum) => ({ maximum, shared: true }))
    : [];
  for (const { maximum, shared } of [...attempts, { maximum: most, shared: false }]) {
    try {
      const memory = new WebAssembly.Memory({ initial: Math.min(16, maximum), maximum, shared });
      return { memory, maximum, shared };
    } catch (error) {
      if (!shared) throw new BackendError(`wasm: the engine gives no memory: ${String(error)}.`, { cause: error });
    }
  }
  throw new BackendError('wasm: the engine gives no memory.');
}

function roundUp(x: number, multiple: number): number {
  return Math.ceil(x / multiple) * multiple;
}

/** Size classes: 64 … 256 by 64, then four to each doubling. Sizes that are multiples of 64 all the way. */
function classOf(bytes: number): number {
  if (bytes <= 256) return bytes <= 64 ? 0 : (bytes - 1) >> 6;
  const exponent = 31 - Math.clz32(bytes - 1);
  const quarter = ((bytes - 1) >> (exponent - 2)) & 3;
  return 4 * (exponent - 7) + quarter;
}

function classBytes(index: number): number {
  if (index < 4) return 64 * (index + 1);
  const exponent = (index >> 2) + 7;
  return ((4 + (index & 3) + 1) << exponent) >> 2;
}

function formatBytes(bytes: number): string {
  return bytes < 2 ** 20 ? `${(bytes / 1024).toFixed(1)} KiB` : `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}
