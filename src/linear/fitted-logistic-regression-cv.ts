import { defaultBackend } from '../backends/default';
import { Tensor } from '../core/tensor';
import type { Label, Labels } from '../data/labels';
import type { ModelState } from '../estimator/state';
import { FittedLogisticRegression, type LogisticParts, logisticPartsOf } from './fitted-logistic-regression';

/** What was tried, and how it did. */
export interface Search {
  readonly Cs: Float64Array;
  /** Null where only one kind of penalty was tried. */
  readonly l1Ratios: Float64Array | null;
  readonly folds: number;
  /** For each problem, `[folds, Cs]` or `[folds, Cs, l1Ratios]`: one problem, or one per class against the rest. */
  readonly scores: readonly Float64Array[];
  /** What was chosen for each problem. */
  readonly C: Float64Array;
  readonly l1Ratio: Float64Array | null;
}

/** What `LogisticRegressionCV.fit` returns: a logistic regression of the strength that did best. `score` is the accuracy. */
export class FittedLogisticRegressionCV<L extends Labels = Labels> extends FittedLogisticRegression<L> {
  static override readonly type: string = 'LogisticRegressionCV';
  /** The inverse strengths that were tried. */
  readonly Cs: Float64Array;
  /** The shares of L1 that were tried; null unless the penalty is `'elasticnet'`. */
  readonly l1Ratios: Float64Array | null;
  /** The C of each class, one for two classes; without `refit` the mean of the folds' best. */
  readonly C: number[];
  /** The share of L1 of each class likewise; null unless the penalty is `'elasticnet'`. */
  readonly l1Ratio: number[] | null;
  /** By class (of two, the second): float64 `[folds, Cs]`, or `[folds, Cs, l1Ratios]`. Classes of one softmax share theirs. */
  readonly scores: ReadonlyMap<Label, Tensor>;
  readonly #search: Search;

  constructor(parts: LogisticParts<L>, search: Search) {
    super(parts);
    this.#search = search;
    const { Cs, l1Ratios, folds, scores } = search;
    const own = parts.classes.length === 2 ? parts.classes.slice(1) : parts.classes;
    const each = <T>(list: ArrayLike<T>): T[] => own.map((_, c) => list[Math.min(c, list.length - 1)]!);
    this.Cs = Cs;
    this.l1Ratios = l1Ratios;
    this.C = each(search.C);
    this.l1Ratio = search.l1Ratio === null ? null : each(search.l1Ratio);
    const shape = l1Ratios === null ? [folds, Cs.length] : [folds, Cs.length, l1Ratios.length];
    const tables = each(scores.map((values) => Tensor.from(defaultBackend(), values, 'float64', shape)));
    this.scores = new Map(own.map((label, c) => [label, tables[c]!]));
  }

  override toState(): ModelState {
    return { ...super.toState(), search: { ...this.#search } };
  }

  static override fromState(state: ModelState): FittedLogisticRegressionCV {
    return new FittedLogisticRegressionCV(logisticPartsOf(state), state.search as unknown as Search);
  }
}
