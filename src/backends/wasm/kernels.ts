import { CLASSICAL } from './classical/index';
import { CONV } from './conv/index';
import { ELEMENTWISE } from './elementwise/index';
import { GEMM } from './gemm/matmul';
import { INT8 } from './int8/index';
import type { KernelTable } from './kernel';
import { LAYOUT } from './layout/index';
import { NORMALIZE } from './normalize/index';
import { POOL } from './pool/index';
import { RANDOM } from './random/index';
import { RECURRENT } from './recurrent/index';
import { REDUCTIONS } from './reduce/index';
import { SORT } from './sort/index';

const makeKernels = (): KernelTable => ({
  ...ELEMENTWISE,
  ...REDUCTIONS,
  ...LAYOUT,
  ...NORMALIZE,
  ...GEMM,
  ...CONV,
  ...POOL,
  ...INT8,
  ...CLASSICAL,
  ...RANDOM,
  ...RECURRENT,
  ...SORT,
});
/** All kernels, one family to a line. */
export const KERNELS: KernelTable = /* @__PURE__ */ makeKernels();
