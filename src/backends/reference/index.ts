import type { Backend, Block } from '../../core/backend';
import { allocateTyped, DTYPES, type DType, type TypedArray } from '../../core/dtype';
import { runReference } from '../../core/run-reference';

interface HostBlock extends Block {
  readonly memory: TypedArray;
}

/**
 * A backend without kernels: ordinary typed arrays, and every operation run by its reference rule. Slow and plain, it
 * is the truth that other backends are tested against, and the one used where WASM SIMD is missing.
 *
 * @example
 * ```ts
 * import { add, tensor } from 'kompakt';
 * import { reference } from 'kompakt/backends/reference';
 * const backend = reference();
 * console.log(add(tensor([1, 2], { backend }), 1).toArraySync()); // → [ 2, 3 ]
 * ```
 */
export function reference(): Backend {
  const memory = (block: Block): TypedArray => (block as HostBlock).memory;
  const readSync = (block: Block, offset: number, length: number): TypedArray =>
    memory(block).slice(offset, offset + length);
  const backend: Backend = {
    name: 'reference',
    dtypes: DTYPES,
    allocate: (dtype: DType, length: number): HostBlock => ({ dtype, length, memory: allocateTyped(dtype, length) }),
    free: () => {},
    write: (block, data) => memory(block).set(data),
    readSync,
    read: async (block, offset, length) => readSync(block, offset, length),
    host: memory,
    run: (op, inputs, out, attrs) => runReference(backend, op, inputs, out, attrs),
  };
  return backend;
}
