import { countFeatures, countSamples, type Dense } from '../data/matrix';
import { type CsrMatrix, isSparse } from '../data/sparse';
import type { Centred } from './centre';
import { type FillRows, reduceRows, solveNormal, solveReduced } from './orthogonal';
import { dot } from './vectors';

/** Coefficients `[targets][features]`, and how many directions of the samples they are found in. */
export interface LeastSquares {
  readonly coefs: readonly Float64Array[];
  /** null for sparse samples, whose rank is not looked for. */
  readonly rank: number | null;
  /** Steps it took, for sparse samples. */
  readonly iterations: number;
  readonly converged: boolean;
}

/**
 * The coefficients that minimise ‖X·w − y‖² + α‖w‖²; those of least norm where α is 0 and there are several.
 *
 * Dense samples are reduced by orthogonal transformations, sparse ones solved for by conjugate gradients.
 */
export function leastSquares(problem: Centred, alpha: number): LeastSquares {
  const { X } = problem;
  if (isSparse(X)) return bySteps(problem, X, alpha);
  return X.cols <= X.rows ? tall(problem, alpha) : wide(problem, alpha);
}

const toleranceFor = (X: Dense): number => Math.max(X.rows, X.cols) * Number.EPSILON;

/** The triangle R `[p, p + targets]` of the samples below √α·I, with Qᵀ·y beside it. */
export function triangleOf(problem: Centred, alpha: number): Float64Array {
  const X = problem.X as Dense;
  const { targets } = problem;
  const p = X.cols;
  const R = new Float64Array(p * (p + targets.length));
  if (alpha > 0) for (let j = 0; j < p; j++) R[j * (p + targets.length) + j] = Math.sqrt(alpha);
  const fillSamples = fillFrom(problem);
  const fill: FillRows = (from, count, block, stride) => {
    fillSamples(from, count, block, stride);
    targets.forEach((y, t) => {
      block.set(y.subarray(from, from + count), (p + t) * stride);
    });
  };
  reduceRows(X.rows, p, targets.length, fill, R);
  return R;
}

function fillFrom({ X, mean, root }: Centred): FillRows {
  const { data, cols } = X as Dense;
  return (from, count, block, stride) => {
    for (let i = 0; i < count; i++) {
      const at = (from + i) * cols;
      const s = root === null ? 1 : root[from + i]!;
      for (let j = 0; j < cols; j++) block[j * stride + i] = (data[at + j]! - mean[j]!) * s;
    }
  };
}

function tall(problem: Centred, alpha: number): LeastSquares {
  const X = problem.X as Dense;
  const R = triangleOf(problem, alpha);
  const { solutions, rank } = solveReduced(R, X.cols, problem.targets.length, toleranceFor(X));
  return { coefs: solutions, rank, iterations: 0, converged: true };
}

/** More features than samples: w = Xᵀ·z with (X·Xᵀ + αI)·z = y, by the triangle of Xᵀ, and refined once. */
function wide({ X, mean, root, targets }: Centred, alpha: number): LeastSquares {
  const { data, rows, cols } = X as Dense;
  const A = new Float64Array(rows * cols);
  for (let i = 0, at = 0; i < rows; i++) {
    const s = root === null ? 1 : root[i]!;
    for (let j = 0; j < cols; j++, at++) A[at] = (data[at]! - mean[j]!) * s;
  }
  const R = new Float64Array(rows * rows);
  if (alpha > 0) for (let i = 0; i < rows; i++) R[i * rows + i] = Math.sqrt(alpha);
  const fill: FillRows = (from, count, block, stride) => {
    for (let i = 0; i < rows; i++) for (let j = 0; j < count; j++) block[i * stride + j] = A[i * cols + from + j]!;
  };
  reduceRows(cols, rows, 0, fill, R);
  const { solve, rank } = solveNormal(R, rows, toleranceFor(X as Dense));
  const row = (i: number): Float64Array => A.subarray(i * cols, (i + 1) * cols);
  const coefs = targets.map((y) => {
    const z = solve(y);
    // Rounding in the squared system is made up for by solving for what it leaves.
    const w = combine(A, z, cols);
    const rest = y.map((v, i) => v - dot(row(i), w) - alpha * z[i]!);
    const more = solve(rest);
    return combine(
      A,
      z.map((v, i) => v + more[i]!),
      cols,
    );
  });
  return { coefs, rank, iterations: 0, converged: true };
}

function combine(A: Float64Array, z: Float64Array, cols: number): Float64Array {
  const w = new Float64Array(cols);
  for (let i = 0; i < z.length; i++) for (let j = 0; j < cols; j++) w[j]! += z[i]! * A[i * cols + j]!;
  return w;
}

/** Relative size of the gradient at which conjugate gradients end. */
const SMALL = 1e-13;

/**
 * Conjugate gradients on the normal equations, without forming them; from 0, so that the solution is the one of least norm.
 *
 * Reference: Björck 1996, “Numerical Methods for Least Squares Problems”, section 7.4.
 */
function bySteps({ mean, root, targets }: Centred, X: CsrMatrix, alpha: number): LeastSquares {
  const most = 20 * Math.min(countSamples(X), countFeatures(X)) + 100;
  let iterations = 0;
  let converged = true;
  const coefs = targets.map((y) => {
    const w = new Float64Array(mean.length);
    const r = y.slice();
    let s = timesTransposed(X, mean, root, r);
    let p = s.slice();
    let size = dot(s, s);
    const enough = SMALL * SMALL * size;
    let k = 0;
    for (; k < most && size > enough; k++) {
      const q = times(X, mean, root, p);
      const step = size / (dot(q, q) + alpha * dot(p, p));
      for (let j = 0; j < w.length; j++) w[j]! += step * p[j]!;
      for (let i = 0; i < r.length; i++) r[i]! -= step * q[i]!;
      s = timesTransposed(X, mean, root, r);
      for (let j = 0; j < s.length; j++) s[j]! -= alpha * w[j]!;
      const next = dot(s, s);
      const ratio = next / size;
      size = next;
      p = p.map((v, j) => s[j]! + ratio * v);
    }
    iterations = Math.max(iterations, k);
    // Rounding bounds how small the gradient gets; what is left of it then does no harm.
    if (size > 1e-20 * Math.max(enough / (SMALL * SMALL), 1e-300)) converged = false;
    return w;
  });
  return { coefs, rank: null, iterations, converged };
}

/** (X − mean)·v, scaled by the roots. */
function times(X: CsrMatrix, mean: Float64Array, root: Float64Array | null, v: Float64Array): Float64Array {
  const shift = dot(mean, v);
  const out = new Float64Array(X.shape[0]);
  for (let i = 0; i < out.length; i++) {
    let sum = -shift;
    for (let e = X.indptr[i]!; e < X.indptr[i + 1]!; e++) sum += X.data[e]! * v[X.indices[e]!]!;
    out[i] = root === null ? sum : sum * root[i]!;
  }
  return out;
}

/** (X − mean)ᵀ·u after u is scaled by the roots. */
function timesTransposed(X: CsrMatrix, mean: Float64Array, root: Float64Array | null, u: Float64Array): Float64Array {
  const out = new Float64Array(mean.length);
  let sum = 0;
  for (let i = 0; i < u.length; i++) {
    const s = root === null ? u[i]! : u[i]! * root[i]!;
    sum += s;
    for (let e = X.indptr[i]!; e < X.indptr[i + 1]!; e++) out[X.indices[e]!]! += s * X.data[e]!;
  }
  for (let j = 0; j < out.length; j++) out[j]! -= sum * mean[j]!;
  return out;
}
