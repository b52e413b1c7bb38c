import { addAt, dot, dotAt } from './vectors';

/** Writes `count` rows from row `from` on into `block`, column by column, each `stride` long. */
export type FillRows = (from: number, count: number, block: Float64Array, stride: number) => void;

const BLOCK = 96;

/**
 * Reduces the rows of [A | B] to the triangle of A = Q·R and the rows Qᵀ·B beside it, by Householder reflections. Rows come in
 * blocks, so that the working set stays small however many there are.
 *
 * @param rows - how many there are.
 * @param p - columns of A.
 * @param k - columns of B.
 * @param fill - gives the rows.
 * @param R - `[p, p + k]`, row-major: what is in it counts as rows already reduced (zeros: none); replaced by R and Qᵀ·B.
 *
 * Reference: Golub & Van Loan 2013, “Matrix Computations”, section 5.2.
 */
export function reduceRows(rows: number, p: number, k: number, fill: FillRows, R: Float64Array): void {
  const width = p + k;
  const block = new Float64Array(width * BLOCK);
  for (let from = 0; from < rows; from += BLOCK) {
    const count = Math.min(BLOCK, rows - from);
    fill(from, count, block, BLOCK);
    for (let j = 0; j < p; j++) reflect(R, block, count, j, width);
  }
}

/** Brings column j of the block to 0, and row j of R with it. */
function reflect(R: Float64Array, block: Float64Array, count: number, j: number, width: number): void {
  const v = j * BLOCK;
  const below = dotAt(block, v, block, v, count);
  if (below === 0) return;
  const row = j * width;
  const a = R[row + j]!;
  const norm = Math.sqrt(a * a + below);
  const head = a > 0 ? a + norm : a - norm;
  const factor = 2 / (head * head + below);
  R[row + j] = a > 0 ? -norm : norm;
  for (let c = j + 1; c < width; c++) {
    const x = c * BLOCK;
    const s = factor * (head * R[row + c]! + dotAt(block, v, block, x, count));
    R[row + c]! -= s * head;
    addAt(block, x, -s, block, v, count);
  }
}

/** The least-norm solutions of R·w = c for the columns beside R, and how many singular values count. */
export interface TriangleSolution {
  /** `[k][p]`. */
  readonly solutions: readonly Float64Array[];
  readonly rank: number;
}

/**
 * @param R - `[p, p + k]` from {@link reduceRows}.
 * @param tolerance - singular values no larger than this times the largest count as 0.
 */
export function solveReduced(R: Float64Array, p: number, k: number, tolerance: number): TriangleSolution {
  const width = p + k;
  const columns = Array.from({ length: k }, (_, t) =>
    Float64Array.from({ length: p }, (_v, i) => R[i * width + p + t]!),
  );
  if (isClearlyRegular(R, p, width, tolerance)) {
    for (const c of columns) backSubstitute(R, p, width, c);
    return { solutions: columns, rank: p };
  }
  const { values, left, right, rank } = singularParts(R, p, width, tolerance);
  const solutions = columns.map((c) => {
    const w = new Float64Array(p);
    for (const j of rank) {
      let s = 0;
      for (let i = 0; i < p; i++) s += left[j]![i]! * c[i]!;
      s /= values[j]! ** 2;
      for (let i = 0; i < p; i++) w[i]! += s * right[j]![i]!;
    }
    return w;
  });
  return { solutions, rank: rank.length };
}

/** The solutions z of RᵀR·z = b of least norm, as a function of b, and the rank. */
export function solveNormal(
  R: Float64Array,
  p: number,
  tolerance: number,
): { readonly solve: (b: Float64Array) => Float64Array; readonly rank: number } {
  if (isClearlyRegular(R, p, p, tolerance)) {
    const solve = (b: Float64Array): Float64Array => {
      const z = b.slice();
      forwardSubstitute(R, p, p, z);
      backSubstitute(R, p, p, z);
      return z;
    };
    return { solve, rank: p };
  }
  const { values, right, rank } = singularParts(R, p, p, tolerance);
  const solve = (b: Float64Array): Float64Array => {
    const z = new Float64Array(p);
    for (const j of rank) {
      let s = 0;
      for (let i = 0; i < p; i++) s += right[j]![i]! * b[i]!;
      s /= values[j]! ** 2;
      for (let i = 0; i < p; i++) z[i]! += s * right[j]![i]!;
    }
    return z;
  };
  return { solve, rank: rank.length };
}

/** Solves R·w = c in place. */
export function backSubstitute(R: Float64Array, p: number, width: number, c: Float64Array): void {
  for (let i = p - 1; i >= 0; i--) {
    let s = c[i]!;
    for (let j = i + 1; j < p; j++) s -= R[i * width + j]! * c[j]!;
    c[i] = s / R[i * width + i]!;
  }
}

/** Solves Rᵀ·w = c in place. */
export function forwardSubstitute(R: Float64Array, p: number, width: number, c: Float64Array): void {
  for (let i = 0; i < p; i++) {
    const x = c[i]! / R[i * width + i]!;
    c[i] = x;
    for (let j = i + 1; j < p; j++) c[j]! -= R[i * width + j]! * x;
  }
}

/** Whether even a low bound of the smallest singular value, 1 / ‖R⁻¹‖, is beyond the tolerance. */
function isClearlyRegular(R: Float64Array, p: number, width: number, tolerance: number): boolean {
  let size = 0;
  for (let i = 0; i < p; i++) {
    if (R[i * width + i] === 0) return false;
    for (let j = i; j < p; j++) size += R[i * width + j]! ** 2;
  }
  let inverse = 0;
  const column = new Float64Array(p);
  for (let c = 0; c < p; c++) {
    // Column c of R⁻¹ is 0 below row c.
    for (let i = c; i >= 0; i--) {
      let s = i === c ? 1 : 0;
      for (let j = i + 1; j <= c; j++) s -= R[i * width + j]! * column[j]!;
      column[i] = s / R[i * width + i]!;
      inverse += column[i]! ** 2;
    }
  }
  return Math.sqrt(size) * Math.sqrt(inverse) * tolerance < 0.1;
}

interface SingularParts {
  /** Singular values. */
  readonly values: Float64Array;
  /** Left singular vectors times their values. */
  readonly left: readonly Float64Array[];
  readonly right: readonly Float64Array[];
  /** Which values count. */
  readonly rank: readonly number[];
}

/** R = Σ left·rightᵀ by rotating its columns until they are orthogonal (one-sided Jacobi). */
function singularParts(R: Float64Array, p: number, width: number, tolerance: number): SingularParts {
  const left = Array.from({ length: p }, (_, j) =>
    Float64Array.from({ length: p }, (_v, i) => (i <= j ? R[i * width + j]! : 0)),
  );
  const right = Array.from({ length: p }, (_, j) => Float64Array.from({ length: p }, (_v, i) => Number(i === j)));
  for (let sweep = 0; sweep < 60; sweep++) {
    let rotations = 0;
    for (let a = 0; a < p; a++) for (let b = a + 1; b < p; b++) if (rotatePair(left, right, a, b)) rotations++;
    if (rotations === 0) break;
  }
  const values = Float64Array.from(left, (g) => Math.sqrt(dot(g, g)));
  const top = values.reduce((m, v) => Math.max(m, v), 0);
  const rank = Array.from(values.keys()).filter((j) => values[j]! > tolerance * top);
  return { values, left, right, rank };
}

function rotatePair(left: readonly Float64Array[], right: readonly Float64Array[], a: number, b: number): boolean {
  const [x, y] = [left[a]!, left[b]!];
  const xx = dot(x, x);
  const yy = dot(y, y);
  const xy = dot(x, y);
  if (Math.abs(xy) <= 1e-15 * Math.sqrt(xx * yy)) return false;
  const zeta = (yy - xx) / (2 * xy);
  const t = (zeta >= 0 ? 1 : -1) / (Math.abs(zeta) + Math.sqrt(1 + zeta * zeta));
  const c = 1 / Math.sqrt(1 + t * t);
  const s = c * t;
  rotate(x, y, c, s);
  rotate(right[a]!, right[b]!, c, s);
  return true;
}

function rotate(x: Float64Array, y: Float64Array, c: number, s: number): void {
  for (let i = 0; i < x.length; i++) {
    const v = x[i]!;
    x[i] = c * v - s * y[i]!;
    y[i] = s * v + c * y[i]!;
  }
}
