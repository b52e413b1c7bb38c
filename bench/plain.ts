/* What a user of plain JavaScript writes: loops over typed arrays. */

/** The k nearest of `references` to each of `queries`, rows of `columns` numbers, nearest first. */
export function nearestRows(queries: Float32Array, references: Float32Array, columns: number, k: number): Int32Array {
  const [m, n] = [queries.length / columns, references.length / columns];
  const out = new Int32Array(m * k);
  const best = new Float64Array(k);
  for (let i = 0; i < m; i++) {
    best.fill(Number.POSITIVE_INFINITY);
    for (let j = 0; j < n; j++) {
      let d = 0;
      for (let c = 0; c < columns; c++) {
        const difference = queries[i * columns + c]! - references[j * columns + c]!;
        d += difference * difference;
      }
      if (d >= best[k - 1]!) continue;
      let at = k - 1;
      for (; at > 0 && best[at - 1]! > d; at--) {
        best[at] = best[at - 1]!;
        out[i * k + at] = out[i * k + at - 1]!;
      }
      best[at] = d;
      out[i * k + at] = j;
    }
  }
  return out;
}

/** Sums of gradients, of hessians, and counts, by column and bin. */
export function histogram(
  binned: Uint8Array,
  gradients: Float32Array,
  hessians: Float32Array,
  rows: Int32Array,
  columns: number,
  bins: number,
): Float64Array {
  const out = new Float64Array(columns * bins * 3);
  for (const row of rows) {
    const [g, h] = [gradients[row]!, hessians[row]!];
    for (let c = 0; c < columns; c++) {
      const at = (c * bins + binned[row * columns + c]!) * 3;
      out[at]! += g;
      out[at + 1]! += h;
      out[at + 2]!++;
    }
  }
  return out;
}

/** A sparse matrix by rows. */
export interface PlainCsr {
  readonly indptr: Int32Array;
  readonly indices: Int32Array;
  readonly data: Float32Array;
  readonly columns: number;
}

/** A·X, X of k columns. */
export function csrMatmul({ indptr, indices, data }: PlainCsr, x: Float32Array, k: number): Float32Array {
  const out = new Float32Array((indptr.length - 1) * k);
  for (let row = 0; row + 1 < indptr.length; row++) {
    for (let e = indptr[row]!; e < indptr[row + 1]!; e++) {
      const [value, from] = [data[e]!, indices[e]! * k];
      for (let j = 0; j < k; j++) out[row * k + j]! += value * x[from + j]!;
    }
  }
  return out;
}

/** Aᵀ·X, X of k columns. */
export function csrTransposeMatmul(
  { indptr, indices, data, columns }: PlainCsr,
  x: Float32Array,
  k: number,
): Float32Array {
  const out = new Float32Array(columns * k);
  for (let row = 0; row + 1 < indptr.length; row++) {
    for (let e = indptr[row]!; e < indptr[row + 1]!; e++) {
      const [value, to] = [data[e]!, indices[e]! * k];
      for (let j = 0; j < k; j++) out[to + j]! += value * x[row * k + j]!;
    }
  }
  return out;
}
