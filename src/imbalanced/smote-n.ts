import { ConfigError } from '../core/errors';
import { checkOptions } from '../core/options';
import type { Resampled } from '../data/estimator';
import type { Labels } from '../data/labels';
import type { Matrix } from '../data/matrix';
import { isSparse } from '../data/sparse';
import type { Table } from '../data/table';
import { type Categorical, categorize, decategorize } from './categories';
import { appendColumns, type GivenColumns, readGivenColumns } from './given-columns';
import { checkCount } from './neighborhoods';
import { smallestByPartition } from './partition';
import { membersOf, streams } from './resample';
import { overgrowth, planSampling } from './sampling-strategy';
import { checkClassSize, type SMOTEOptions } from './smote';

/**
 * SMOTE for features all of which are categories.
 *
 * A new sample has, of each feature, the category most frequent among a sample drawn at random and its k nearest (the first of
 * equally frequent ones). Two categories are as near as the shares of the classes among their samples are alike (value
 * difference metric): d(a, b) = Σ_features (Σ_classes |P(c | a) − P(c | b)|)².
 *
 * Reference: Chawla et al. 2002, “SMOTE: Synthetic Minority Over-sampling Technique”, section 6.2; Stanfill & Waltz 1986.
 *
 * @example
 * ```ts
 * import { SMOTEN } from 'kompakt/imbalanced';
 * const X = [['red', 'S'], ['red', 'M'], ['red', 'S'], ['blue', 'L'], ['blue', 'M'], ['green', 'L'], ['blue', 'L']];
 * const { X: rows } = await new SMOTEN({ kNeighbors: 2, seed: 1 }).fitResample(X, [1, 1, 1, 0, 0, 0, 0]);
 * console.log(rows[7]); // → [ 'red', 'S' ]
 * ```
 */
export class SMOTEN {
  readonly name = 'SMOTEN' as const;
  readonly options: SMOTEOptions;

  /** @param options - `samplingStrategy = 'auto'`, `kNeighbors = 5`, `seed`; checked by `fitResample`. */
  constructor(options: SMOTEOptions = {}) {
    this.options = options;
  }

  /**
   * Resamples a labelled set.
   *
   * @param X - a table: rows, records or columns; or numbers `[samples, features]` that stand for categories. Missing values
   * are a category, too. Not changed.
   * @param y - one label per sample, of at least two classes.
   * @returns X and y in the form they came in: the input rows in order, then the synthetic ones, class by class.
   * @throws ConfigError for a sparse matrix, one class, a strategy that does not fit, or a class to add to with no more than
   * `kNeighbors` samples.
   */
  async fitResample<M extends Matrix | Table, L extends Labels>(X: M, y: L): Promise<Resampled<M, L>> {
    const what = 'SMOTEN.fitResample';
    checkOptions(this.options, ['samplingStrategy', 'kNeighbors', 'seed'], what);
    const { samplingStrategy = 'auto', kNeighbors: k = 5, seed } = this.options;
    checkCount(k, 'kNeighbors', what);
    if (isSparse(X))
      throw new ConfigError(`${what}: X: a sparse matrix does not hold categories. Give X.toDense(), or use SMOTE.`);
    const given = await readGivenColumns(X, y, what);
    const plan = planSampling(samplingStrategy, 'over', given, y, what);
    const features = given.columns.map(categorize);
    const apart = features.map((feature) => categoryDistances(feature, given));
    const next = streams(seed);
    const added = [...plan].flatMap(([c, count]) => {
      if (count === 0) return [];
      const members = membersOf(given.codes, c);
      checkClassSize(given, c, members.length, k, what);
      const drawn = next().integers(count, members.length);
      const modes = neighborhoodModes(features, apart, members, drawn, k + 1);
      const columns = modes.map((codes, f) => decategorize(features[f]!, codes, given.columns[f]!));
      return [{ columns, label: given.classes[c]!, count }];
    });
    return appendColumns(given, { X, y }, added, overgrowth(plan, given, what));
  }
}

/** Distances between the categories of a feature: `[categories, categories]`. */
function categoryDistances({ codes, values }: Categorical, given: GivenColumns): Float64Array {
  const [n, classes] = [values.length, given.classes.length];
  const shares = new Float64Array(n * classes);
  for (let i = 0; i < codes.length; i++) shares[codes[i]! * classes + given.codes[i]!]!++;
  for (let v = 0; v < n; v++) {
    const line = shares.subarray(v * classes, (v + 1) * classes);
    const total = line.reduce((a, b) => a + b, 0);
    for (let c = 0; c < classes; c++) line[c]! /= total;
  }
  const out = new Float64Array(n * n);
  for (let a = 0; a < n; a++) {
    for (let b = 0; b < n; b++) {
      let sum = 0;
      for (let c = 0; c < classes; c++) sum += Math.abs(shares[a * classes + c]! - shares[b * classes + c]!);
      out[a * n + b] = sum * sum;
    }
  }
  return out;
}

/** By feature, the category most frequent among the `size` nearest members of each drawn one, itself among them. */
function neighborhoodModes(
  features: readonly Categorical[],
  apart: readonly Float64Array[],
  members: Int32Array,
  drawn: Int32Array,
  size: number,
): Int32Array[] {
  const codes = features.map((feature) => members.map((i) => feature.codes[i]!));
  const out = features.map(() => new Int32Array(drawn.length));
  const distances = new Float64Array(members.length);
  const known = new Map<number, Int32Array>();
  for (let s = 0; s < drawn.length; s++) {
    const base = drawn[s]!;
    let near = known.get(base);
    if (near === undefined) {
      distances.fill(0);
      codes.forEach((own, f) => {
        const line = own[base]! * features[f]!.values.length;
        for (let j = 0; j < own.length; j++) distances[j]! += apart[f]![line + own[j]!]!;
      });
      near = smallestByPartition(distances, size);
      known.set(base, near);
    }
    codes.forEach((own, f) => {
      out[f]![s] = mode(own, near, features[f]!.values.length);
    });
  }
  return out;
}

function mode(codes: Int32Array, samples: Int32Array, size: number): number {
  const votes = new Int32Array(size);
  for (const i of samples) votes[codes[i]!]!++;
  return votes.indexOf(Math.max(...votes));
}
