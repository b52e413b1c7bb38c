import { CONV } from './conv/index';
import { ELEMENTWISE } from './elementwise/index';
import { GEMM } from './gemm/index';
import { INDEX } from './index/index';
import type { KernelTable } from './kernel';
import { LAYOUT } from './layout/index';
import { POOL } from './pool/index';
import { RESIZE } from './pool/resize';
import { REDUCTIONS } from './reduce/index';
import { ROWS } from './rows/index';

const makeKernels = (): KernelTable => ({
  ...ELEMENTWISE,
  ...REDUCTIONS,
  ...LAYOUT,
  ...ROWS,
  ...GEMM,
  ...CONV,
  ...POOL,
  ...RESIZE,
  ...INDEX,
});
/** All kernels, one family to a line. */
export const KERNELS: KernelTable = /* @__PURE__ */ makeKernels();
