import { ConfigError } from '../core/errors';
import { checkOptions } from '../core/options';
import { shown } from '../core/shown';
import type { Label, Labels } from '../data/labels';
import type { Matrix } from '../data/matrix';
import { countSamples } from '../data/matrix';
import { type NoFitOptions, refuseFitOptions } from '../estimator/fit-options';
import { readClassification } from '../estimator/supervised';
import { FittedKNeighborsClassifier, FittedRadiusNeighborsClassifier } from './fitted-classifiers';
import { Searchable } from './searchable';
import { checkNeighbors, checkRadius, type NeighborsOptions, SEARCH_OPTIONS } from './settings';
import { checkNeighborWeights, type NeighborWeights } from './votes';

export interface KNeighborsOptions extends Omit<NeighborsOptions, 'radius'> {
  /** How neighbours count: `'uniform'` (default) alike, `'distance'` by 1/d, or a function of a sample's distances. */
  readonly weights?: NeighborWeights | undefined;
}

export interface RadiusNeighborsEstimatorOptions extends Omit<NeighborsOptions, 'nNeighbors'> {
  /** How neighbours count: `'uniform'` (default) alike, `'distance'` by 1/d, or a function of a sample's distances. */
  readonly weights?: NeighborWeights | undefined;
}

export interface RadiusNeighborsClassifierOptions extends RadiusNeighborsEstimatorOptions {
  /**
   * The label of samples without any neighbour: one of the labels, or `'mostFrequent'`. Null (default): predicting for such
   * a sample is an error.
   */
  readonly outlierLabel?: Label | null | undefined;
}

/**
 * Classifies by the vote of the k nearest training samples: P(c | x) = Σ wᵢ [yᵢ = c] / Σ wᵢ over the neighbours.
 *
 * Of classes with as many votes the first wins, as in scikit-learn. Of equally near samples those given first are
 * neighbours; in scikit-learn it depends on the algorithm.
 *
 * Reference: Cover & Hart 1967, “Nearest Neighbor Pattern Classification”.
 *
 * @example
 * ```ts
 * import { iris } from 'kompakt/data';
 * import { KNeighborsClassifier } from 'kompakt/neighbors';
 * const { X, y } = iris();
 * const model = await new KNeighborsClassifier({ nNeighbors: 5 }).fit(X, y);
 * console.log(model.score(X, y).toFixed(4)); // → 0.9667
 * ```
 */
export class KNeighborsClassifier {
  readonly kind = 'classifier';
  readonly name = 'KNeighborsClassifier' as const;
  readonly options: KNeighborsOptions;

  /** @param options - see {@link KNeighborsOptions}; checked by `fit`. */
  constructor(options: KNeighborsOptions = {}) {
    this.options = options;
  }

  /**
   * Takes the training samples.
   *
   * @param X - `[samples, features]`, dense or sparse, finite numbers.
   * @param y - one label per sample.
   * @param options - none: samples are not weighed.
   * @throws ConfigError for unsupported options, NaN or infinity, one class only; ShapeError for data that does not fit
   * together or fewer samples than neighbours.
   */
  async fit<L extends Labels>(X: Matrix, y: L, options: NoFitOptions = {}): Promise<FittedKNeighborsClassifier<L>> {
    const what = `${this.name}.fit`;
    refuseFitOptions(options, what);
    checkOptions(this.options, ['nNeighbors', 'weights', ...SEARCH_OPTIONS], what);
    const { weights = 'uniform', ...search } = this.options;
    checkNeighborWeights(weights, what);
    const { X: samples, codes, classes } = await readClassification(X, y, {}, what, { sparse: true });
    checkNeighbors(search.nNeighbors ?? 5, countSamples(samples), what);
    const points = await Searchable.of(this.name, samples, search);
    return new FittedKNeighborsClassifier({ search: points, weights, codes, classes, likeLabels: y });
  }
}

/**
 * Classifies by the vote of all training samples within a radius: P(c | x) = Σ wᵢ [yᵢ = c] / Σ wᵢ over them.
 *
 * @example
 * ```ts
 * import { RadiusNeighborsClassifier } from 'kompakt/neighbors';
 * const estimator = new RadiusNeighborsClassifier({ radius: 1, outlierLabel: 'b' });
 * const model = await estimator.fit([[0], [0.5], [4]], ['a', 'a', 'b']);
 * console.log(model.predict([[0.2], [9]])); // → [ 'a', 'b' ]
 * ```
 */
export class RadiusNeighborsClassifier {
  readonly kind = 'classifier';
  readonly name = 'RadiusNeighborsClassifier' as const;
  readonly options: RadiusNeighborsClassifierOptions;

  /** @param options - see {@link RadiusNeighborsClassifierOptions}; checked by `fit`. */
  constructor(options: RadiusNeighborsClassifierOptions = {}) {
    this.options = options;
  }

  /**
   * Takes the training samples.
   *
   * @param X - `[samples, features]`, dense or sparse, finite numbers.
   * @param y - one label per sample.
   * @param options - none: samples are not weighed.
   * @throws ConfigError for unsupported options, NaN or infinity, one class only; ShapeError for data that does not fit
   * together.
   */
  async fit<L extends Labels>(
    X: Matrix,
    y: L,
    options: NoFitOptions = {},
  ): Promise<FittedRadiusNeighborsClassifier<L>> {
    const what = `${this.name}.fit`;
    refuseFitOptions(options, what);
    checkOptions(this.options, ['radius', 'weights', 'outlierLabel', ...SEARCH_OPTIONS], what);
    const { weights = 'uniform', outlierLabel = null, ...search } = this.options;
    checkNeighborWeights(weights, what);
    checkRadius(search.radius ?? 1, what);
    const { X: samples, codes, classes, counts } = await readClassification(X, y, {}, what, { sparse: true });
    const outlier = outlierCode(outlierLabel, classes, counts, what);
    const points = await Searchable.of(this.name, samples, search);
    return new FittedRadiusNeighborsClassifier({ search: points, weights, codes, classes, likeLabels: y, outlier });
  }
}

/** Position in `classes` of the label of outliers; -1 for none. */
function outlierCode(label: Label | null, classes: readonly Label[], counts: Int32Array, what: string): number {
  if (label === null) return -1;
  const at = classes.indexOf(label);
  if (at >= 0) return at;
  if (label === 'mostFrequent') return counts.indexOf(Math.max(...counts));
  throw new ConfigError(
    `${what}: outlierLabel is ${shown(label)}; it must be one of the labels, 'mostFrequent' or null.`,
  );
}
