import { normalizeRows } from '../../../src/ops/normalize';
import type { Row } from '../row';
import { row } from './notation';

export const normalizeRowsRows: readonly Row[] = [
  row('normalizeRows', '3×7', (x) => normalizeRows(x, 0.1), {
    more: ['4×1', '2×19', '5×64', '33×7', '0×3', '2×3×35', '130'],
  }),
  row('normalizeRows far from 0', '2×9', (x) => normalizeRows(x, 0.01), { domain: [9, 11], more: ['3×100'] }),
];
