import type { OnWarning } from '../../metrics/warning';

/** How far a run has come. */
export interface Progress {
  /** How many fits are done. */
  readonly done: number;
  /** How many there are in all. */
  readonly total: number;
}

/** Options of everything that fits again and again. */
export interface RunOptions {
  /** Ends the run with an `AbortError`. */
  readonly signal?: AbortSignal | undefined;
  /** Called after every fit. */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /** What a score counts as where fitting or scoring fails: a number, NaN by default, or `'raise'` to throw. */
  readonly errorScore?: number | 'raise' | undefined;
  /** Told of fits that failed. */
  readonly onWarning?: OnWarning | undefined;
  /** How many threads fit at the same time: 1 by default; -1 for all cores. Results are the same for any number. */
  readonly nJobs?: number | undefined;
  /** Address of a module that calls `serveJobs`, for classes that are not kompakt's. */
  readonly jobModule?: URL | string | undefined;
}

export const RUN_OPTIONS = ['signal', 'onProgress', 'errorScore', 'onWarning', 'nJobs', 'jobModule'] as const;
