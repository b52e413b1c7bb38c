import { countFeatures, countSamples, type Samples } from '../data/matrix';
import { isSparse } from '../data/sparse';
import type { MinimizeResult } from '../optim/lbfgs-minimize';
import { type Problem, parameterCount } from './loss';

/** Samples by columns: what coordinate descent walks along. */
interface Columns {
  readonly rows: number;
  /** Row of each entry; null where every column has one entry per row. */
  readonly indices: Int32Array | null;
  readonly data: Float64Array;
  /** Where each column begins, and at last the number of entries. */
  readonly starts: Int32Array;
}

/** The columns of X, and one of ones past the last for an intercept. */
function columnsOf(X: Samples, withOnes: boolean): Columns {
  const rows = countSamples(X);
  const ones = Number(withOnes) * rows;
  if (isSparse(X)) {
    const sparse = X.toCsc();
    const entries = sparse.data.length;
    const data = new Float64Array(entries + ones).fill(1);
    data.set(sparse.data);
    const indices = Int32Array.from({ length: entries + ones }, (_, e) => e - entries);
    indices.set(sparse.indices);
    return {
      rows,
      indices,
      data,
      starts: Int32Array.from(withOnes ? [...sparse.indptr, entries + rows] : sparse.indptr),
    };
  }
  const { cols } = X;
  const data = new Float64Array(rows * cols + ones).fill(1);
  for (let i = 0; i < rows; i++) for (let j = 0; j < cols; j++) data[j * rows + i] = X.data[i * cols + j]!;
  return { rows, indices: null, data, starts: Int32Array.from({ length: data.length / rows + 1 }, (_, j) => j * rows) };
}

/** Σ xᵢ·rᵢ over a column. */
function sumColumn({ rows, indices, data, starts }: Columns, j: number, r: Float64Array): number {
  const [begin, end] = [starts[j]!, starts[j + 1]!];
  let sum = 0;
  if (indices === null) for (let i = 0; i < rows; i++) sum += data[begin + i]! * r[i]!;
  else for (let e = begin; e < end; e++) sum += data[e]! * r[indices[e]!]!;
  return sum;
}

/** Σ xᵢ·dᵢ·rᵢ over a column. */
function sumWeighted({ rows, indices, data, starts }: Columns, j: number, d: Float64Array, r: Float64Array): number {
  const [begin, end] = [starts[j]!, starts[j + 1]!];
  let sum = 0;
  if (indices === null) for (let i = 0; i < rows; i++) sum += data[begin + i]! * d[i]! * r[i]!;
  else for (let e = begin; e < end; e++) sum += data[e]! * d[indices[e]!]! * r[indices[e]!]!;
  return sum;
}

function addColumn({ rows, indices, data, starts }: Columns, j: number, factor: number, out: Float64Array): void {
  const [begin, end] = [starts[j]!, starts[j + 1]!];
  if (indices === null) for (let i = 0; i < rows; i++) out[i]! += factor * data[begin + i]!;
  else for (let e = begin; e < end; e++) out[indices[e]!]! += factor * data[e]!;
}

/** At most so many rounds over the coordinates per quadratic model. */
const MAX_ROUNDS = 1000;
const MAX_HALVINGS = 40;

/**
 * Minimises a logistic objective of one output with an L1 penalty, by a sequence of quadratic models, each minimised
 * coordinate by coordinate, with a line search between them.
 *
 * Converged when no component of the gradient, less what the L1 penalty can hold, is larger than `tol`.
 *
 * Reference: Yuan, Ho & Lin 2012, “An Improved GLMNET for L1-regularized Logistic Regression”, JMLR 13.
 */
export function minimizeByCoordinates(
  problem: Problem,
  start: Float64Array,
  { tol, maxIter }: { readonly tol: number; readonly maxIter: number },
): MinimizeResult {
  const state = new Descent(problem, start);
  let iterations = 0;
  let evaluations = 1;
  let violation = state.violation();
  const first = violation;
  const finish = (reason: MinimizeResult['reason']): MinimizeResult => {
    return { x: state.x, value: state.value, gradientNorm: violation, iterations, evaluations, reason };
  };
  while (!(violation <= tol)) {
    if (iterations === maxIter) return finish('iterations');
    // The model is solved the better the nearer its minimum is to that of the objective.
    const enough = Math.max(0.1 * tol, Math.min(0.1 * violation, (violation * violation) / first));
    const tried = state.step(enough);
    evaluations += tried;
    if (tried > MAX_HALVINGS) return finish('line search');
    iterations++;
    violation = state.violation();
  }
  return finish('gradient');
}

/** Where the descent has come to, and the quadratic model there. */
class Descent {
  readonly x: Float64Array;
  value: number;
  readonly #problem: Problem;
  readonly #X: Columns;
  /** The same with squared entries. */
  readonly #squares: Columns;
  /** The penalties of each coordinate. */
  readonly #l1: Float64Array;
  readonly #l2: Float64Array;
  /** Scores, and the derivatives by them. */
  #z: Float64Array;
  readonly #r: Float64Array;
  readonly #curvature: Float64Array;
  readonly #gradient: Float64Array;

  constructor(problem: Problem, start: Float64Array) {
    const { X, l1, l2, interceptScaling: scale } = problem;
    const [n, cols] = [parameterCount(problem), countFeatures(X)];
    const rows = countSamples(X);
    this.#problem = problem;
    this.x = start.slice();
    this.#X = columnsOf(X, problem.fitIntercept);
    this.#squares = { ...this.#X, data: this.#X.data.map((v) => v * v) };
    this.#l1 = new Float64Array(n).fill(l1);
    this.#l2 = new Float64Array(n).fill(l2);
    if (n > cols) {
      this.#l1[cols] = scale === null ? 0 : l1 / scale;
      this.#l2[cols] = scale === null ? 0 : l2 / scale ** 2;
    }
    this.#z = new Float64Array(rows);
    this.#r = new Float64Array(rows);
    this.#curvature = new Float64Array(rows);
    this.#gradient = new Float64Array(n);
    for (let j = 0; j < n; j++) if (this.x[j] !== 0) addColumn(this.#X, j, this.x[j]!, this.#z);
    this.value = this.#evaluate(this.#z, this.x);
    this.#differentiate();
  }

  /** The largest component of the gradient that no subgradient of the L1 penalty makes up for. */
  violation(): number {
    let most = 0;
    for (let j = 0; j < this.x.length; j++) most = Math.max(most, this.#violationAt(j, this.#gradient[j]!, this.x[j]!));
    return most;
  }

  /** Moves to the minimum of the model, or part of the way. How many values it took: more than MAX_HALVINGS if none was lower. */
  step(enough: number): number {
    const { direction, image } = this.#minimiseModel(enough);
    let expected = 0;
    for (let j = 0; j < direction.length; j++) {
      const [x, d] = [this.x[j]!, direction[j]!];
      expected += this.#gradient[j]! * d + this.#l1[j]! * (Math.abs(x + d) - Math.abs(x));
    }
    const noise = 1e-15 * Math.abs(this.value);
    for (let tries = 1, t = 1; tries <= MAX_HALVINGS; tries++, t /= 2) {
      const x = this.x.map((v, j) => v + t * direction[j]!);
      const z = this.#z.map((v, i) => v + t * image[i]!);
      const value = this.#evaluate(z, x);
      if (!(value <= this.value + 0.01 * t * expected + noise)) continue;
      this.x.set(x);
      this.#z = z;
      this.value = value;
      this.#differentiate();
      return tries;
    }
    return MAX_HALVINGS + 1;
  }

  /** The minimum of the quadratic model plus the L1 penalty: as a direction, and its image X·d. */
  #minimiseModel(enough: number): { readonly direction: Float64Array; readonly image: Float64Array } {
    const n = this.x.length;
    const direction = new Float64Array(n);
    const image = new Float64Array(this.#z.length);
    const D = this.#curvature;
    const diagonal = this.#gradient.map((_, j) => sumColumn(this.#squares, j, D) + this.#l2[j]! + 1e-300);
    for (let round = 0; round < MAX_ROUNDS; round++) {
      let most = 0;
      for (let j = 0; j < n; j++) {
        const slope = this.#gradient[j]! + this.#l2[j]! * direction[j]! + sumWeighted(this.#X, j, D, image);
        const at = this.x[j]! + direction[j]!;
        most = Math.max(most, this.#violationAt(j, slope, at));
        const next = shrink(at - slope / diagonal[j]!, this.#l1[j]! / diagonal[j]!);
        if (next === at) continue;
        direction[j]! += next - at;
        addColumn(this.#X, j, next - at, image);
      }
      if (most <= enough) break;
    }
    return { direction, image };
  }

  #violationAt(j: number, slope: number, at: number): number {
    const l1 = this.#l1[j]!;
    if (at > 0) return Math.abs(slope + l1);
    if (at < 0) return Math.abs(slope - l1);
    return Math.max(0, Math.abs(slope) - l1);
  }

  #evaluate(z: Float64Array, x: Float64Array): number {
    const { codes, weights } = this.#problem;
    let sum = 0;
    for (let i = 0; i < z.length; i++) {
      const wrong = codes[i] === 1 ? -z[i]! : z[i]!;
      sum += weights[i]! * (Math.max(wrong, 0) + Math.log1p(Math.exp(-Math.abs(wrong))));
    }
    for (let j = 0; j < x.length; j++) sum += this.#l1[j]! * Math.abs(x[j]!) + 0.5 * this.#l2[j]! * x[j]! * x[j]!;
    return sum;
  }

  /** Gradient of the smooth part, and curvature of each sample's term. */
  #differentiate(): void {
    const { codes, weights } = this.#problem;
    for (let i = 0; i < this.#r.length; i++) {
      const p = 1 / (1 + Math.exp(-this.#z[i]!));
      this.#r[i] = weights[i]! * (p - codes[i]!);
      this.#curvature[i] = weights[i]! * p * (1 - p);
    }
    for (let j = 0; j < this.x.length; j++)
      this.#gradient[j] = sumColumn(this.#X, j, this.#r) + this.#l2[j]! * this.x[j]!;
  }
}

/** The number nearest 0 within `by` of `v`, moved there: the proximal map of by·|·|. */
export function shrink(v: number, by: number): number {
  if (v > by) return v - by;
  return v < -by ? v + by : 0;
}
