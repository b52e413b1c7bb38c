import { ConfigError } from '../../core/errors';
import { Rng } from '../../core/rng';
import { type Matrix, readMatrix } from '../../data/matrix';
import { isNdArray, isTensor, isTyped, type Rows, readNdArray } from '../../data/rows';
import { CsrMatrix, isSparse } from '../../data/sparse';

/** A value as data that can go to another thread. */
export type Described =
  | { readonly is: 'value'; readonly value: unknown }
  | { readonly is: 'list'; readonly items: readonly Described[] }
  | { readonly is: 'record'; readonly entries: readonly (readonly [string, Described])[] }
  | { readonly is: 'instance'; readonly name: string; readonly args: readonly Described[] }
  | { readonly is: 'sparse'; readonly parts: object };

/** Classes by their names. */
export type Classes = Readonly<Record<string, unknown>>;

/** Says why a value can't go to another thread. */
export class CannotTravel extends ConfigError {
  override name = 'CannotTravel';
}

/** Where constructors take other arguments than options, in their order. */
const ARGUMENTS = ['estimator', 'transformers', 'paramGrid', 'paramDistributions', 'options'];

/**
 * What a value is, as data: estimators by their names and what they are made of.
 *
 * @throws CannotTravel for functions, and objects of classes without a name.
 */
export function describeValue(value: unknown, where: string): Described {
  if (typeof value === 'function' || typeof value === 'symbol')
    throw new CannotTravel(`${where} is a function, which can't go to another thread`);
  if (typeof value !== 'object' || value === null || isTyped(value)) return { is: 'value', value };
  if (Array.isArray(value)) return { is: 'list', items: value.map((v, i) => describeValue(v, `${where}[${i}]`)) };
  if (value instanceof Rng)
    return { is: 'instance', name: value.constructor.name, args: [{ is: 'value', value: value.seed }] };
  if (isSparse(value)) return { is: 'sparse', parts: partsOfSparse(value) };
  if (Object.getPrototypeOf(value) === Object.prototype)
    return { is: 'record', entries: Object.entries(value).map(([k, v]) => [k, describeValue(v, `${where}.${k}`)]) };
  const { name } = value as { readonly name?: unknown };
  if (typeof name !== 'string') throw new CannotTravel(`${where} is an object of a class without a name`);
  const held = value as Readonly<Record<string, unknown>>;
  const fields = 'steps' in held ? ['steps'] : ARGUMENTS.filter((field) => field in held);
  return { is: 'instance', name, args: fields.map((field) => describeValue(held[field], `${where}.${field}`)) };
}

/** The value that was described. Throws `CannotTravel` for an instance of a class that is not among those given. */
export function revive(described: Described, classes: Classes): unknown {
  if (described.is === 'value') return described.value;
  if (described.is === 'list') return described.items.map((item) => revive(item, classes));
  if (described.is === 'record')
    return Object.fromEntries(described.entries.map(([key, value]) => [key, revive(value, classes)]));
  if (described.is === 'sparse') return new CsrMatrix(described.parts as ConstructorParameters<typeof CsrMatrix>[0]);
  const Class = Object.hasOwn(classes, described.name) ? classes[described.name] : undefined;
  if (typeof Class !== 'function') throw new CannotTravel(`the other thread knows no class '${described.name}'`);
  const args = described.args.map((arg) => revive(arg, classes));
  return new (Class as new (...args: unknown[]) => unknown)(...args);
}

function partsOfSparse(X: { toCsr(): CsrMatrix }): object {
  const { data, indices, indptr, shape } = X.toCsr();
  return { data: shared(data), indices, indptr, shape };
}

/** Samples or labels as data: numbers in memory that threads share, where there is such memory. */
export function describeRows(rows: Rows, where: string): Described {
  if (isTensor(rows)) return flat(rows.dataSync(), rows.shape);
  if (isNdArray(rows)) {
    const { data, shape } = readNdArray(rows);
    return flat(data as Float64Array, shape);
  }
  if (isTyped(rows)) return { is: 'value', value: shared(rows as Float64Array) };
  if (Array.isArray(rows) && (Array.isArray(rows[0]) || isTyped(rows[0]))) {
    try {
      const { data, rows: n, cols } = readMatrix(rows as Matrix, where, { allowNonFinite: true });
      return flat(data, [n, cols]);
    } catch {
      return { is: 'value', value: rows };
    }
  }
  if (Array.isArray(rows)) return { is: 'value', value: rows };
  const held = rows as { readonly data?: unknown; readonly shape?: readonly number[] };
  if (!isSparse(rows) && isTyped(held.data) && held.shape !== undefined)
    return flat(held.data as Float64Array, held.shape);
  return describeValue(rows, where);
}

function flat(data: Float64Array | ArrayLike<number>, shape: readonly number[]): Described {
  return { is: 'value', value: { data: isTyped(data) ? shared(data as Float64Array) : data, shape: [...shape] } };
}

/** The same numbers in shared memory; themselves where there is none. */
function shared<A extends Float64Array>(data: A): A {
  if (typeof SharedArrayBuffer === 'undefined') return data;
  try {
    const Typed = data.constructor as new (buffer: SharedArrayBuffer) => A;
    const copy = new Typed(new SharedArrayBuffer(data.byteLength));
    copy.set(data);
    return copy;
  } catch {
    return data;
  }
}
