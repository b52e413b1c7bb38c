import { countFeatures, countSamples, type Samples } from '../data/matrix';
import { CscMatrix, CsrMatrix, isSparse } from '../data/sparse';
import { type LinearSolution, type LinearStopping, retire, shuffleFirst } from './linear-problem';

/** A machine for two classes with an L1 penalty. */
export interface SparseProblem extends LinearStopping {
  /** Columns of the samples to learn from, the constant one last. */
  readonly columns: CscMatrix;
  /** 1 or −1. */
  readonly y: Float64Array;
  readonly C: Float64Array;
}

/** The columns of some samples, with a constant one at the end where there is an intercept. */
export function biasedColumns(X: Samples, samples: Int32Array, bias: number | null): CscMatrix {
  const cols = countFeatures(X);
  const all = isSparse(X) ? X : CsrMatrix.fromDense({ data: X.data, shape: [countSamples(X), cols] });
  const { data, indices, indptr } = all.takeRows(samples).toCsc();
  if (bias === null) return new CscMatrix({ data, indices, indptr, shape: [samples.length, cols] });
  const n = samples.length;
  return new CscMatrix({
    data: Float64Array.from([...data, ...new Float64Array(n).fill(bias)]),
    indices: Int32Array.from([...indices, ...Array.from({ length: n }, (_, i) => i)]),
    indptr: Int32Array.from([...indptr, data.length + n]),
    shape: [n, cols + 1],
  });
}

const TINY = 1e-12;
/** Share of the decrease that a step promises which it must keep. */
const KEPT = 0.01;
const HALVINGS = 20;

/**
 * Minimises ‖w‖₁ + Σ C·max(0, 1 − y·w·x)² by coordinate descent: Newton steps over one coefficient after the other, halved until
 * they are good enough.
 *
 * Reference: Yuan et al. 2010, “A Comparison of Optimization Methods and Software for Large-scale L1-regularized Linear
 * Classification”, section 7.
 */
export function solveSparse(problem: SparseProblem): LinearSolution {
  const { columns, tol, maxIter, draw } = problem;
  const width = columns.shape[1];
  const state = new SparseState(problem);
  const order = Int32Array.from({ length: width }, (_, j) => j);
  let active = width;
  let bound = Number.POSITIVE_INFINITY;
  let first = 0;
  let iterations = 0;
  while (iterations < maxIter) {
    shuffleFirst(order, active, draw);
    let most = 0;
    let sum = 0;
    for (let s = 0; s < active; s++) {
      const violation = state.step(order[s]!, bound / columns.shape[0]);
      if (violation < 0) {
        active = retire(order, s, active);
        s--;
        continue;
      }
      if (violation > most) most = violation;
      sum += violation;
    }
    if (iterations === 0) first = sum;
    iterations++;
    if (sum <= tol * first) {
      if (active === width) return { w: state.w, iterations, converged: true };
      active = width;
      bound = Number.POSITIVE_INFINITY;
    } else bound = most;
  }
  return { w: state.w, iterations, converged: false };
}

class SparseState {
  readonly w: Float64Array;
  readonly #problem: SparseProblem;
  /** 1 − y·w·x of each sample. */
  readonly #short: Float64Array;
  /** Σ C·x_j² of each column: half a bound of the curvature. */
  readonly #squares: Float64Array;

  constructor(problem: SparseProblem) {
    const { columns, C } = problem;
    this.#problem = problem;
    this.w = new Float64Array(columns.shape[1]);
    this.#short = new Float64Array(columns.shape[0]).fill(1);
    this.#squares = this.w.map((_, j) => {
      let sum = 0;
      for (let e = columns.indptr[j]!; e < columns.indptr[j + 1]!; e++)
        sum += C[columns.indices[e]!]! * columns.data[e]! ** 2;
      return sum;
    });
  }

  /** Improves one coefficient; how far it broke its conditions before, or −1 if it can be set aside. */
  step(j: number, bound: number): number {
    const { slope, curvature } = this.#derivatives(j);
    const w = this.w[j]!;
    const [up, down] = [slope + 1, slope - 1];
    let violation = Math.abs(w > 0 ? up : down);
    if (w === 0) {
      violation = Math.max(0, -up, down);
      if (violation === 0 && up > bound && down < -bound) return -1;
    }
    let change = -w;
    if (up < curvature * w) change = -up / curvature;
    else if (down > curvature * w) change = -down / curvature;
    if (Math.abs(change) >= TINY) this.w[j] = w + this.#search(j, change, slope);
    return violation;
  }

  #derivatives(j: number): { slope: number; curvature: number } {
    const { columns, y, C } = this.#problem;
    let slope = 0;
    let curvature = 0;
    for (let e = columns.indptr[j]!; e < columns.indptr[j + 1]!; e++) {
      const i = columns.indices[e]!;
      if (this.#short[i]! <= 0) continue;
      const v = C[i]! * columns.data[e]!;
      slope -= v * y[i]! * this.#short[i]!;
      curvature += v * columns.data[e]!;
    }
    return { slope: 2 * slope, curvature: Math.max(2 * curvature, TINY) };
  }

  /** Halves the change until the objective falls enough, and takes it into the shortfalls; the change made. */
  #search(j: number, change: number, slope: number): number {
    const w = this.w[j]!;
    let promised = Math.abs(w + change) - Math.abs(w) + slope * change;
    let made = 0;
    let before = Number.NaN;
    let d = change;
    for (let k = 0; k < HALVINGS; k++) {
      const rise = Math.abs(w + d) - Math.abs(w) - KEPT * promised;
      // A bound of the loss saves going through it.
      if (this.#squares[j]! * d * d + slope * d + rise <= 0) {
        this.#move(j, d - made);
        return d;
      }
      if (Number.isNaN(before)) before = this.#loss(j);
      this.#move(j, d - made);
      made = d;
      if (this.#loss(j) - before + rise <= 0) return d;
      d /= 2;
      promised /= 2;
    }
    return made;
  }

  #move(j: number, d: number): void {
    const { columns, y } = this.#problem;
    for (let e = columns.indptr[j]!; e < columns.indptr[j + 1]!; e++) {
      const i = columns.indices[e]!;
      this.#short[i]! -= d * columns.data[e]! * y[i]!;
    }
  }

  /** The loss of the samples that have feature j. */
  #loss(j: number): number {
    const { columns, C } = this.#problem;
    let sum = 0;
    for (let e = columns.indptr[j]!; e < columns.indptr[j + 1]!; e++) {
      const i = columns.indices[e]!;
      if (this.#short[i]! > 0) sum += C[i]! * this.#short[i]! ** 2;
    }
    return sum;
  }
}
