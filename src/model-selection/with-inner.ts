import { ConfigError } from '../core/errors';
import { Nested, nestParams, withParams } from '../estimator/params';

/** Changed parameters of what holds one estimator beside its options: `estimator`, `estimator__…`, and options. */
export function withInner<E extends object, O extends object>(
  estimator: E,
  options: O,
  params: Readonly<Record<string, unknown>>,
  what: string,
): { readonly estimator: E; readonly options: O } {
  let inner = estimator;
  const changed: Record<string, unknown> = Object.fromEntries(Object.entries(options));
  for (const [name, value] of Object.entries(nestParams(params))) {
    if (name === 'estimator') inner = value instanceof Nested ? withParams(inner, value.params) : (value as E);
    else if (value instanceof Nested) {
      const held = changed[name];
      if (typeof held !== 'object' || held === null)
        throw new ConfigError(`${what}.withParams: '${name}__…' leads nowhere. Inner parameters are 'estimator__…'.`);
      changed[name] = withParams(held, value.params);
    } else changed[name] = value;
  }
  return { estimator: inner, options: changed as O };
}
