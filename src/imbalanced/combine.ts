import { ConfigError } from '../core/errors';
import { checkOptions } from '../core/options';
import { shown } from '../core/shown';
import type { Resampled, Resampler } from '../data/estimator';
import type { Labels } from '../data/labels';
import type { Matrix } from '../data/matrix';
import { EditedNearestNeighbours } from './edited-nearest-neighbours';
import type { OverSamplerOptions } from './over-sampler';
import { SMOTE } from './smote';
import { TomekLinks } from './tomek-links';

export interface SMOTEENNOptions extends OverSamplerOptions {
  /** What adds samples; by default `new SMOTE({ samplingStrategy, seed })`. */
  readonly smote?: Resampler | undefined;
  /** What removes some; by default `new EditedNearestNeighbours({ samplingStrategy: 'all' })`. */
  readonly enn?: Resampler | undefined;
}

export interface SMOTETomekOptions extends OverSamplerOptions {
  /** What adds samples; by default `new SMOTE({ samplingStrategy, seed })`. */
  readonly smote?: Resampler | undefined;
  /** What removes some; by default `new TomekLinks({ samplingStrategy: 'all' })`. */
  readonly tomek?: Resampler | undefined;
}

async function addThenClean<M extends Matrix, L extends Labels>(
  X: M,
  y: L,
  { samplingStrategy, seed, smote = new SMOTE({ samplingStrategy, seed }) }: SMOTEENNOptions,
  cleaner: Resampler,
  what: string,
): Promise<Resampled<M, L>> {
  for (const part of [smote, cleaner]) {
    if (typeof part?.fitResample !== 'function')
      throw new ConfigError(`${what}: smote and the cleaner must be resamplers, got ${shown(part)}.`);
  }
  const more = await smote.fitResample(X, y);
  const { X: rows, y: labels, warnings = [] } = await cleaner.fitResample(more.X, more.y as Labels as L);
  const all = [...(more.warnings ?? []), ...warnings];
  // Positions among the samples with the synthetic ones say nothing of the input, and are left out.
  return { X: rows, y: labels, ...(all.length > 0 && { warnings: all }) };
}

/**
 * SMOTE, then edited nearest neighbours over all classes, which removes what SMOTE has put among others.
 *
 * Reference: Batista, Prati & Monard 2004, “A Study of the Behavior of Several Methods for Balancing Machine Learning
 * Training Data”.
 *
 * @example
 * ```ts
 * import { SMOTEENN } from 'kompakt/imbalanced';
 * const X = [[0], [1], [2], [3], [4], [5], [10], [11], [12], [13], [14], [15], [16], [17]];
 * const y = [1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0];
 * console.log((await new SMOTEENN({ seed: 1 }).fitResample(X, y)).y.length); // → 16
 * ```
 */
export class SMOTEENN {
  readonly name = 'SMOTEENN' as const;
  readonly options: SMOTEENNOptions;

  /** @param options - `samplingStrategy = 'auto'`, `seed`, `smote`, `enn`; checked by `fitResample`. */
  constructor(options: SMOTEENNOptions = {}) {
    this.options = options;
  }

  /**
   * Resamples a labelled set.
   *
   * @param X - `[samples, features]`, finite numbers; a sparse matrix stays one. Not changed.
   * @param y - one label per sample, of at least two classes.
   * @returns X and y in the form they came in, class by class.
   * @throws ConfigError as {@link SMOTE} and {@link EditedNearestNeighbours} do.
   */
  async fitResample<M extends Matrix, L extends Labels>(X: M, y: L): Promise<Resampled<M, L>> {
    const what = 'SMOTEENN.fitResample';
    checkOptions(this.options, ['samplingStrategy', 'seed', 'smote', 'enn'], what);
    const { enn = new EditedNearestNeighbours({ samplingStrategy: 'all' }) } = this.options;
    return addThenClean(X, y, this.options, enn, what);
  }
}

/**
 * SMOTE, then removal of both samples of every Tomek link.
 *
 * Reference: Batista, Bazzan & Monard 2003, “Balancing Training Data for Automated Annotation of Keywords”.
 *
 * @example
 * ```ts
 * import { SMOTETomek } from 'kompakt/imbalanced';
 * const X = [[0], [1], [2], [3], [4], [5], [10], [11], [12], [13], [14], [15], [16], [17]];
 * const y = [1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0];
 * console.log((await new SMOTETomek({ seed: 1 }).fitResample(X, y)).y.length); // → 16
 * ```
 */
export class SMOTETomek {
  readonly name = 'SMOTETomek' as const;
  readonly options: SMOTETomekOptions;

  /** @param options - `samplingStrategy = 'auto'`, `seed`, `smote`, `tomek`; checked by `fitResample`. */
  constructor(options: SMOTETomekOptions = {}) {
    this.options = options;
  }

  /**
   * Resamples a labelled set.
   *
   * @param X - `[samples, features]`, finite numbers; a sparse matrix stays one. Not changed.
   * @param y - one label per sample, of at least two classes.
   * @returns X and y in the form they came in: the input, then the synthetic samples, less what was removed.
   * @throws ConfigError as {@link SMOTE} and {@link TomekLinks} do.
   */
  async fitResample<M extends Matrix, L extends Labels>(X: M, y: L): Promise<Resampled<M, L>> {
    const what = 'SMOTETomek.fitResample';
    checkOptions(this.options, ['samplingStrategy', 'seed', 'smote', 'tomek'], what);
    const { tomek = new TomekLinks({ samplingStrategy: 'all' }) } = this.options;
    return addThenClean(X, y, this.options, tomek, what);
  }
}
