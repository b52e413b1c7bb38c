import { ELEMENTWISE } from './elementwise/index';
import type { KernelTable } from './kernel';

const makeKernels = (): KernelTable => ({
  ...ELEMENTWISE,
});
/** All kernels, one family to a line. */
export const KERNELS: KernelTable = /* @__PURE__ */ makeKernels();
