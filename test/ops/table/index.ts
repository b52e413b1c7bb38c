import { DTYPES } from '../../../src/core/dtype';
import { argSort, gather, oneHot, scatterAdd, sort, takeAlongAxis, topK } from '../../../src/ops/index-ops';
import type { Row } from '../row';
import { row } from './notation';

const NUMBERS = DTYPES.filter((dtype) => dtype !== 'bool');
const all = { dtypes: DTYPES };
const numbers = { dtypes: NUMBERS };
/** What is sorted must keep its order when an input moves a little. */
const sorted = { distinct: true, dtypes: DTYPES };
const ranks = { ...sorted, differentiable: false };
const square = [
  [2, 0],
  [2, 1],
];

/** Indices are closed over: they have no gradient, and are put on the backend of the operand they index. */
export const indexRows: readonly Row[] = [
  row('gather rows', '4×3', (x) => gather(x, [3, 0, -1, 3]), { ...all, more: ['4×33', '4', '4×2×5', '4×0', '9×16'] }),
  row('gather on the last axis', '2×5', (x) => gather(x, [4, 0, 1], { axis: -1 }), all),
  row('gather on a middle axis', '2×3×4', (x) => gather(x, [2, 2, 0], { axis: 1 }), all),
  row('gather a table of rows', '3×2', (x) => gather(x, square), all),
  row('gather nothing', '2×3', (x) => gather(x, []), all),
  row('scatterAdd rows', '4×3 · 3×3', (x, u) => scatterAdd(x, [1, 1, -1], u), {
    ...numbers,
    more: ['5×33 · 3×33', '4 · 3'],
  }),
  row('scatterAdd on the last axis', '2×3 · 2×4', (x, u) => scatterAdd(x, [0, 2, 2, 0], u, { axis: 1 }), numbers),
  row('takeAlongAxis', '3×4', (x) => takeAlongAxis(x, [[0], [3], [-2]]), all),
  row('takeAlongAxis on the first axis', '3×2', (x) => takeAlongAxis(x, square, { axis: 0 }), all),
  row('sort', '3×5', (x) => sort(x), { ...sorted, more: ['1', '0×3', '2×70'] }),
  row('sort descending on the first axis', '4×2', (x) => sort(x, { axis: 0, descending: true }), sorted),
  row('topK', '3×6', (x) => topK(x, 2).values, sorted),
  row('argSort', '3×6', (x) => argSort(x), ranks),
  row('oneHot of ranks', '3×4', (x) => oneHot(argSort(x), 4), { ...ranks, more: ['2×9', '5'] }),
];
