import { reference } from '../../src/backends/reference/index';
import type { Backend } from '../../src/core/backend';
import { allocateTyped, type DType, isFloating } from '../../src/core/dtype';
import type { Rng } from '../../src/core/rng';
import { type Shape, sizeOf } from '../../src/core/shape';
import { Tensor } from '../../src/core/tensor';
import { broadcastTo, flip, slice, transpose } from '../../src/ops/shape-ops';
import type { Domain, Row } from './row';

/** How an operand lies in memory. `repeated` has stride 0 on its first axis, so its values repeat. */
export const LAYOUTS = ['contiguous', 'transposed', 'reversed', 'strided', 'repeated'] as const;
export type Layout = (typeof LAYOUTS)[number];

function domainOf(row: Row, i: number): Domain {
  const { domain = [-2, 2] } = row;
  return typeof domain[0] === 'number' ? (domain as Domain) : (domain as readonly Domain[])[i]!;
}

/** `n` values for operand `i` of `row`. */
export function drawValues(row: Row, i: number, n: number, dtype: DType, rng: Rng): Float64Array {
  if (dtype === 'bool') return Float64Array.from({ length: n }, () => rng.integer(2));
  if (!isFloating(dtype)) return Float64Array.from({ length: n }, () => rng.integer(19) - (dtype === 'uint8' ? 0 : 9));
  const [low, high] = domainOf(row, i);
  const at = row.distinct ? rng.permutation(n) : null;
  return Float64Array.from({ length: n }, (_, k) => {
    const u = at === null ? rng.random() : (at[k]! + 0.37 + 0.21 * i) / n;
    return low + u * (high - low);
  });
}

/** A tensor of `values` in row-major order, laid out as asked. */
export function layOut(values: Float64Array, shape: Shape, dtype: DType, layout: Layout, backend: Backend): Tensor {
  const make = (data: ArrayLike<number>, of: Shape): Tensor => {
    const typed = allocateTyped(dtype, sizeOf(of));
    typed.set(data);
    return Tensor.from(backend, typed, dtype, of);
  };
  // Values are moved about on the host, as some backends are read later only.
  const onHost = (): Tensor => Tensor.from(reference(), values, 'float64', shape);
  switch (layout) {
    case 'contiguous':
      return make(values, shape);
    case 'transposed':
      return transpose(make(transpose(onHost()).dataSync(), [...shape].reverse()));
    case 'reversed':
      return flip(make(flip(onHost()).dataSync(), shape));
    case 'strided': {
      // Every second element of something larger, the rest of which is junk that nothing may read.
      const wide = shape.map((n) => 2 * n + 1);
      const spread = new Float64Array(sizeOf(wide)).fill(dtype === 'bool' ? 1 : 77);
      spreadInto(spread, wide, values, shape);
      return slice(
        make(spread, wide),
        shape.map(() => 1),
        wide,
        shape.map(() => 2),
      );
    }
    case 'repeated': {
      if (shape.length === 0 || shape[0] === 0) return make(values, shape);
      const first = slice(onHost(), [0], [1]);
      return broadcastTo(make(first.dataSync(), first.shape), shape);
    }
  }
}

function spreadInto(to: Float64Array, wide: Shape, from: Float64Array, shape: Shape): void {
  from.forEach((value, flat) => {
    let rest = flat;
    let at = 0;
    let step = 1;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      at += (2 * (rest % shape[axis]!) + 1) * step;
      rest = Math.floor(rest / shape[axis]!);
      step *= wide[axis]!;
    }
    to[at] = value;
  });
}
