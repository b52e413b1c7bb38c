import type { MinimizeResult, Objective } from '../optim/lbfgs-minimize';
import type { Problem } from './loss';
import { newtonByCholesky } from './newton-cholesky';
import { Curvature } from './newton-curvature';

export interface NewtonOptions {
  /** Converged when no component of the gradient is larger. */
  readonly tol: number;
  readonly maxIter: number;
  /** How the Newton systems are solved: by conjugate gradients, up to a tolerance, or by a factorisation. */
  readonly systems: 'cg' | 'cholesky';
}

/** How far the residual of a Newton system is brought down: little while the point is far off, ever more near the end. */
const forcing = (gradientNorm: number): number => Math.min(0.1, Math.max(1e-6, Math.sqrt(gradientNorm)));

/**
 * Minimises a smooth logistic objective by Newton steps.
 *
 * Differences of values drown in rounding long before a badly scaled problem has its coefficients right; the gradient
 * stays exact, so that near the end a step counts by its gradient.
 *
 * Reference: Nocedal & Wright 2006, “Numerical Optimization”, section 7.1.
 */
export function minimizeNewton(
  problem: Problem,
  objective: Objective,
  start: Float64Array,
  { tol, maxIter, systems }: NewtonOptions,
): MinimizeResult {
  let point: Point = { x: start, gradient: new Float64Array(start.length), value: 0, norm: 0 };
  point.value = objective(start, point.gradient);
  point.norm = maxAbs(point.gradient);
  let iterations = 0;
  let evaluations = 1;
  const finish = (reason: MinimizeResult['reason']): MinimizeResult => {
    return { x: point.x, value: point.value, gradientNorm: point.norm, iterations, evaluations, reason };
  };
  const counted: Objective = (x, gradient) => {
    evaluations++;
    return objective(x, gradient);
  };
  while (!(point.norm <= tol)) {
    if (iterations === maxIter) return finish('iterations');
    const exact = systems === 'cholesky' ? newtonByCholesky(problem, point.x, point.gradient) : null;
    const next =
      (exact && shorten(counted, point, exact)) ??
      shorten(counted, point, conjugateGradients(new Curvature(problem, point.x), point.gradient, forcing(point.norm)));
    if (next === null) return finish('line search');
    point = next;
    iterations++;
  }
  return finish('gradient');
}

interface Point {
  readonly x: Float64Array;
  readonly gradient: Float64Array;
  value: number;
  norm: number;
}

/** Values closer than this, relative to their size, don't tell points apart. */
const NOISE = 1e-13;

/** The first of the steps 1, ½, ¼, … that lowers the value enough, or the gradient where values are too close to tell. */
function shorten(objective: Objective, from: Point, direction: Float64Array): Point | null {
  const { x, value, norm } = from;
  const slope = dot(from.gradient, direction);
  const noise = NOISE * Math.max(1, Math.abs(value));
  for (let t = 1; t > 2 ** -40; t /= 2) {
    const trial = Float64Array.from(x, (v, i) => v + t * direction[i]!);
    const gradient = new Float64Array(x.length);
    const trialValue = objective(trial, gradient);
    const trialNorm = maxAbs(gradient);
    const isLower = trialValue <= value + 1e-4 * t * slope && value - trialValue > noise;
    if (isLower || (trialValue <= value + noise && trialNorm < norm))
      return { x: trial, gradient, value: trialValue, norm: trialNorm };
  }
  return null;
}

/** Solves H·d = −g up to `tolerance` of the residual it starts with, preconditioned by the diagonal of H. */
function conjugateGradients(H: Curvature, g: Float64Array, tolerance: number): Float64Array {
  const n = g.length;
  const scale = H.diagonal().map((d) => (d > 0 ? 1 / d : 1));
  const d = new Float64Array(n);
  const r = g.map((v) => -v);
  let z = r.map((v, i) => v * scale[i]!);
  let p = z.slice();
  let rz = dot(r, z);
  const enough = tolerance ** 2 * rz;
  for (let k = 0; k < 2 * n && rz > enough; k++) {
    const Hp = H.times(p);
    const curvature = dot(p, Hp);
    // Along a direction without curvature there is no Newton step; the gradient is still one.
    if (!(curvature > 0)) return k === 0 ? p : d;
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
  // A NaN must not pass as small.
  for (let i = 0; i < v.length; i++) if (!(Math.abs(v[i]!) <= max)) max = Math.abs(v[i]!);
  return max;
}
