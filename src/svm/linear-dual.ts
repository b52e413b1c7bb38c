import { type BiasedRows, type LinearSolution, type LinearStopping, retire, shuffleFirst } from './linear-problem';

/** Changes smaller than this are not made. */
const TINY = 1e-12;

/** A machine for two classes in its dual form. */
export interface ClassProblem extends LinearStopping {
  readonly rows: BiasedRows;
  /** The samples to learn from, in order. */
  readonly samples: Int32Array;
  /** 1 or −1, by place in `samples`. */
  readonly y: Float64Array;
  /** C of each, by place. */
  readonly C: Float64Array;
  /** max(0, 1 − z)² instead of max(0, 1 − z). */
  readonly isSquared: boolean;
}

/**
 * Minimises ½‖w‖² + Σ C·loss(y·w·x) by coordinate descent in the dual, samples whose α stays at a bound set aside meanwhile.
 *
 * Reference: Hsieh et al. 2008, “A Dual Coordinate Descent Method for Large-scale Linear SVM”.
 */
export function solveClassDual(problem: ClassProblem): LinearSolution {
  const { samples, tol, maxIter, draw } = problem;
  const n = samples.length;
  const state = new ClassState(problem);
  const order = Int32Array.from({ length: n }, (_, i) => i);
  let active = n;
  let bounds = { most: Number.POSITIVE_INFINITY, least: Number.NEGATIVE_INFINITY };
  let iterations = 0;
  while (iterations < maxIter) {
    shuffleFirst(order, active, draw);
    const seen = { most: Number.NEGATIVE_INFINITY, least: Number.POSITIVE_INFINITY };
    for (let s = 0; s < active; s++) {
      const slope = state.step(order[s]!, bounds);
      if (Number.isNaN(slope)) {
        active = retire(order, s, active);
        s--;
        continue;
      }
      if (slope > seen.most) seen.most = slope;
      if (slope < seen.least) seen.least = slope;
    }
    iterations++;
    if (seen.most - seen.least <= tol) {
      if (active === n) return { w: state.w, iterations, converged: true };
      active = n;
      bounds = { most: Number.POSITIVE_INFINITY, least: Number.NEGATIVE_INFINITY };
    } else {
      bounds = {
        most: seen.most <= 0 ? Number.POSITIVE_INFINITY : seen.most,
        least: seen.least >= 0 ? Number.NEGATIVE_INFINITY : seen.least,
      };
    }
  }
  return { w: state.w, iterations, converged: false };
}

class ClassState {
  readonly w: Float64Array;
  readonly #problem: ClassProblem;
  readonly #alpha: Float64Array;
  readonly #curvature: Float64Array;

  constructor(problem: ClassProblem) {
    const { rows, samples, C, isSquared } = problem;
    this.#problem = problem;
    this.w = new Float64Array(rows.width);
    this.#alpha = new Float64Array(samples.length);
    this.#curvature = Float64Array.from(samples, (i, k) => rows.squaredNorm(i) + (isSquared ? 0.5 / C[k]! : 0));
  }

  /** Minimises over one α; the projected slope before, or NaN if the sample can be set aside. */
  step(k: number, bounds: { readonly most: number; readonly least: number }): number {
    const { rows, samples, y, C, isSquared } = this.#problem;
    const alpha = this.#alpha;
    const a = alpha[k]!;
    const i = samples[k]!;
    let slope = y[k]! * rows.dot(i, this.w) - 1;
    if (isSquared) slope += (a * 0.5) / C[k]!;
    const top = isSquared ? Number.POSITIVE_INFINITY : C[k]!;
    let projected = slope;
    if (a === 0) {
      if (slope > bounds.most) return Number.NaN;
      projected = Math.min(0, slope);
    } else if (a === top) {
      if (slope < bounds.least) return Number.NaN;
      projected = Math.max(0, slope);
    }
    if (Math.abs(projected) > TINY) {
      alpha[k] = Math.min(Math.max(a - slope / this.#curvature[k]!, 0), top);
      rows.add(i, (alpha[k]! - a) * y[k]!, this.w);
    }
    return projected;
  }
}

/** A regression machine in its dual form. */
export interface ValueProblem extends LinearStopping {
  readonly rows: BiasedRows;
  readonly samples: Int32Array;
  /** Targets, by place in `samples`. */
  readonly y: Float64Array;
  readonly C: Float64Array;
  readonly epsilon: number;
  /** max(0, |r| − ε)² instead of max(0, |r| − ε). */
  readonly isSquared: boolean;
}

/**
 * Minimises ½‖w‖² + Σ C·loss(w·x − y) by coordinate descent in the dual.
 *
 * Reference: Ho & Lin 2012, “Large-scale Linear Support Vector Regression”, JMLR 13.
 */
export function solveValueDual(problem: ValueProblem): LinearSolution {
  const { samples, tol, maxIter, draw } = problem;
  const n = samples.length;
  const state = new ValueState(problem);
  const order = Int32Array.from({ length: n }, (_, i) => i);
  let active = n;
  let bound = Number.POSITIVE_INFINITY;
  let first = 0;
  let iterations = 0;
  while (iterations < maxIter) {
    shuffleFirst(order, active, draw);
    let most = 0;
    let sum = 0;
    for (let s = 0; s < active; s++) {
      const violation = state.step(order[s]!, bound);
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
      if (active === n) return { w: state.w, iterations, converged: true };
      active = n;
      bound = Number.POSITIVE_INFINITY;
    } else bound = most;
  }
  return { w: state.w, iterations, converged: false };
}

class ValueState {
  readonly w: Float64Array;
  readonly #problem: ValueProblem;
  readonly #beta: Float64Array;
  readonly #squares: Float64Array;

  constructor(problem: ValueProblem) {
    const { rows, samples } = problem;
    this.#problem = problem;
    this.w = new Float64Array(rows.width);
    this.#beta = new Float64Array(samples.length);
    this.#squares = Float64Array.from(samples, (i) => rows.squaredNorm(i));
  }

  /** Minimises over one β; how far it broke its conditions before, or −1 if the sample can be set aside. */
  step(k: number, bound: number): number {
    const { rows, samples, y, C, epsilon, isSquared } = this.#problem;
    const b = this.#beta[k]!;
    const i = samples[k]!;
    const own = isSquared ? 0.5 / C[k]! : 0;
    const top = isSquared ? Number.POSITIVE_INFINITY : C[k]!;
    const slope = own * b - y[k]! + rows.dot(i, this.w);
    const curvature = this.#squares[k]! + own;
    const [up, down] = [slope + epsilon, slope - epsilon];
    const violation = violationOf(b, up, down, top, bound);
    if (violation < 0) return violation;
    let change = -b;
    if (up < curvature * b) change = -up / curvature;
    else if (down > curvature * b) change = -down / curvature;
    if (Math.abs(change) < TINY) return violation;
    this.#beta[k] = Math.min(Math.max(b + change, -top), top);
    const made = this.#beta[k]! - b;
    if (made !== 0) rows.add(i, made, this.w);
    return violation;
  }
}

/** @param up - slope where β grows. @param down - slope where it falls. */
function violationOf(b: number, up: number, down: number, top: number, bound: number): number {
  if (b === 0) {
    if (up < 0) return -up;
    if (down > 0) return down;
    return up > bound && down < -bound ? -1 : 0;
  }
  if (b >= top) return up > 0 ? up : up < -bound ? -1 : 0;
  if (b <= -top) return down < 0 ? -down : down > bound ? -1 : 0;
  return Math.abs(b > 0 ? up : down);
}
