import { ConfigError } from '../core/errors';
import { countFeatures, countSamples, type Samples } from '../data/matrix';
import { isSparse } from '../data/sparse';
import { factorCholesky } from '../ops/factor';
import { interceptL2, type Problem, parameterCount } from './loss';
import { Curvature } from './newton-curvature';
import { addOuterProducts } from './products';

/**
 * The Newton direction −H⁻¹·g by a Cholesky factorisation of the whole Hessian; null where it is singular.
 *
 * With several outputs, adding the same to all of them changes no probability. Where no penalty holds them, the Hessian is
 * singular along that shift alone; the gradient has no part in it, so a multiple of the projection on it may be added
 * without changing the step.
 */
export function newtonByCholesky(problem: Problem, x: Float64Array, gradient: Float64Array): Float64Array | null {
  const n = parameterCount(problem);
  const H = hessian(problem, new Curvature(problem, x).p);
  holdShifts(problem, H, n);
  const L = factor(H, n);
  if (L === null) return null;
  const d = gradient.map((v) => -v);
  solveFactored(L, n, d);
  return d.every(Number.isFinite) ? d : null;
}

/** The lower triangle of the Hessian, row by row. */
function hessian(problem: Problem, p: Float64Array): Float64Array {
  const { X, outputs: k, weights, l2, fitIntercept } = problem;
  const n = parameterCount(problem);
  const cols = countFeatures(X);
  const H = new Float64Array(n * n);
  const r = new Float64Array(weights.length);
  for (let a = 0; a < k; a++) {
    for (let b = 0; b <= a; b++) {
      for (let i = 0; i < r.length; i++) {
        const [pa, pb] = [p[i * k + a]!, p[i * k + b]!];
        r[i] = weights[i]! * pa * (Number(a === b) - pb);
      }
      addGram(X, r, H, n, a * cols, b * cols);
      if (fitIntercept) addBorder(X, r, H, n, { row: k * cols + a, col: b * cols, mirror: [k * cols + b, a * cols] });
      if (fitIntercept) H[(k * cols + a) * n + k * cols + b]! += r.reduce((sum, v) => sum + v, 0);
    }
  }
  const ofIntercept = interceptL2(problem);
  for (let j = 0; j < n; j++) H[j * n + j]! += j < k * cols ? l2 : ofIntercept;
  return H;
}

/** Adds Xᵀ·diag(r)·X with its first element at (row, col): the lower triangle where that is on the diagonal. */
function addGram(X: Samples, r: Float64Array, H: Float64Array, n: number, row: number, col: number): void {
  const rows = countSamples(X);
  if (isSparse(X)) {
    const { data, indices, indptr } = X;
    for (let i = 0; i < rows; i++) {
      for (let e = indptr[i]!; e < indptr[i + 1]!; e++) {
        const v = r[i]! * data[e]!;
        const at = (row + indices[e]!) * n + col;
        for (let f = indptr[i]!; f < indptr[i + 1]!; f++) H[at + indices[f]!]! += v * data[f]!;
      }
    }
    return;
  }
  const { data, cols } = X;
  const isDiagonal = row === col;
  for (let i = 0; i < rows; i++) {
    const x = i * cols;
    for (let u = 0; u < cols; u++) {
      const v = r[i]! * data[x + u]!;
      const at = (row + u) * n + col;
      const end = isDiagonal ? u + 1 : cols;
      for (let w = 0; w < end; w++) H[at + w]! += v * data[x + w]!;
    }
  }
}

interface Border {
  readonly row: number;
  readonly col: number;
  /** Where the same sums belong, too, if that is another place: those of intercept b with the coefficients of a. */
  readonly mirror: readonly [row: number, col: number];
}

/** Adds rᵀ·X, the products of an intercept with coefficients, into a row of H. */
function addBorder(X: Samples, r: Float64Array, H: Float64Array, n: number, { row, col, mirror }: Border): void {
  const sums = new Float64Array(countFeatures(X));
  addOuterProducts(X, r, 1, sums);
  for (let j = 0; j < sums.length; j++) H[row * n + col + j]! += sums[j]!;
  if (mirror[0] !== row) for (let j = 0; j < sums.length; j++) H[mirror[0] * n + mirror[1] + j]! += sums[j]!;
}

/** Adds a multiple of the projection on a common shift of all outputs, for parameters without a penalty. */
function holdShifts(problem: Problem, H: Float64Array, n: number): void {
  const { X, outputs: k, l2, fitIntercept } = problem;
  if (k === 1) return;
  const cols = countFeatures(X);
  const hold = (first: number, step: number): void => {
    let size = 0;
    for (let c = 0; c < k; c++) size += H[(first + c * step) * (n + 1)]! / k;
    for (let a = 0; a < k; a++) for (let b = 0; b <= a; b++) H[(first + a * step) * n + first + b * step]! += size;
  };
  if (l2 === 0) for (let j = 0; j < cols; j++) hold(j, cols);
  if (fitIntercept && interceptL2(problem) === 0) hold(k * cols, 1);
}

/** The Cholesky factor of H; null where H is not positive definite. */
function factor(H: Float64Array, n: number): Float64Array | null {
  try {
    return factorCholesky(H, n, 0);
  } catch (error) {
    if (error instanceof ConfigError) return null;
    throw error;
  }
}

/** Solves L·Lᵀ·d = b in place of b. */
function solveFactored(L: Float64Array, n: number, b: Float64Array): void {
  for (let i = 0; i < n; i++) {
    let sum = b[i]!;
    for (let t = 0; t < i; t++) sum -= L[i * n + t]! * b[t]!;
    b[i] = sum / L[i * n + i]!;
  }
  for (let i = n - 1; i >= 0; i--) {
    let sum = b[i]!;
    for (let t = i + 1; t < n; t++) sum -= L[t * n + i]! * b[t]!;
    b[i] = sum / L[i * n + i]!;
  }
}
