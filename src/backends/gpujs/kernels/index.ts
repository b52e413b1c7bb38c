import { ELEMENTWISE } from '../elementwise/kernel';
import type { KernelTable } from '../kernel';
import { CONV } from './conv';
import { GATHER } from './gather';
import { LAYOUT } from './layout';
import { MATMUL } from './matmul';
import { POOL } from './pool';
import { RANDOM } from './random';
import { REDUCE } from './reduce';
import { RESIZE } from './resize';
import { SOFTMAX } from './softmax';
import { SORT } from './sort';

const makeKernels = (): KernelTable => ({
  ...ELEMENTWISE,
  ...LAYOUT,
  ...REDUCE,
  ...SOFTMAX,
  ...MATMUL,
  ...CONV,
  ...POOL,
  ...RESIZE,
  ...GATHER,
  ...SORT,
  ...RANDOM,
});
/** All kernels, one family to a line. */
export const KERNELS: KernelTable = /* @__PURE__ */ makeKernels();
