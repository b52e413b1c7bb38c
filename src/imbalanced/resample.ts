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
import { type Dense, type Matrix, matrixLike, readMatrixAsync } from '../data/matrix';

/** Samples and labels, read and checked. */
export interface Given extends Encoded {
  readonly X: Dense;
  readonly labels: readonly Label[];
}

/** Reads what a resampler was given. Methods that only pick rows let NaN and infinities pass. */
export async function readGiven(
  X: Matrix,
  y: Labels,
  what: string,
  checks: { readonly allowNonFinite?: boolean } = {},
): Promise<Given> {
  const samples = await readMatrixAsync(X, `${what}: X`, checks);
  const labels = await readLabelsAsync(y, `${what}: y`);
  checkSameLength(samples.rows, labels.length, what);
  checkAreClasses(labels, `${what}: y`, 'Group measurements into classes first.');
  return { X: samples, labels, ...encodeLabels(labels) };
}

/** The positions of the samples of class `c`. */
export function membersOf(codes: Int32Array, c: number): Int32Array {
  const members: number[] = [];
  for (let i = 0; i < codes.length; i++) if (codes[i] === c) members.push(i);
  return Int32Array.from(members);
}

/**
 * The stream for the next class. imbalanced-learn starts from the seed again for every class, which is kept, so that
 * adding a class does not change the others; without a seed the stream just goes on.
 */
export function streams(seed: Seed | undefined): () => Rng {
  const rng = toRng(seed);
  return seed === undefined ? () => rng : () => rng.restart();
}

/** The input rows, then new ones, in the form of the input. */
export function appendSamples<M extends Matrix, L extends Labels>(
  given: Given,
  like: { readonly X: M; readonly y: L },
  added: readonly { readonly rows: Float64Array; readonly label: Label }[],
): Resampled<M, L> {
  const { cols } = given.X;
  const extra = added.reduce((n, a) => n + a.rows.length / cols, 0);
  const rows = given.X.rows + extra;
  const data = new Float64Array(rows * cols);
  data.set(given.X.data);
  const labels = [...given.labels];
  let at = given.X.data.length;
  for (const { rows: values, label } of added) {
    data.set(values, at);
    at += values.length;
    for (let i = 0; i < values.length / cols; i++) labels.push(label);
  }
  return { X: matrixLike(like.X, { data, rows, cols }), y: labelsLike(like.y, labels) };
}
