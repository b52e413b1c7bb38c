import { eachLabel, eachShared, type RowPair } from './label-rows';
import type { Pair } from './pair';

/** What is counted of each class, or of each sample: Σ sampleWeight where it is right, predicted, true, and of all. */
export interface Tally {
  readonly right: readonly number[];
  readonly predicted: readonly number[];
  readonly support: readonly number[];
  readonly total: readonly number[];
}

type Visit = (label: number, i: number) => void;

const zeros = (n: number): number[] => new Array<number>(n).fill(0);

/** What is counted of each class asked for. */
export function tallyClasses({ classes, selected, truth, predicted, weights }: Pair): Tally {
  const [right, chosen, support] = [zeros(classes.length), zeros(classes.length), zeros(classes.length)];
  let total = 0;
  for (let i = 0; i < truth.length; i++) {
    const w = weights === null ? 1 : weights[i]!;
    support[truth[i]!]! += w;
    chosen[predicted[i]!]! += w;
    if (truth[i] === predicted[i]) right[truth[i]!]! += w;
    total += w;
  }
  const asked = (counts: number[]): number[] => counts.slice(0, selected);
  return {
    right: asked(right),
    predicted: asked(chosen),
    support: asked(support),
    total: zeros(selected).fill(total),
  };
}

/** What is counted of each label of a table, over its samples; of `columns` only, in that order, if given. */
export function tallyLabels(pair: RowPair, columns: readonly number[] | null): Tally {
  const { truth, predicted, weights } = pair;
  const perLabel = (each: (count: Visit) => void): number[] => {
    const counts = zeros(truth.labels);
    each((label, i) => {
      counts[label]! += weights === null ? 1 : weights[i]!;
    });
    return columns === null ? counts : columns.map((c) => counts[c]!);
  };
  const all = weights === null ? truth.samples : weights.reduce((a, b) => a + b, 0);
  return {
    right: perLabel((count) => eachShared(pair, count)),
    predicted: perLabel((count) => eachLabel(predicted, count)),
    support: perLabel((count) => eachLabel(truth, count)),
    total: zeros(columns?.length ?? truth.labels).fill(all),
  };
}

/** What is counted of each sample of a table, over its labels; over `columns` only, if given. */
export function tallySamples(pair: RowPair, columns: readonly number[] | null): Tally {
  const { truth, predicted, weights } = pair;
  const asked = columns === null ? null : new Set(columns);
  const weighted = (counts: number[]): number[] => (weights === null ? counts : counts.map((n, i) => n * weights[i]!));
  const perSample = (each: (count: Visit) => void): number[] => {
    const counts = zeros(truth.samples);
    each((label, i) => {
      if (asked === null || asked.has(label)) counts[i]!++;
    });
    return weighted(counts);
  };
  return {
    right: perSample((count) => eachShared(pair, count)),
    predicted: perSample((count) => eachLabel(predicted, count)),
    support: perSample((count) => eachLabel(truth, count)),
    total: weighted(zeros(truth.samples).fill(columns?.length ?? truth.labels)),
  };
}

/** All counts as one. */
export function sumTally({ right, predicted, support, total }: Tally): Tally {
  const sum = (counts: readonly number[]): number[] => [counts.reduce((a, b) => a + b, 0)];
  return { right: sum(right), predicted: sum(predicted), support: sum(support), total: sum(total) };
}
