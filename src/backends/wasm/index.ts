import type { Backend } from '../../core/backend';
import { WasmBackend, type WasmOptions } from './backend';
import { KERNELS } from './kernels';

export type { WasmOptions } from './backend';

/**
 * The backend for CPUs: WebAssembly SIMD code generated at run time, over one growing memory per backend. Functions of
 * float32 are within 1 ulp of the exact value (`rsqrt` 1.5), sums as exact as if taken in doubles, nearly. Operations
 * without a kernel (rare dtypes, mostly: trigonometry in float64, for instance) run by their reference rule.
 *
 * @param options - `threads` (1 … 256, or 'auto'; checked, but one computes), `deterministic` (the same bits on every machine,
 * default false), `maximumBytes` (default 4 GiB).
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
export function wasm(options: WasmOptions = {}): Backend {
  return new WasmBackend(KERNELS, options);
}
