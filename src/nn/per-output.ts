import { ConfigError } from '../core/errors';
import type { TensorLike } from '../ops/create';

/**
 * One thing for each output (or input) of a model, given as an array in their order, or as a record by their names in
 * which some may be left out.
 */
export function forOutputs<T>(
  given: readonly T[] | { readonly [name: string]: T },
  names: readonly string[],
  what: string,
): (T | undefined)[] {
  if (Array.isArray(given)) {
    if (given.length === names.length) return [...given];
    throw new ConfigError(
      `${what}: the model has ${names.length} of ${names.join(', ')}, got an array of ${given.length}. Give one for each, or a record by name.`,
    );
  }
  if (typeof given !== 'object' || given === null) {
    throw new ConfigError(
      `${what}: expected one for each of ${names.join(', ')}: an array, or a record by name, got ${String(given)}.`,
    );
  }
  const stranger = Object.keys(given).find((key) => !names.includes(key));
  if (stranger !== undefined)
    throw new ConfigError(
      `${what}: there is no '${stranger}'. There ${names.length === 1 ? 'is' : 'are'} ${names.join(', ')}.`,
    );
  return names.map((name) => (Object.hasOwn(given, name) ? (given as { [name: string]: T })[name] : undefined));
}

const isRecord = (x: unknown): x is { readonly [key: string]: unknown } => {
  if (typeof x !== 'object' || x === null) return false;
  const proto: unknown = Object.getPrototypeOf(x);
  // Flat data and ndarrays are records too, but of one array.
  return (proto === Object.prototype || proto === null) && !('data' in x);
};

/**
 * The samples of each input, or the targets of each output, from what users hand over: where there is one, it or a record
 * with its name; where there are several, an array of them or a record by name.
 *
 * @param needed - whether one may not be left out; by default none may.
 */
export function partsOf(
  given: unknown,
  names: readonly string[],
  what: string,
  needed: (i: number) => boolean = () => true,
): TensorLike[] {
  const isOne = names.length === 1 && !isRecord(given);
  if (!isOne && !Array.isArray(given) && !isRecord(given)) {
    throw new ConfigError(
      `${what}: the model has several: ${names.join(', ')}. Give an array with one for each, or a record by name.`,
    );
  }
  if (isOne) return [given as TensorLike];
  return forOutputs(given as unknown[], names, what).map((part, i) => {
    if (part !== undefined && part !== null) return part as TensorLike;
    if (needed(i)) throw new ConfigError(`${what}: '${names[i]}' is missing. Give it, by name or in order.`);
    return undefined as never;
  });
}

/** The sample weights of each output: one array for all, or one for each. */
export function weightsPerOutput(
  given: unknown,
  names: readonly string[],
  what: string,
): (TensorLike | null | undefined)[] {
  if (given === undefined || given === null) return names.map(() => undefined);
  const isList = Array.isArray(given) && names.length > 1 && given.some((w) => typeof w === 'object' && w !== null);
  if (isRecord(given) || isList) return forOutputs(given as (TensorLike | null)[], names, `${what}: sampleWeight`);
  return names.map(() => given as TensorLike);
}
