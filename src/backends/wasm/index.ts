import type { Backend } from '../../core/backend';
import { WasmBackend, type WasmOptions } from './backend';

export type { WasmOptions } from './backend';

/** A backend that computes with threads. */
export interface ThreadedBackend extends Backend {
  /** How many threads compute, once there is work for them; 1 where the host gives no shared memory. */
  readonly threads: number;
  /** Ends the threads. The backend stays usable, and starts them again when there is work for them. */
  shutdown(): Promise<void>;
}

/**
 * The backend for CPUs: WebAssembly SIMD code generated at run time, over one growing memory per backend, on several
 * threads. Functions of float32 are within 2 ulp of the exact value, sums as exact as if taken in doubles, nearly; the
 * number of threads changes no bit of a result. Operations without a kernel (rare dtypes, mostly: trigonometry in float64,
 * for instance) run by their reference rule.
 *
 * @param options - `threads` (1 … 256; 'auto', the default: one per processor, at most 8), `deterministic` (the same bits
 * on every machine, default false), `maximumBytes` (default 4 GiB). Threads start when there is work for them, don't keep
 * a process alive, and are not there where memory can't be shared (pages that are not cross-origin isolated, Node before
 * 20.16).
 * @returns the backend, with `threads` and `shutdown()`.
 * @throws BackendError where the engine has no WebAssembly SIMD; ConfigError for options out of range.
 *
 * @example
 * ```ts
 * import { add, tensor } from 'kompakt';
 * import { wasm } from 'kompakt/backends/wasm';
 * const backend = wasm({ deterministic: true });
 * console.log(add(tensor([1, 2], { backend }), 1).toArraySync()); // → [ 2, 3 ]
 * ```
 */
export function wasm(options: WasmOptions = {}): ThreadedBackend {
  return new WasmBackend(options);
}
