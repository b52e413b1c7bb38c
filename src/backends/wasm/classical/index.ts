import { asTasks, type KernelTable } from '../kernel';
import { gradientHistogram } from './histogram';
import { nearestRows, rowDistances } from './nearest';
import { csrMatmul, csrTransposeMatmul } from './sparse';

const makeClassical = (): KernelTable => ({
  nearestRows: asTasks(nearestRows),
  rowDistances: asTasks(rowDistances),
  gradientHistogram: asTasks(gradientHistogram),
  csrMatmul: asTasks(csrMatmul),
  csrTransposeMatmul: asTasks(csrTransposeMatmul),
});
/** The hot loops of classical estimators. */
export const CLASSICAL: KernelTable = /* @__PURE__ */ makeClassical();
