import { grad } from '../autograd/grad';
import type { Rng } from '../core/rng';
import { scope } from '../core/scope';
import type { Tensor } from '../core/tensor';
import { tensor } from '../ops/create';

/** Tensors by name; a function's operands. */
export type Operands = { readonly [name: string]: Tensor };

/** The largest magnitude, at least 1. */
export function scaleOf(values: ArrayLike<number>): number {
  let scale = 1;
  for (let i = 0; i < values.length; i++) scale = Math.max(scale, Math.abs(values[i]!));
  return scale;
}

/** How a derivative is compared with differences. */
export interface GradientCheck {
  /** Distance of the differences, by default 1e-5. */
  readonly step?: number;
  /** Largest error, in units of the largest derivative of the operand (at least 1); by default 1e-6. */
  readonly tolerance?: number;
  /** Of each operand at most so many elements are tried, by default 12. */
  readonly elements?: number;
}

/**
 * Compares the gradient of a scalar function of float64 tensors with central differences.
 *
 * @returns what is wrong, or null.
 */
export function gradientError(
  f: (operands: Operands) => Tensor,
  operands: Operands,
  rng: Rng,
  options: GradientCheck = {},
): string | null {
  const { step = 1e-5, tolerance = 1e-6, elements = 12 } = options;
  const exact = scope(() =>
    Object.entries(grad(f as (x: Record<string, Tensor>) => Tensor)(operands)).map(
      ([name, g]) => [name, g.dataSync()] as const,
    ),
  );
  for (const [name, analytic] of exact) {
    const scale = scaleOf(analytic);
    const n = analytic.length;
    const tried = n <= elements ? Array.from({ length: n }, (_, i) => i) : rng.integers(elements, n);
    for (const i of tried) {
      const up = valueAt(f, operands, name, i, step);
      const down = valueAt(f, operands, name, i, -step);
      const numeric = (up - down) / (2 * step);
      if (!(Math.abs(numeric - analytic[i]!) <= tolerance * scale)) {
        return `the derivative by element ${i} of ${name} is ${analytic[i]}, but differences give ${numeric}`;
      }
    }
  }
  return null;
}

/** f with one element of one operand moved. */
function valueAt(f: (operands: Operands) => Tensor, operands: Operands, name: string, i: number, step: number): number {
  return scope(() => {
    const { shape, backend } = operands[name]!;
    const data = operands[name]!.dataSync();
    data[i]! += step;
    return f({ ...operands, [name]: tensor(data, { shape, backend }) }).item();
  });
}
