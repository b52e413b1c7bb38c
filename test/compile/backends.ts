import { reference } from '../../src/backends/reference/index';
import { wasm } from '../../src/backends/wasm/index';
import type { Backend } from '../../src/core/backend';

/** A backend whose own planner is left out, so that programs are replayed. */
function replaying(): Backend {
  const backend = wasm({ threads: 1 });
  Object.defineProperty(backend, 'plan', { value: undefined });
  return backend;
}

/** The backends to compile for, the reference among them once as it is and once with fusing. */
export const BACKENDS: readonly (readonly [string, Backend])[] = [
  ['reference', reference()],
  ['reference, fusing', { ...reference(), fuses: () => true }],
  ['wasm, replayed', replaying()],
  ['wasm', wasm({ threads: 1 })],
  ['wasm, two threads', wasm({ threads: 2 })],
];
