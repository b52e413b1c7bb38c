import { ConfigError } from './errors';
import { Tensor } from './tensor';

/** A value, or arrays and records of values nested to any depth. */
export type Nest<T> = T | readonly Nest<T>[] | { readonly [key: string]: Nest<T> };

/** The leaves of a nest in order, and a way to build the same nest around other leaves. */
export interface FlatNest<T> {
  readonly leaves: T[];
  rebuild<U>(leaves: readonly U[]): Nest<U>;
}

function isRecord(x: unknown): x is Record<string, unknown> {
  if (typeof x !== 'object' || x === null) return false;
  const proto = Object.getPrototypeOf(x) as unknown;
  return proto === Object.prototype || proto === null;
}

/** Takes a nest apart. Anything that is neither an array nor a plain object is a leaf; records go in key order as written. */
export function flattenNest<T>(nest: Nest<T>): FlatNest<T> {
  const leaves: T[] = [];
  const collect = (x: unknown): void => {
    if (Array.isArray(x)) for (const y of x) collect(y);
    else if (isRecord(x)) for (const y of Object.values(x)) collect(y);
    else leaves.push(x as T);
  };
  collect(nest);
  return {
    leaves,
    rebuild<U>(values: readonly U[]): Nest<U> {
      if (values.length !== leaves.length) {
        throw new ConfigError(`nest: ${values.length} leaves given for a structure of ${leaves.length}.`);
      }
      let at = 0;
      const build = (x: unknown): unknown => {
        if (Array.isArray(x)) return x.map(build);
        if (isRecord(x)) return Object.fromEntries(Object.entries(x).map(([k, v]) => [k, build(v)]));
        return values[at++];
      };
      return build(nest) as Nest<U>;
    },
  };
}

/** The same nest with every leaf replaced. */
export function mapNest<T, U>(nest: Nest<T>, f: (leaf: T) => U): Nest<U> {
  const flat = flattenNest(nest);
  return flat.rebuild(flat.leaves.map(f));
}

/** Every tensor reachable from `value` through arrays, maps, sets and own properties of objects. */
export function tensorsIn(value: unknown, found = new Set<unknown>(), seen = new Set<unknown>()): Set<unknown> {
  if (typeof value !== 'object' || value === null || seen.has(value)) return found;
  seen.add(value);
  if (value instanceof Tensor) {
    found.add(value);
  } else if (value instanceof Map) {
    for (const [k, v] of value) {
      tensorsIn(k, found, seen);
      tensorsIn(v, found, seen);
    }
  } else if (Array.isArray(value) || value instanceof Set) {
    for (const v of value) tensorsIn(v, found, seen);
  } else if (!ArrayBuffer.isView(value)) {
    for (const v of Object.values(value)) tensorsIn(v, found, seen);
  }
  return found;
}
