import type { Tensor } from '../core/tensor';

/**
 * The first value of `x` that is not an integer in [0, count), or undefined. Values that can't be read without waiting
 * (those on a GPU) pass; there the operation that uses them decides.
 */
export function findNoIndex(x: Tensor, count: number): number | undefined {
  if (x.size === 0 || x.backend.host(x.block) === null) return undefined;
  return x.dataSync().find((i: number) => !(Number.isInteger(i) && i >= 0 && i < count));
}
