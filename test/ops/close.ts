import { expect } from 'vitest';
import { type DType, isFloating } from '../../src/core/dtype';
import type { Tensor } from '../../src/core/tensor';

/**
 * How far results may lie from what is expected, in units of the largest expected magnitude (at least 1): set here once
 * per dtype, for every backend. Integers and booleans must agree exactly.
 */
export const TOLERANCES: Readonly<Record<'float32' | 'float64', number>> = { float32: 4e-6, float64: 1e-12 };

/** The largest finite magnitude, at least 1. */
export function scaleOf(values: ArrayLike<number>): number {
  let scale = 1;
  for (let i = 0; i < values.length; i++) {
    const size = Math.abs(values[i]!);
    if (Number.isFinite(size) && size > scale) scale = size;
  }
  return scale;
}

/** Fails unless `got` holds `wanted`, NaN and infinities in the same places. `label` says where, when it doesn't. */
export function expectValues(got: ArrayLike<number>, wanted: ArrayLike<number>, tolerance: number, label = ''): void {
  expect(got.length, `${label}: number of elements`).toBe(wanted.length);
  const allowed = tolerance * scaleOf(wanted);
  for (let i = 0; i < wanted.length; i++) {
    const a = got[i]!;
    const b = wanted[i]!;
    const same = a === b || (a !== a && b !== b) || Math.abs(a - b) <= allowed;
    if (!same) expect.fail(`${label}: element ${i} is ${a}, expected ${b} ± ${allowed}`);
  }
}

/** Fails unless two tensors have one shape, one dtype and, within tolerance, the same elements. */
export function expectSame(got: Tensor, wanted: Tensor, label = ''): void {
  expectAlike(got, wanted, label);
  expectValues(got.dataSync(), wanted.dataSync(), toleranceOf(got.dtype), label);
}

/** The same for backends whose values come later. */
export async function expectSameLater(got: Tensor, wanted: Tensor, label = ''): Promise<void> {
  expectAlike(got, wanted, label);
  expectValues(await got.data(), await wanted.data(), toleranceOf(got.dtype), label);
}

function expectAlike(got: Tensor, wanted: Tensor, label: string): void {
  expect(got.shape, `${label}: shape`).toEqual(wanted.shape);
  expect(got.dtype, `${label}: dtype`).toBe(wanted.dtype);
}

export function toleranceOf(dtype: DType): number {
  return isFloating(dtype) ? TOLERANCES[dtype as 'float32' | 'float64'] : 0;
}
