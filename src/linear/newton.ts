import type { Objective } from '../optim/lbfgs-minimize';
import { logisticObjective, type Problem, parameterCount } from './loss';
import { addOuterProducts, linearScores } from './products';

const MAX_STEPS = 20;
/** How far the residual of a Newton system is brought down: little while the point is far off, ever more near the end. */
const forcing = (gradientNorm: number): number => Math.min(0.1, Math.max(1e-6, Math.sqrt(gradientNorm)));

/**
 * Newton steps from a point that is not far from the minimum, down to a gradient no larger than `tol`.
 *
 * Differences of values drown in rounding long before a badly scaled problem has its coefficients right; the gradient
 * stays exact, and Newton's method needs nothing else. The systems are solved by conjugate gradients, preconditioned by
 * the Hessian's diagonal.
 *
 * @returns the refined point (`start` itself where no step helps) with the largest component of its gradient and the number of steps.
 *
 * Reference: Nocedal & Wright 2006, “Numerical Optimization”, section 7.1.
 */
export function refineByNewton(
  problem: Problem,
  start: Float64Array,
  tol: number,
  maxSteps: number,
): { readonly x: Float64Array; readonly gradientNorm: number; readonly steps: number } {
  const objective = logisticObjective(problem);
  const n = parameterCount(problem);
  let x = start;
  let gradient = new Float64Array(n);
  objective(x, gradient);
  let norm = maxAbs(gradient);
  let steps = 0;
  for (; steps < Math.min(MAX_STEPS, maxSteps) && norm > tol; steps++) {
    const curvature = new Curvature(problem, x);
    const direction = conjugateGradients(curvature, gradient, forcing(norm));
    const next = shorten(objective, x, direction, norm);
    if (next === null) break;
    ({ x, gradient, norm } = next);
  }
  return { x, gradientNorm: norm, steps };
}

/** The first of the steps 1, ½, ¼, … that lowers the gradient. */
function shorten(
  objective: Objective,
  x: Float64Array,
  direction: Float64Array,
  norm: number,
): { x: Float64Array<ArrayBuffer>; gradient: Float64Array<ArrayBuffer>; norm: number } | null {
  for (let t = 1; t > 1 / 64; t /= 2) {
    const trial = Float64Array.from(x, (v, i) => v + t * direction[i]!);
    const gradient = new Float64Array(x.length);
    objective(trial, gradient);
    const trialNorm = maxAbs(gradient);
    if (trialNorm < norm) return { x: trial, gradient, norm: trialNorm };
  }
  return null;
}

/** The Hessian at a point, as its product with vectors and its diagonal. */
class Curvature {
  readonly diagonal: Float64Array;
  readonly #problem: Problem;
  /** Class probabilities of each sample. */
  readonly #p: Float64Array;
  readonly #products: Float64Array;

  constructor(problem: Problem, x: Float64Array) {
    const { X, outputs: k } = problem;
    this.#problem = problem;
    this.#p = new Float64Array(X.rows * k);
    this.#products = new Float64Array(X.rows * k);
    linearScores(X, x, this.#bias(x), this.#p);
    if (k === 1) for (let i = 0; i < X.rows; i++) this.#p[i] = 1 / (1 + Math.exp(-this.#p[i]!));
    else softmaxInPlace(this.#p, k);
    this.diagonal = this.#diagonal();
  }

  /** H·v: with z = X·v, Σ sᵢ·(diag(pᵢ) − pᵢpᵢᵀ)·zᵢ ⊗ xᵢ + λ·v. */
  times(v: Float64Array): Float64Array {
    const { X, outputs: k, weights, l2, fitIntercept } = this.#problem;
    const z = this.#products;
    linearScores(X, v, this.#bias(v), z);
    for (let i = 0; i < X.rows; i++) {
      const at = i * k;
      // For one output this is p·(1 − p)·z, as it should be.
      let inner = 0;
      for (let c = 0; c < k; c++) inner += this.#p[at + c]! * z[at + c]!;
      for (let c = 0; c < k; c++) z[at + c] = weights[i]! * this.#p[at + c]! * (z[at + c]! - inner);
    }
    const out = new Float64Array(v.length);
    addOuterProducts(X, z, k, out);
    const size = k * X.cols;
    for (let j = 0; j < size; j++) out[j]! += l2 * v[j]!;
    if (fitIntercept) for (let i = 0; i < z.length; i++) out[size + (i % k)]! += z[i]!;
    return out;
  }

  #bias(v: Float64Array): Float64Array {
    const { X, outputs, fitIntercept } = this.#problem;
    return fitIntercept ? v.subarray(outputs * X.cols) : new Float64Array(outputs);
  }

  #diagonal(): Float64Array {
    const { X, outputs: k, weights, l2, fitIntercept } = this.#problem;
    const size = k * X.cols;
    const out = new Float64Array(parameterCount(this.#problem));
    for (let i = 0; i < X.rows; i++) {
      for (let c = 0; c < k; c++) {
        const p = this.#p[i * k + c]!;
        const d = weights[i]! * p * (1 - p);
        for (let j = 0; j < X.cols; j++) out[c * X.cols + j]! += d * X.data[i * X.cols + j]! ** 2;
        if (fitIntercept) out[size + c]! += d;
      }
    }
    for (let j = 0; j < size; j++) out[j]! += l2;
    return out;
  }
}

function softmaxInPlace(z: Float64Array, k: number): void {
  for (let at = 0; at < z.length; at += k) {
    let max = Number.NEGATIVE_INFINITY;
    for (let c = 0; c < k; c++) max = Math.max(max, z[at + c]!);
    let total = 0;
    for (let c = 0; c < k; c++) {
      z[at + c] = Math.exp(z[at + c]! - max);
      total += z[at + c]!;
    }
    for (let c = 0; c < k; c++) z[at + c]! /= total;
  }
}

/** Solves H·d = −g up to `tolerance` of the residual it starts with. */
function conjugateGradients(H: Curvature, g: Float64Array, tolerance: number): Float64Array {
  const n = g.length;
  const scale = H.diagonal.map((d) => (d > 0 ? 1 / d : 1));
  const d = new Float64Array(n);
  const r = g.map((v) => -v);
  let z = r.map((v, i) => v * scale[i]!);
  let p = z.slice();
  let rz = dot(r, z);
  const enough = tolerance ** 2 * rz;
  for (let k = 0; k < 2 * n && rz > enough; k++) {
    const Hp = H.times(p);
    const curvature = dot(p, Hp);
    if (!(curvature > 0)) break;
    const step = rz / curvature;
    for (let i = 0; i < n; i++) {
      d[i]! += step * p[i]!;
      r[i]! -= step * Hp[i]!;
    }
    z = r.map((v, i) => v * scale[i]!);
    const next = dot(r, z);
    const ratio = next / rz;
    rz = next;
    p = p.map((v, i) => z[i]! + ratio * v);
  }
  return d;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

function maxAbs(v: Float64Array): number {
  let max = 0;
  for (let i = 0; i < v.length; i++) max = Math.max(max, Math.abs(v[i]!));
  return max;
}
