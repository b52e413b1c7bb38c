/** Singular values, descending, and right singular vectors, one per row. */
export interface Svd {
  /** `[r]`, r = min(rows, cols). */
  readonly values: Float64Array;
  /** `[r, cols]`, orthonormal rows. */
  readonly vectors: Float64Array;
}

/**
 * The singular value decomposition of a matrix, without the left vectors, which are A·v / σ.
 *
 * A tall matrix is first reduced to R of its QR decomposition, block of rows by block, by Householder reflections. Then
 * pairs of rows are rotated until all are orthogonal (one-sided Jacobi), which finds small singular values as exactly as
 * large ones: the Gram matrix, which squares them, is never formed.
 *
 * Reference: Drmač & Veselić 2008, “New Fast and Accurate Jacobi SVD Algorithm”.
 *
 * @param data - `[rows, cols]`; not changed.
 */
export function svd(data: Float64Array, rows: number, cols: number): Svd {
  const m = Math.min(rows, cols);
  const work = rows > cols ? triangle(data, rows, cols) : data.slice(0, rows * cols);
  orthogonalizeRows(work, m, cols);
  return sortedRows(work, m, cols);
}

/** R of the QR decomposition, `[cols, cols]`. Rows are taken in by blocks that stay in the cache. */
function triangle(data: Float64Array, rows: number, cols: number): Float64Array {
  const block = Math.max(256, 4 * cols);
  // Column by column: R so far on top, a block of rows below.
  const height = cols + block;
  const work = new Float64Array(height * cols);
  for (let from = 0; from < rows; from += block) {
    const taken = Math.min(block, rows - from);
    for (let c = 0; c < cols; c++) {
      const at = c * height + cols;
      for (let i = 0; i < taken; i++) work[at + i] = data[(from + i) * cols + c]!;
      work.fill(0, at + taken, at + block);
    }
    for (let c = 0; c < cols; c++) reflect(work, c, height, cols, cols + taken);
  }
  const r = new Float64Array(cols * cols);
  for (let c = 0; c < cols; c++) for (let i = 0; i <= c; i++) r[i * cols + c] = work[c * height + i]!;
  return r;
}

/** The Householder reflection that clears column c below the diagonal; between there and row `cols` it is 0 already. */
function reflect(work: Float64Array, c: number, height: number, cols: number, end: number): void {
  const at = c * height;
  const head = work[at + c]!;
  let tail = 0;
  for (let i = cols; i < end; i++) tail += work[at + i]! * work[at + i]!;
  if (tail === 0) return;
  const norm = Math.sqrt(head * head + tail);
  const first = head > 0 ? head + norm : head - norm;
  // v = [first, tail…] has vᵀv = 2·norm·|first|.
  const scale = 1 / (norm * Math.abs(first));
  for (let j = c + 1; j < cols; j++) {
    const to = j * height;
    let dot = first * work[to + c]!;
    for (let i = cols; i < end; i++) dot += work[at + i]! * work[to + i]!;
    dot *= scale;
    work[to + c]! -= dot * first;
    for (let i = cols; i < end; i++) work[to + i]! -= dot * work[at + i]!;
  }
  work[at + c] = head > 0 ? -norm : norm;
  work.fill(0, at + cols, at + end);
}

const MOST_SWEEPS = 60;

/** Rotates rows in pairs until every two are orthogonal to working precision. */
function orthogonalizeRows(a: Float64Array, m: number, n: number): void {
  const tolerance = Number.EPSILON * Math.sqrt(n);
  const squares = new Float64Array(m);
  for (let sweep = 0; sweep < MOST_SWEEPS; sweep++) {
    for (let p = 0; p < m; p++) squares[p] = dotRows(a, p * n, p * n, n);
    let rotations = 0;
    for (let p = 0; p < m - 1; p++) {
      for (let q = p + 1; q < m; q++) {
        const [x, y] = [squares[p]!, squares[q]!];
        const xy = dotRows(a, p * n, q * n, n);
        if (Math.abs(xy) <= tolerance * Math.sqrt(x) * Math.sqrt(y)) continue;
        rotations++;
        const zeta = (y - x) / (2 * xy);
        const t = (zeta >= 0 ? 1 : -1) / (Math.abs(zeta) + Math.sqrt(1 + zeta * zeta));
        const cos = 1 / Math.sqrt(1 + t * t);
        rotate(a, p * n, q * n, n, cos, cos * t);
        squares[p] = Math.max(0, x - t * xy);
        squares[q] = Math.max(0, y + t * xy);
      }
    }
    if (rotations === 0) return;
  }
}

function dotRows(a: Float64Array, p: number, q: number, n: number): number {
  let even = 0;
  let odd = 0;
  let i = 0;
  for (; i + 1 < n; i += 2) {
    even += a[p + i]! * a[q + i]!;
    odd += a[p + i + 1]! * a[q + i + 1]!;
  }
  return i < n ? even + odd + a[p + i]! * a[q + i]! : even + odd;
}

function rotate(a: Float64Array, p: number, q: number, n: number, cos: number, sin: number): void {
  for (let i = 0; i < n; i++) {
    const x = a[p + i]!;
    const y = a[q + i]!;
    a[p + i] = cos * x - sin * y;
    a[q + i] = sin * x + cos * y;
  }
}

/** Orthogonal rows as values, descending, and unit vectors; rows of zeros become whatever completes the basis. */
function sortedRows(a: Float64Array, m: number, n: number): Svd {
  const lengths = Float64Array.from({ length: m }, (_, i) => Math.sqrt(dotRows(a, i * n, i * n, n)));
  const order = Array.from(lengths.keys()).sort((i, j) => lengths[j]! - lengths[i]! || i - j);
  const values = Float64Array.from(order, (i) => lengths[i]!);
  const vectors = new Float64Array(m * n);
  order.forEach((i, to) => {
    if (lengths[i] === 0) complete(vectors, to, n);
    else for (let c = 0; c < n; c++) vectors[to * n + c] = a[i * n + c]! / lengths[i]!;
  });
  return { values, vectors };
}

/** Writes to row `at` a unit vector at right angles to the rows before it. */
function complete(vectors: Float64Array, at: number, n: number): void {
  for (let axis = 0; axis < n; axis++) {
    const row = vectors.subarray(at * n, (at + 1) * n).fill(0);
    row[axis] = 1;
    if (orthonormalizeRow(vectors, at, n) > 0.5 / Math.sqrt(n)) return;
  }
}

/**
 * Makes row `at` a unit vector at right angles to the rows before it, in two passes of Gram–Schmidt.
 *
 * @returns the share of its length that was left; a row that had nothing left becomes 0.
 */
export function orthonormalizeRow(rows: Float64Array, at: number, n: number): number {
  const start = Math.sqrt(dotRows(rows, at * n, at * n, n));
  for (let pass = 0; pass < 2; pass++) {
    for (let p = 0; p < at; p++) {
      const along = dotRows(rows, p * n, at * n, n);
      for (let c = 0; c < n; c++) rows[at * n + c]! -= along * rows[p * n + c]!;
    }
  }
  const left = Math.sqrt(dotRows(rows, at * n, at * n, n));
  const isNothing = !(left > 1e-14 * start);
  for (let c = 0; c < n; c++) rows[at * n + c] = isNothing ? 0 : rows[at * n + c]! / left;
  return isNothing ? 0 : left / start;
}
