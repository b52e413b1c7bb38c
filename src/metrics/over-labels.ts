import { ShapeError } from '../core/errors';
import { readWeights } from '../data/vector';
import { accumulate, type Cumulative } from './curves';
import type { Indicator } from './indicator';
import { eachLabel, type LabelRows, readLabelRows } from './label-rows';
import { mean, type WeightOptions } from './pair';
import { readScores, type Scores, type ScoreTable } from './probabilities';
import { checkOption } from './warning';

/** How to sum up a figure of several labels: over labels, of all entries as one list, by support, over samples, or not. */
export type TableAverage = 'macro' | 'micro' | 'weighted' | 'samples' | null;

/** Throws a `ConfigError` for another average. */
export function checkAverage(average: TableAverage | undefined, what: string): void {
  const given = average === undefined ? 'macro' : average;
  checkOption(given, ['macro', 'micro', 'weighted', 'samples', null], 'average', what);
}

/** The labels that samples have, and a score of each that they might have. */
export interface Ranked {
  readonly rows: LabelRows;
  readonly scores: ScoreTable;
  readonly weights: Float64Array | null;
}

/** Reads a table of labels and scores of the same shape. */
export function readRanked(yTrue: Indicator, yScore: Scores, { sampleWeight }: WeightOptions, what: string): Ranked {
  const rows = readLabelRows(yTrue, `${what}: yTrue`);
  const scores = readScores(yScore, rows.samples, `${what}: yScore`);
  if (scores.columns !== rows.labels) {
    throw new ShapeError(
      `${what}: yScore has ${scores.columns} columns for ${rows.labels} labels. Give one per label.`,
    );
  }
  return { rows, scores, weights: readWeights(sampleWeight, rows.samples, what) };
}

/** A figure of each label against its absence, averaged. */
export function overLabels(
  rows: LabelRows,
  { data, columns }: ScoreTable,
  weights: Float64Array | null,
  average: TableAverage | undefined,
  figure: (counts: Cumulative) => number,
): number | number[] {
  const truth = new Uint8Array(data.length);
  eachLabel(rows, (label, i) => {
    truth[i * columns + label] = 1;
  });
  if (average === 'micro') {
    const spread = weights === null ? null : data.map((_, at) => weights[Math.floor(at / columns)]!);
    return figure(accumulate(truth, data, spread));
  }
  if (average === 'samples') {
    const row = <A extends Uint8Array | Float64Array>(values: A, i: number): A =>
      values.subarray(i * columns, (i + 1) * columns) as A;
    const ofSamples = Array.from({ length: rows.samples }, (_, i) =>
      figure(accumulate(row(truth, i), row(data, i), null)),
    );
    return meanOfCounted(ofSamples, weights);
  }
  const sizes = average === 'weighted' ? sizesOf(rows, weights) : null;
  // No label that any sample has: nothing to weigh by.
  if (sizes?.every((size) => size === 0)) return 0;
  const column = (values: Uint8Array | Float64Array, c: number): Float64Array =>
    Float64Array.from({ length: rows.samples }, (_, i) => values[i * columns + c]!);
  const ofLabels = Array.from({ length: columns }, (_, c) =>
    figure(accumulate(column(truth, c), column(data, c), weights)),
  );
  return average === null ? ofLabels : meanOfCounted(ofLabels, sizes);
}

/** What samples each label has, by weight. */
function sizesOf(rows: LabelRows, weights: Float64Array | null): Float64Array {
  const sizes = new Float64Array(rows.labels);
  eachLabel(rows, (label, i) => {
    sizes[label]! += weights === null ? 1 : weights[i]!;
  });
  return sizes;
}

/** The mean by weights, of which those that are 0 keep out figures that are undefined. */
function meanOfCounted(figures: readonly number[], weights: Float64Array | null): number {
  return mean(weights === null ? figures : figures.map((v, i) => (weights[i] === 0 ? 0 : v)), weights);
}
