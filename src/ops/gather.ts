import {
  gatherKernel,
  scatterAddAlongAxisKernel,
  scatterAddKernel,
  takeAlongAxisKernel,
} from '../backends/wasm/kernels';
import { DTypeError, ShapeError } from '../core/errors';
import { apply, defineOp, type Op, type TensorSpec } from '../core/op';
import { checkOptions } from '../core/options';
import { scope } from '../core/scope';
import { formatShape, normalizeAxis, type Shape, sameShape } from '../core/shape';
import type { Tensor } from '../core/tensor';
import { toContiguous } from '../core/view';
import { broadcastTo } from './broadcast';
import { asTensor, type TensorLike, zeros } from './create';
import { checkIndices, expectInt32, indexRule, toIndices, wrapIndex } from './indices';
import { lanesOf } from './lanes';
import { operands } from './operand';

/** The axis that indices count along, as a non-negative number. */
export interface GatherAttrs {
  readonly axis: number;
  /** Whether someone has seen, or will see, that the indices are in range. */
  readonly areChecked?: boolean;
}

function gatheredShape(x: Shape, indices: Shape, axis: number): Shape {
  return [...x.slice(0, axis), ...indices, ...x.slice(axis + 1)];
}

const gatherOp: Op<GatherAttrs> = /* @__PURE__ */ defineOp<GatherAttrs>({
  name: 'gather',
  kernel: gatherKernel,
  indices: /* @__PURE__ */ indexRule('gather'),
  infer: ([x, indices], { axis }) => {
    expectInt32(indices!, 'gather');
    return { shape: gatheredShape(x!.shape, indices!.shape, axis), dtype: x!.dtype };
  },
  reference: ([x, indices], out, { axis }) => {
    const { outer, n, inner } = lanesOf(x!.shape, axis);
    const rows = toContiguous(x!, false);
    const wanted = toContiguous(indices!, false);
    let at = out.offset;
    for (let o = 0; o < outer; o++) {
      for (let k = 0; k < wanted.length; k++, at += inner) {
        const row = (o * n + wrapIndex(wanted[k]!, n, 'gather', x!.shape, axis)) * inner;
        out.data.set(rows.subarray(row, row + inner), at);
      }
    }
  },
  vjp: (g, { inputs: [x, indices], attrs }, i) =>
    i === 0 ? apply(scatterAddOp, [zerosAs(x!), indices!, g], attrs) : null,
});

/** Zeros in the shape of `x`, one in memory: what cotangents are added to. */
function zerosAs({ dtype, backend, shape }: Tensor): Tensor {
  return broadcastTo(zeros([], { dtype, backend }), shape);
}

/** The adjoint of `gather`. Inputs `[x, indices, updates]`. */
const scatterAddOp: Op<GatherAttrs> = /* @__PURE__ */ defineOp<GatherAttrs>({
  name: 'scatterAdd',
  kernel: scatterAddKernel,
  indices: /* @__PURE__ */ indexRule('scatterAdd'),
  infer: ([x, indices, updates], { axis }) => {
    expectInt32(indices!, 'scatterAdd');
    const expected = gatheredShape(x!.shape, indices!.shape, axis);
    expectUpdates(x!, updates!, expected, `indices ${formatShape(indices!.shape)} on axis ${axis}`, 'scatterAdd');
    return { shape: x!.shape, dtype: x!.dtype };
  },
  reference: ([x, indices, updates], out, { axis }) => {
    const { outer, n, inner } = lanesOf(x!.shape, axis);
    const wanted = toContiguous(indices!, false);
    const rows = toContiguous(updates!, false);
    out.data.set(toContiguous(x!, false), out.offset);
    for (let o = 0; o < outer; o++) {
      for (let k = 0; k < wanted.length; k++) {
        const target = out.offset + (o * n + wrapIndex(wanted[k]!, n, 'scatterAdd', x!.shape, axis)) * inner;
        const source = (o * wanted.length + k) * inner;
        for (let i = 0; i < inner; i++) out.data[target + i]! += rows[source + i]!;
      }
    }
  },
  vjp: (g, { inputs: [, indices], attrs }, i) => {
    if (i === 0) return g;
    return i === 2 ? apply(gatherOp, [g, indices!], attrs) : null;
  },
});

function expectUpdates(x: TensorSpec, updates: TensorSpec, expected: Shape, because: string, what: string): void {
  if (!sameShape(updates.shape, expected)) {
    throw new ShapeError(
      `${what}: updates must have shape ${formatShape(expected)} for ${because} of ${formatShape(x.shape)}, got ${formatShape(updates.shape)}.`,
    );
  }
  if (x.dtype !== updates.dtype || x.dtype === 'bool') {
    throw new DTypeError(
      `${what}: can't add ${updates.dtype} to ${x.dtype}. Both must be the same numeric dtype; use cast.`,
    );
  }
}

/**
 * Slices of `x` picked by index along an axis, as NumPy's `take`: y[…, k, …] = x[…, indices[k], …].
 *
 * @param x - any shape of rank ≥ 1.
 * @param indices - integers of any shape; negative ones count from the end.
 * @param options - `axis = 0`.
 * @returns the shape of `x` with `axis` replaced by the shape of `indices`.
 * @throws ShapeError when an index is out of range (unless it is computed in a compiled function, from arguments or else: then
 * that slice is unspecified); DTypeError when the indices are not numbers.
 *
 * @example
 * ```ts
 * import { gather } from 'kompakt';
 * console.log(gather([[1, 2], [3, 4], [5, 6]], [2, 0]).toArraySync()); // → [ [ 5, 6 ], [ 1, 2 ] ]
 * ```
 */
export function gather(x: TensorLike, indices: TensorLike, options: { axis?: number } = {}): Tensor {
  checkOptions(options, ['axis'], 'gather');
  return scope(() => {
    const t = asTensor(x);
    const axis = normalizeAxis(options.axis ?? 0, t.rank, 'gather');
    const picks = toIndices(indices, 'gather', t);
    checkIndices(picks, t.shape, axis, 'gather');
    return apply(gatherOp, [t, picks], { axis });
  });
}

/** {@link gather} along the first axis by int32 indices that somebody else looks at: no compiled function will. */
export function pickRows(x: Tensor, indices: Tensor): Tensor {
  return apply(gatherOp, [x, indices], { axis: 0, areChecked: true });
}

/**
 * `x` with slices added to it, the adjoint of {@link gather}: y = x, then y[…, indices[k], …] += updates[…, k, …] for
 * every k, so that an index given twice adds twice.
 *
 * @param x - what to add to, of rank ≥ 1; it is not changed.
 * @param indices - integers of any shape; negative ones count from the end.
 * @param updates - the shape of `x` with `axis` replaced by the shape of `indices`.
 * @param options - `axis = 0`.
 * @returns the shape of `x`.
 * @throws ShapeError when an index is out of range (unless it is computed in a compiled function: then where its slice goes, if
 * anywhere, is unspecified) or the updates do not fit.
 *
 * @example
 * ```ts
 * import { scatterAdd, zeros } from 'kompakt';
 * console.log(scatterAdd(zeros([3]), [0, 2, 2], [1, 10, 100]).toArraySync()); // → [ 1, 0, 110 ]
 * ```
 */
export function scatterAdd(
  x: TensorLike,
  indices: TensorLike,
  updates: TensorLike,
  options: { axis?: number } = {},
): Tensor {
  checkOptions(options, ['axis'], 'scatterAdd');
  return scope(() => {
    const [t, u] = operands(x, updates);
    const axis = normalizeAxis(options.axis ?? 0, t.rank, 'scatterAdd');
    const places = toIndices(indices, 'scatterAdd', t);
    checkIndices(places, t.shape, axis, 'scatterAdd');
    return apply(scatterAddOp, [t, places, u], { axis });
  });
}

function checkAlong(x: Shape, indices: Shape, axis: number, what: string): void {
  if (x.length !== indices.length || x.some((n, i) => i !== axis && n !== indices[i])) {
    throw new ShapeError(
      `${what}: indices ${formatShape(indices)} must have the shape of x, ${formatShape(x)}, except on axis ${axis}.`,
    );
  }
}

const takeAlongAxisOp: Op<GatherAttrs> = /* @__PURE__ */ defineOp<GatherAttrs>({
  name: 'takeAlongAxis',
  kernel: takeAlongAxisKernel,
  indices: /* @__PURE__ */ indexRule('takeAlongAxis'),
  infer: ([x, indices], { axis }) => {
    expectInt32(indices!, 'takeAlongAxis');
    checkAlong(x!.shape, indices!.shape, axis, 'takeAlongAxis');
    return { shape: indices!.shape, dtype: x!.dtype };
  },
  reference: ([x, indices], out, { axis }) => {
    const values = toContiguous(x!, false);
    forEachPick(x!.shape, toContiguous(indices!, false), indices!.shape[axis]!, axis, 'takeAlongAxis', (from, at) => {
      out.data[out.offset + at] = values[from]!;
    });
  },
  vjp: (g, { inputs: [x, indices], attrs }, i) =>
    i === 0 ? apply(scatterAddAlongAxisOp, [zerosAs(x!), indices!, g], attrs) : null,
});

/** The adjoint of `takeAlongAxis`. Inputs `[x, indices, updates]`. */
const scatterAddAlongAxisOp: Op<GatherAttrs> = /* @__PURE__ */ defineOp<GatherAttrs>({
  name: 'scatterAddAlongAxis',
  kernel: scatterAddAlongAxisKernel,
  indices: /* @__PURE__ */ indexRule('scatterAddAlongAxis'),
  infer: ([x, indices, updates], { axis }) => {
    expectInt32(indices!, 'scatterAddAlongAxis');
    checkAlong(x!.shape, indices!.shape, axis, 'scatterAddAlongAxis');
    expectUpdates(
      x!,
      updates!,
      indices!.shape,
      `indices ${formatShape(indices!.shape)} along axis ${axis}`,
      'scatterAddAlongAxis',
    );
    return { shape: x!.shape, dtype: x!.dtype };
  },
  reference: ([x, indices, updates], out, { axis }) => {
    const values = toContiguous(updates!, false);
    out.data.set(toContiguous(x!, false), out.offset);
    forEachPick(
      x!.shape,
      toContiguous(indices!, false),
      indices!.shape[axis]!,
      axis,
      'scatterAddAlongAxis',
      (from, at) => {
        out.data[out.offset + from]! += values[at]!;
      },
    );
  },
  vjp: (g, { inputs: [, indices], attrs }, i) => {
    if (i === 0) return g;
    return i === 2 ? apply(takeAlongAxisOp, [g, indices!], attrs) : null;
  },
});

/** Visits, for every index, the position in x that it names and its own position. */
function forEachPick(
  x: Shape,
  indices: ArrayLike<number>,
  count: number,
  axis: number,
  what: string,
  visit: (from: number, at: number) => void,
): void {
  const { outer, n, inner } = lanesOf(x, axis);
  let at = 0;
  for (let o = 0; o < outer; o++) {
    for (let k = 0; k < count; k++) {
      for (let i = 0; i < inner; i++, at++) {
        visit((o * n + wrapIndex(indices[at]!, n, what, x, axis)) * inner + i, at);
      }
    }
  }
}

/**
 * One element of each lane per index, as NumPy's `take_along_axis`: y[…, k, …] = x[…, indices[…, k, …], …]. It picks,
 * for instance, the probability of each sample's class.
 *
 * @param x - any shape of rank ≥ 1.
 * @param indices - integers of the shape of `x` except along `axis`; negative ones count from the end.
 * @param options - `axis = -1`.
 * @returns the shape of `indices`.
 * @throws ShapeError when shapes do not fit, or an index is out of range (unless it is computed in a compiled function: then that element is unspecified).
 *
 * @example
 * ```ts
 * import { takeAlongAxis } from 'kompakt';
 * console.log(takeAlongAxis([[1, 2], [3, 4]], [[1], [0]]).toArraySync()); // → [ [ 2 ], [ 3 ] ]
 * ```
 */
export function takeAlongAxis(x: TensorLike, indices: TensorLike, options: { axis?: number } = {}): Tensor {
  checkOptions(options, ['axis'], 'takeAlongAxis');
  return scope(() => {
    const t = asTensor(x);
    const axis = normalizeAxis(options.axis ?? -1, t.rank, 'takeAlongAxis');
    const picks = toIndices(indices, 'takeAlongAxis', t);
    checkAlong(t.shape, picks.shape, axis, 'takeAlongAxis');
    checkIndices(picks, t.shape, axis, 'takeAlongAxis');
    return pickAlongAxis(t, picks, axis);
  });
}

/** {@link takeAlongAxis} by int32 indices that are known to be in range, along an axis that is not negative. */
export function pickAlongAxis(x: Tensor, indices: Tensor, axis: number): Tensor {
  return apply(takeAlongAxisOp, [x, indices], { axis });
}
