import type { Block, Operand } from '../../core/backend';
import type { DType, TypedArray } from '../../core/dtype';
import { BackendError } from '../../core/errors';

/** Bits of GPUBufferUsage; the object of that name does not exist in Node. */
const USAGE = { mapRead: 1, copySource: 4, copyTarget: 8, uniform: 64, storage: 128 } as const;

/** Elements take this many bytes, whatever their dtype: a GPU reads and writes words. */
export const WORD = 4;

/** A buffer, and what is known of its use. */
export interface Memory {
  /** No other memory of the device has it. */
  readonly id: number;
  readonly buffer: GPUBuffer;
  /** A size class. */
  readonly bytes: number;
  /** Number of the batch of commands that uses it last. */
  batch: number;
}

/** Memory of a tensor. A write may put it into another buffer. */
export interface GPUBlock extends Block {
  memory: Memory;
}

/** How a temporary of a plan is kept in mixed precision: in 16 bits, or in 32 as numbers that 16 bits can hold. */
export type Half = 'f16' | 'rounded';

/** Whether and how a block holds numbers of less precision than its dtype says. */
export const halfOf = (block: object): Half | null => (block as { readonly half?: Half }).half ?? null;

/** Elements of 32 bits that a block takes. */
export const wordsOf = (block: { readonly length: number; readonly half?: Half }): number =>
  halfOf(block) === 'f16' ? Math.ceil(block.length / 2) : block.length;

/** Where in a block a buffer is bound, in bytes. */
export interface Range {
  readonly start: number;
  readonly size: number;
}

/** At what multiples of bytes a range may start, at most. */
export const ALIGNMENT = 256;

/** The buffers of one device: those that nobody uses are kept, up to a limit, by size. */
export class Pool {
  readonly #device: GPUDevice;
  readonly #free = new Map<string, Memory[]>();
  /** No longer wanted, but perhaps used by commands that are not yet submitted. */
  #condemned: Memory[] = [];
  #keptBytes = 0;
  #buffers = 0;
  #made = 0;
  #bytes = 0;

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /** How many buffers there are, those that are kept for later included. */
  get buffers(): number {
    return this.#buffers;
  }

  /** The bytes of all of them. */
  get bytes(): number {
    return this.#bytes;
  }

  take(bytes: number, kind: 'storage' | 'staging' = 'storage'): Memory {
    const size = sizeClass(bytes);
    const kept = this.#free.get(`${kind} ${size}`)?.pop();
    if (kept !== undefined) {
      this.#keptBytes -= size;
      return kept;
    }
    const most = this.#device.limits.maxBufferSize;
    if (size > most) {
      throw new BackendError(
        `webgpu: ${bytes} bytes of one tensor are more than this device has in one buffer (${most}). Split the tensor.`,
      );
    }
    const usage =
      kind === 'staging' ? USAGE.mapRead | USAGE.copyTarget : USAGE.storage | USAGE.copySource | USAGE.copyTarget;
    this.#buffers++;
    this.#bytes += size;
    return { id: ++this.#made, buffer: this.#device.createBuffer({ size, usage }), bytes: size, batch: -1 };
  }

  give(memory: Memory, kind: 'storage' | 'staging' = 'storage'): void {
    if (this.#keptBytes + memory.bytes > MOST_KEPT) {
      this.#condemned.push(memory);
      return;
    }
    const key = `${kind} ${memory.bytes}`;
    const list = this.#free.get(key);
    if (list === undefined) this.#free.set(key, [memory]);
    else list.push(memory);
    this.#keptBytes += memory.bytes;
  }

  /** Ends what nobody uses; call it right after a submission. `all`: what is kept for later, too. */
  trim(all = false): void {
    if (all) {
      for (const list of this.#free.values()) this.#condemned.push(...list);
      this.#free.clear();
      this.#keptBytes = 0;
    }
    for (const { buffer, bytes } of this.#condemned) {
      buffer.destroy();
      this.#buffers--;
      this.#bytes -= bytes;
    }
    this.#condemned = [];
  }
}

/** Most bytes of buffers to keep for later. */
const MOST_KEPT = 2 ** 29;

/** The size of the buffer that `bytes` are put into: one of eight per power of two, so that buffers serve again. */
function sizeClass(bytes: number): number {
  if (bytes <= ALIGNMENT) return ALIGNMENT;
  const step = Math.max(ALIGNMENT, 2 ** (Math.floor(Math.log2(bytes)) - 3));
  return Math.ceil(bytes / step) * step;
}

/** Bytes that `length` elements take. */
export const bytesFor = (length: number): number => Math.max(1, length) * WORD;

/** A buffer of parameters. */
export function uniformBuffer(device: GPUDevice, size: number): GPUBuffer {
  return device.createBuffer({ size, usage: USAGE.uniform | USAGE.copyTarget });
}

/**
 * The part of a block's buffer that is bound for an operand: all of it where the device can bind as much, else what the
 * operand reaches.
 */
export function rangeOf(x: Operand, mostBytes: number): Range {
  const whole = Math.max(WORD, wordsOf(x.block) * WORD);
  if (whole <= mostBytes) return { start: 0, size: whole };
  const { low, high } = reach(x);
  const start = Math.floor((low * WORD) / ALIGNMENT) * ALIGNMENT;
  const size = (high + 1) * WORD - start;
  if (size > mostBytes) {
    throw new BackendError(
      `webgpu: an operand of ${size} bytes is more than this device can bind at once (${mostBytes}). Split it, along the batch for instance.`,
    );
  }
  return { start, size };
}

/** The first and the last element that an operand reads, from the start of its block. */
export function reach({ shape, strides, offset }: Omit<Operand, 'block' | 'dtype'>): { low: number; high: number } {
  let low = offset;
  let high = offset;
  shape.forEach((n, axis) => {
    const span = Math.max(0, n - 1) * strides[axis]!;
    if (span > 0) high += span;
    else low += span;
  });
  return { low, high };
}

/** Elements as they lie on the device: floats, or integers of 32 bits whatever their width. */
export function toWords(data: TypedArray): Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer> {
  const own = data.buffer instanceof ArrayBuffer;
  if (data instanceof Float32Array) return own ? (data as Float32Array<ArrayBuffer>) : new Float32Array(data);
  if (data instanceof Int32Array && own) return data as Int32Array<ArrayBuffer>;
  return Int32Array.from(data);
}

/** The elements in `bytes` of the device, as their dtype has them. */
export function fromWords(dtype: DType, bytes: ArrayBuffer): TypedArray {
  if (dtype === 'float32') return new Float32Array(bytes);
  const words = new Int32Array(bytes);
  if (dtype === 'int32') return words;
  return dtype === 'int8' ? Int8Array.from(words) : Uint8Array.from(words);
}
