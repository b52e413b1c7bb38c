import type { KompaktError } from '../../core/errors';
import type { OnWarning } from '../../metrics/warning';
import { SINGLE } from '../scoring/resolve';
import type { Outcome, Task } from './job';
import { FitFailedWarning } from './run';

/** Scores of all jobs, figure by figure. */
export interface ScoreTable {
  /** Names of the figures; `['score']` where there is one without a name. */
  readonly names: readonly string[];
  /** `test[name][job]`. */
  readonly test: Readonly<Record<string, Float64Array>>;
  /** `train[name][job]`; null when training scores were not asked for. */
  readonly train: Readonly<Record<string, Float64Array>> | null;
}

/**
 * Gathers the scores, with `errorScore` where a fit or a figure failed, of which one warning tells.
 *
 * @throws what the first one threw, when all fits failed, or a figure failed in all of them: then nothing is left to compare.
 */
export function gatherScores(
  { scorers }: Task,
  outcomes: readonly Outcome[],
  errorScore: number,
  onWarning: OnWarning | undefined,
  what: string,
): ScoreTable {
  const names = scorers.names ?? namesIn(outcomes);
  throwIfNothingWorked(names, outcomes);
  const warning = failureWarning(outcomes, errorScore, what);
  if (warning !== null) onWarning?.(warning);
  const column = (side: 'test' | 'train'): Record<string, Float64Array> =>
    Object.fromEntries(
      names.map((name) => [name, Float64Array.from(outcomes, (o) => o[side]?.[name] ?? errorScore)] as const),
    );
  const hasTrain = outcomes.some((o) => o.train !== null);
  return { names, test: column('test'), train: hasTrain ? column('train') : null };
}

/** Names that a scoring function gave; those of the first job that gave any. */
function namesIn(outcomes: readonly Outcome[]): readonly string[] {
  const first = outcomes.find((o) => Object.keys(o.test).length > 0);
  return first === undefined ? [SINGLE] : Object.keys(first.test);
}

function throwIfNothingWorked(names: readonly string[], outcomes: readonly Outcome[]): void {
  for (const name of names) {
    if (outcomes.length === 0 || outcomes.some((o) => o.test[name] !== undefined)) continue;
    const failure = outcomes.flatMap((o) => o.failures).find((f) => f.name === null || f.name === name);
    if (failure !== undefined) throw failure.error;
  }
}

/** What went wrong, if anything did. */
export function failureWarning(outcomes: readonly Outcome[], errorScore: number, what: string): KompaktError | null {
  const failed = outcomes.filter((o) => o.failures.length > 0);
  const first = failed[0]?.failures[0];
  if (first === undefined) return null;
  const fits = failed.filter((o) => o.failures[0]!.stage === 'fit').length;
  const parts = [
    fits > 0 ? `${fits} failed in fitting` : '',
    failed.length > fits ? `${failed.length - fits} in scoring` : '',
  ];
  return new FitFailedWarning(
    `${what}: of ${outcomes.length} fits ${parts.filter(Boolean).join(', ')}; their scores are ${errorScore}. ` +
      `The first: ${first.error instanceof Error ? first.error.message : String(first.error)}`,
    { cause: first.error },
  );
}
