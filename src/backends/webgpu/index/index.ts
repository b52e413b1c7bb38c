import type { KernelTable } from '../kernel';
import { gather, scatterAdd, scatterAddAlongAxis, takeAlongAxis } from './gather';
import { randomUniform } from './random';
import { argSort, topK } from './sort';

const makeIndex = (): KernelTable => ({
  gather,
  scatterAdd,
  takeAlongAxis,
  scatterAddAlongAxis,
  argSort,
  topK,
  randomUniform,
});
/** Elements picked and put by index, order, and random numbers. */
export const INDEX: KernelTable = /* @__PURE__ */ makeIndex();
