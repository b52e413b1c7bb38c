import { ConfigError, type KompaktError, NotConvergedWarning } from '../core/errors';
import { checkOptions } from '../core/options';
import { type Seed, toRng } from '../core/rng';
import { shown } from '../core/shown';
import type { Tensor } from '../core/tensor';
import { countSamples, type Matrix } from '../data/matrix';
import type { Vector } from '../data/vector';
import { resultLike } from '../estimator/fitted';
import { checkBoolean, checkNumber } from '../estimator/settings';
import { readRegression } from '../estimator/supervised';
import { checkOption } from '../metrics/warning';
import { type Centred, centre } from './centre';
import { columnsOf } from './coordinate-columns';
import { descend } from './coordinate-descent';
import { maxAbs } from './vectors';
import { xorshift } from './xorshift';

/** How coordinate descent goes about it. */
export interface DescentOptions {
  /** Most sweeps over the coefficients; 1000 by default. */
  readonly maxIter?: number | undefined;
  /** Ends when the duality gap is below `tol`·‖y‖² (of centred targets); 1e-4 by default. */
  readonly tol?: number | undefined;
  /** Allow only coefficients ≥ 0; false by default. */
  readonly positive?: boolean | undefined;
  /** `'cyclic'` (default): one coefficient after the other; `'random'`: any, often sooner done when `tol` is coarse. */
  readonly selection?: 'cyclic' | 'random' | undefined;
  /** Decides the order for `'random'`. */
  readonly seed?: Seed | undefined;
}

export const DESCENT_OPTIONS: readonly string[] = ['maxIter', 'tol', 'positive', 'selection', 'seed'];

export interface DescentSettings {
  readonly maxIter: number;
  readonly tol: number;
  readonly positive: boolean;
  /** A source of seeds for random order; null for cyclic. */
  readonly seeds: (() => number) | null;
}

/** Checks the options of coordinate descent. */
export function readDescent(options: DescentOptions, what: string): DescentSettings {
  const selection = checkOption(options.selection ?? 'cyclic', ['cyclic', 'random'], 'selection', what);
  return {
    maxIter: checkNumber(options.maxIter ?? 1000, 'maxIter', what, { min: 1, integer: true }),
    tol: checkNumber(options.tol ?? 1e-4, 'tol', what, { min: 0 }),
    positive: checkBoolean(options.positive ?? false, 'positive', what),
    seeds: selection === 'random' ? seedsFrom(options.seed) : null,
  };
}

function seedsFrom(seed: Seed | undefined): () => number {
  const rng = seed === undefined ? toRng(seed) : toRng(seed).restart();
  return () => rng.integer(2 ** 31 - 1);
}

/** A point of a regularisation path. */
export interface PathPoint {
  readonly alpha: number;
  readonly coef: Float64Array;
  /** In units of the objective ‖y − X·w‖² / (2n) + …. */
  readonly dualGap: number;
  readonly nIter: number;
  readonly converged: boolean;
}

/** The elastic nets of one problem for each α in turn, each begun where the last ended. */
export function walkPath(
  problem: Centred,
  alphas: ArrayLike<number>,
  l1Ratio: number,
  { seeds, ...settings }: DescentSettings,
  start: Float64Array | null,
): PathPoint[] {
  const n = countSamples(problem.X);
  const columns = columnsOf(problem);
  const features = columns.squares.length;
  const w = start?.slice() ?? new Float64Array(features);
  w.forEach((v, j) => {
    if (v !== 0) columns.add(j, -v);
  });
  return Array.from(alphas, (alpha) => {
    const draw = seeds === null ? null : xorshift(seeds());
    const result = descend(
      {
        columns,
        y: problem.targets[0]!,
        l1: alpha * l1Ratio * n,
        l2: alpha * (1 - l1Ratio) * n,
        next: draw && (() => draw() % features),
        ...settings,
      },
      w,
    );
    const { gap, iterations, converged } = result;
    return { alpha, coef: w.slice(), dualGap: gap / n, nIter: iterations, converged };
  });
}

/** Strengths from the least one that leaves no coefficient, down to `eps` of it, evenly in their logarithms. */
export function alphaGrid(problem: Centred, l1Ratio: number, eps: number, count: number, what: string): Float64Array {
  if (l1Ratio === 0)
    throw new ConfigError(`${what}: without an L1 penalty (l1Ratio 0) no grid can be found. Give alphas.`);
  const columns = columnsOf(problem);
  const slopes = columns.squares.map((_, j) => columns.dot(j));
  const top = maxAbs(slopes) / (countSamples(problem.X) * l1Ratio);
  // The resolution of float64, where nothing depends on the features at all.
  if (top <= 1e-15) return new Float64Array(count).fill(1e-15);
  const [low, high] = [Math.log10(top * eps), Math.log10(top)];
  return Float64Array.from({ length: count }, (_, i) =>
    count === 1 ? 10 ** low : 10 ** (high - ((high - low) * i) / (count - 1)),
  );
}

/** The warning for points that were not reached. */
export function pathWarnings(name: string, points: readonly PathPoint[]): KompaktError[] {
  const missed = points.filter((p) => !p.converged);
  if (missed.length === 0) return [];
  const worst = missed.reduce((a, b) => (a.dualGap > b.dualGap ? a : b));
  return [
    new NotConvergedWarning(
      `${name}: the duality gap was ${worst.dualGap.toExponential(2)} after ${worst.nIter} sweeps, for alpha ${worst.alpha}. ` +
        'Raise maxIter or tol, scale the features, or use a larger alpha.',
    ),
  ];
}

export interface LassoPathOptions extends DescentOptions {
  /** Strengths, in the order in which to walk; by default a grid. */
  readonly alphas?: ArrayLike<number> | null | undefined;
  /** Size of the grid; 100 by default. */
  readonly nAlphas?: number | undefined;
  /** Least strength of the grid over the largest; 1e-3 by default. */
  readonly eps?: number | undefined;
}

export interface EnetPathOptions extends LassoPathOptions {
  /** Share of the L1 penalty; 0.5 by default. */
  readonly l1Ratio?: number | undefined;
}

/** Coefficients as a function of the strength of the penalty. */
export interface RegularizationPath {
  readonly alphas: Float64Array;
  /** float64 `[features, alphas]`. */
  readonly coefs: Tensor;
  /** By how much each objective may be above its minimum. */
  readonly dualGaps: Float64Array;
  /** Sweeps it took for each. */
  readonly nIter: Int32Array;
  readonly warnings: readonly KompaktError[];
}

/**
 * The lasso for many strengths of the penalty, each begun where the last ended; without an intercept: centre the data.
 *
 * Minimises ‖y − X·w‖² / (2n) + α·‖w‖₁ for each α.
 *
 * @param X - `[samples, features]`; may be sparse.
 * @param y - `[samples]`.
 * @param options - see {@link LassoPathOptions}.
 * @throws ConfigError for unsupported options, NaN or infinity; ShapeError for data that does not fit together.
 *
 * @example
 * ```ts
 * import { lassoPath } from 'kompakt/linear';
 * const X = [[1, 0], [-1, 0], [0, 1], [0, -1]];
 * const { alphas, coefs } = await lassoPath(X, [3, -3, 1, -1], { alphas: [1, 0.25] });
 * console.log(coefs.toArraySync()); // → [ [ 1, 2.5 ], [ 0, 0.5 ] ]
 * ```
 */
export async function lassoPath(X: Matrix, y: Vector, options: LassoPathOptions = {}): Promise<RegularizationPath> {
  return path(X, y, options, 1, [], 'lassoPath');
}

/**
 * The elastic net for many strengths of the penalty, each begun where the last ended; without an intercept: centre the data.
 *
 * Minimises ‖y − X·w‖² / (2n) + α·ρ·‖w‖₁ + α·(1 − ρ)/2·‖w‖² for each α, with ρ = `l1Ratio`.
 *
 * @param X - `[samples, features]`; may be sparse.
 * @param y - `[samples]`.
 * @param options - see {@link EnetPathOptions}.
 * @throws ConfigError for unsupported options, NaN or infinity; ShapeError for data that does not fit together.
 *
 * @example
 * ```ts
 * import { enetPath } from 'kompakt/linear';
 * const X = [[1, 0], [-1, 0], [0, 1], [0, -1]];
 * const { nIter } = await enetPath(X, [3, -3, 1, -1], { nAlphas: 3, l1Ratio: 0.8 });
 * console.log(nIter.length); // → 3
 * ```
 */
export async function enetPath(X: Matrix, y: Vector, options: EnetPathOptions = {}): Promise<RegularizationPath> {
  checkOptions(options, ['l1Ratio', 'alphas', 'nAlphas', 'eps', ...DESCENT_OPTIONS], 'enetPath');
  const { l1Ratio = 0.5, ...rest } = options;
  return path(X, y, rest, checkNumber(l1Ratio, 'l1Ratio', 'enetPath', { min: 0, max: 1 }), ['l1Ratio'], 'enetPath');
}

async function path(
  X: Matrix,
  y: Vector,
  options: LassoPathOptions,
  l1Ratio: number,
  more: readonly string[],
  what: string,
): Promise<RegularizationPath> {
  checkOptions(options, ['alphas', 'nAlphas', 'eps', ...more, ...DESCENT_OPTIONS], what);
  const settings = readDescent(options, what);
  const given = await readRegression(X, y, {}, what, { sparse: true });
  const problem = centre(given.X, [given.y], null, false);
  const alphas = readAlphas(options, (eps, count) => alphaGrid(problem, l1Ratio, eps, count, what), what);
  const points = walkPath(problem, alphas, l1Ratio, settings, null);
  const features = points[0]!.coef.length;
  const coefs = new Float64Array(features * points.length);
  points.forEach(({ coef }, a) => {
    for (let j = 0; j < features; j++) coefs[j * points.length + a] = coef[j]!;
  });
  return {
    alphas,
    coefs: resultLike(X, coefs, [features, points.length]),
    dualGaps: Float64Array.from(points, (p) => p.dualGap),
    nIter: Int32Array.from(points, (p) => p.nIter),
    warnings: pathWarnings(what, points),
  };
}

/** The strengths given, or those of a grid. */
export function readAlphas(
  options: Pick<LassoPathOptions, 'alphas' | 'nAlphas' | 'eps'>,
  grid: (eps: number, count: number) => Float64Array,
  what: string,
): Float64Array {
  const eps = checkNumber(options.eps ?? 1e-3, 'eps', what, { above: 0, max: 1 });
  const count = checkNumber(options.nAlphas ?? 100, 'nAlphas', what, { min: 1, integer: true });
  const { alphas } = options;
  if (alphas === null || alphas === undefined) return grid(eps, count);
  if (typeof alphas !== 'object' || !(alphas.length > 0))
    throw new ConfigError(`${what}: alphas must be a list of numbers ≥ 0, got ${shown(alphas)}.`);
  return Float64Array.from(alphas, (alpha, i) => checkNumber(alpha, `alphas[${i}]`, what, { min: 0 }));
}
