import { recurrenceRows } from '../../ops/table/recurrence';

/** Rows of the op table that WebGPU has no kernel for: there is no float64, no host beside the values, no small systems of equations, and no
 * recurrent layer as one operation. */
export const REFUSED: ReadonlySet<string> = new Set([
  'cast to float64',
  'hostScalar',
  'inv',
  'det',
  'solve',
  'solve a vector, in batches',
  'cholesky',
  ...recurrenceRows.map(({ name }) => name),
]);
