import { ConfigError } from './errors';
import { newMark } from './lifetime';
import { Tensor } from './tensor';

/** A value, or arrays and records of values nested to any depth. */
export type Nest<T> = T | readonly Nest<T>[] | { readonly [key: string]: Nest<T> };

/** The leaves of a nest in order, and a way to build the same nest around other leaves. */
export interface FlatNest<T> {
  readonly leaves: T[];
  rebuild<U>(leaves: readonly U[]): Nest<U>;
  /** The same nest with every leaf replaced by what `f` makes of it. */
  map<U>(f: (leaf: T) => U): Nest<U>;
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
    else if (isRecord(x)) for (const key in x) collect(x[key]);
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
      return build(nest, () => values[at++]) as Nest<U>;
    },
    map: <U>(f: (leaf: T) => U) => build(nest, f as (leaf: unknown) => unknown) as Nest<U>,
  };
}

function build(x: unknown, f: (leaf: unknown) => unknown): unknown {
  if (Array.isArray(x)) {
    const list = new Array<unknown>(x.length);
    for (let i = 0; i < x.length; i++) list[i] = build(x[i], f);
    return list;
  }
  if (!isRecord(x)) return f(x);
  const record: Record<string, unknown> = {};
  for (const key in x) {
    // Assigning would give it another prototype.
    if (key === '__proto__') define(record, key, build(x[key], f));
    else record[key] = build(x[key], f);
  }
  return record;
}

function define(record: object, key: string, value: unknown): void {
  Object.defineProperty(record, key, { value, enumerable: true, writable: true, configurable: true });
}

/** The same nest with every leaf replaced. */
export function mapNest<T, U>(nest: Nest<T>, f: (leaf: T) => U): Nest<U> {
  return build(nest, f as (leaf: unknown) => unknown) as Nest<U>;
}

/** Whether `holds` of every leaf. */
export function everyLeaf(nest: unknown, holds: (leaf: unknown) => boolean): boolean {
  if (Array.isArray(nest)) {
    for (let i = 0; i < nest.length; i++) if (!everyLeaf(nest[i], holds)) return false;
    return true;
  }
  if (!isRecord(nest)) return holds(nest);
  for (const key in nest) if (!everyLeaf(nest[key], holds)) return false;
  return true;
}

/** So many objects are walked through without taking down which; of more, some may be reached again and again. */
const FEW = 1024;

/** A walk through objects that may refer to each other in circles. */
class Walk {
  #count = 0;
  /** The objects met; null for as long as they are few. */
  #met: Set<unknown> | null = null;

  constructor(readonly visit: (t: Tensor) => void) {}

  through(value: unknown): void {
    if (typeof value !== 'object' || value === null) return;
    if (value instanceof Tensor) {
      this.visit(value);
      return;
    }
    if (ArrayBuffer.isView(value)) return;
    if (this.#met?.has(value)) return;
    if (this.#met === null && ++this.#count > FEW) this.#met = new Set();
    this.#met?.add(value);
    this.#inside(value);
  }

  #inside(value: object): void {
    if (Array.isArray(value)) for (let i = 0; i < value.length; i++) this.through(value[i]);
    else if (value instanceof Map) {
      for (const [k, v] of value) {
        this.through(k);
        this.through(v);
      }
    } else if (value instanceof Set) for (const v of value) this.through(v);
    else {
      for (const key in value) if (Object.hasOwn(value, key)) this.through((value as Record<string, unknown>)[key]);
    }
  }
}

/** Calls `visit` with the tensors reachable from `value` through arrays, maps, sets and own properties of objects, with some more than once. */
export function eachTensor(value: unknown, visit: (t: Tensor) => void): void {
  new Walk(visit).through(value);
}

/** Marks every such tensor with a new number. */
export function markTensors(value: unknown): number {
  const mark = newMark();
  eachTensor(value, (t) => {
    t.mark = mark;
  });
  return mark;
}

/** Every such tensor. */
export function tensorsIn(value: unknown): Set<Tensor> {
  const found = new Set<Tensor>();
  eachTensor(value, (t) => found.add(t));
  return found;
}
