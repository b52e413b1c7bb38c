import type { KernelTable } from '../kernel';
import { gradientHistogram } from './boosting/histogram';
import { addLeaves } from './boosting/leaves';
import { logLossDerivatives } from './boosting/log-loss';
import { partitionRows } from './boosting/partition';
import { bestSplits } from './boosting/splits';
import { logisticGradient } from './logistic';
import { nearestRows, rowDistances } from './nearest';
import { csrMatmul, csrTransposeMatmul } from './sparse';

const makeClassical = (): KernelTable => ({
  nearestRows: nearestRows,
  rowDistances: rowDistances,
  gradientHistogram: gradientHistogram,
  partitionRows: partitionRows,
  bestSplits: bestSplits,
  addLeaves: addLeaves,
  logLossDerivatives: logLossDerivatives,
  logisticGradient: logisticGradient,
  csrMatmul: csrMatmul,
  csrTransposeMatmul: csrTransposeMatmul,
});
/** The hot loops of classical estimators. */
export const CLASSICAL: KernelTable = /* @__PURE__ */ makeClassical();
