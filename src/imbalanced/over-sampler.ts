import { checkOptions } from '../core/options';
import type { Seed } from '../core/rng';
import type { Resampled } from '../data/estimator';
import type { Labels } from '../data/labels';
import type { Matrix } from '../data/matrix';
import { type Added, appendSamples, type Given, readGiven } from './resample';
import { overgrowth, type Plan, planSampling, type SamplingStrategy } from './sampling-strategy';

export interface OverSamplerOptions {
  /** How many samples each class should have; `'auto'` (default): all as many as the largest. See {@link SamplingStrategy}. */
  readonly samplingStrategy?: SamplingStrategy | undefined;
  /** Makes the new samples reproducible. */
  readonly seed?: Seed | undefined;
}

/** What all methods that add synthetic samples share: how they read, how much they add, and in which form it comes out. */
export abstract class OverSampler<O extends OverSamplerOptions> {
  abstract readonly name: string;
  readonly options: O;
  /** Names of the options, besides those that all have. */
  protected abstract readonly known: readonly string[];

  constructor(options: O) {
    this.options = options;
  }

  /** New samples of each class that the plan adds to. */
  protected abstract synthesize(given: Given, plan: Plan, what: string): readonly Added[] | Promise<readonly Added[]>;

  /**
   * Resamples a labelled set.
   *
   * @param X - `[samples, features]`, finite numbers; a sparse matrix stays one. Not changed.
   * @param y - one label per sample, of at least two classes.
   * @returns X and y in the form they came in: the input rows in order, then the synthetic ones, class by class; `warnings`
   * where a class grows beyond the largest.
   * @throws ConfigError for NaN or infinity, one class, a strategy that does not fit, or a class with too few samples to
   * find neighbours in.
   */
  async fitResample<M extends Matrix, L extends Labels>(X: M, y: L): Promise<Resampled<M, L>> {
    const what = `${this.name}.fitResample`;
    checkOptions(this.options, ['samplingStrategy', 'seed', ...this.known], what);
    const given = await readGiven(X, y, what);
    const plan = planSampling(this.options.samplingStrategy ?? 'auto', 'over', given, y, what);
    const wanted = new Map([...plan].filter(([, count]) => count > 0));
    const added = await this.synthesize(given, wanted, what);
    return appendSamples(given, { X, y }, added, overgrowth(plan, given, what));
  }
}
