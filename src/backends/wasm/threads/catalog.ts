import type { Arena } from '../arena';
import type { CodeLibrary } from '../code-library';
import { CATALOG, CATALOG_BYTES, CODES, CONTROL } from './layout';

const CODES_WORD = (CONTROL + CODES) / 4;
const CATALOG_WORD = (CONTROL + CATALOG) / 4;
const LEAST_CAPACITY = 256;

/** The generated modules as other threads find them in shared memory: their bytes, and where each function of the table is. */
export class Catalog {
  readonly #arena: Arena;
  readonly #library: CodeLibrary;
  /** Every block taken from the arena: address and size. */
  readonly #blocks: [number, number][] = [];
  readonly #modules = new Map<object, number>();
  #address = 0;
  #capacity = 0;
  #count = 0;

  constructor(arena: Arena, library: CodeLibrary) {
    this.#arena = arena;
    this.#library = library;
  }

  /** Describes the functions that are new since the last time. */
  update(): void {
    const { entries } = this.#library;
    if (entries.length === this.#count && this.#count > 0) return;
    if (entries.length > this.#capacity) this.#enlarge(entries.length);
    for (; this.#count < entries.length; this.#count++) {
      const { module, name } = entries[this.#count]!;
      this.#arena.i32.set(this.#describe(module, name), this.#address / 4 + 4 * this.#count);
    }
    this.#arena.i32[CATALOG_WORD] = this.#address;
    Atomics.store(this.#arena.i32, CODES_WORD, this.#count);
  }

  /** Gives all memory back; no thread may be left. */
  release(): void {
    for (const [address, bytes] of this.#blocks) this.#arena.release(address, bytes);
    this.#blocks.length = 0;
  }

  /** The old table stays where it is: threads may be reading it. */
  #enlarge(least: number): void {
    const capacity = Math.max(LEAST_CAPACITY, 2 * least);
    const address = this.#allocate(capacity * CATALOG_BYTES);
    const old = this.#address / 4;
    this.#arena.i32.copyWithin(address / 4, old, old + 4 * this.#count);
    this.#address = address;
    this.#capacity = capacity;
  }

  #describe(module: { readonly bytes: Uint8Array }, name: string): number[] {
    let from = this.#modules.get(module);
    if (from === undefined) {
      from = this.#place(module.bytes);
      this.#modules.set(module, from);
    }
    return [from, module.bytes.length, this.#place(Uint8Array.from(name, (c) => c.charCodeAt(0))), name.length];
  }

  #place(bytes: Uint8Array): number {
    const address = this.#allocate(bytes.length);
    this.#arena.u8.set(bytes, address);
    return address;
  }

  #allocate(bytes: number): number {
    const address = this.#arena.allocate(bytes);
    this.#blocks.push([address, bytes]);
    return address;
  }
}
