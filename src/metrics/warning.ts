import { ConfigError, KompaktError } from '../core/errors';
import { shown } from '../core/shown';

/** A figure is not defined for this data; what was returned instead is in the message. */
export class UndefinedMetricWarning extends KompaktError {
  override name = 'UndefinedMetricWarning';
}

/** Called with what scikit-learn would warn about. Without it, kompakt is silent: a library does not write to the console. */
export type OnWarning = (warning: KompaktError) => void;

/** What a ratio whose denominator is 0 counts as: `'warn'` is 0, and tells `onWarning`. NaN is left out of averages. */
export type ZeroDivision = 'warn' | 0 | 1 | typeof Number.NaN;

export interface WarningOptions {
  readonly onWarning?: OnWarning | undefined;
}

export interface ZeroDivisionOptions extends WarningOptions {
  readonly zeroDivision?: ZeroDivision | undefined;
}

/** The number a `zeroDivision` option stands for. */
export function zeroDivisionValue(option: ZeroDivision | undefined, what: string): number {
  if (option === undefined || option === 'warn') return 0;
  if (option === 0 || option === 1 || Number.isNaN(option)) return option;
  throw new ConfigError(`${what}: zeroDivision must be 'warn', 0, 1 or NaN, got ${shown(option)}.`);
}

/** Throws a `ConfigError` for a value that is none of `allowed`. */
export function checkOption<T>(value: T, allowed: readonly T[], name: string, what: string): T {
  if (allowed.includes(value)) return value;
  const show = (v: unknown): string => (typeof v === 'string' ? `'${v}'` : shown(v));
  throw new ConfigError(`${what}: ${name} must be one of ${allowed.map(show).join(', ')}; got ${show(value)}.`);
}
