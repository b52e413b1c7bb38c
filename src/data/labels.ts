import type { TypedArray } from '../core/dtype';
import { ConfigError, DTypeError, ShapeError } from '../core/errors';
import { formatShape } from '../core/shape';
import { shown } from '../core/shown';
import type { Tensor } from '../core/tensor';
import type { FlatData, NdArrayLike } from '../ops/create';
import { isTyped } from './kinds';
import { describe, type HostData, isTensor, readTensor, rebuild } from './rows';
import { readHost } from './vector';

/** What names a class. */
export type Label = number | string | boolean;

/** One label per sample. What a fitted model predicts comes back in the form the labels were given in. */
export type Labels =
  | readonly number[]
  | readonly string[]
  | readonly boolean[]
  | TypedArray
  | Tensor
  | NdArrayLike
  | FlatData;

/** The form in which labels given as `L` come back. */
export type LabelsLike<L> = L extends readonly number[]
  ? number[]
  : L extends readonly string[]
    ? string[]
    : L extends readonly boolean[]
      ? boolean[]
      : L;

/** One label of labels given as `L`. */
export type LabelOf<L> = L extends readonly string[] ? string : L extends readonly boolean[] ? boolean : number;

/** Labels as positions in a sorted list of classes. */
export interface Encoded {
  readonly codes: Int32Array;
  /** Distinct labels, ascending: numbers by value, strings by code point, false before true. */
  readonly classes: readonly Label[];
  /** How often each class occurs. */
  readonly counts: Int32Array;
}

/** The labels as plain values. */
export function readLabels(y: Labels, what: string): readonly Label[] {
  return checkLabels(readHost(y as never, what), what);
}

/** Labels from any backend, those that can only be read with waiting included. */
export async function readLabelsAsync(y: Labels, what: string): Promise<readonly Label[]> {
  return checkLabels(isTensor(y) ? readTensor(y, await y.data()) : readHost(y as never, what), what);
}

function checkLabels({ data, shape }: HostData, what: string): readonly Label[] {
  if (shape.length !== 1) {
    const hint =
      shape.length === 2 && shape[1] === 1
        ? 'Flatten the column.'
        : 'Take the argMax of one-hot rows; several outputs are not supported.';
    throw new ShapeError(`${what}: expected one label per sample, got shape ${formatShape(shape)}. ${hint}`);
  }
  if (data.length === 0) throw new ShapeError(`${what}: no labels. At least one sample is needed.`);
  const labels = data as unknown as ArrayLike<unknown>;
  if (isWhole(labels)) return listOf(labels);
  const kind = typeof labels[0];
  for (let i = 0; i < labels.length; i++) {
    const v = labels[i];
    if (typeof v !== 'number' && typeof v !== 'string' && typeof v !== 'boolean') {
      throw new DTypeError(`${what}: label ${i} is ${describe(v)}. Labels must be numbers, strings or booleans.`);
    }
    if (typeof v !== kind) {
      throw new DTypeError(`${what}: label ${i} is a ${typeof v}, label 0 a ${kind}. Use one type for all labels.`);
    }
    if (typeof v === 'number' && !Number.isFinite(v)) {
      throw new ConfigError(`${what}: label ${i} is ${v}. Drop samples without a label first.`);
    }
  }
  return (Array.isArray(labels) ? labels : Array.from(labels)) as readonly Label[];
}

/** Whether these are integers by their type, so that there is nothing to check one by one. */
function isWhole(labels: ArrayLike<unknown>): labels is ArrayLike<number> {
  return isTyped(labels) && !(labels instanceof Float64Array) && !(labels instanceof Float32Array);
}

/** As an array; several times as fast as `Array.from`, which asks for an iterator. */
function listOf(values: ArrayLike<number>): number[] {
  const out: number[] = [];
  for (let i = 0; i < values.length; i++) out.push(values[i]!);
  return out;
}

/**
 * Throws a `ConfigError` if the labels are measurements: fractions, which name no classes. Almost always a target of
 * regression, or probabilities where predicted labels were meant.
 */
export function checkAreClasses(labels: readonly Label[], what: string, advice: string): void {
  const at = labels.findIndex((v) => typeof v === 'number' && !Number.isInteger(v));
  if (at >= 0) throw new ConfigError(`${what}: label ${at} is ${shown(labels[at])}, which names no class. ${advice}`);
}

/** Order of labels: numbers by value, strings by code point, false before true. */
export function compareLabels(a: Label, b: Label): number {
  if (typeof a === 'string' && typeof b === 'string') return compareByCodePoint(a, b);
  return a < b ? -1 : a > b ? 1 : 0;
}

function compareByCodePoint(a: string, b: string): number {
  // `<` compares UTF-16 units, which puts characters beyond U+FFFF before U+E000…U+FFFF.
  const n = Math.min(a.length, b.length);
  for (let i = 0; i < n; i++) {
    if (a.charCodeAt(i) !== b.charCodeAt(i)) {
      const isPairTail = i > 0 && a.codePointAt(i - 1)! > 0xffff && b.codePointAt(i - 1)! > 0xffff;
      const at = isPairTail ? i - 1 : i;
      return a.codePointAt(at)! - b.codePointAt(at)!;
    }
  }
  return a.length - b.length;
}

/** Distinct labels, ascending. */
export function distinctLabels(...lists: readonly (readonly Label[])[]): Label[] {
  const seen = new Set<Label>();
  for (const list of lists) for (const v of list) seen.add(v === 0 ? 0 : v);
  return [...seen].sort(compareLabels);
}

/** Positions of `labels` in `classes`; -1 for one that is not there. */
export function codesOf(labels: readonly Label[], classes: readonly Label[]): Int32Array {
  const position = new Map(classes.map((c, i) => [c, i]));
  const codes = new Int32Array(labels.length);
  for (let i = 0; i < labels.length; i++) codes[i] = position.get(labels[i]!) ?? -1;
  return codes;
}

/** Labels as positions in the sorted list of their distinct values. */
export function encodeLabels(labels: readonly Label[]): Encoded {
  const integers = encodeIntegers(labels);
  if (integers !== null) return integers;
  const classes = distinctLabels(labels);
  const codes = codesOf(labels, classes);
  const counts = new Int32Array(classes.length);
  for (const c of codes) counts[c]!++;
  return { codes, classes, counts };
}

/** How far apart integer labels may be to be counted in a table of all between. */
const MOST_SPAN = 2 ** 16;

/** The same for integers not far apart, without looking each up in a map; null for other labels. */
function encodeIntegers(labels: readonly Label[]): Encoded | null {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < labels.length; i++) {
    const v = labels[i];
    if (!Number.isInteger(v)) return null;
    if ((v as number) < least) least = v as number;
    if ((v as number) > most) most = v as number;
  }
  if (labels.length === 0 || most - least >= MOST_SPAN) return null;
  const table = new Int32Array(most - least + 1);
  for (let i = 0; i < labels.length; i++) table[(labels[i] as number) - least]!++;
  const classes = Array.from(table.keys())
    .filter((at) => table[at]! > 0)
    .map((at) => least + at);
  const counts = Int32Array.from(classes, (v) => table[v - least]!);
  for (let c = 0; c < classes.length; c++) table[classes[c]! - least] = c;
  const codes = new Int32Array(labels.length);
  for (let i = 0; i < codes.length; i++) codes[i] = table[(labels[i] as number) - least]!;
  return { codes, classes, counts };
}

/** The labels at `codes`, in the form of `like`: the array, typed array, tensor or ndarray that labels were given in. */
export function decodeLabels<L extends Labels>(
  like: L,
  classes: readonly Label[],
  codes: ArrayLike<number>,
): LabelsLike<L> {
  const labels = Array.from(codes, (c) => classes[c]!);
  return labelsLike(like, labels);
}

/** `labels` in the form of `like`. */
export function labelsLike<L extends Labels>(like: L, labels: readonly Label[]): LabelsLike<L> {
  if (Array.isArray(like)) return [...labels] as LabelsLike<L>;
  return rebuild(like as never, labels.map(Number), [labels.length]) as LabelsLike<L>;
}

/** Throws a `ShapeError` unless there are as many labels as samples. */
export function checkSameLength(samples: number, labels: number, what: string): void {
  if (samples !== labels) {
    throw new ShapeError(`${what}: X has ${samples} samples and y ${labels} labels. Give one label per sample.`);
  }
}
