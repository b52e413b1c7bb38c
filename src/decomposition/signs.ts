/**
 * Turns each right singular vector so that the entry of the left one that is largest in size is positive: what
 * scikit-learn does up to 1.4. Later versions go by the right vectors.
 *
 * @param left - the left vectors, `[k, rows]`.
 * @param vectors - the right ones, `[k, cols]`; written to.
 */
export function fixSigns(left: Float64Array, rows: number, vectors: Float64Array, cols: number): void {
  for (let j = 0; j * cols < vectors.length; j++) {
    let largest = 0;
    for (let i = 0; i < rows; i++) {
      const v = left[j * rows + i]!;
      if (Math.abs(v) > Math.abs(largest)) largest = v;
    }
    if (largest < 0) for (let c = 0; c < cols; c++) vectors[j * cols + c] = -vectors[j * cols + c]!;
  }
}
