import type { TypedArray } from '../core/dtype';
import { ConfigError, DTypeError, ShapeError } from '../core/errors';
import { formatShape } from '../core/shape';
import type { Tensor } from '../core/tensor';
import type { FlatData, NdArrayLike } from '../ops/create';
import { describe, type HostData, isNdArray, isTensor, isTyped, readFlat, readNdArray, readTensor } from './rows';

/** A list of numbers: an array, a typed array, a 1-D tensor or ndarray, or `{ data, shape }`. */
export type Vector = readonly number[] | TypedArray | Tensor | NdArrayLike | FlatData;

/** The elements and shape of anything one- or two-dimensional, unchecked. */
export function readHost(x: Vector | readonly unknown[], what: string): HostData {
  if (isTensor(x)) return readTensor(x);
  if (isNdArray(x)) return readNdArray(x);
  if (isColumn(x)) return { data: x.map(([v]) => v!), shape: [x.length, 1] };
  if (Array.isArray(x) || isTyped(x)) return { data: x as ArrayLike<number>, shape: [x.length] };
  if (typeof x === 'object' && x !== null && 'data' in x && 'shape' in x) return readFlat(x as FlatData, what);
  throw new ConfigError(
    `${what}: expected an array, a typed array, a 1-D tensor or { data, shape }, got ${describe(x)}.`,
  );
}

/** Whether `x` is rows of one element, as a tensor `[samples, 1]` is as an array. */
function isColumn(x: unknown): x is readonly (readonly number[])[] {
  return Array.isArray(x) && x.length > 0 && x.every((row) => Array.isArray(row) && row.length === 1);
}

/**
 * Reads a list of finite numbers. A column `[n, 1]`, which models with one output predict, is such a list.
 *
 * @param x - the values.
 * @param what - who asks, and for which argument: begins every error message.
 * @param length - how many there must be.
 * @throws ShapeError for another rank or length; DTypeError for elements that are not numbers; ConfigError for NaN or
 * infinity.
 */
export function readVector(x: Vector, what: string, length?: number): Float64Array {
  const { data, shape } = readHost(x, what);
  if (shape.length !== 1 && !(shape.length === 2 && shape[1] === 1)) {
    throw new ShapeError(
      `${what}: expected one value per sample, got shape ${formatShape(shape)}. Take one column, or flatten it.`,
    );
  }
  if (length !== undefined && data.length !== length) {
    throw new ShapeError(`${what}: has ${data.length} values for ${length} samples. Give one per sample.`);
  }
  const out = data instanceof Float64Array ? data : new Float64Array(data.length);
  for (let i = 0; i < out.length; i++) {
    const v = data[i] as unknown;
    if (typeof v !== 'number' && typeof v !== 'boolean')
      throw new DTypeError(`${what}: element ${i} is ${describe(v)}, not a number.`);
    const value = Number(v);
    if (!Number.isFinite(value))
      throw new ConfigError(`${what}: found ${value} at position ${i}. Fill in, clip or drop it first.`);
    out[i] = value;
  }
  return out;
}

/** One non-negative weight per sample, not all zero; null when none are given. */
export function readWeights(weights: Vector | null | undefined, length: number, what: string): Float64Array | null {
  if (weights === undefined || weights === null) return null;
  const w = readVector(weights, `${what}: sampleWeight`, length);
  let sum = 0;
  for (let i = 0; i < w.length; i++) {
    if (w[i]! < 0)
      throw new ConfigError(`${what}: sampleWeight: weight ${i} is ${w[i]}. Weights must not be negative.`);
    sum += w[i]!;
  }
  if (sum === 0)
    throw new ConfigError(
      `${what}: sampleWeight: all weights are 0, so nothing counts. Give some sample a positive weight.`,
    );
  return w;
}
