import { ConfigError, type KompaktError } from '../../core/errors';
import type { FitOptions, FittedEstimator } from '../../data/estimator';
import type { Labels } from '../../data/labels';
import type { Matrix } from '../../data/matrix';
import { isTyped, type Rows } from '../../data/rows';
import { type ModelState, type Stateful, type StateValue, toJSON } from '../../estimator/state';
import type { Params } from '../jobs/job';
import { delegate, type MethodName, type ModelMethods, type OptionalMethods } from '../model-methods';
import { type SingleScoring, toScorer } from '../scoring/resolve';
import type { CvResults } from './results';

/** What is known after halving, beside the results. */
export interface Halving {
  /** How much each round used of the resource. */
  readonly nResources: readonly number[];
  /** How many candidates each round had. */
  readonly nCandidates: readonly number[];
  readonly nRemainingCandidates: number;
  readonly minResources: number;
  readonly maxResources: number;
  readonly nIterations: number;
  readonly nRequiredIterations: number;
  readonly nPossibleIterations: number;
}

export interface FittedSearchParts {
  /** Name of the class that searched. */
  readonly name: string;
  readonly cvResults: CvResults;
  readonly nSplits: number;
  readonly bestIndex?: number | undefined;
  readonly bestScore?: number | undefined;
  readonly bestParams?: Params | undefined;
  readonly bestEstimator?: FittedEstimator | undefined;
  readonly refitTime?: number | undefined;
  /** The figure to score by; the model's own `score` by default. */
  readonly scoring?: SingleScoring | undefined;
  readonly warnings?: readonly KompaktError[] | undefined;
  readonly halving?: Halving | undefined;
}

/**
 * What the `fit` of a search returns: what was found, and the best candidate fitted on all samples, whose methods it has.
 */
export class FittedSearch {
  static readonly type: string = 'FittedSearch';
  /** Name of the class that searched. */
  readonly name: string;
  /** All candidates with their scores. */
  readonly cvResults: CvResults;
  /** How many parts each candidate was judged on. */
  readonly nSplits: number;
  /** Position of the best candidate in `cvResults`; −1 where there are several figures and `refit` names none. */
  readonly bestIndex: number;
  /** Its mean score; NaN where a function chose it, or nothing did. */
  readonly bestScore: number;
  /** Its parameters; none where nothing chose it. */
  readonly bestParams: Params;
  /** It, fitted on all samples; undefined without `refit`. */
  readonly bestEstimator: FittedEstimator | undefined;
  /** Seconds that took. */
  readonly refitTime: number | undefined;
  /** How halving went; undefined for other searches. */
  readonly halving: Halving | undefined;
  /** What went less than well in searching, and in fitting the best. */
  readonly warnings: readonly KompaktError[];
  declare readonly classes?: OptionalMethods['classes'];
  declare readonly predictProba?: OptionalMethods['predictProba'];
  declare readonly decisionFunction?: OptionalMethods['decisionFunction'];
  declare readonly transform?: OptionalMethods['transform'];
  declare readonly inverseTransform?: OptionalMethods['inverseTransform'];
  readonly #scoring: SingleScoring | undefined;

  constructor(parts: FittedSearchParts) {
    this.name = parts.name;
    this.cvResults = parts.cvResults;
    this.nSplits = parts.nSplits;
    this.bestIndex = parts.bestIndex ?? -1;
    this.bestScore = parts.bestScore ?? Number.NaN;
    this.bestParams = parts.bestParams ?? {};
    this.bestEstimator = parts.bestEstimator;
    this.refitTime = parts.refitTime;
    this.halving = parts.halving;
    const inner = (parts.bestEstimator as { readonly warnings?: readonly KompaktError[] } | undefined)?.warnings ?? [];
    this.warnings = [...(parts.warnings ?? []), ...inner];
    this.#scoring = parts.scoring;
    if (parts.bestEstimator === undefined) return;
    const back = (parts.bestEstimator as OptionalMethods).inverseTransform;
    const all = ['predictProba', 'decisionFunction', 'transform'] as const;
    Object.assign(
      this,
      delegate(parts.bestEstimator, (X) => X, all),
    );
    if (typeof back === 'function') this.inverseTransform = (X) => back.call(parts.bestEstimator, X);
  }

  /**
   * What the best candidate predicts.
   *
   * @throws ConfigError after a search with `refit: false`.
   */
  predict(X: Rows): Labels {
    return this.#best('predict').predict(X as Matrix);
  }

  /**
   * How the best candidate scores: by the figure of the search.
   *
   * @throws ConfigError after a search with `refit: false`.
   */
  score(X: Rows, y: Labels, options: FitOptions = {}): number {
    const best = this.#best('score');
    return this.#scoring === undefined
      ? best.score(X as Matrix, y, options)
      : toScorer(this.#scoring)(best, X as Matrix, y);
  }

  /** How many features samples have, where the best candidate counts them. */
  get nFeatures(): number | undefined {
    return (this.bestEstimator as { readonly nFeatures?: number } | undefined)?.nFeatures;
  }

  /**
   * The search as data: the best candidate, results, and a figure that has a name. Parameters that are no plain data, such as
   * estimators, are left out.
   */
  toState(): ModelState {
    const best = this.#best('toState') as FittedEstimator & Partial<Stateful>;
    if (typeof best.toState !== 'function')
      throw new ConfigError(
        `${this.name}.toState: the best estimator has no toState. Only built-in models can be kept.`,
      );
    const { name, nSplits, bestIndex, bestScore, refitTime } = this;
    return {
      type: FittedSearch.type,
      ...{ name, nSplits, bestIndex, bestScore, refitTime },
      best: best.toState(),
      bestParams: plain(this.bestParams),
      cvResults: plain(this.cvResults),
      halving: plain(this.halving),
      scoring: typeof this.#scoring === 'string' ? this.#scoring : undefined,
    };
  }

  /** The search as JSON, for `JSON.stringify`; `fromJSON` makes it again. */
  toJSON(): unknown {
    return toJSON(this.toState());
  }

  /** The search that {@link toState} described. */
  static fromState(state: ModelState, restore: (state: ModelState) => never): FittedSearch {
    const parts = state as unknown as FittedSearchParts;
    return new FittedSearch({ ...parts, bestEstimator: restore(state.best as ModelState) });
  }

  #best(method: string): FittedEstimator {
    if (this.bestEstimator !== undefined) return this.bestEstimator;
    throw new ConfigError(
      `${this.name}.${method}: the search was made with refit: false. Fit the best parameters yourself.`,
    );
  }
}

/** A fitted search with the methods that its best candidate has. */
export type SearchModel<E, L extends Labels> = Omit<FittedSearch, MethodName> & ModelMethods<E, L>;

/** What can be kept of a value: everything but functions and objects of classes. */
function plain(value: unknown): StateValue {
  if (typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean' || isTyped(value))
    return value;
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return null;
  if (Object.getPrototypeOf(value) !== Object.prototype) return null;
  return Object.fromEntries(Object.entries(value).map(([key, v]) => [key, plain(v)]));
}
