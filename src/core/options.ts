import { ConfigError } from './errors';
import { shown } from './shown';

/**
 * Throws unless `options` is an object that holds none but the known options: one that is misspelt, or named as another
 * library does, would otherwise be ignored in silence.
 *
 * @param options - what the caller was given.
 * @param known - the names it understands.
 * @param what - who asks; begins the message.
 */
export function checkOptions(options: unknown, known: readonly string[], what: string): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new ConfigError(
      `${what}: the options must be an object${known.length === 0 ? '' : ` such as { ${known[0]} }`}, got ${describe(options)}.`,
    );
  }
  for (const name in options) {
    if (!known.includes(name) && (options as Record<string, unknown>)[name] !== undefined) {
      throw new ConfigError(
        `${what}: unknown option '${name}'${suggestion(name, known)} It takes ${known.length === 0 ? 'none' : known.join(', ')}.`,
      );
    }
  }
}

/** Where an operation takes an axis: the axis itself, or options that name it, as in reductions. */
export type AxisOption<A> = A | { readonly axis?: A | undefined };

/** The axis that an {@link AxisOption} names. */
export function axisOf<A>(given: AxisOption<A>, what: string): A | undefined {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return given as A;
  checkOptions(given, ['axis'], what);
  return (given as { readonly axis?: A | undefined }).axis;
}

/** Throws unless `f` is a function. */
export function checkFunction(f: unknown, what: string): void {
  if (typeof f !== 'function') throw new ConfigError(`${what}: expected a function, got ${describe(f)}.`);
}

const describe = (value: unknown): string => (typeof value === 'string' ? `'${value}'` : shown(value));

/** The known name that differs in nothing but case, separators and a plural s, if there is one: the end of a sentence. */
function suggestion(name: string, known: readonly string[]): string {
  const plain = (text: string): string => text.replace(/[_-]/g, '').toLowerCase().replace(/s$/, '');
  const close = known.find((k) => plain(k) === plain(name));
  return close === undefined ? '.' : `; did you mean '${close}'?`;
}
