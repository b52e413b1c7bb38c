import { ConfigError } from '../core/errors';
import { shown } from '../core/shown';

/** What a number given as an option must be, besides finite. */
export interface NumberRange {
  /** Least value allowed. */
  readonly min?: number;
  /** Greatest value allowed. */
  readonly max?: number;
  /** The value must be greater. */
  readonly above?: number;
  /** The value must be less. */
  readonly below?: number;
  readonly integer?: boolean;
}

/**
 * The number itself.
 *
 * @param name - of the option.
 * @param what - who asks; begins the message.
 * @throws ConfigError unless it is a finite number in the range.
 */
export function checkNumber(value: unknown, name: string, what: string, range: NumberRange = {}): number {
  const { min, max, above, below, integer = false } = range;
  const isRight =
    typeof value === 'number' &&
    Number.isFinite(value) &&
    !(integer && !Number.isInteger(value)) &&
    !(min !== undefined && value < min) &&
    !(max !== undefined && value > max) &&
    !(above !== undefined && value <= above) &&
    !(below !== undefined && value >= below);
  if (isRight) return value;
  const bounds = [
    above === undefined ? null : `> ${above}`,
    min === undefined ? null : `≥ ${min}`,
    below === undefined ? null : `< ${below}`,
    max === undefined ? null : `≤ ${max}`,
  ].filter((bound) => bound !== null);
  const kind = integer ? 'an integer' : 'a finite number';
  throw new ConfigError(
    `${what}: ${name} must be ${[kind, bounds.join(' and ')].join(' ').trim()}, got ${shown(value)}.`,
  );
}

/** The flag itself. Throws a `ConfigError` unless it is true or false. */
export function checkBoolean(value: unknown, name: string, what: string): boolean {
  if (typeof value === 'boolean') return value;
  throw new ConfigError(`${what}: ${name} must be true or false, got ${shown(value)}.`);
}
