import { numpySum } from '../../core/numpy-sum';
import { capital } from '../cross-validate';
import type { Outcome, Params } from '../jobs/job';
import type { ScoreTable } from '../jobs/scores';

/**
 * One entry per candidate in every list: `params`; `meanTestScore`, `stdTestScore`, `rankTestScore`, `split0TestScore` …
 * (with several figures `meanTestRecall` …), the same for training scores if asked for; `meanFitTime`, `stdFitTime`,
 * `meanScoreTime`, `stdScoreTime` in seconds; `paramC` … with `undefined` where a candidate does not set the parameter.
 */
export type CvResults = {
  readonly params: Params[];
  readonly meanFitTime: number[];
  readonly stdFitTime: number[];
  readonly meanScoreTime: number[];
  readonly stdScoreTime: number[];
  /** The round of halving. */
  readonly iter?: number[];
  /** What that round used of the resource. */
  readonly nResources?: number[];
} & { readonly [K in `${'mean' | 'std' | 'rank'}Test${string}`]: number[] } & {
  readonly [K in `split${number}${'Test' | 'Train'}${string}` | `${'mean' | 'std'}Train${string}`]: number[];
} & { readonly [K in `param${Capitalize<string>}`]: unknown[] };

/** Puts together what candidates did, `nSplits` outcomes after one another for each. */
export function formatResults(
  candidates: readonly Params[],
  nSplits: number,
  outcomes: readonly Outcome[],
  scores: ScoreTable,
): CvResults {
  const out: Record<string, unknown[]> = {};
  const store = (name: string, values: ArrayLike<number>, splits: boolean): number[] => {
    const rows = candidates.map((_, c) => Float64Array.from({ length: nSplits }, (_v, s) => values[c * nSplits + s]!));
    if (splits) for (let s = 0; s < nSplits; s++) out[`split${s}${name}`] = rows.map((row) => row[s]!);
    const means = rows.map(mean);
    out[`mean${name}`] = means;
    out[`std${name}`] = rows.map((row, c) => Math.sqrt(mean(row.map((v) => (v - means[c]!) * (v - means[c]!)))));
    return means;
  };
  store(
    'FitTime',
    outcomes.map((o) => o.fitTime),
    false,
  );
  store(
    'ScoreTime',
    outcomes.map((o) => o.scoreTime),
    false,
  );
  for (const name of new Set(candidates.flatMap((params) => Object.keys(params))))
    out[`param${name.slice(0, 1).toUpperCase()}${name.slice(1)}`] = candidates.map((params) => params[name]);
  out.params = [...candidates];
  for (const name of scores.names) {
    out[`rankTest${capital(name)}`] = ranks(store(`Test${capital(name)}`, scores.test[name]!, true));
    if (scores.train !== null) store(`Train${capital(name)}`, scores.train[name]!, true);
  }
  return out as unknown as CvResults;
}

const mean = (row: Float64Array): number => numpySum(row) / row.length;

/** 1 for the greatest; equal values share the best rank; NaN counts as less than all. */
export function ranks(values: readonly number[]): number[] {
  const known = values.map((v) => (Number.isNaN(v) ? Number.NEGATIVE_INFINITY : v));
  return known.map((v) => 1 + known.filter((other) => other > v).length);
}

/** The list of one name. */
export function column(results: CvResults, name: string): number[] {
  return (results as unknown as Readonly<Record<string, number[]>>)[name]!;
}
