import type { KernelTable } from '../kernel';
import { randomUniform } from './uniform';

/** Kernels that make random numbers of keys. */
export const RANDOM: KernelTable = /* @__PURE__ */ (() => ({ randomUniform: randomUniform }))();
