import { ConfigError, ShapeError } from '../core/errors';
import { checkOptions } from '../core/options';
import { shown } from '../core/shown';
import { type Matrix, readMatrix } from '../data/matrix';
import { readWeights } from '../data/vector';
import { mean, type WeightOptions } from './pair';

export interface DcgOptions extends WeightOptions {
  /** Only the k highest ranks count; all by default. */
  readonly k?: number | null | undefined;
  /** Take ties as they come, the last column first, instead of averaging over all orders. */
  readonly ignoreTies?: boolean | undefined;
}

export interface DiscountOptions extends DcgOptions {
  /** Base of the logarithm of the discount; 2 by default. */
  readonly logBase?: number | undefined;
}

/** Relevances in the order of falling scores; those of ties averaged, as every order of them is as likely. */
function gains(relevance: Float64Array, score: Float64Array, discount: Float64Array, ignoreTies: boolean): number {
  const order = Array.from(score.keys()).sort((a, b) => score[b]! - score[a]! || b - a);
  let sum = 0;
  for (let from = 0; from < order.length; ) {
    let to = from + 1;
    while (!ignoreTies && to < order.length && score[order[to]!] === score[order[from]!]) to++;
    let [group, weight] = [0, 0];
    for (let r = from; r < to; r++) {
      group += relevance[order[r]!]!;
      weight += discount[r]!;
    }
    sum += (group / (to - from)) * weight;
    from = to;
  }
  return sum;
}

function perSample(
  yTrue: Matrix,
  yScore: Matrix,
  { k = null, ignoreTies = false, logBase = 2 }: DiscountOptions,
  what: string,
): { readonly gained: Float64Array; readonly ideal: Float64Array; readonly least: number } {
  if (k !== null && (!Number.isInteger(k) || k < 1))
    throw new ConfigError(`${what}: k must be an integer ≥ 1 or null, got ${shown(k)}.`);
  if (!(logBase > 0) || logBase === 1)
    throw new ConfigError(`${what}: logBase must be > 0 and not 1, got ${shown(logBase)}.`);
  const truth = readMatrix(yTrue, `${what}: yTrue`);
  const score = readMatrix(yScore, `${what}: yScore`, { cols: truth.cols });
  if (truth.rows !== score.rows)
    throw new ShapeError(
      `${what}: yTrue has ${truth.rows} rows and yScore ${score.rows}. Give one of each per sample.`,
    );
  const discount = Float64Array.from({ length: truth.cols }, (_, r) =>
    k !== null && r >= k ? 0 : Math.log(logBase) / Math.log(r + 2),
  );
  const row = (data: Float64Array, i: number): Float64Array => data.subarray(i * truth.cols, (i + 1) * truth.cols);
  const over = (by: Float64Array, ties: boolean): Float64Array =>
    Float64Array.from({ length: truth.rows }, (_, i) => gains(row(truth.data, i), row(by, i), discount, ties));
  return {
    gained: over(score.data, ignoreTies),
    ideal: over(truth.data, true),
    least: truth.data.reduce((a, b) => Math.min(a, b), 0),
  };
}

/**
 * The discounted cumulative gain of rankings: Σ relevance / log₂(rank + 1), ranks by falling score, averaged over samples.
 *
 * @param yTrue - relevances `[samples, items]`.
 * @param yScore - scores `[samples, items]`.
 * @param options - `k = null`, `logBase = 2`, `ignoreTies = false`, `sampleWeight`.
 * @throws ShapeError when the shapes differ; ConfigError for a k or base that is none.
 *
 * Reference: Järvelin & Kekäläinen 2002, “Cumulated gain-based evaluation of IR techniques”.
 *
 * @example
 * ```ts
 * import { dcgScore } from 'kompakt/metrics';
 * console.log(dcgScore([[10, 0, 0, 1, 5]], [[0.1, 0.2, 0.3, 4, 70]]).toFixed(3)); // → 9.499
 * ```
 */
export function dcgScore(yTrue: Matrix, yScore: Matrix, options: DiscountOptions = {}): number {
  checkOptions(options, ['k', 'logBase', 'ignoreTies', 'sampleWeight'], 'dcgScore');
  const { gained } = perSample(yTrue, yScore, options, 'dcgScore');
  return mean(gained, readWeights(options.sampleWeight, gained.length, 'dcgScore'));
}

/**
 * The discounted cumulative gain as a share of that of the best ranking; 0 for samples without anything relevant.
 *
 * @param yTrue - relevances ≥ 0 `[samples, items]`.
 * @param yScore - scores `[samples, items]`.
 * @param options - `k = null`, `ignoreTies = false`, `sampleWeight`.
 * @returns 0 to 1.
 * @throws ConfigError for a negative relevance; ShapeError when the shapes differ.
 *
 * Reference: Wang et al. 2013, “A theoretical analysis of NDCG ranking measures”.
 *
 * @example
 * ```ts
 * import { ndcgScore } from 'kompakt/metrics';
 * console.log(ndcgScore([[10, 0, 0, 1, 5]], [[0.1, 0.2, 0.3, 4, 70]]).toFixed(3)); // → 0.696
 * ```
 */
export function ndcgScore(yTrue: Matrix, yScore: Matrix, options: DcgOptions = {}): number {
  const what = 'ndcgScore';
  checkOptions(options, ['k', 'ignoreTies', 'sampleWeight'], what);
  const { gained, ideal, least } = perSample(yTrue, yScore, options, what);
  if (least < 0) throw new ConfigError(`${what}: relevances must be ≥ 0, found ${least}. Shift them, or use dcgScore.`);
  const shares = gained.map((g, i) => (ideal[i] === 0 ? 0 : g / ideal[i]!));
  return mean(shares, readWeights(options.sampleWeight, shares.length, what));
}
