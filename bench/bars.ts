import type { Timing } from './measure';

/** A promise about a row, and what came of it. */
export interface Bar {
  /** What is promised; rows may have bounds of their own. */
  readonly name: string;
  /** What was reached by the medians, and the bound it has to keep. */
  readonly value: number;
  /** What was reached by the best rounds, which a busy machine disturbs less; it decides nothing. */
  readonly best?: number;
  readonly atLeast?: number;
  readonly atMost?: number;
  /** Kept by the geometric mean of its rows, rather than by each of them. */
  readonly mean?: boolean;
}

/** The bound that holds on this engine: Node 20's WebAssembly is another than that of later ones. */
export function byEngine<T>(bounds: { readonly node20: T; readonly later: T }): T {
  return Number.parseInt(process.versions.node, 10) < 22 ? bounds.node20 : bounds.later;
}

type Pick = (timing: Timing) => number;
const byMedian: Pick = (t) => t.medianMs;
const byBest: Pick = (t) => t.fastestMs;

/** The least time among contenders that ran. */
function least(timings: readonly Timing[], names: readonly string[], pick: Pick): number {
  return Math.min(...timings.filter((t) => names.includes(t.name)).map(pick));
}

/** How many times as fast as the best of others one must be; no bar when none of them ran. */
export function fasterThan(
  name: string,
  atLeast: number,
  timings: readonly Timing[],
  of: { readonly one: string; readonly others: readonly string[] },
): Bar[] {
  const ratio = (pick: Pick): number => least(timings, of.others, pick) / least(timings, [of.one], pick);
  const value = ratio(byMedian);
  return Number.isFinite(value) && value > 0 ? [{ name, value, best: ratio(byBest), atLeast }] : [];
}

/** How many times the time of another one may take; no bar when it did not run. */
export function within(
  name: string,
  atMost: number,
  timings: readonly Timing[],
  of: { readonly one: string; readonly other: string },
  mean = false,
): Bar[] {
  const ratio = (pick: Pick): number => least(timings, [of.one], pick) / least(timings, [of.other], pick);
  const value = ratio(byMedian);
  return Number.isFinite(value) && value > 0
    ? [{ name, value, best: ratio(byBest), atMost, ...(mean && { mean }) }]
    : [];
}

export function isMet({ value, atLeast = Number.NEGATIVE_INFINITY, atMost = Number.POSITIVE_INFINITY }: Bar): boolean {
  return value >= atLeast && value <= atMost;
}

/** A bar over all its rows. */
export interface BarSummary {
  readonly name: string;
  readonly bound: string;
  readonly rows: number;
  readonly rowsMet: number;
  readonly mean: number;
  /** The geometric mean by the best rounds. */
  readonly meanOfBest: number;
  /** The row that keeps it least. */
  readonly worst: number;
  readonly met: boolean;
}

/** Rows of one name that have to keep different bounds are different bars. */
export function summarise(bars: readonly Bar[]): BarSummary[] {
  return [...groupByBound(bars).values()].map((all) => {
    const values = all.map((bar) => bar.value);
    const mean = geometricMean(values);
    const rowsMet = all.filter(isMet).length;
    return {
      name: all[0]!.name,
      bound: boundOf(all[0]!),
      rows: all.length,
      rowsMet,
      mean,
      meanOfBest: geometricMean(all.map((bar) => bar.best ?? bar.value)),
      worst: all[0]!.atMost === undefined ? Math.min(...values) : Math.max(...values),
      met: all[0]!.mean === true ? isMet({ ...all[0]!, value: mean }) : rowsMet === all.length,
    };
  });
}

function geometricMean(values: readonly number[]): number {
  return Math.exp(values.reduce((sum, v) => sum + Math.log(v), 0) / values.length);
}

function groupByBound(bars: readonly Bar[]): Map<string, Bar[]> {
  const groups = new Map<string, Bar[]>();
  for (const bar of bars) {
    const key = `${bar.name} ${boundOf(bar)}`;
    groups.set(key, [...(groups.get(key) ?? []), bar]);
  }
  return groups;
}

export function boundOf({ atLeast, atMost }: Bar): string {
  return atMost === undefined ? `≥ ${formatRatio(atLeast!)}` : `≤ ${formatRatio(atMost)}`;
}

export function formatRatio(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}
