import type { KernelTable } from '../kernel';
import { normalizeRows, normalizeRowsGrad } from './normalize-rows';
import { logSoftmax, logSoftmaxGrad, softmax, softmaxGrad } from './softmax';

const makeNormalize = (): KernelTable => ({
  softmax: softmax,
  logSoftmax: logSoftmax,
  softmaxGrad: softmaxGrad,
  logSoftmaxGrad: logSoftmaxGrad,
  normalizeRows: normalizeRows,
  normalizeRowsGrad: normalizeRowsGrad,
});
/** What makes rows sum to 1 or have variance 1, and the gradients of it. */
export const NORMALIZE: KernelTable = /* @__PURE__ */ makeNormalize();
