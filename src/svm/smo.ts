/** The matrix Q of a dual problem, by rows of exchangeable places. */
export interface QMatrix {
  readonly diagonal: Float64Array;
  row(i: number, length: number): Float32Array;
  /** Exchanges places: i₀, j₀, i₁, j₁, … with i < j, in that order. */
  swapAll(pairs: readonly number[]): void;
}

/** min ½ αᵀQα + pᵀα with yᵀα = 0 and 0 ≤ α ≤ C. */
export interface DualProblem {
  readonly Q: QMatrix;
  /** 1 or −1. */
  readonly y: Int8Array;
  readonly p: Float64Array;
  /** Upper bound of each α. */
  readonly C: Float64Array;
  /** Stops when no pair breaks the optimality conditions by more. */
  readonly tol: number;
  /** Most steps; −1: as many as it takes. */
  readonly maxIter: number;
  /** Leave samples out for a while whose α sits at a bound and is likely to stay there. */
  readonly shrinking: boolean;
}

export interface DualSolution {
  readonly alpha: Float64Array;
  /** The offset of the decision function Σ α·y·K − ρ. */
  readonly rho: number;
  readonly iterations: number;
  readonly converged: boolean;
}

const FREE = 0;
const LOWER = 1;
const UPPER = 2;
/** Curvature to use where Q has none. */
const TINY = 1e-12;

/**
 * Sequential minimal optimisation with the working set chosen by second-order information.
 *
 * Each step moves two α along the line that keeps yᵀα: the one that breaks the optimality conditions most, and the one
 * with which the objective then falls most.
 *
 * Reference: Fan, Chen, Lin 2005, “Working Set Selection Using Second Order Information for Training Support Vector
 * Machines”, JMLR 6; Chang & Lin 2011, “LIBSVM”, section 4.
 */
export function solveDual(problem: DualProblem): DualSolution {
  return new Smo(problem).solve();
}

class Smo {
  readonly #Q: QMatrix;
  readonly #tol: number;
  readonly #maxIter: number;
  readonly #shrinking: boolean;
  readonly #n: number;
  // All by place; `#active` places come first.
  readonly #y: Int8Array;
  readonly #p: Float64Array;
  readonly #C: Float64Array;
  readonly #alpha: Float64Array;
  readonly #status: Uint8Array;
  /** Gradient Qα + p; right for the active places. */
  readonly #gradient: Float64Array;
  /** The part of the gradient that comes from α at their upper bounds. */
  readonly #bounded: Float64Array;
  /** Which sample is at each place. */
  readonly #sample: Int32Array;
  #active: number;
  #hasUnshrunk = false;

  constructor({ Q, y, p, C, tol, maxIter, shrinking }: DualProblem) {
    this.#Q = Q;
    this.#tol = tol;
    this.#maxIter = maxIter;
    this.#shrinking = shrinking;
    this.#n = y.length;
    this.#y = y.slice();
    this.#p = p.slice();
    this.#C = C.slice();
    this.#alpha = new Float64Array(this.#n);
    this.#status = new Uint8Array(this.#n).fill(LOWER);
    this.#gradient = p.slice();
    this.#bounded = new Float64Array(this.#n);
    this.#sample = Int32Array.from(y, (_, i) => i);
    this.#active = this.#n;
  }

  solve(): DualSolution {
    let iterations = 0;
    let untilShrinking = Math.min(this.#n, 1000) + 1;
    let converged = false;
    while (this.#maxIter < 0 || iterations < this.#maxIter) {
      if (--untilShrinking === 0) {
        untilShrinking = Math.min(this.#n, 1000);
        if (this.#shrinking) this.#shrink();
      }
      let pair = this.#selectPair();
      if (pair === null) {
        this.#unshrink();
        pair = this.#selectPair();
        if (pair === null) {
          converged = true;
          break;
        }
        untilShrinking = 1;
      }
      iterations++;
      this.#step(pair[0], pair[1]);
    }
    if (!converged) this.#unshrink();
    const alpha = new Float64Array(this.#n);
    for (let k = 0; k < this.#n; k++) alpha[this.#sample[k]!] = this.#alpha[k]!;
    return { alpha, rho: this.#offset(), iterations, converged };
  }

  /** The next two places to work on; null when all conditions hold within `tol`. */
  #selectPair(): [number, number] | null {
    const y = this.#y;
    const g = this.#gradient;
    const status = this.#status;
    const active = this.#active;
    let i = -1;
    let up = Number.NEGATIVE_INFINITY;
    for (let t = 0; t < active; t++) {
      if (status[t] === (y[t] === 1 ? UPPER : LOWER)) continue;
      const v = -y[t]! * g[t]!;
      if (v >= up) {
        up = v;
        i = t;
      }
    }
    if (i < 0) return null;
    const row = this.#Q.row(i, active);
    const diagonal = this.#Q.diagonal;
    const ownDiagonal = diagonal[i]!;
    const doubled = 2 * y[i]!;
    let j = -1;
    let down = Number.NEGATIVE_INFINITY;
    let best = Number.POSITIVE_INFINITY;
    for (let t = 0; t < active; t++) {
      const sign = y[t]!;
      if (status[t] === (sign === 1 ? LOWER : UPPER)) continue;
      const v = sign * g[t]!;
      if (v >= down) down = v;
      const gap = up + v;
      if (gap <= 0) continue;
      const curvature = ownDiagonal + diagonal[t]! - doubled * sign * row[t]!;
      const change = -(gap * gap) / (curvature > 0 ? curvature : TINY);
      if (change <= best) {
        best = change;
        j = t;
      }
    }
    return up + down < this.#tol || j < 0 ? null : [i, j];
  }

  /** Moves αᵢ and αⱼ to the minimum on their line, within the bounds, and the gradient with them. */
  #step(i: number, j: number): void {
    const alpha = this.#alpha;
    const [oldI, oldJ] = [alpha[i]!, alpha[j]!];
    const qi = this.#Q.row(i, this.#active);
    const qj = this.#Q.row(j, this.#active);
    if (this.#y[i] === this.#y[j]) this.#moveAgainst(i, j, qi[j]!);
    else this.#moveTogether(i, j, qi[j]!);
    const di = alpha[i]! - oldI;
    const dj = alpha[j]! - oldJ;
    const g = this.#gradient;
    for (let k = 0, n = this.#active; k < n; k++) g[k]! += qi[k]! * di + qj[k]! * dj;
    this.#setStatus(i);
    this.#setStatus(j);
  }

  /** Different classes: both α change by the same amount. */
  #moveTogether(i: number, j: number, qij: number): void {
    const alpha = this.#alpha;
    const { diagonal } = this.#Q;
    const [ci, cj] = [this.#C[i]!, this.#C[j]!];
    const curvature = diagonal[i]! + diagonal[j]! + 2 * qij;
    const delta = (-this.#gradient[i]! - this.#gradient[j]!) / (curvature > 0 ? curvature : TINY);
    const difference = alpha[i]! - alpha[j]!;
    let a = alpha[i]! + delta;
    let b = alpha[j]! + delta;
    if (difference > 0 && b < 0) [a, b] = [difference, 0];
    else if (difference <= 0 && a < 0) [a, b] = [0, -difference];
    if (difference > ci - cj && a > ci) [a, b] = [ci, ci - difference];
    else if (difference <= ci - cj && b > cj) [a, b] = [cj + difference, cj];
    alpha[i] = a;
    alpha[j] = b;
  }

  /** The same class: what one α gains the other loses. */
  #moveAgainst(i: number, j: number, qij: number): void {
    const alpha = this.#alpha;
    const { diagonal } = this.#Q;
    const [ci, cj] = [this.#C[i]!, this.#C[j]!];
    const curvature = diagonal[i]! + diagonal[j]! - 2 * qij;
    const delta = (this.#gradient[i]! - this.#gradient[j]!) / (curvature > 0 ? curvature : TINY);
    const sum = alpha[i]! + alpha[j]!;
    let a = alpha[i]! - delta;
    let b = alpha[j]! + delta;
    if (sum > ci && a > ci) [a, b] = [ci, sum - ci];
    else if (sum <= ci && b < 0) [a, b] = [sum, 0];
    if (sum > cj && b > cj) [a, b] = [sum - cj, cj];
    else if (sum <= cj && a < 0) [a, b] = [0, sum];
    alpha[i] = a;
    alpha[j] = b;
  }

  #setStatus(i: number): void {
    const before = this.#status[i] === UPPER;
    const a = this.#alpha[i]!;
    this.#status[i] = a >= this.#C[i]! ? UPPER : a <= 0 ? LOWER : FREE;
    const after = this.#status[i] === UPPER;
    if (before === after || !this.#shrinking) return;
    const amount = after ? this.#C[i]! : -this.#C[i]!;
    const row = this.#Q.row(i, this.#n);
    const bounded = this.#bounded;
    for (let k = 0; k < this.#n; k++) bounded[k]! += amount * row[k]!;
  }

  /** How far the conditions are broken from either side: the largest −y·g that may rise and y·g that may fall. */
  #violations(): { readonly up: number; readonly down: number } {
    let up = Number.NEGATIVE_INFINITY;
    let down = Number.NEGATIVE_INFINITY;
    for (let t = 0; t < this.#active; t++) {
      const isPositive = this.#y[t] === 1;
      const v = this.#y[t]! * this.#gradient[t]!;
      if (this.#status[t] !== (isPositive ? UPPER : LOWER) && -v > up) up = -v;
      if (this.#status[t] !== (isPositive ? LOWER : UPPER) && v > down) down = v;
    }
    return { up, down };
  }

  /** Puts places last whose α is at a bound that the gradient presses it against. */
  #shrink(): void {
    const { up, down } = this.#violations();
    if (!this.#hasUnshrunk && up + down <= this.#tol * 10) {
      this.#hasUnshrunk = true;
      this.#unshrink();
    }
    const isSettled = (t: number): boolean => {
      if (this.#status[t] === FREE) return false;
      const pressure = this.#status[t] === UPPER ? -this.#gradient[t]! : this.#gradient[t]!;
      return pressure > ((this.#status[t] === UPPER) === (this.#y[t] === 1) ? up : down);
    };
    const pairs: number[] = [];
    for (let t = 0; t < this.#active; t++) {
      if (!isSettled(t)) continue;
      this.#active--;
      while (this.#active > t && isSettled(this.#active)) this.#active--;
      if (this.#active === t) continue;
      this.#exchange(t, this.#active);
      pairs.push(t, this.#active);
    }
    this.#Q.swapAll(pairs);
  }

  /** Makes every place active again, its gradient computed from the α that are not 0. */
  #unshrink(): void {
    const n = this.#n;
    const active = this.#active;
    if (active === n) return;
    const g = this.#gradient;
    for (let k = active; k < n; k++) g[k] = this.#bounded[k]! + this.#p[k]!;
    const free: number[] = [];
    for (let k = 0; k < active; k++) if (this.#status[k] === FREE) free.push(k);
    const byInactive = free.length * n > 2 * active * (n - active);
    if (byInactive) {
      for (let k = active; k < n; k++) {
        const row = this.#Q.row(k, active);
        for (const f of free) g[k]! += this.#alpha[f]! * row[f]!;
      }
    } else {
      for (const f of free) {
        const row = this.#Q.row(f, n);
        const a = this.#alpha[f]!;
        for (let k = active; k < n; k++) g[k]! += a * row[k]!;
      }
    }
    this.#active = n;
  }

  #exchange(i: number, j: number): void {
    for (const list of [this.#p, this.#C, this.#alpha, this.#gradient, this.#bounded]) {
      const t = list[i]!;
      list[i] = list[j]!;
      list[j] = t;
    }
    [this.#y[i], this.#y[j]] = [this.#y[j]!, this.#y[i]!];
    [this.#status[i], this.#status[j]] = [this.#status[j]!, this.#status[i]!];
    [this.#sample[i], this.#sample[j]] = [this.#sample[j]!, this.#sample[i]!];
  }

  /** ρ: the mean of y·g where α is free; without any, the middle of what the bounds allow. */
  #offset(): number {
    let free = 0;
    let sum = 0;
    let most = Number.POSITIVE_INFINITY;
    let least = Number.NEGATIVE_INFINITY;
    for (let k = 0; k < this.#n; k++) {
      const v = this.#y[k]! * this.#gradient[k]!;
      if (this.#status[k] === FREE) {
        free++;
        sum += v;
      } else if ((this.#status[k] === UPPER) === (this.#y[k] === -1)) most = Math.min(most, v);
      else least = Math.max(least, v);
    }
    return free > 0 ? sum / free : (most + least) / 2;
  }
}
