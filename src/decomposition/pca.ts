import { ConfigError, ShapeError } from '../core/errors';
import { checkOptions } from '../core/options';
import { Rng, type Seed, toRng } from '../core/rng';
import { shown } from '../core/shown';
import { type Dense, type Matrix, readMatrixAsync } from '../data/matrix';
import { centred, columnMeans } from '../data/moments';
import { isSparse } from '../data/sparse';
import { type NoFitOptions, refuseFitOptions } from '../estimator/fit-options';
import { checkOption } from '../metrics/warning';
import { FittedPCA } from './fitted-pca';
import { linearMap, transposeOf } from './linear-map';
import { inferDimension } from './minka';
import { project } from './projection';
import { randomizedSvd } from './randomized-svd';
import { fixSigns } from './signs';
import { type Svd, svd } from './svd';

export interface PCAOptions {
  /**
   * How many components: an integer ≥ 1, all by default; a fraction below 1: as many as explain more than that share of the
   * variance; `'mle'`: Minka's estimate.
   */
  readonly nComponents?: number | 'mle' | null | undefined;
  /** Whether components are scaled to variance 1; false by default. */
  readonly whiten?: boolean | undefined;
  /**
   * `'full'`: exact. `'randomized'`: from a random range, sooner where few of many components are wanted. `'auto'` (default):
   * randomized for less than 80 % of the components of more than 500 samples or features, unless there are at most 1000
   * features and ten times as many samples.
   */
  readonly svdSolver?: 'auto' | 'full' | 'randomized' | undefined;
  /** How often a random range is multiplied by A·Aᵀ; `'auto'` (default) is 7 for less than a tenth of the components, else 4. */
  readonly iteratedPower?: number | 'auto' | undefined;
  /** How many more directions than components a random range has; 10 by default. */
  readonly nOversamples?: number | undefined;
  readonly seed?: Seed | undefined;
}

/**
 * Principal components: the directions in which samples vary most, X − x̄ = U Σ Vᵀ.
 *
 * The sign of a component is such that the sample farthest along it is on the positive side, as in scikit-learn up to 1.4.
 *
 * Reference: Hastie, Tibshirani, Friedman 2009, “The Elements of Statistical Learning”, section 14.5.
 *
 * @example
 * ```ts
 * import { iris } from 'kompakt/data';
 * import { PCA } from 'kompakt/decomposition';
 * const { X } = iris();
 * const model = await new PCA({ nComponents: 2 }).fit(X);
 * console.log(Array.from(model.explainedVarianceRatio, (v) => v.toFixed(3))); // → [ '0.925', '0.053' ]
 * ```
 */
export class PCA {
  readonly name = 'PCA' as const;
  readonly options: PCAOptions;

  /** @param options - see {@link PCAOptions}; checked by `fit`. */
  constructor(options: PCAOptions = {}) {
    this.options = options;
  }

  /**
   * Finds the components.
   *
   * @param X - `[samples, features]`, finite numbers, at least two samples.
   * @param _y - not looked at: it stands where other estimators take labels, so that pipelines can fit any of them.
   * @param options - none: samples are not weighed.
   * @throws ConfigError for unsupported options, NaN or infinity, sparse samples; ShapeError for more components than
   * samples or features.
   */
  async fit(X: Matrix, _y?: unknown, options: NoFitOptions = {}): Promise<FittedPCA> {
    const what = `${this.name}.fit`;
    refuseFitOptions(options, what);
    const settings = checkSettings(this.options, what);
    if (isSparse(X)) {
      throw new ConfigError(
        `${what}: sparse samples would not stay sparse without their mean. Use TruncatedSVD, or give X.toDense().`,
      );
    }
    const samples = await readMatrixAsync(X, `${what}: X`);
    const { rows, cols } = samples;
    const most = Math.min(rows, cols);
    if (rows < 2) throw new ShapeError(`${what}: one sample has no variance. At least two are needed.`);
    const wanted = checkCount(settings.nComponents, rows, cols, what);
    const mean = columnMeans(samples);
    const data = centred(samples, mean);
    const isRandomized =
      settings.svdSolver === 'randomized' || (settings.svdSolver === 'auto' && paysOff(wanted, data));
    const found = isRandomized ? randomized(data, wanted, settings, what) : exact(data);
    const total = data.data.reduce((sum, v) => sum + v * v, 0) / (rows - 1);
    const variances = found.values.map((s) => (s * s) / (rows - 1));
    const n = typeof wanted === 'number' && wanted >= 1 ? wanted : chosen(wanted, variances, total, rows);
    const rest = total - variances.slice(0, n).reduce((a, b) => a + b, 0);
    return new FittedPCA({
      components: found.vectors.slice(0, n * cols),
      mean,
      singularValues: found.values.slice(0, n),
      explainedVariance: variances.slice(0, n),
      explainedVarianceRatio: variances.slice(0, n).map((v) => (total === 0 ? 0 : v / total)),
      noiseVariance: n < most ? Math.max(0, isRandomized ? rest : tail(variances, n)) / (most - n) : 0,
      whiten: settings.whiten,
      nFeatures: cols,
      nSamples: rows,
    });
  }
}

type Settings = Required<{ [K in keyof PCAOptions]: NonNullable<PCAOptions[K]> | null }> & {
  readonly whiten: boolean;
  readonly nOversamples: number;
  readonly svdSolver: 'auto' | 'full' | 'randomized';
};

function checkSettings(options: PCAOptions, what: string): Settings {
  const names = ['nComponents', 'whiten', 'svdSolver', 'iteratedPower', 'nOversamples', 'seed'];
  checkOptions(options, names, what);
  const { nComponents = null, whiten = false, svdSolver = 'auto', iteratedPower = 'auto', nOversamples = 10 } = options;
  checkOption(svdSolver, ['auto', 'full', 'randomized'], 'svdSolver', what);
  checkOption(whiten, [true, false], 'whiten', what);
  if (iteratedPower !== 'auto' && !(Number.isInteger(iteratedPower) && iteratedPower >= 0))
    throw new ConfigError(`${what}: iteratedPower must be 'auto' or an integer ≥ 0, got ${shown(iteratedPower)}.`);
  if (!Number.isInteger(nOversamples) || nOversamples < 1)
    throw new ConfigError(`${what}: nOversamples must be an integer ≥ 1, got ${shown(nOversamples)}.`);
  return { nComponents, whiten, svdSolver, iteratedPower, nOversamples, seed: options.seed ?? null };
}

function checkCount(n: number | 'mle' | null, rows: number, cols: number, what: string): number | 'mle' {
  const most = Math.min(rows, cols);
  if (n === null) return most;
  if (n === 'mle') {
    if (rows >= cols) return n;
    throw new ShapeError(
      `${what}: nComponents 'mle' needs at least as many samples as features, got ${rows} of ${cols}.`,
    );
  }
  if (typeof n !== 'number' || !(n > 0) || (n > 1 && !Number.isInteger(n)))
    throw new ConfigError(`${what}: nComponents must be an integer ≥ 1, a fraction below 1 or 'mle', got ${shown(n)}.`);
  if (n > most)
    throw new ShapeError(
      `${what}: nComponents is ${n}, but ${rows} samples of ${cols} features have ${most} components.`,
    );
  return n;
}

/** Whether a random range is likely to be sooner than the whole decomposition. */
function paysOff(n: number | 'mle', { rows, cols }: Dense): boolean {
  if (cols <= 1000 && rows >= 10 * cols) return false;
  return Math.max(rows, cols) > 500 && n !== 'mle' && n >= 1 && n < 0.8 * Math.min(rows, cols);
}

function exact(X: Dense): Svd {
  const found = svd(X.data, X.rows, X.cols);
  const k = found.values.length;
  fixSigns(transposeOf(project(X, found.vectors, k), X.rows, k), X.rows, found.vectors, X.cols);
  return found;
}

function randomized(X: Dense, n: number | 'mle', settings: Settings, what: string): Svd {
  if (typeof n !== 'number' || n < 1) {
    throw new ConfigError(
      `${what}: svdSolver 'randomized' needs a number of components, got ${n}. Use svdSolver 'full'.`,
    );
  }
  const { iteratedPower, nOversamples, seed } = settings;
  const auto = n < 0.1 * Math.min(X.rows, X.cols) ? 7 : 4;
  const rng = seed instanceof Rng ? seed.restart() : toRng(seed ?? undefined);
  const iterations = typeof iteratedPower === 'number' ? iteratedPower : auto;
  return randomizedSvd(linearMap(X), { k: n, oversamples: nOversamples, iterations }, rng);
}

/** The number of components that a fraction or an estimate comes to. */
function chosen(wanted: number | 'mle', variances: Float64Array, total: number, rows: number): number {
  if (wanted === 'mle') return inferDimension(variances, rows);
  let sum = 0;
  const at = variances.findIndex((v) => {
    sum += v / total;
    return sum > (wanted as number);
  });
  return at < 0 ? variances.length : at + 1;
}

const tail = (variances: Float64Array, n: number): number => variances.slice(n).reduce((a, b) => a + b, 0);
