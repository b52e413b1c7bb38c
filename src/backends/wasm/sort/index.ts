import type { KernelTable } from '../kernel';
import { argSort } from './arg-sort';
import { topK } from './top-k';

const makeSort = (): KernelTable => ({
  argSort: argSort,
  topK: topK,
});
/** Kernels that find positions by the order of values. */
export const SORT: KernelTable = /* @__PURE__ */ makeSort();
