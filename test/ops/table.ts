import type { Row } from './row';
import { convRows } from './table/conv';
import { elementwiseRows } from './table/elementwise';
import { indexRows } from './table/index';
import { linearRows } from './table/linear';
import { normalizeRowsRows } from './table/normalize';
import { poolRows } from './table/pool';
import { recurrenceRows } from './table/recurrence';
import { reduceRows } from './table/reduce';
import { resizeRows } from './table/resize';
import { shapeRows } from './table/shape';
import { softmaxRows } from './table/softmax';
import { updateRows } from './table/updates';

/**
 * Every operation, in the ways of calling it that matter. It drives the gradient checks and the comparison of every
 * backend with the reference; a new operation is tested by adding its rows.
 */
export const table: readonly Row[] = [
  ...elementwiseRows,
  ...reduceRows,
  ...shapeRows,
  ...indexRows,
  ...linearRows,
  ...convRows,
  ...poolRows,
  ...resizeRows,
  ...softmaxRows,
  ...normalizeRowsRows,
  ...updateRows,
  ...recurrenceRows,
];
