import type { KernelTable } from '../kernel';
import { gradientHistogram } from './histogram';
import { logisticGradient } from './logistic';
import { nearestRows, rowDistances } from './nearest';
import { csrMatmul, csrTransposeMatmul } from './sparse';

const makeClassical = (): KernelTable => ({
  nearestRows: nearestRows,
  rowDistances: rowDistances,
  gradientHistogram: gradientHistogram,
  logisticGradient: logisticGradient,
  csrMatmul: csrMatmul,
  csrTransposeMatmul: csrTransposeMatmul,
});
/** The hot loops of classical estimators. */
export const CLASSICAL: KernelTable = /* @__PURE__ */ makeClassical();
