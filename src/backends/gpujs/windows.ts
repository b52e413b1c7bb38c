import type { Operand } from '../../core/backend';
import type { TypedArray } from '../../core/dtype';
import { sizeOf } from '../../core/shape';
import { isPlain } from './source';
import { Value } from './value';

/** Elements that the host has, as one value or, where an array can't have them all, in windows of `most`. */
export function hostValue(data: TypedArray, most: number): Value {
  if (data.length <= most) return new Value(data.length, data);
  const windows: Value[] = [];
  for (let start = 0; start < data.length; start += most) {
    const part = data.slice(start, start + most);
    windows.push(new Value(part.length, part));
  }
  return new Value(data.length, null, false, windows);
}

/** The windows that elements `offset` … `offset + length` lie in, where in each, and where that belongs among them. */
export function* overlaps(
  windows: readonly Value[],
  offset: number,
  length: number,
): Generator<{ readonly window: Value; readonly from: number; readonly count: number; readonly at: number }> {
  let start = 0;
  for (const window of windows) {
    const first = Math.max(offset, start);
    const count = Math.min(offset + length, start + window.size) - first;
    if (count > 0) yield { window, from: first - start, count, at: first - offset };
    start += window.size;
  }
}

/** Whether an operand of an elementwise operation with `size` results can be taken window by window. */
export const hasWindows = (x: Operand, size: number): boolean =>
  sizeOf(x.shape) === 1 || (isPlain(x) && x.block.length === size && sizeOf(x.shape) === size);
