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
import { CUTS } from './split/cuts';
import { splitting } from './split/split';

/** One family to a line. */
const makeWholeKernels = (): KernelTable => ({
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

const makeKernels = (): KernelTable => {
  const kernels = makeWholeKernels();
  const split = Object.entries(CUTS).map(([name, cuts]) => [name, splitting(name, kernels[name]!, cuts)]);
  return { ...kernels, ...Object.fromEntries(split) };
};
/** All kernels, by the name of the operation. */
export const KERNELS: KernelTable = /* @__PURE__ */ makeKernels();
