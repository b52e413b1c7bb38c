import type { Dense } from '../../data/matrix';

/** Columns that are gathered together. */
const TOGETHER = 4;

/**
 * Visits one column after the other, as an array that a later one will be written to. Read alone, every column would take as long
 * as the whole table to come from memory.
 */
export function eachColumn(X: Dense, visit: (values: Float64Array, c: number) => void): void {
  const gathered = Array.from({ length: TOGETHER }, () => new Float64Array(X.rows));
  const [a, b, c, d] = gathered as [Float64Array, Float64Array, Float64Array, Float64Array];
  for (let from = 0; from < X.cols; from += TOGETHER) {
    gather(X, from, a, b, c, d);
    for (let t = 0; t < Math.min(TOGETHER, X.cols - from); t++) visit(gathered[t]!, from + t);
  }
}

/** Four columns from `from` on. Of those past the last one comes whatever lies there, which nobody looks at. */
function gather(
  { data, rows, cols }: Dense,
  from: number,
  a: Float64Array,
  b: Float64Array,
  c: Float64Array,
  d: Float64Array,
): void {
  for (let row = 0, at = from; row < rows; row++, at += cols) {
    a[row] = data[at]!;
    b[row] = data[at + 1]!;
    c[row] = data[at + 2]!;
    d[row] = data[at + 3]!;
  }
}
