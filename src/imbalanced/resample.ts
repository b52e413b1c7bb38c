import type { KompaktError } from '../core/errors';
import { type Rng, type Seed, toRng } from '../core/rng';
import type { Resampled } from '../data/estimator';
import {
  checkAreClasses,
  checkSameLength,
  type Encoded,
  encodeLabels,
  type Label,
  type Labels,
  labelsLike,
  readLabelsAsync,
} from '../data/labels';
import { countSamples, type Matrix, readSamplesAsync, type Samples } from '../data/matrix';
import { type Rows, takeRows } from '../data/rows';
import { samplesLike, stack } from './samples';

/** Labels, read and checked. */
export interface GivenLabels extends Encoded {
  readonly labels: readonly Label[];
}

/** Samples and labels, read and checked; sparse samples by rows. */
export interface Given extends GivenLabels {
  readonly X: Samples;
}

/** Reads what a resampler was given. Methods that only pick rows may let NaN and infinities pass. */
export async function readGiven(
  X: Matrix,
  y: Labels,
  what: string,
  checks: { readonly allowNonFinite?: boolean } = {},
): Promise<Given> {
  const samples = await readSamplesAsync(X, `${what}: X`, checks);
  return { X: samples, ...(await readGivenLabels(y, countSamples(samples), what)) };
}

/** Reads one label for each of `rows` samples. */
export async function readGivenLabels(y: Labels, rows: number, what: string): Promise<GivenLabels> {
  const labels = await readLabelsAsync(y, `${what}: y`);
  checkSameLength(rows, labels.length, what);
  checkAreClasses(labels, `${what}: y`, 'Group measurements into classes first.');
  return { labels, ...encodeLabels(labels) };
}

/** The positions of the samples of class `c`. */
export function membersOf(codes: Int32Array, c: number): Int32Array {
  const members: number[] = [];
  for (let i = 0; i < codes.length; i++) if (codes[i] === c) members.push(i);
  return Int32Array.from(members);
}

/** The position of the first class with the fewest samples. */
export function rarest(counts: ArrayLike<number>): number {
  let c = 0;
  for (let i = 1; i < counts.length; i++) if (counts[i]! < counts[c]!) c = i;
  return c;
}

/**
 * Streams from the seed's beginning, one per call. imbalanced-learn starts from the seed again for every class, which is
 * kept, so that adding a class does not change the others; without a seed the stream just goes on.
 */
export function streams(seed: Seed | undefined): () => Rng {
  const rng = toRng(seed);
  return seed === undefined ? () => rng : () => rng.restart();
}

/** New samples of one class. */
export interface Added {
  readonly rows: Samples;
  readonly label: Label;
}

/** What came in, then new samples, in the form of what came in. */
export function appendSamples<M extends Matrix, L extends Labels>(
  given: Given,
  like: { readonly X: M; readonly y: L },
  added: readonly Added[],
  warnings: readonly KompaktError[] = [],
): Resampled<M, L> {
  const labels = [...given.labels];
  for (const { rows, label } of added) for (let i = countSamples(rows); i > 0; i--) labels.push(label);
  return withWarnings(
    {
      X: samplesLike(like.X, stack([given.X, ...added.map((a) => a.rows)])),
      y: labelsLike(like.y, labels),
    },
    warnings,
  );
}

/** The samples at `indices`, in the form of what came in. */
export function pickSamples<M, L extends Labels>(
  given: GivenLabels,
  like: { readonly X: M; readonly y: L },
  indices: Int32Array,
  warnings: readonly KompaktError[] = [],
): Resampled<M, L> {
  return withWarnings(
    {
      X: takeRows(like.X as Rows, indices) as unknown as M,
      y: labelsLike(
        like.y,
        Array.from(indices, (i) => given.labels[i]!),
      ),
      indices,
    },
    warnings,
  );
}

/** A result that tells what is unlikely to be meant, if anything is. */
export function withWarnings<R extends object>(result: R, warnings: readonly KompaktError[]): R {
  return warnings.length === 0 ? result : { ...result, warnings };
}
