import type { Shape } from '../../../src/core/shape';
import type { Tensor } from '../../../src/core/tensor';
import type { Row } from '../row';

/** Shapes written as `'2×3 · 3×4'`; nothing stands for a scalar's. */
export function shapesOf(text: string): Shape[] {
  return text.split('·').map((part) => part.split('×').flatMap((n) => (n.trim() === '' ? [] : [Number(n)])));
}

/** A row with its shapes, and further ones for comparing backends, in short notation. */
export function row(
  name: string,
  inputs: string,
  fn: (...xs: [Tensor, Tensor, Tensor]) => Tensor,
  { more = [], ...rest }: Omit<Partial<Row>, 'more'> & { more?: readonly string[] } = {},
): Row {
  return { name, inputs: shapesOf(inputs), fn: fn as Row['fn'], more: more.map(shapesOf), ...rest };
}
