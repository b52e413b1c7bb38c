import { ConfigError } from '../core/errors';

/** Throws a `ConfigError` unless `value` is a finite number > 0. */
export function checkPositive(value: unknown, name: string, what: string): number {
  if (typeof value === 'number' && Number.isFinite(value) && value > 0) return value;
  throw new ConfigError(`${what}: ${name} must be a finite number > 0, got ${String(value)}.`);
}

/** Throws a `ConfigError` unless `value` is true or false. */
export function checkBoolean(value: unknown, name: string, what: string): boolean {
  if (typeof value === 'boolean') return value;
  throw new ConfigError(`${what}: ${name} must be true or false, got ${String(value)}.`);
}
