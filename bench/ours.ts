import { type Backend, type Tensor, tensor } from 'kompakt';
import { wasm } from 'kompakt/backends/wasm';
import { type Entry, entry } from './compare';
import { noise } from './measure';

export const OURS = 'kompakt';

const backends = new Map<number, Backend>();

/** The backend that computes with so many threads. */
export function threaded(threads: number): Backend {
  let backend = backends.get(threads);
  if (backend === undefined) {
    backend = wasm({ threads });
    backends.set(threads, backend);
  }
  return backend;
}

/** How many numbers a shape has. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}

/** Noise of a shape. */
export function noiseOf(shape: readonly number[], seed = 1): Float32Array {
  return noise(sizeOf(shape), seed);
}

/** A tensor for computing with so many threads. */
export function put(
  data: Float32Array | Int32Array | Int8Array | Uint8Array,
  shape: readonly number[],
  threads = 1,
): Tensor {
  return tensor(data, { shape, backend: threaded(threads) });
}

/** Our entry in a comparison: results are made and disposed as a user would. */
export function ours(compute: () => Tensor, name = OURS): Entry {
  return entry<Tensor>({ name, compute, read: (t) => t.dataSync(), free: (t) => t.dispose() });
}
