import { f32x4, f64x2, type V128 } from '../assembler/index';
import type { Emitter, Vector } from './emitter';

/** Coefficients 1/first!, 1/(first+1)!, …, `count` of them. */
export function inverseFactorials(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => {
    let product = 1;
    for (let k = 2; k <= first + i; k++) product *= k;
    return 1 / product;
  });
}

/** Σ cᵢ xⁱ by Horner's rule in float64, coefficients lowest first. */
export function polynomial64(x: Vector, coefficients: readonly number[]): V128 {
  let sum = f64x2.const(coefficients[coefficients.length - 1]!);
  for (let i = coefficients.length - 2; i >= 0; i--) sum = f64x2.add(f64x2.mul(sum, x), f64x2.const(coefficients[i]!));
  return sum;
}

/** The same in float32. */
export function polynomial32(e: Emitter, x: Vector, coefficients: readonly number[]): V128 {
  let sum = f32x4.const(coefficients[coefficients.length - 1]!);
  for (let i = coefficients.length - 2; i >= 0; i--) sum = e.multiplyAdd(sum, x, f32x4.const(coefficients[i]!));
  return sum;
}
