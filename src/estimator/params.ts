import { ConfigError } from '../core/errors';
import { shown } from '../core/shown';

/** Anything configured by options: an estimator, a transformer, a resampler, a pipeline of them. */
export interface Configured {
  readonly options?: object | undefined;
  /** For what takes more than options: a copy with some parameters changed, nested names resolved. */
  withParams?(params: Readonly<Record<string, unknown>>): this;
}

/**
 * A new estimator of the same class with some options changed; the given one is left as it is.
 *
 * A name with two underscores reaches into an option that is itself configured: `'estimator__C'`; a pipeline's parts are
 * reached by their names.
 *
 * @param estimator - what to copy; a class whose constructor takes one object of options, kept as `options`, or one with a
 * `withParams` of its own.
 * @param params - new values by name.
 * @throws ConfigError for a name that leads nowhere. An unknown option is refused when fitting.
 */
export function withParams<T extends object>(estimator: T, params: Readonly<Record<string, unknown>>): T {
  const configured = estimator as Configured;
  if (typeof configured.withParams === 'function') return configured.withParams(params) as T;
  const options: Record<string, unknown> = { ...configured.options };
  for (const [name, value] of Object.entries(nestParams(params))) {
    options[name] = value instanceof Nested ? withParams(innerOf(options, name), value.params) : value;
  }
  const Class = estimator.constructor as new (options: object) => T;
  return new Class(options);
}

/** Parameters for what an option holds. */
export class Nested {
  constructor(readonly params: Record<string, unknown>) {}
}

/** Parameters by the first part of their names: those with further parts are gathered in a {@link Nested}. */
export function nestParams(params: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(params)) {
    const cut = name.indexOf('__');
    if (cut <= 0) {
      out[name] = value;
      continue;
    }
    const head = name.slice(0, cut);
    const nested = out[head] instanceof Nested ? (out[head] as Nested) : new Nested({});
    nested.params[name.slice(cut + 2)] = value;
    out[head] = nested;
  }
  return out;
}

function innerOf(options: Record<string, unknown>, name: string): object {
  const inner = options[name];
  if (typeof inner === 'object' && inner !== null) return inner;
  throw new ConfigError(
    `withParams: '${name}__…' reaches into the option '${name}', which holds ${shown(inner)} and has no parameters. ` +
      `It can reach into ${Object.keys(options).join(', ') || 'nothing here'}.`,
  );
}
