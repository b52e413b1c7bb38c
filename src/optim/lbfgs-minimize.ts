import { type LineFunction, searchLine } from './line-search';

/** Writes the gradient at `x` into `gradient` and returns the value. */
export type Objective = (x: Float64Array, gradient: Float64Array) => number;

export interface MinimizeOptions {
  readonly maxIter: number;
  /** Converged when no component of the gradient is larger. */
  readonly gradientTolerance: number;
  /** Converged when an iteration lowers the value by at most this, relative to max(|f|, 1). */
  readonly valueTolerance: number;
  /** Evaluations per line search; 50 by default. */
  readonly maxLineSearch?: number;
  /** Pairs of steps and gradient changes remembered; 10 by default. */
  readonly memory?: number;
}

export interface MinimizeResult {
  readonly x: Float64Array;
  readonly value: number;
  /** Largest component of the gradient at `x`. */
  readonly gradientNorm: number;
  readonly iterations: number;
  readonly evaluations: number;
  /** Why it ended; the first two mean convergence. */
  readonly reason: 'gradient' | 'value' | 'iterations' | 'line search';
}

const MAX_STEP = 1e10;

/** The last few steps, and the product of the inverse Hessian they imply with a vector. */
class Memory {
  readonly #pairs: { s: Float64Array; y: Float64Array; rho: number }[] = [];
  #scale = 1;

  constructor(readonly size: number) {}

  get isEmpty(): boolean {
    return this.#pairs.length === 0;
  }

  clear(): void {
    this.#pairs.length = 0;
    this.#scale = 1;
  }

  /** Remembers a step `s` and gradient change `y`, unless their product is too small to hold curvature. */
  add(s: Float64Array, y: Float64Array, least: number): void {
    const sy = dot(s, y);
    if (!(sy > least)) return;
    if (this.#pairs.length === this.size) this.#pairs.shift();
    this.#pairs.push({ s, y, rho: 1 / sy });
    this.#scale = sy / dot(y, y);
  }

  /** −H·g into `out`, by the two-loop recursion. */
  direction(g: Float64Array, out: Float64Array): void {
    const alphas = new Float64Array(this.#pairs.length);
    for (let i = 0; i < g.length; i++) out[i] = -g[i]!;
    for (let k = this.#pairs.length - 1; k >= 0; k--) {
      const { s, y, rho } = this.#pairs[k]!;
      alphas[k] = rho * dot(s, out);
      addScaled(out, -alphas[k]!, y);
    }
    for (let i = 0; i < g.length; i++) out[i]! *= this.#scale;
    for (let k = 0; k < this.#pairs.length; k++) {
      const { s, y, rho } = this.#pairs[k]!;
      addScaled(out, alphas[k]! - rho * dot(y, out), s);
    }
  }
}

/**
 * A local minimum of a smooth function by L-BFGS: quasi-Newton steps from the last few gradients, each with a line search
 * for the strong Wolfe conditions. The stopping rules are those of L-BFGS-B without bounds.
 *
 * @param objective - value and gradient.
 * @param start - first point; not changed.
 *
 * Reference: Liu & Nocedal 1989, “On the limited memory BFGS method for large scale optimization”; Zhu et al. 1997,
 * “Algorithm 778: L-BFGS-B”.
 */
export function minimizeLbfgs(objective: Objective, start: Float64Array, options: MinimizeOptions): MinimizeResult {
  const n = start.length;
  const memory = new Memory(options.memory ?? 10);
  const direction = new Float64Array(n);
  let x = start.slice();
  let gradient = new Float64Array(n);
  let value = objective(x, gradient);
  let evaluations = 1;
  let trialX = new Float64Array(n);
  let trialGradient = new Float64Array(n);
  let trialValue = value;
  const line: LineFunction = (step) => {
    for (let i = 0; i < n; i++) trialX[i] = x[i]! + step * direction[i]!;
    trialValue = objective(trialX, trialGradient);
    evaluations++;
    return { value: trialValue, slope: dot(trialGradient, direction) };
  };
  let iterations = 0;
  const finish = (reason: MinimizeResult['reason']): MinimizeResult => {
    return { x, value, gradientNorm: maxAbs(gradient), iterations, evaluations, reason };
  };
  if (maxAbs(gradient) <= options.gradientTolerance) return finish('gradient');
  while (iterations < options.maxIter) {
    memory.direction(gradient, direction);
    let slope = dot(direction, gradient);
    if (!(slope < 0)) {
      memory.clear();
      memory.direction(gradient, direction);
      slope = dot(direction, gradient);
    }
    const first = iterations === 0 ? Math.min(1 / Math.sqrt(dot(direction, direction)), MAX_STEP) : 1;
    const found = searchLine(
      line,
      { value, slope },
      {
        step: first,
        maxStep: MAX_STEP,
        maxEvaluations: options.maxLineSearch ?? 50,
        decrease: 1e-3,
        curvature: 0.9,
        width: 0.1,
      },
    );
    if (!found.ok || !(trialValue <= value)) {
      // Rounding hides any further decrease along a direction from memory; steepest descent is tried before giving up.
      if (memory.isEmpty) return finish('line search');
      memory.clear();
      continue;
    }
    iterations++;
    const before = value;
    const s = direction.map((d) => d * found.step);
    const y = trialGradient.map((g, i) => g - gradient[i]!);
    [x, trialX] = [trialX, x];
    [gradient, trialGradient] = [trialGradient, gradient];
    value = trialValue;
    if (maxAbs(gradient) <= options.gradientTolerance) return finish('gradient');
    if (before - value <= options.valueTolerance * Math.max(Math.abs(before), Math.abs(value), 1))
      return finish('value');
    memory.add(s, y, Number.EPSILON * -slope * found.step);
  }
  return finish('iterations');
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

function addScaled(out: Float64Array, factor: number, v: Float64Array): void {
  for (let i = 0; i < out.length; i++) out[i]! += factor * v[i]!;
}

function maxAbs(v: Float64Array): number {
  let max = 0;
  for (let i = 0; i < v.length; i++) {
    const a = Math.abs(v[i]!);
    // A NaN must not pass as small.
    if (!(a <= max)) max = a;
  }
  return max;
}
