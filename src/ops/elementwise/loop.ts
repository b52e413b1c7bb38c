import { mergeAxes, type Shape } from '../../core/shape';
import { forEachPosition, type View } from '../../core/view';

type Strides = readonly number[];

/**
 * Visits the rows of `shape` in row-major order, a row being as long a run of elements as all layouts allow. `visit` gets
 * the position of the row's first element in each layout (in a reused array), its length, and the step in each layout.
 */
export function forEachRow(
  shape: Shape,
  layouts: readonly { readonly strides: Strides; readonly offset: number }[],
  visit: (starts: readonly number[], length: number, steps: readonly number[]) => void,
): void {
  const merged = mergeAxes(
    shape,
    layouts.map((l) => l.strides),
  );
  const length = merged.shape.pop() ?? 1;
  if (length === 0) return;
  const steps = merged.layouts.map((s) => s.pop() ?? 0);
  const outer = layouts.map((l, i) => ({ strides: merged.layouts[i]!, offset: l.offset }));
  forEachPosition(merged.shape, outer, (starts) => visit(starts, length, steps));
}

/** Writes `f` of every element of `x` into the contiguous `out`. */
export function mapOne(f: (x: number) => number, x: View, out: View): void {
  const from = x.data;
  const to = out.data;
  let at = out.offset;
  forEachRow(out.shape, [x], (starts, length, steps) => {
    const step = steps[0]!;
    for (let k = 0, i = starts[0]!; k < length; k++, i += step) to[at++] = f(from[i]!);
  });
}

/** Writes `f` of every pair of elements into the contiguous `out`; strides are those of the operands broadcast to it. */
export function mapTwo(f: (a: number, b: number) => number, a: View, b: View, out: View): void {
  const left = a.data;
  const right = b.data;
  const to = out.data;
  let at = out.offset;
  forEachRow(out.shape, [a, b], (starts, length, steps) => {
    const da = steps[0]!;
    const db = steps[1]!;
    for (let k = 0, i = starts[0]!, j = starts[1]!; k < length; k++, i += da, j += db)
      to[at++] = f(left[i]!, right[j]!);
  });
}

/** Copies `x` to where `target` (a layout of the same shape over `out.data`) puts it. */
export function copyTo(x: View, out: View, target: { readonly strides: Strides; readonly offset: number }): void {
  const from = x.data;
  const to = out.data;
  forEachRow(x.shape, [x, target], (starts, length, steps) => {
    const dx = steps[0]!;
    const dt = steps[1]!;
    for (let k = 0, i = starts[0]!, j = starts[1]!; k < length; k++, i += dx, j += dt) to[j] = from[i]!;
  });
}
