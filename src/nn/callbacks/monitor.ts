import { ConfigError } from '../../core/errors';
import type { Logs } from './callback';

/** Whether lower or higher is better; `auto` tells by the name. */
export type MonitorMode = 'auto' | 'min' | 'max';

export interface Monitor {
  /** The monitored value; throws when it is not among the logs. */
  read(logs: Logs): number;
  /** Whether `value` is better than `reference` by more than `minDelta`. */
  improves(value: number, reference: number): boolean;
  /** The worst value there is. */
  readonly worst: number;
}

/** Watches one number of the logs. */
export function createMonitor(what: string, name: string, mode: MonitorMode, minDelta = 0): Monitor {
  if (mode !== 'auto' && mode !== 'min' && mode !== 'max') {
    throw new ConfigError(`${what}: mode must be 'auto', 'min' or 'max', got '${String(mode)}'.`);
  }
  if (!(minDelta >= 0)) throw new ConfigError(`${what}: minDelta must be a number ≥ 0, got ${minDelta}.`);
  const up = mode === 'max' || (mode === 'auto' && /accuracy|auc|precision|recall|f1|score/i.test(name));
  return {
    read(logs) {
      const value = logs[name];
      if (value !== undefined) return value;
      const hint = name.startsWith('val')
        ? ' Give fit validationData or validationSplit, or monitor something else.'
        : '';
      throw new ConfigError(
        `${what}: there is no '${name}' to monitor; there are ${Object.keys(logs).join(', ')}.${hint}`,
      );
    },
    improves: (value, reference) => (up ? value - minDelta > reference : value + minDelta < reference),
    worst: up ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY,
  };
}

/** Throws unless `value` is an integer ≥ 0. */
export function checkCount(what: string, option: string, value: number): void {
  if (!Number.isInteger(value) || value < 0)
    throw new ConfigError(`${what}: ${option} must be an integer ≥ 0, got ${value}.`);
}

/** The best value so far as plain data: null before there is one, as data has no infinity. */
export const keep = (best: number): number | null => (Number.isFinite(best) ? best : null);

/** The best value that `keep` took down. */
export const recall = (best: number | null, worst: number): number => best ?? worst;
