import { ConfigError, ShapeError } from '../core/errors';
import { checkOptions } from '../core/options';
import { Rng, type Seed, toRng } from '../core/rng';
import { shown } from '../core/shown';
import type { Tensor } from '../core/tensor';
import { countFeatures, countSamples, type Matrix, readMatrix, readSamplesAsync } from '../data/matrix';
import { columnVariances } from '../data/moments';
import { type NoFitOptions, refuseFitOptions } from '../estimator/fit-options';
import { FittedModel, resultLike } from '../estimator/fitted';
import type { ModelState } from '../estimator/state';
import { checkOption } from '../metrics/warning';
import { lanczosSvd } from './lanczos-svd';
import { linearMap, transposeOf } from './linear-map';
import { inFormOf, project } from './projection';
import { randomizedSvd } from './randomized-svd';
import { fixSigns } from './signs';

export interface TruncatedSVDOptions {
  /** How many components; 2 by default. */
  readonly nComponents?: number | undefined;
  /**
   * `'randomized'` (default): from a random range. `'arpack'`: to working precision, by Lanczos iterations as ARPACK makes
   * them.
   */
  readonly algorithm?: 'randomized' | 'arpack' | undefined;
  /** How often a random range is multiplied by A·Aᵀ; 5 by default. */
  readonly nIter?: number | undefined;
  /** How many more directions than components a random range has; 10 by default. */
  readonly nOversamples?: number | undefined;
  readonly seed?: Seed | undefined;
}

/**
 * The leading part of a singular value decomposition, X ≈ U Σ Vᵀ, without taking off the mean: it takes sparse samples as
 * they are. Of word counts it is known as latent semantic analysis.
 *
 * Reference: Halko, Martinsson, Tropp 2009, “Finding Structure with Randomness”.
 *
 * @example
 * ```ts
 * import { CsrMatrix } from 'kompakt/data';
 * import { TruncatedSVD } from 'kompakt/decomposition';
 * const words = CsrMatrix.fromDense([[1, 1, 0], [2, 2, 0], [0, 0, 3]]);
 * const model = await new TruncatedSVD({ nComponents: 1, seed: 0 }).fit(words);
 * console.log(model.singularValues[0]!.toFixed(4)); // → 3.1623
 * ```
 */
export class TruncatedSVD {
  readonly name = 'TruncatedSVD' as const;
  readonly options: TruncatedSVDOptions;

  /** @param options - see {@link TruncatedSVDOptions}; checked by `fit`. */
  constructor(options: TruncatedSVDOptions = {}) {
    this.options = options;
  }

  /**
   * Finds the components.
   *
   * @param X - `[samples, features]`, dense or sparse, finite numbers.
   * @param _y - not looked at: it stands where other estimators take labels, so that pipelines can fit any of them.
   * @param options - none: samples are not weighed.
   * @throws ConfigError for unsupported options, NaN or infinity; ShapeError for more components than samples or features.
   */
  async fit(X: Matrix, _y?: unknown, options: NoFitOptions = {}): Promise<FittedTruncatedSVD> {
    const what = `${this.name}.fit`;
    refuseFitOptions(options, what);
    checkOptions(this.options, ['nComponents', 'algorithm', 'nIter', 'nOversamples', 'seed'], what);
    const { algorithm = 'randomized' } = this.options;
    checkOption(algorithm, ['randomized', 'arpack'], 'algorithm', what);
    const k = checkInteger(this.options.nComponents ?? 2, 1, 'nComponents', what);
    const iterations = checkInteger(this.options.nIter ?? 5, 0, 'nIter', what);
    const oversamples = checkInteger(this.options.nOversamples ?? 10, 1, 'nOversamples', what);
    const samples = await readSamplesAsync(X, `${what}: X`);
    const [rows, cols] = [countSamples(samples), countFeatures(samples)];
    if (k > Math.min(rows, cols))
      throw new ShapeError(
        `${what}: nComponents is ${k}, but ${rows} samples of ${cols} features have at most ${Math.min(rows, cols)}.`,
      );
    const { seed } = this.options;
    const rng = seed instanceof Rng ? seed.restart() : toRng(seed);
    const map = linearMap(samples);
    const isExact = algorithm === 'arpack';
    const found = isExact ? lanczosSvd(map, k, rng) : randomizedSvd(map, { k, oversamples, iterations }, rng);
    const projected = transposeOf(project(samples, found.vectors, k), rows, k);
    if (isExact) {
      fixSigns(projected, rows, found.vectors, cols);
    }
    const explained = Float64Array.from({ length: k }, (_, j) =>
      varianceOf(projected.subarray(j * rows, (j + 1) * rows)),
    );
    const total = columnVariances(samples).reduce((a, b) => a + b, 0);
    return new FittedTruncatedSVD({
      components: found.vectors,
      singularValues: found.values,
      explainedVariance: explained,
      explainedVarianceRatio: explained.map((v) => (total === 0 ? 0 : v / total)),
      nFeatures: cols,
    });
  }
}

function checkInteger(n: unknown, least: number, name: string, what: string): number {
  if (Number.isInteger(n) && (n as number) >= least) return n as number;
  throw new ConfigError(`${what}: ${name} must be an integer ≥ ${least}, got ${shown(n)}.`);
}

function varianceOf(values: Float64Array): number {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  return values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length;
}

interface Parts {
  /** `[k, features]`. */
  readonly components: Float64Array;
  readonly singularValues: Float64Array;
  readonly explainedVariance: Float64Array;
  readonly explainedVarianceRatio: Float64Array;
  readonly nFeatures: number;
}

/** What `TruncatedSVD.fit` returns. */
export class FittedTruncatedSVD extends FittedModel {
  static readonly type = 'TruncatedSVD';
  /** float64 `[components, features]`: directions of length 1, by descending singular value. */
  readonly components: Tensor;
  readonly nComponents: number;
  readonly singularValues: Float64Array;
  /** The variance of the samples of fit along each component. */
  readonly explainedVariance: Float64Array;
  /** Its share of the variance of all features. */
  readonly explainedVarianceRatio: Float64Array;
  readonly #parts: Parts;

  constructor(parts: Parts) {
    super({ name: 'TruncatedSVD', nFeatures: parts.nFeatures });
    this.#parts = parts;
    this.nComponents = parts.singularValues.length;
    this.components = resultLike([], parts.components.slice(), [this.nComponents, parts.nFeatures]);
    this.singularValues = parts.singularValues;
    this.explainedVariance = parts.explainedVariance;
    this.explainedVarianceRatio = parts.explainedVarianceRatio;
  }

  /**
   * The samples by their components: X·Vᵀ.
   *
   * @param X - `[samples, features]`, dense or sparse.
   * @returns `[samples, components]` in the form of X, or `{ data, shape }` for a sparse matrix.
   * @throws ShapeError when X has other features than in fit; ConfigError for NaN or infinity.
   */
  transform<M extends Matrix>(X: M): M {
    const samples = this.readSparse(X, 'transform');
    const data = project(samples, this.#parts.components, this.nComponents);
    return inFormOf(X, { data, rows: countSamples(samples), cols: this.nComponents });
  }

  /**
   * Samples with these components: X·V.
   *
   * @param X - `[samples, components]`.
   * @returns `[samples, features]`, in the form of X.
   * @throws ShapeError when X has another number of columns than there are components.
   */
  inverseTransform<M extends Matrix>(X: M): M {
    const k = this.nComponents;
    const given = readMatrix(X, `${this.name}.inverseTransform: X`, { cols: k });
    const { components, nFeatures } = this.#parts;
    const data = project(given, transposeOf(components, k, nFeatures), nFeatures);
    return inFormOf(X, { data, rows: given.rows, cols: nFeatures });
  }

  toState(): ModelState {
    return { type: this.name, ...this.#parts };
  }

  static fromState(state: ModelState): FittedTruncatedSVD {
    return new FittedTruncatedSVD(state as unknown as Parts);
  }
}
