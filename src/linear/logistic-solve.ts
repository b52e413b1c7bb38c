import { ConfigError } from '../core/errors';
import type { Tensor } from '../core/tensor';
import { classWeights } from '../data/class-weight';
import type { Label } from '../data/labels';
import { countFeatures, type Samples } from '../data/matrix';
import type { Classification } from '../estimator/supervised';
import { type MinimizeResult, minimizeLbfgs, type Objective } from '../optim/lbfgs-minimize';
import { minimizeByCoordinates } from './logistic-coordinate-descent';
import type { LogisticSettings, Strength } from './logistic-settings';
import { minimizeStochastic } from './logistic-stochastic';
import { logisticObjective, type Problem, parameterCount } from './loss';
import { minimizeNewton } from './newton';

/** How classes are told apart: one score, one per class against the rest, or one per class in a softmax. */
export type Scheme = 'binary' | 'ovr' | 'multinomial';

/** Several classes in one softmax, or a problem of two classes for each. */
export function schemeOf(classes: number, { multiClass, solver }: LogisticSettings): Scheme {
  if (classes === 2) return multiClass === 'multinomial' ? 'multinomial' : 'binary';
  return multiClass === 'ovr' || (multiClass === 'auto' && solver === 'liblinear') ? 'ovr' : 'multinomial';
}

/** What fitting found. */
export interface Solution {
  /** `[outputs, features]`. */
  readonly coef: Float64Array;
  /** `[outputs]`; zeros without an intercept. */
  readonly intercept: Float64Array;
  /** Where a warm start begins: the parameters of each problem solved. */
  readonly points: readonly Float64Array[];
  /** Of the problem that took the most. */
  readonly iterations: number;
  /** The worst way in which a problem ended. */
  readonly reason: MinimizeResult['reason'];
  readonly gradientNorm: number;
}

/** Solves the problems that a classification comes to. `table`: see `uploadSamples`; `start`: points of an earlier solution. */
export function solveLogistic(
  data: Classification<Samples>,
  table: Tensor | null,
  settings: LogisticSettings,
  strength: Strength,
  start: readonly Float64Array[] | null,
  what: string,
): Solution {
  const scheme = schemeOf(data.classes.length, settings);
  const problems = makeProblems(data, scheme, settings, strength, what);
  const results = problems.map((problem, i) => {
    const n = parameterCount(problem);
    const from = start?.[i];
    return minimize(problem, table, from?.length === n ? from : new Float64Array(n), settings);
  });
  return assemble(problems, results, scheme === 'multinomial' && data.classes.length === 2);
}

function makeProblems(
  { X, codes, classes, weights: given }: Classification<Samples>,
  scheme: Scheme,
  settings: LogisticSettings,
  { C, l1Ratio }: Strength,
  what: string,
): Problem[] {
  const weigh = (own: Int32Array, labels: readonly Label[]): { weights: Float64Array; total: number } => {
    const byClass = classWeights(settings.classWeight, labels, own, given, what);
    return shareOut(
      Float64Array.from(own, (c, i) => byClass[c]! * (given === null ? 1 : given[i]!)),
      what,
    );
  };
  const penalties = (total: number, l2Share: number) => ({
    l1: l1Ratio / (C * total),
    l2: (l2Share * (1 - l1Ratio)) / (C * total),
  });
  const { fitIntercept, interceptScaling } = settings;
  const shared = { X, fitIntercept, interceptScaling };
  const whole = weigh(codes, classes);
  if (scheme === 'ovr') {
    return classes.map((_, c) => {
      const own = codes.map((code) => Number(code === c));
      // Balanced are the two sides of each problem; given weights are those of the classes.
      const { weights, total } = settings.classWeight === 'balanced' ? weigh(own, [0, 1]) : whole;
      return { ...shared, ...penalties(total, 1), weights, codes: own, outputs: 1 };
    });
  }
  const { weights, total } = whole;
  const outputs = classes.length === 2 ? 1 : classes.length;
  // A softmax of two scores is a matter of their difference, with half the penalty: w₁ = −w₀ = d/2, so ‖w₀‖² + ‖w₁‖² = ½‖d‖².
  const l2Share = outputs === 1 && scheme === 'multinomial' ? 0.5 : 1;
  return [{ ...shared, ...penalties(total, l2Share), weights, codes, outputs }];
}

/** Weights divided by their sum. */
function shareOut(weights: Float64Array, what: string): { weights: Float64Array; total: number } {
  let total = 0;
  for (let i = 0; i < weights.length; i++) total += weights[i]!;
  if (!(total > 0))
    throw new ConfigError(
      `${what}: all samples weigh 0 once classWeight is applied. Give some class a positive weight.`,
    );
  return { weights: weights.map((w) => w / total), total };
}

function minimize(
  problem: Problem,
  table: Tensor | null,
  start: Float64Array,
  { solver, tol, maxIter, seed }: LogisticSettings,
): MinimizeResult {
  if (solver === 'sag' || solver === 'saga')
    return minimizeStochastic(problem, start, { tol, maxIter, method: solver, seed });
  if (problem.l1 > 0) return minimizeByCoordinates(problem, start, { tol, maxIter });
  const objective = logisticObjective(problem, table);
  try {
    if (solver === 'lbfgs') return minimizeByLbfgs(problem, objective.evaluate, start, { tol, maxIter });
    const systems = solver === 'newton-cholesky' ? 'cholesky' : 'cg';
    return minimizeNewton(problem, objective.evaluate, start, { tol, maxIter, systems });
  } finally {
    objective.dispose();
  }
}

/** Iterations of L-BFGS after which a problem is so badly scaled that Newton's method is tried. */
const PATIENCE = 500;
/** Newton steps at a time, after L-BFGS. */
const NEWTON_STEPS = 20;

/**
 * L-BFGS as scikit-learn runs it. Where that ends with a gradient above `tol`, because values no longer tell points apart
 * or because many iterations have not been enough, Newton steps take over.
 */
function minimizeByLbfgs(
  problem: Problem,
  objective: Objective,
  start: Float64Array,
  { tol, maxIter }: { readonly tol: number; readonly maxIter: number },
): MinimizeResult {
  const options = { gradientTolerance: tol, valueTolerance: 64 * Number.EPSILON };
  let result = minimizeLbfgs(objective, start, { ...options, maxIter: Math.min(maxIter, PATIENCE) });
  let { iterations } = result;
  while (result.reason !== 'gradient' && iterations < maxIter) {
    const steps = Math.min(NEWTON_STEPS, maxIter - iterations);
    const refined = minimizeNewton(problem, objective, result.x, { tol, maxIter: steps, systems: 'cg' });
    iterations += refined.iterations;
    const isMinimum = refined.reason === 'gradient';
    result = { ...refined, reason: isMinimum ? 'gradient' : result.reason };
    if (isMinimum || result.reason !== 'iterations' || iterations >= maxIter) break;
    result = minimizeLbfgs(objective, result.x, { ...options, maxIter: maxIter - iterations });
    iterations += result.iterations;
  }
  return { ...result, iterations };
}

const WORST = ['iterations', 'line search', 'value', 'gradient'] as const;

function assemble(problems: readonly Problem[], results: readonly MinimizeResult[], isHalved: boolean): Solution {
  const parts = results.map(({ x }, i) => {
    const { X, outputs, fitIntercept } = problems[i]!;
    const size = outputs * countFeatures(X);
    const intercept = fitIntercept ? x.slice(size) : new Float64Array(outputs);
    // Softmax does not see a shift of all intercepts; rounding lets them drift from the sum 0 they start with.
    if (outputs > 1) centre(intercept);
    return { coef: x.slice(0, size), intercept };
  });
  const scale = isHalved ? 0.5 : 1;
  const worst = results.reduce((a, b) => (WORST.indexOf(b.reason) < WORST.indexOf(a.reason) ? b : a));
  return {
    coef: Float64Array.from(parts.flatMap(({ coef }) => Array.from(coef, (v) => scale * v))),
    intercept: Float64Array.from(parts.flatMap(({ intercept }) => Array.from(intercept, (v) => scale * v))),
    points: results.map(({ x }) => x),
    iterations: Math.max(...results.map((r) => r.iterations)),
    reason: worst.reason,
    gradientNorm: worst.gradientNorm,
  };
}

function centre(v: Float64Array): void {
  const mean = v.reduce((a, b) => a + b, 0) / v.length;
  for (let i = 0; i < v.length; i++) v[i]! -= mean;
}
