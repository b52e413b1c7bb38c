import { ShapeError } from '../../core/errors';
import { formatShape, type Shape, sameShape } from '../../core/shape';
import { fitsShape, type Network } from './network';

/** Throws unless samples of those shapes fit the inputs, which have the shapes given, or those that are known of them. */
export function checkInputs(
  kind: string,
  { inputs }: Network,
  known: readonly Shape[] | null,
  shapes: readonly Shape[],
): void {
  inputs.forEach(({ name, shape }, i) => {
    const expected = known?.[i] ?? shape;
    const got = shapes[i] ?? [];
    if (expected === null || fitsShape(got, expected)) return;
    throw wrongInput(got, expected, inputs.length === 1 ? `${kind}: the model` : `${kind}: the input '${name}'`);
  });
}

/** A sample shape that does not fit, in words. */
function wrongInput(got: Shape, expected: Shape, what: string): ShapeError {
  const inputs = (shape: Shape): string => formatShape(['batch', ...shape] as never);
  const isSample = sameShape(got, expected.slice(1));
  return new ShapeError(
    `${what} takes inputs ${inputs(expected)}, got ${inputs(got)}.${isSample ? ' For a single sample, add the batch axis: [x].' : ''}`,
  );
}

/**
 * A sample shape as users give it, null standing for any size, with NaN for that.
 *
 * @throws ShapeError where it is none.
 */
export function readShape(shape: readonly (number | null)[], what: string): Shape {
  const fits = (n: unknown): boolean => n === null || Number.isNaN(n) || (Number.isInteger(n) && (n as number) > 0);
  if (Array.isArray(shape) && shape.every(fits)) return shape.map((n) => n ?? Number.NaN);
  const shown = Array.isArray(shape) ? formatShape(shape as Shape) : String(shape);
  throw new ShapeError(
    `${what} must be the shape of one sample, in positive integers (null for any size) and without the batch axis, got ${shown}.`,
  );
}
