import type { Backend } from '../core/backend';
import { reference } from './reference/index';
import { hasSimd } from './wasm/features';
import { wasm } from './wasm/index';

let built: Backend | undefined;

/**
 * The backend of tensors made without naming one: WASM where the engine has SIMD, else the reference backend. Built at
 * first use, the same one ever after.
 */
export function defaultBackend(): Backend {
  built ??= hasSimd() ? wasm() : reference();
  return built;
}
