import { padKernel } from '../../backends/wasm/kernels';
import { ConfigError, ShapeError } from '../../core/errors';
import { apply, defineOp, type Op } from '../../core/op';
import { type AxisOption, axisOf, checkOptions } from '../../core/options';
import { formatShape, normalizeAxes, type Shape } from '../../core/shape';
import type { Tensor } from '../../core/tensor';
import type { View } from '../../core/view';
import { asTensor, type TensorLike } from '../create';
import { copyTo } from '../elementwise/loop';
import { backendOf, operandsOn, transform, withNumber } from '../operand';

/** Attributes of the primitive `slice`, an entry per axis: element i of the result is element start + i·step. */
export interface SliceAttrs {
  readonly starts: readonly number[];
  readonly sizes: readonly number[];
  /** Negative: backwards; never 0. */
  readonly steps: readonly number[];
}

/** Attributes of the primitive `sliceGrad`: where in zeros of `shape` the elements go. */
export interface SliceGradAttrs extends SliceAttrs {
  readonly shape: Shape;
}

/** Attributes of the primitive `pad`: how many elements of `value` come before and after each axis. */
export interface PadAttrs {
  readonly pads: readonly (readonly [number, number])[];
  readonly value: number;
}

/** The part of a layout that a slice selects. */
function partOf(x: { strides: readonly number[]; offset: number }, { starts, steps }: SliceAttrs) {
  const offset = starts.reduce((at, start, axis) => at + start * x.strides[axis]!, x.offset);
  return { strides: x.strides.map((stride, axis) => stride * steps[axis]!), offset };
}

const sliceOp: Op<SliceAttrs> = /* @__PURE__ */ defineOp<SliceAttrs>({
  name: 'slice',
  infer: ([x], { sizes }) => ({ shape: sizes, dtype: x!.dtype }),
  reference: ([x], out, attrs) => copyTo({ ...x!, shape: out.shape, ...partOf(x!, attrs) }, out, out),
  view: (x, attrs) => {
    const empty = attrs.sizes.includes(0);
    return { shape: attrs.sizes, ...(empty ? { strides: x.strides, offset: x.offset } : partOf(x, attrs)) };
  },
  vjp: (g, { inputs: [x], attrs }) => {
    const { shape } = x!;
    if (attrs.steps.some((step) => step !== 1)) return apply(sliceGradOp, [g], { ...attrs, shape });
    const pads = attrs.starts.map((start, i) => [start, shape[i]! - start - attrs.sizes[i]!] as const);
    return apply(padOp, [g], { pads, value: 0 });
  },
});

const sliceGradOp: Op<SliceGradAttrs> = /* @__PURE__ */ defineOp<SliceGradAttrs>({
  name: 'sliceGrad',
  infer: ([g], { shape }) => ({ shape, dtype: g!.dtype }),
  reference: ([g], out, attrs) => {
    fill(out, 0);
    copyTo(g!, out, partOf(out, attrs));
  },
  vjp: (u, { attrs: { starts, sizes, steps } }) => apply(sliceOp, [u], { starts, sizes, steps }),
});

const padOp: Op<PadAttrs> = /* @__PURE__ */ defineOp<PadAttrs>({
  name: 'pad',
  kernel: padKernel,
  infer: ([x], { pads }) => ({ shape: x!.shape.map((n, i) => n + pads[i]![0] + pads[i]![1]), dtype: x!.dtype }),
  reference: ([x], out, { pads, value }) => {
    fill(out, out.dtype === 'bool' && value !== 0 ? 1 : value);
    copyTo(x!, out, partOf(out, interior(x!.shape, pads)));
  },
  vjp: (g, { inputs: [x], attrs: { pads } }) => apply(sliceOp, [g], interior(x!.shape, pads)),
});

function interior(shape: Shape, pads: PadAttrs['pads']): SliceAttrs {
  return { starts: pads.map(([before]) => before), sizes: shape, steps: shape.map(() => 1) };
}

function fill(out: View, value: number): void {
  out.data.fill(value, out.offset, out.offset + out.shape.reduce((m, n) => m * n, 1));
}

/** A bound per axis, null for "from the first" or "to the last"; axes without an entry stay whole. */
export type SliceBounds = number | readonly (number | null)[];

/**
 * The elements start, start + step, … before stop along each axis, as `x[start:stop:step, …]` selects them in NumPy:
 * negative bounds count from the end, bounds beyond the ends are the ends, negative steps go backwards. Without copying.
 *
 * @param x - any shape.
 * @param starts - the first index per axis (a number: for axis 0); null: the first element, of a negative step the last.
 * @param stops - the index to stop before, likewise; null or left out: to the end.
 * @param steps - likewise, by default 1.
 * @returns a view of `x`.
 * @throws ShapeError when there are more bounds than axes; ConfigError for a step of 0 or a fractional bound.
 *
 * @example
 * ```ts
 * import { arange, reshape, slice } from 'kompakt';
 * const x = reshape(arange(6), [2, 3]);
 * console.log(slice(x, [0, 1], [2, 3]).toArraySync()); // → [ [ 1, 2 ], [ 4, 5 ] ]
 * console.log(slice(x, [-1], null, [-1]).toArraySync()); // → [ [ 3, 4, 5 ], [ 0, 1, 2 ] ]
 * ```
 */
export function slice(
  x: TensorLike,
  starts: SliceBounds | null,
  stops: SliceBounds | null = null,
  steps: SliceBounds | null = null,
): Tensor {
  const t = asTensor(x);
  const [from, to, by] = [starts, stops, steps].map((bounds) => boundsOf(bounds, t));
  const ranges = t.shape.map((n, axis) => resolveRange(n, from![axis] ?? null, to![axis] ?? null, by![axis] ?? 1));
  return apply(sliceOp, [t], {
    starts: ranges.map((r) => r.start),
    sizes: ranges.map((r) => r.size),
    steps: ranges.map((r) => r.step),
  });
}

function boundsOf(bounds: SliceBounds | null, x: Tensor): readonly (number | null)[] {
  const list = bounds === null ? [] : typeof bounds === 'number' ? [bounds] : bounds;
  if (!Array.isArray(list)) {
    throw new ConfigError(`slice: bounds must be a number or a list with one for each axis, got ${String(bounds)}.`);
  }
  if (list.length > x.rank) {
    throw new ShapeError(
      `slice: ${list.length} bounds given for shape ${formatShape(x.shape)}, which has ${x.rank} axes.`,
    );
  }
  const wrong = list.find((b) => b !== null && !Number.isInteger(b));
  if (wrong !== undefined) throw new ConfigError(`slice: bounds and steps must be integers or null, got ${wrong}.`);
  return list;
}

/** One axis of length `n`, by Python's rules. */
function resolveRange(n: number, start: number | null, stop: number | null, step: number) {
  if (step === 0) throw new ConfigError('slice: a step of 0 goes nowhere. Use 1, or -1 for backwards.');
  // The ends that a bound may reach: 0 … n forwards, −1 … n − 1 backwards.
  const low = step > 0 ? 0 : -1;
  const high = step > 0 ? n : n - 1;
  const place = (bound: number) => Math.min(Math.max(bound < 0 ? bound + n : bound, low), high);
  const first = start === null ? (step > 0 ? low : high) : place(start);
  const end = stop === null ? (step > 0 ? high : low) : place(stop);
  return { start: first, size: Math.max(0, Math.ceil((end - first) / step)), step };
}

/**
 * `x` with the order along axes reversed; without copying.
 *
 * @param x - any shape.
 * @param options - one or several axes, by default all; also as `{ axis }`.
 * @returns a view of `x`.
 * @throws ShapeError when an axis is out of range or named twice.
 *
 * @example
 * ```ts
 * import { flip } from 'kompakt';
 * console.log(flip([[1, 2], [3, 4]], 1).toArraySync()); // → [ [ 2, 1 ], [ 4, 3 ] ]
 * ```
 */
export function flip(x: TensorLike, options?: AxisOption<number | readonly number[] | null | undefined>): Tensor {
  const t = asTensor(x);
  const axes = normalizeAxes(axisOf(options, 'flip'), t.rank, 'flip');
  return slice(
    t,
    null,
    null,
    t.shape.map((_, i) => (axes.includes(i) ? -1 : 1)),
  );
}

/** How much to pad: `n` everywhere, `[before, after]` for every axis, or a pair per axis. */
export type Pads = number | readonly [number, number] | readonly (readonly [number, number])[];

/**
 * `x` with constant elements before and after each axis.
 *
 * @param x - any shape.
 * @param pads - `n` everywhere, `[before, after]` for every axis, or `[[before, after], …]` with a pair per axis.
 * @param options - `value = 0`: what to pad with.
 * @returns a tensor with sizes before + n + after.
 * @throws ShapeError when `pads` does not fit the shape or is negative.
 *
 * @example
 * ```ts
 * import { pad } from 'kompakt';
 * console.log(pad([1, 2], [1, 2]).toArraySync()); // → [ 0, 1, 2, 0, 0 ]
 * ```
 */
export function pad(x: TensorLike, pads: Pads, options: { value?: number } = {}): Tensor {
  checkOptions(options, ['value'], 'pad');
  const { value = 0 } = options;
  const ready = (v: TensorLike): Tensor =>
    operandsOn(backendOf([v]), [v], (dtype) => (dtype === 'bool' ? dtype : withNumber(dtype, value)))[0];
  const t = asTensor(x);
  return transform(padOp, ready, t, { pads: padsPerAxis(pads, t), value });
}

function padsPerAxis(pads: Pads, x: Tensor): (readonly [number, number])[] {
  const pairs = typeof pads === 'number' || isPair(pads) ? x.shape.map(() => asPair(pads)) : pads;
  const fits =
    Array.isArray(pairs) &&
    pairs.length === x.rank &&
    pairs.every((p: readonly number[]) => p.length === 2 && p.every((n) => Number.isInteger(n) && n >= 0));
  if (!fits) {
    throw new ShapeError(
      `pad: ${JSON.stringify(pads)} does not pad shape ${formatShape(x.shape)}. Give a number, [before, after], or such a pair ` +
        'for each axis, in non-negative integers.',
    );
  }
  return [...pairs];
}

function isPair(pads: Pads): pads is readonly [number, number] {
  return Array.isArray(pads) && pads.length === 2 && pads.every((n) => typeof n === 'number');
}

function asPair(pads: number | readonly [number, number]): readonly [number, number] {
  return typeof pads === 'number' ? [pads, pads] : pads;
}
