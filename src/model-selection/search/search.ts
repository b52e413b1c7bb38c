import { ConfigError, type KompaktError } from '../../core/errors';
import { checkOptions } from '../../core/options';
import { shown } from '../../core/shown';
import type { Estimator, FitOptions, FittedEstimator } from '../../data/estimator';
import type { Labels } from '../../data/labels';
import { countRows, type Rows } from '../../data/rows';
import { Nested, nestParams, withParams } from '../../estimator/params';
import { capital, errorScoreOf, taskOf } from '../cross-validate';
import { type CrossValidation, partsOf } from '../cv';
import type { Job, Outcome, Params, Task } from '../jobs/job';
import { RUN_OPTIONS, type RunOptions, runJobs } from '../jobs/run';
import { failureWarning, gatherScores } from '../jobs/scores';
import type { KindOf } from '../model-methods';
import type { Scoring, SingleScoring } from '../scoring/resolve';
import type { TrainTest } from '../stratify';
import { FittedSearch, type FittedSearchParts, type Halving, type SearchModel } from './fitted-search';
import { type CvResults, column, formatResults } from './results';

/** Options of all searches. */
export interface SearchOptions extends RunOptions {
  /** Number of parts, a splitter, or the parts themselves; 5 by default: stratified for classifiers, unshuffled. */
  readonly cv?: CrossValidation | undefined;
  /** The figure, or several; the model's own `score` by default. */
  readonly scoring?: Scoring | undefined;
  /**
   * Whether to fit the best candidate on all samples (true by default); with several figures the name of the one to choose
   * by; or a function that chooses: it gets the results and gives a position in them.
   */
  readonly refit?: boolean | string | ((results: CvResults) => number) | undefined;
  /** Score the training samples, too. */
  readonly returnTrainScore?: boolean | undefined;
}

export const SEARCH_OPTIONS = ['cv', 'scoring', 'refit', 'returnTrainScore', ...RUN_OPTIONS] as const;

/** Options of a search's `fit`. */
export interface SearchFitOptions extends FitOptions {
  /** Groups of samples, for splitters that keep them together. */
  readonly groups?: Labels | undefined;
}

/** Judges candidates on parts, by default those of the search, and gives all results so far. */
export type Evaluate = (candidates: readonly Params[], parts?: readonly TrainTest[]) => Promise<CvResults>;

/** What a way of searching knows about the data. */
export interface Given {
  readonly samples: number;
  readonly y: Labels;
  readonly parts: readonly TrainTest[];
  readonly onWarning: (warning: KompaktError) => void;
}

/** Base of searches: a subclass says which candidates are tried. */
export abstract class Search<E extends Estimator<FittedEstimator>, O extends SearchOptions = SearchOptions> {
  abstract readonly name: string;
  /** What is fitted; not changed. */
  readonly estimator: E;
  /** The estimator's. */
  readonly kind: KindOf<E>;
  readonly options: O;

  constructor(estimator: E, options: O) {
    this.estimator = estimator;
    this.kind = estimator?.kind as KindOf<E>;
    this.options = options;
  }

  /** Names of the options it takes. */
  protected abstract readonly known: readonly string[];
  /** Tries candidates. */
  protected abstract search(evaluate: Evaluate, given: Given): Promise<Halving | undefined>;
  /** A copy with another estimator or other options; `own` are the constructor's other arguments by name. */
  protected abstract copy(estimator: E, options: O, own: Readonly<Record<string, unknown>>): this;
  /** Names of the constructor's other arguments. */
  protected abstract readonly own: readonly string[];

  /**
   * A copy with some parameters changed: `estimator`, its parameters as `estimator__…`, or options.
   *
   * @throws ConfigError for a name that leads nowhere.
   */
  withParams(params: Params): this {
    let estimator = this.estimator;
    const options: Record<string, unknown> = Object.fromEntries(Object.entries(this.options));
    const own: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(nestParams(params))) {
      if (name === 'estimator')
        estimator = value instanceof Nested ? withParams(estimator, value.params) : (value as E);
      else if (value instanceof Nested)
        throw new ConfigError(
          `${this.name}.withParams: '${name}__…' leads nowhere. Inner parameters are 'estimator__…'.`,
        );
      else if (this.own.includes(name)) own[name] = value;
      else options[name] = value;
    }
    return this.copy(estimator, options as O, own);
  }

  /**
   * Judges every candidate by cross-validation, and fits the best on all samples.
   *
   * @param X - samples along the first axis, in any form the estimator takes.
   * @param y - a label or target per sample.
   * @param options - `sampleWeight`, for fitting; `groups`, for splitters that keep them together.
   * @returns the results, and the best candidate, fitted.
   * @throws ConfigError for options that don't fit; AbortError; what fitting throws, where it fails for all candidates.
   */
  async fit<L extends Labels>(X: Rows, y: L, options: SearchFitOptions = {}): Promise<SearchModel<E, L>> {
    const what = `${this.name}.fit`;
    checkOptions(this.options, this.known, this.name);
    checkOptions(options, ['sampleWeight', 'groups'], what);
    const { sampleWeight, groups } = options;
    const task = taskOf(this.estimator, X, y, { ...this.options, sampleWeight }, this.options.scoring, what);
    checkRefit(this.options.refit, task.scorers.names, this.name);
    const warnings: KompaktError[] = [];
    const onWarning = (warning: KompaktError): void => {
      if (!warnings.some((w) => w.message === warning.message)) warnings.push(warning);
    };
    const parts = partsOf(this.options.cv, this.kind, X, y, groups, what);
    const rounds = new Rounds(task, parts, { ...this.options, onWarning }, this.trainScore, what);
    const given = { samples: countRows(X, what), y, parts, onWarning };
    const halving = await this.search((candidates, other) => rounds.evaluate(candidates, other), given);
    if (rounds.failures !== null) onWarning(rounds.failures);
    const found = this.#choose(rounds);
    const refitted = await this.#refit(task, found.bestParams);
    for (const warning of warnings) this.options.onWarning?.(warning);
    const name = this.name;
    const nSplits = parts.length;
    const fitted = new FittedSearch({
      name,
      cvResults: rounds.results!,
      nSplits,
      warnings,
      halving,
      ...found,
      ...refitted,
    });
    return fitted as unknown as SearchModel<E, L>;
  }

  protected get trainScore(): boolean {
    return this.options.returnTrainScore ?? false;
  }

  /** Position of the best candidate by mean test score; by rank, as scikit-learn does. */
  protected bestIndex(results: CvResults, figure: string): number {
    return column(results, `rankTest${capital(figure)}`).indexOf(1);
  }

  #choose({ results, names }: Rounds): Pick<FittedSearchParts, 'bestIndex' | 'bestScore' | 'bestParams' | 'scoring'> {
    const refit = this.options.refit ?? true;
    checkRefit(refit, names, this.name);
    const { scoring } = this.options;
    const isSingle = names.length === 1;
    if (typeof refit === 'function') {
      const bestIndex = refit(results!);
      if (!Number.isInteger(bestIndex) || results!.params[bestIndex] === undefined)
        throw new ConfigError(
          `${this.name}: refit gave ${shown(bestIndex)}. It must give a position from 0 to ${results!.params.length - 1}.`,
        );
      return { bestIndex, bestParams: results!.params[bestIndex], scoring: isSingle ? single(scoring) : undefined };
    }
    if (refit === false && !isSingle) return {};
    const figure = typeof refit === 'string' && !isSingle ? refit : names[0]!;
    const bestIndex = this.bestIndex(results!, figure);
    const bestScore = column(results!, `meanTest${capital(figure)}`)[bestIndex];
    return { bestIndex, bestScore, bestParams: results!.params[bestIndex], scoring: figureOf(scoring, figure) };
  }

  async #refit(task: Task, bestParams: Params | undefined): Promise<Partial<FittedSearchParts>> {
    if ((this.options.refit ?? true) === false || bestParams === undefined) return {};
    const start = performance.now();
    const weights = task.weights === null ? {} : { sampleWeight: task.weights };
    const bestEstimator = await withParams(task.estimator, bestParams).fit(task.X as never, task.y, weights);
    return { bestEstimator, refitTime: (performance.now() - start) / 1000 };
  }
}

function single(scoring: Scoring | undefined): SingleScoring | undefined {
  return typeof scoring === 'string' || typeof scoring === 'function' ? (scoring as SingleScoring) : undefined;
}

/** The scoring of one of several figures. */
function figureOf(scoring: Scoring | undefined, figure: string): SingleScoring | undefined {
  if (typeof scoring === 'function') {
    return (model, X, y) => {
      const got: unknown = scoring(model, X, y);
      return typeof got === 'number' ? got : (got as Record<string, number>)[figure]!;
    };
  }
  if (Array.isArray(scoring)) return figure as SingleScoring;
  return typeof scoring === 'object' && scoring !== null
    ? (scoring as Record<string, SingleScoring>)[figure]
    : single(scoring);
}

function checkRefit(refit: SearchOptions['refit'], names: readonly string[] | null, what: string): void {
  if (names === null || names.length < 2 || refit === false || typeof refit === 'function') return;
  if (typeof refit !== 'string' || !names.includes(refit))
    throw new ConfigError(
      `${what}: with several figures refit must be one of ${names.join(', ')} to choose by, a function, or false; got ${shown(refit ?? true)}.`,
    );
}

/** Candidates judged so far. */
class Rounds {
  readonly #candidates: Params[] = [];
  readonly #outcomes: Outcome[] = [];
  results: CvResults | null = null;
  names: readonly string[] = [];

  constructor(
    readonly task: Task,
    readonly parts: readonly TrainTest[],
    readonly options: RunOptions & { readonly onWarning: (warning: KompaktError) => void },
    readonly trainScore: boolean,
    readonly what: string,
  ) {}

  async evaluate(candidates: readonly Params[], parts: readonly TrainTest[] = this.parts): Promise<CvResults> {
    const jobs = candidates.flatMap((params) =>
      parts.map((part): Job => ({ part, params, trainScore: this.trainScore })),
    );
    const before = this.#outcomes.length;
    const { onProgress } = this.options;
    const progress = ({ done, total }: { done: number; total: number }): void =>
      onProgress?.({ done: before + done, total: before + total });
    const options = { ...this.options, onProgress: onProgress && progress };
    this.#outcomes.push(...(await runJobs(this.task, jobs, options, this.what)));
    this.#candidates.push(...candidates);
    const scores = gatherScores(this.task, this.#outcomes, errorScoreOf(this.options), undefined, this.what);
    this.names = scores.names;
    this.results = formatResults(this.#candidates, this.parts.length, this.#outcomes, scores);
    return this.results;
  }

  /** What went wrong in all rounds. */
  get failures(): KompaktError | null {
    return failureWarning(this.#outcomes, errorScoreOf(this.options), this.what);
  }
}
