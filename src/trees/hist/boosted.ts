import type { HistTree } from './tree';

/** What boosting has learned. */
export interface Boosted {
  /** Trees of an iteration, and raw predictions of a sample. */
  readonly outputs: number;
  /** Raw predictions before the first tree. */
  readonly start: Float64Array;
  /** Iteration by iteration, output by output. */
  readonly trees: readonly HistTree[];
  /** By feature the set of categories met in fitting; null for a feature of numbers. */
  readonly known: readonly (Int32Array | null)[];
  /** Minus the mean loss before the first and after each iteration; empty without early stopping. */
  readonly trainScore: readonly number[];
  readonly validationScore: readonly number[];
  /** Seed of the draws for validation and binning, so that going on repeats them. */
  readonly drawSeed: number;
}
