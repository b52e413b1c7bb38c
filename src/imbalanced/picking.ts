import type { KompaktError } from '../core/errors';
import { checkOptions } from '../core/options';
import type { Resampled } from '../data/estimator';
import type { Labels } from '../data/labels';
import type { Matrix } from '../data/matrix';
import { type Given, membersOf, pickSamples, readGiven } from './resample';
import { type CleaningStrategy, planCleaning } from './sampling-strategy';

/** What all methods share that keep some of the samples: how they read, and in which form the samples come out. */
export abstract class Picking<O extends object> {
  abstract readonly name: string;
  readonly options: O;
  protected abstract readonly known: readonly string[];

  constructor(options: O) {
    this.options = options;
  }

  /** The positions to keep, in the order they come out. */
  protected abstract select(
    given: Given,
    y: Labels,
    what: string,
    warnings: KompaktError[],
  ): Int32Array | Promise<Int32Array>;

  /**
   * Resamples a labelled set.
   *
   * @param X - `[samples, features]`, finite numbers; a sparse matrix stays one. Not changed.
   * @param y - one label per sample, of at least two classes.
   * @returns X and y in the form they came in, and `indices`: which samples they are.
   * @throws ConfigError for NaN or infinity, one class, a strategy that does not fit, or too few samples to find neighbours.
   */
  async fitResample<M extends Matrix, L extends Labels>(X: M, y: L): Promise<Resampled<M, L>> {
    const what = `${this.name}.fitResample`;
    checkOptions(this.options, this.known, what);
    const given = await readGiven(X, y, what);
    const warnings: KompaktError[] = [];
    return pickSamples(given, { X, y }, await this.select(given, y, what, warnings), warnings);
  }
}

export interface CleaningOptions {
  /** Which classes samples are removed from; `'auto'` (default): all but the rarest. See {@link CleaningStrategy}. */
  readonly samplingStrategy?: CleaningStrategy | undefined;
}

/** Class by class, ascending: what `keep` leaves of those in `cleaned`, and the others whole. */
export function byClass(
  codes: Int32Array,
  classes: number,
  cleaned: { has(c: number): boolean },
  keep: (members: Int32Array, c: number) => Int32Array,
): Int32Array {
  const parts = Array.from({ length: classes }, (_, c) => {
    const members = membersOf(codes, c);
    return cleaned.has(c) ? keep(members, c) : members;
  });
  const out = new Int32Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** The classes that a cleaning method's strategy names. */
export function cleanedBy(options: CleaningOptions, given: Given, y: Labels, what: string): ReadonlySet<number> {
  return planCleaning(options.samplingStrategy ?? 'auto', given, y, what);
}
