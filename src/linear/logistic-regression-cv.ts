import { ConfigError, NotConvergedWarning } from '../core/errors';
import { shown } from '../core/shown';
import { classWeights } from '../data/class-weight';
import type { FitOptions } from '../data/estimator';
import type { Labels } from '../data/labels';
import { asMatrix, countFeatures, type Matrix, type Samples } from '../data/matrix';
import { type Rows, takeRows } from '../data/rows';
import { isSparse } from '../data/sparse';
import { readVector } from '../data/vector';
import { type Classification, readClassification } from '../estimator/supervised';
import { type CrossValidation, partsOf } from '../model-selection/cv';
import { type SingleScoring, toScorer } from '../model-selection/scoring/resolve';
import { FittedLogisticRegression } from './fitted-logistic-regression';
import { FittedLogisticRegressionCV, type Search } from './fitted-logistic-regression-cv';
import {
  checkFlag,
  checkLogistic,
  checkPenalty,
  checkStrength,
  LOGISTIC_OPTIONS,
  type LogisticOptions,
  type LogisticPenalty,
  type LogisticSettings,
  type Strength,
} from './logistic-settings';
import { type Solution, schemeOf, solveLogistic } from './logistic-solve';
import { uploadSamples } from './loss';

export interface LogisticRegressionCVOptions extends LogisticOptions {
  /** The inverse strengths to try: a list, or how many (10 by default) evenly on a logarithmic scale from 1e-4 to 1e4. */
  readonly Cs?: number | ArrayLike<number> | undefined;
  /** Number of parts (5 by default; stratified), a splitter, or the parts themselves. */
  readonly cv?: CrossValidation | undefined;
  /**
   * The figure to choose by, by name or as `(model, X, y) => number`; accuracy by default. It sees classes as their
   * positions in `classes`, or as 0 and 1 where each class is told from the rest.
   */
  readonly scoring?: SingleScoring | undefined;
  /** `'l2'` (default), `'l1'` or `'elasticnet'`. */
  readonly penalty?: Exclude<LogisticPenalty, 'none'> | undefined;
  /** With `'elasticnet'`: the shares of L1 to try, from 0 to 1. */
  readonly l1Ratios?: ArrayLike<number> | null | undefined;
  /** Fit the best strength on all samples (true, the default), or take the mean of the folds' best coefficients. */
  readonly refit?: boolean | undefined;
}

const OPTIONS = /* @__PURE__ */ [...LOGISTIC_OPTIONS, 'Cs', 'cv', 'scoring', 'penalty', 'l1Ratios', 'refit'];

/** The settings of a fit and what to try. */
interface Plan {
  readonly settings: LogisticSettings;
  readonly Cs: Float64Array;
  readonly l1Ratios: Float64Array | null;
  /** All strengths: share by share, for each the C in the order given. */
  readonly grid: readonly Strength[];
  readonly refit: boolean;
}

/** How a problem did in all folds: scores and solutions `[folds][grid]`. */
interface Tried {
  readonly scores: Float64Array[];
  readonly solutions: Solution[][];
}

/**
 * Logistic regression of the strength of penalty that does best in cross-validation.
 *
 * Every C, and with `'elasticnet'` every share of L1, is fitted on all folds but one and scored on that one, each fit
 * beginning where the one before it ended. The C with the best mean score, the first of equals, is then fitted on all
 * samples. Classes each against the rest have a C each. `classWeight: 'balanced'` counts the whole of y.
 *
 * Reference: scikit-learn's `LogisticRegressionCV`.
 *
 * @example
 * ```ts
 * import { breastCancer } from 'kompakt/data';
 * import { LogisticRegressionCV } from 'kompakt/linear';
 * const { X, y } = breastCancer();
 * const model = await new LogisticRegressionCV({ Cs: [1e-4, 1, 100], cv: 3, maxIter: 5000 }).fit(X, y);
 * console.log(model.C, model.scores.get(1)?.shape); // → [ 100 ] [ 3, 3 ]
 * ```
 */
export class LogisticRegressionCV {
  readonly kind = 'classifier';
  readonly name = 'LogisticRegressionCV' as const;
  readonly options: LogisticRegressionCVOptions;

  /** @param options - see {@link LogisticRegressionCVOptions}; checked by `fit`. */
  constructor(options: LogisticRegressionCVOptions = {}) {
    this.options = options;
  }

  /**
   * Chooses the strength and learns coefficients.
   *
   * @param X - `[samples, features]`, finite numbers, dense or sparse.
   * @param y - one label per sample, of at least two classes.
   * @param options - `sampleWeight`: one weight ≥ 0 per sample, for fitting (not for the figure).
   * @returns the model; `warnings` tells of fits that have not converged.
   * @throws ConfigError for unsupported options, NaN or infinity, or fewer than two classes; ShapeError for data that does
   * not fit together.
   */
  async fit<L extends Labels>(X: Matrix, y: L, options: FitOptions = {}): Promise<FittedLogisticRegressionCV<L>> {
    const what = 'LogisticRegressionCV.fit';
    const plan = makePlan(this.options, what);
    const { settings } = plan;
    const given = await readClassification(X, y, options, what, { sparse: true });
    const byClass = classWeights(settings.classWeight, given.classes, given.codes, given.weights, what);
    const weights = Float64Array.from(given.codes, (c, i) => byClass[c]! * (given.weights?.[i] ?? 1));
    const data = { ...given, weights };
    const parts = partsOf(this.options.cv, 'classifier', X as Rows, y, undefined, what);
    const scheme = schemeOf(data.classes.length, settings);
    const problems = scheme === 'ovr' ? data.classes.map((_, c) => against(data, c)) : [coded(data)];
    const tried: Tried[] = problems.map(() => ({ scores: [], solutions: [] }));
    const figure = toScorer(this.options.scoring);
    for (const { train, test } of parts) {
      const [trainX, testX] = [take(data.X, train), take(data.X, test)];
      const table = uploadSamples(trainX);
      try {
        problems.forEach((problem, i) => {
          const solutions = walkGrid(subset(problem, trainX, train), table, plan, what);
          const answers = Int32Array.from(test, (t) => problem.codes[t]!);
          const score = (s: Solution): number => figure(judge(problem, s, settings), asMatrix(testX), answers);
          tried[i]!.solutions.push(solutions);
          tried[i]!.scores.push(Float64Array.from(solutions, score));
        });
      } finally {
        table?.dispose();
      }
    }
    const chosen = choose(problems, tried, data.X, plan, what);
    return new FittedLogisticRegressionCV(
      {
        name: this.name,
        classes: data.classes,
        likeLabels: y,
        nFeatures: countFeatures(data.X),
        scheme,
        weights: {
          coef: Float64Array.from(chosen.flatMap((c) => Array.from(c.coef))),
          intercept: Float64Array.from(chosen.flatMap((c) => Array.from(c.intercept))),
        },
        nIter: Math.max(...chosen.map((c) => c.iterations)),
        warnings: warningsOf(tried, chosen, settings),
        like: X,
      },
      searchOf(plan, tried, chosen),
    );
  }
}

function makePlan(options: LogisticRegressionCVOptions, what: string): Plan {
  const settings = checkLogistic(options, OPTIONS, what);
  const penalty = checkPenalty(options.penalty, settings.solver, what);
  if (penalty === 'none')
    throw new ConfigError(`${what}: penalty 'none' has no strength to choose. Use LogisticRegression.`);
  const Cs = readCs(options.Cs ?? 10, what);
  const given = options.l1Ratios ?? null;
  if (penalty === 'elasticnet' && (given === null || given.length === 0))
    throw new ConfigError(`${what}: penalty 'elasticnet' needs l1Ratios, a list of shares of L1 from 0 to 1.`);
  if (penalty !== 'elasticnet' && given !== null)
    throw new ConfigError(
      `${what}: l1Ratios have no effect with penalty '${penalty}'. Use 'elasticnet', or leave them out.`,
    );
  const l1Ratios = given === null ? null : readVector(Array.from(given), `${what}: l1Ratios`);
  const ratios = l1Ratios === null ? [undefined] : Array.from(l1Ratios);
  const grid = ratios.flatMap((ratio) => Array.from(Cs, (C) => checkStrength(penalty, C, ratio, what)));
  return { settings, Cs, l1Ratios, grid, refit: checkFlag(options.refit ?? true, 'refit', what) };
}

function readCs(Cs: number | ArrayLike<number>, what: string): Float64Array {
  if (typeof Cs !== 'number') {
    const list = readVector(Array.from(Cs), `${what}: Cs`);
    if (list.length === 0) throw new ConfigError(`${what}: Cs is an empty list. Give at least one C > 0.`);
    return list;
  }
  if (!Number.isInteger(Cs) || Cs < 1)
    throw new ConfigError(`${what}: Cs must be a list, or a whole number ≥ 1 of strengths to try; got ${shown(Cs)}.`);
  return Float64Array.from({ length: Cs }, (_, i) => 10 ** (Cs === 1 ? -4 : -4 + (8 * i) / (Cs - 1)));
}

type Data = Classification<Samples> & { readonly weights: Float64Array };

/** The same with classes as their positions: what figures are computed from. */
function coded(data: Data): Data {
  return { ...data, classes: data.classes.map((_, c) => c) };
}

/** The problem of telling class `c` from the rest. */
function against(data: Data, c: number): Data {
  const codes = data.codes.map((code) => Number(code === c));
  const positive = codes.reduce((sum, code) => sum + code, 0);
  return { ...data, codes, classes: [0, 1], counts: Int32Array.of(codes.length - positive, positive) };
}

function subset(data: Data, X: Samples, index: Int32Array): Data {
  const codes = Int32Array.from(index, (i) => data.codes[i]!);
  return { ...data, X, codes, weights: Float64Array.from(index, (i) => data.weights[i]!) };
}

function take(X: Samples, index: Int32Array): Samples {
  if (isSparse(X)) return X.takeRows(index);
  const { data } = takeRows({ data: X.data, shape: [X.rows, X.cols] }, index);
  return { data: data as Float64Array, rows: index.length, cols: X.cols };
}

/** The solutions of all strengths, each begun where that of the C before it ended. */
function walkGrid(data: Data, table: ReturnType<typeof uploadSamples>, plan: Plan, what: string): Solution[] {
  const { settings, grid, Cs } = plan;
  const out: Solution[] = [];
  grid.forEach((strength, g) => {
    const start = g % Cs.length === 0 ? null : out[g - 1]!.points;
    out.push(solveLogistic(data, table, { ...settings, classWeight: null }, strength, start, what));
  });
  return out;
}

/** A solution as a model of coded classes. */
function judge({ X, classes }: Data, solution: Solution, settings: LogisticSettings): FittedLogisticRegression {
  return new FittedLogisticRegression({
    name: 'LogisticRegressionCV',
    classes,
    likeLabels: new Int32Array(0),
    nFeatures: countFeatures(X),
    scheme: schemeOf(classes.length, settings),
    weights: solution,
    nIter: solution.iterations,
    warnings: [],
  });
}

interface Choice extends Pick<Solution, 'coef' | 'intercept' | 'iterations' | 'reason'> {
  readonly C: number;
  readonly l1Ratio: number;
}

function choose(problems: readonly Data[], tried: readonly Tried[], X: Samples, plan: Plan, what: string): Choice[] {
  const { grid, settings, refit } = plan;
  if (!refit) return tried.map((t) => meanOfBest(t, grid));
  const table = uploadSamples(X);
  try {
    return problems.map((problem, i) => {
      const { scores, solutions } = tried[i]!;
      const best = firstBest(grid.map((_, g) => scores.reduce((sum, s) => sum + s[g]!, 0)));
      const start = meanOf(solutions.map((s) => s[best]!.points[0]!));
      const strength = grid[best]!;
      return {
        ...solveLogistic(problem, table, { ...settings, classWeight: null }, strength, [start], what),
        ...strength,
      };
    });
  } finally {
    table?.dispose();
  }
}

function meanOfBest({ scores, solutions }: Tried, grid: readonly Strength[]): Choice {
  const best = scores.map((s) => firstBest(s));
  const own = solutions.map((s, f) => s[best[f]!]!);
  const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
  return {
    coef: meanOf(own.map((s) => s.coef)),
    intercept: meanOf(own.map((s) => s.intercept)),
    iterations: Math.max(...own.map((s) => s.iterations)),
    reason: 'gradient',
    C: mean(best.map((g) => grid[g]!.C)),
    l1Ratio: mean(best.map((g) => grid[g]!.l1Ratio)),
  };
}

function firstBest(values: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i]! > values[best]!) best = i;
  return best;
}

function meanOf(vectors: readonly Float64Array[]): Float64Array {
  return vectors[0]!.map((_, j) => vectors.reduce((sum, v) => sum + v[j]!, 0) / vectors.length);
}

function searchOf({ Cs, l1Ratios }: Plan, tried: readonly Tried[], chosen: readonly Choice[]): Search {
  const ratios = l1Ratios?.length ?? 1;
  // From [l1Ratios, Cs] of the grid to [Cs, l1Ratios] of the result.
  const table = (s: Float64Array): Float64Array =>
    s.map((_, at) => s[(at % ratios) * Cs.length + Math.floor(at / ratios)]!);
  return {
    Cs,
    l1Ratios,
    folds: tried[0]!.scores.length,
    scores: tried.map(({ scores }) => Float64Array.from(scores.flatMap((s) => Array.from(table(s))))),
    C: Float64Array.from(chosen, (c) => c.C),
    l1Ratio: l1Ratios === null ? null : Float64Array.from(chosen, (c) => c.l1Ratio),
  };
}

function warningsOf(tried: readonly Tried[], chosen: readonly Choice[], settings: LogisticSettings) {
  const all = [...tried.flatMap((t) => t.solutions.flat()), ...chosen];
  const failed = all.filter(({ reason }) => reason === 'iterations' || reason === 'line search').length;
  if (failed === 0) return [];
  return [
    new NotConvergedWarning(
      `LogisticRegressionCV: ${failed} of ${all.length} fits stopped before they had converged. ` +
        `Raise maxIter (now ${settings.maxIter}) or scale the features.`,
    ),
  ];
}
