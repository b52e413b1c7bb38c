import { ShapeError } from '../core/errors';
import { isTyped } from '../data/kinds';
import type { Labels } from '../data/labels';
import type { Matrix } from '../data/matrix';

/** Several labels per sample: `[samples, labels]`, 1 or true where a sample has a label, else 0; dense or sparse. */
export type Indicator = Matrix | readonly (readonly boolean[])[];

/** Classes of samples: one label for each, or an {@link Indicator} where each may have any number of them. */
export type ClassTargets = Labels | Indicator;

/** Whether `y` has rows, or two dimensions, told by its form. */
export function isTwoDimensional(y: ClassTargets): y is Indicator {
  if (typeof y !== 'object' || y === null) return false;
  if (Array.isArray(y)) return Array.isArray(y[0]) || isTyped(y[0]);
  const { shape } = y as { readonly shape?: readonly number[] };
  return Array.isArray(shape) && shape.length === 2;
}

/** Whether `y` is a table of labels: one column is none, but for sparse ones. */
export function isIndicator(y: ClassTargets): y is Indicator {
  if (!isTwoDimensional(y)) return false;
  if (Array.isArray(y)) return y.some((row: ArrayLike<unknown> | null) => row?.length !== 1);
  return 'takeRows' in y || (y as { readonly shape: readonly number[] }).shape[1] !== 1;
}

/** Throws a `ShapeError` for a table of labels, where each sample must have one. */
export function refuseTable(y: ClassTargets, what: string): void {
  if (!isIndicator(y)) return;
  throw new ShapeError(
    `${what}: expected one label per sample, got a table. Take the argMax of one-hot rows, or compare columns one by one.`,
  );
}
