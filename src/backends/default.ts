import type { Backend } from '../core/backend';
import { reference } from './reference/index';
import { detectFeatures } from './wasm/features';
import { wasm } from './wasm/index';

let built: Backend | undefined;

/**
 * The backend of tensors made without naming one: WASM where the engine has SIMD, else the reference backend. Built at
 * first use, the same one ever after.
 */
export function defaultBackend(): Backend {
  built ??= detectFeatures().simd ? wasm() : reference();
  return built;
}

/**
 * Ends the threads of the default backend, if it has started any. They neither keep a process alive nor need to be ended:
 * this frees what they hold where a page or a server goes on without computing. The next large operation starts them
 * again. A backend of your own has a `shutdown` method for the same.
 *
 * @returns a promise of their end.
 *
 * @example
 * ```ts
 * import { add, shutdown } from 'kompakt';
 * add([1, 2], 1);
 * await shutdown();
 * console.log(add([1, 2], 1).toArraySync()); // → [ 2, 3 ]
 * ```
 */
export async function shutdown(): Promise<void> {
  await built?.shutdown?.();
}
