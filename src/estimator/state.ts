import type { TypedArray } from '../core/dtype';
import { FormatError } from '../core/errors';
import type { Label, Labels } from '../data/labels';
import { isTensor, isTyped } from '../data/rows';

/** The typed arrays that a state may hold. */
export type StateArray = TypedArray | Int16Array | Uint16Array | Uint32Array;

/** A value a model is made of: plain data, typed arrays, or further models. */
export type StateValue =
  | number
  | string
  | boolean
  | null
  | undefined
  | StateArray
  | readonly StateValue[]
  | { readonly [key: string]: StateValue };

/** All that a fitted model has learned, as data. */
export interface ModelState {
  /** The estimator's name, such as `'RandomForestClassifier'`: says which class can make the model again. */
  readonly type: string;
  readonly [field: string]: StateValue;
}

/** A class of fitted models that can be made again from their state. */
export interface Restorable<F> {
  /** As in the states it makes. */
  readonly type: string;
  /** @param restore - makes the models that this one is made of. */
  fromState(state: ModelState, restore: (state: ModelState) => never): F;
}

/** A fitted model whose state can be kept. */
export interface Stateful {
  toState(): ModelState;
}

/**
 * A fitted model from its state.
 *
 * @param state - what `toState` gave.
 * @param classes - the classes it may be of, and those of the models it is made of.
 * @throws FormatError for a state of another class, or one that is damaged.
 */
export function fromState<C extends readonly Restorable<unknown>[]>(
  state: ModelState,
  classes: C,
): ReturnType<C[number]['fromState']> {
  const type = (state as { readonly type?: unknown } | null)?.type;
  const found = classes.find((c) => c.type === type);
  if (found === undefined) {
    throw new FormatError(
      `fromState: found a model of type ${JSON.stringify(type)}; the classes given are of ${classes.map((c) => c.type).join(', ')}. ` +
        'Give the class of the fitted model, and those of models within it.',
    );
  }
  return found.fromState(state, (inner) => fromState(inner, classes) as never) as ReturnType<C[number]['fromState']>;
}

const ARRAYS = { Float64Array, Float32Array, Int32Array, Int16Array, Int8Array, Uint32Array, Uint16Array, Uint8Array };
type ArrayName = keyof typeof ARRAYS;

/** A state as JSON: typed arrays become `{ $array, values }`, numbers that JSON lacks `{ $number }`. */
export function toJSON(value: StateValue): unknown {
  if (typeof value === 'number')
    return Number.isFinite(value) && !Object.is(value, -0)
      ? value
      : { $number: Object.is(value, -0) ? '-0' : String(value) };
  if (isTyped(value)) return { $array: value.constructor.name, values: Array.from(value as ArrayLike<number>, toJSON) };
  if (Array.isArray(value)) return value.map(toJSON);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, toJSON(v)]));
}

/**
 * The state that {@link toJSON} wrote.
 *
 * @throws FormatError for what it can't have written.
 */
export function fromJSON(json: unknown): StateValue {
  if (Array.isArray(json)) return json.map(fromJSON);
  if (typeof json !== 'object' || json === null) return json as StateValue;
  if ('$number' in json) return Number(json.$number);
  if ('$array' in json) return typedFrom(json as { readonly $array: unknown; readonly values?: unknown });
  return Object.fromEntries(Object.entries(json).map(([k, v]) => [k, fromJSON(v)]));
}

function typedFrom({ $array, values }: { readonly $array: unknown; readonly values?: unknown }): StateArray {
  const Typed = Object.hasOwn(ARRAYS, String($array)) ? ARRAYS[$array as ArrayName] : undefined;
  if (Typed === undefined || !Array.isArray(values))
    throw new FormatError(`fromJSON: ${JSON.stringify($array)} is no kind of array, or has no values.`);
  return Typed.from(values.map((v) => Number(fromJSON(v)))) as StateArray;
}

/** What form labels have, as text: `'array'`, a kind of typed array, or `'tensor'`. */
export function labelForm(like: Labels): string {
  if (isTyped(like)) return like.constructor.name;
  return isTensor(like)
    ? {
        float32: 'Float32Array',
        float64: 'Float64Array',
        int32: 'Int32Array',
        int8: 'Int8Array',
        uint8: 'Uint8Array',
        bool: 'Uint8Array',
      }[like.dtype]
    : 'array';
}

/** Empty labels of the form that {@link labelForm} named. Those of a tensor come back as a typed array. */
export function labelsOfForm(form: StateValue): Labels {
  const Typed = Object.hasOwn(ARRAYS, String(form)) ? ARRAYS[form as ArrayName] : undefined;
  return Typed === undefined ? [] : (new Typed(0) as unknown as Labels);
}

/** The fields that every fitted classifier's state begins with. */
export function classifierState(
  model: { readonly classes: readonly unknown[]; readonly nFeatures: number },
  like: Labels,
) {
  return { classes: model.classes as readonly Label[], labels: labelForm(like), nFeatures: model.nFeatures };
}
