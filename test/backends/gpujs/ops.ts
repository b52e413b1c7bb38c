import type { Backend } from '../../../src/core/backend';
import type { Tensor } from '../../../src/core/tensor';
import { tensor } from '../../../src/ops/create';
import { mul } from '../../../src/ops/elementwise';

export { scope } from '../../../src/core/scope';
export { broadcastTo, reshape } from '../../../src/ops/broadcast';
export { tensor, zeros } from '../../../src/ops/create';
export { det } from '../../../src/ops/decompose';
export { add, exp, greater, mul } from '../../../src/ops/elementwise';
export { matmul } from '../../../src/ops/matmul';
export { sum } from '../../../src/ops/reduce';
export { concat, transpose } from '../../../src/ops/shape-ops';
export { sort } from '../../../src/ops/sort';
export { to } from '../../../src/ops/transfer';

/** A product of integers that float32 does not hold. */
export function int32Sum(backend: Backend): Tensor {
  const x = tensor([5000, 1], { dtype: 'int32', backend });
  return mul(x, x);
}
