import {
  avgPool2dGradKernel,
  avgPool2dKernel,
  maxPool2dGatherKernel,
  maxPool2dGradKernel,
  maxPool2dKernel,
} from '../backends/wasm/kernels';
import { isFloating } from '../core/dtype';
import { DTypeError, ShapeError } from '../core/errors';
import { apply, defineOp, type Op, type TensorSpec } from '../core/op';
import { checkOptions } from '../core/options';
import { scope } from '../core/scope';
import { formatShape, type Shape, sameShape, sizeOf } from '../core/shape';
import type { Tensor } from '../core/tensor';
import { toContiguous, type View } from '../core/view';
import { asTensor, type TensorLike } from './create';
import { inChannelsLast } from './data-format';
import { floatingOperand } from './operand';
import {
  type DataFormat,
  expectImages,
  forEachTap,
  type Padding2d,
  type PaddingOption,
  type Pair,
  resolvePadding,
  toPair,
  type WindowGeometry,
  windowOutput,
} from './window';

/** Geometry of a pool over images `[batch, h, w, channels]`. */
export interface PoolAttrs {
  readonly poolSize: Pair;
  readonly strides: Pair;
  readonly padding: Padding2d;
}

export interface AvgPoolGradAttrs extends PoolAttrs {
  /** Of the images, batch included. */
  readonly inputShape: Shape;
}

function geometryOf(x: Shape, a: PoolAttrs, what: string): WindowGeometry {
  const input: Pair = [x[1]!, x[2]!];
  const attrs = { strides: a.strides, padding: a.padding, dilations: [1, 1] as const };
  return { ...attrs, batch: x[0]!, input, window: a.poolSize, output: windowOutput(input, a.poolSize, attrs, what) };
}

function outputShape(x: Shape, a: PoolAttrs, what: string): Shape {
  expectImages(x, what);
  if (x[1] === 0 || x[2] === 0) throw new ShapeError(`${what}: images ${formatShape(x)} have no pixels.`);
  for (const axis of [0, 1] as const) {
    // Else some window would lie in the padding altogether and have nothing to pool.
    if (a.padding[axis].some((p) => p >= a.poolSize[axis])) {
      throw new ShapeError(
        `${what}: padding ${JSON.stringify(a.padding)} must be smaller than the window ${formatShape(a.poolSize)} on every side.`,
      );
    }
  }
  return [x[0]!, ...geometryOf(x, a, what).output, x[3]!];
}

function expectShapes(inputs: readonly TensorSpec[], expected: Shape, what: string): void {
  for (const { shape } of inputs) {
    if (!sameShape(shape, expected)) {
      throw new ShapeError(
        `${what}: expected shape ${formatShape(expected)} for the pooled values, got ${formatShape(shape)}.`,
      );
    }
  }
}

/** For every output element, the position of the first maximum in its window (row-major); a NaN counts as largest. */
function argMaxima(x: View, values: ArrayLike<number>, outSize: number, a: PoolAttrs): Int32Array {
  const channels = x.shape[3]!;
  const best = new Int32Array(outSize).fill(-1);
  forEachTap(geometryOf(x.shape, a, 'maxPool2d'), (out, input) => {
    for (let c = 0; c < channels; c++) {
      const o = out * channels + c;
      const at = input * channels + c;
      const old = best[o]!;
      const largest = values[old]!;
      const value = values[at]!;
      if (old < 0 || value > largest || (Number.isNaN(value) && !Number.isNaN(largest))) best[o] = at;
    }
  });
  return best;
}

const maxPoolOp: Op<PoolAttrs> = /* @__PURE__ */ defineOp<PoolAttrs>({
  name: 'maxPool2d',
  kernel: maxPool2dKernel,
  infer: ([x], a) => ({ shape: outputShape(x!.shape, a, 'maxPool2d'), dtype: x!.dtype }),
  reference: ([x], out, a) => {
    const values = toContiguous(x!, false);
    const best = argMaxima(x!, values, sizeOf(out.shape), a);
    for (let o = 0; o < best.length; o++) out.data[out.offset + o] = values[best[o]!]!;
  },
  vjp: (g, { inputs: [x], output, attrs }) => apply(maxPoolGradOp, [x!, output, g], attrs),
});

/** The gradient by x of a max pool y = f(x): g goes to the first maximum of each window. Inputs `[x, y, g]`. */
const maxPoolGradOp: Op<PoolAttrs> = /* @__PURE__ */ defineOp<PoolAttrs>({
  name: 'maxPool2dGrad',
  kernel: maxPool2dGradKernel,
  infer: ([x, y, g], a) => {
    expectShapes([y!, g!], outputShape(x!.shape, a, 'maxPool2dGrad'), 'maxPool2dGrad');
    return { shape: x!.shape, dtype: g!.dtype };
  },
  reference: ([x, , g], out, a) => {
    const size = sizeOf(out.shape);
    const sums = new Float64Array(size);
    const cotangent = toContiguous(g!, false);
    const best = argMaxima(x!, toContiguous(x!, false), cotangent.length, a);
    for (let o = 0; o < best.length; o++) sums[best[o]!]! += cotangent[o]!;
    out.data.set(sums, out.offset);
  },
  // Where the maximum lies does not change for small changes of x, so only g has a derivative.
  vjp: (u, { inputs: [x, y], attrs }, i) => (i === 2 ? apply(maxPoolGatherOp, [x!, y!, u], attrs) : null),
});

/** Reads u, of the shape of x, where the windows of x have their first maxima: the adjoint of `maxPool2dGrad`. Inputs `[x, y, u]`. */
const maxPoolGatherOp: Op<PoolAttrs> = /* @__PURE__ */ defineOp<PoolAttrs>({
  name: 'maxPool2dGather',
  kernel: maxPool2dGatherKernel,
  infer: ([x, y, u], a) => {
    expectShapes([y!], outputShape(x!.shape, a, 'maxPool2dGather'), 'maxPool2dGather');
    expectShapes([u!], x!.shape, 'maxPool2dGather');
    return { shape: y!.shape, dtype: u!.dtype };
  },
  reference: ([x, , u], out, a) => {
    const source = toContiguous(u!, false);
    const best = argMaxima(x!, toContiguous(x!, false), sizeOf(out.shape), a);
    for (let o = 0; o < best.length; o++) out.data[out.offset + o] = source[best[o]!]!;
  },
  vjp: (g, { inputs: [x, y], attrs }, i) => (i === 2 ? apply(maxPoolGradOp, [x!, y!, g], attrs) : null),
});

/** How many pixels each window covers, padding left out. */
function windowCounts(geometry: WindowGeometry): Float64Array {
  const counts = new Float64Array(geometry.batch * geometry.output[0] * geometry.output[1]);
  forEachTap(geometry, (out) => counts[out]!++);
  return counts;
}

function expectFloat({ dtype }: TensorSpec, what: string): TensorSpec['dtype'] {
  if (!isFloating(dtype))
    throw new DTypeError(`${what}: needs float32 or float64, got ${dtype}. Use cast(x, 'float32').`);
  return dtype;
}

const avgPoolOp: Op<PoolAttrs> = /* @__PURE__ */ defineOp<PoolAttrs>({
  name: 'avgPool2d',
  kernel: avgPool2dKernel,
  infer: ([x], a) => ({ shape: outputShape(x!.shape, a, 'avgPool2d'), dtype: expectFloat(x!, 'avgPool2d') }),
  reference: ([x], out, a) => {
    const geometry = geometryOf(x!.shape, a, 'avgPool2d');
    const channels = x!.shape[3]!;
    const values = toContiguous(x!, false);
    const counts = windowCounts(geometry);
    const sums = new Float64Array(sizeOf(out.shape));
    forEachTap(geometry, (o, input) => {
      for (let c = 0; c < channels; c++) sums[o * channels + c]! += values[input * channels + c]!;
    });
    for (let i = 0; i < sums.length; i++) out.data[out.offset + i] = sums[i]! / counts[Math.floor(i / channels)]!;
  },
  vjp: (g, { inputs: [x], attrs }) => apply(avgPoolGradOp, [g], { ...attrs, inputShape: x!.shape }),
});

/** The adjoint of `avgPool2d`: spreads each value evenly over its window. */
const avgPoolGradOp: Op<AvgPoolGradAttrs> = /* @__PURE__ */ defineOp<AvgPoolGradAttrs>({
  name: 'avgPool2dGrad',
  kernel: avgPool2dGradKernel,
  infer: ([g], a) => {
    expectShapes([g!], outputShape(a.inputShape, a, 'avgPool2dGrad'), 'avgPool2dGrad');
    return { shape: a.inputShape, dtype: expectFloat(g!, 'avgPool2dGrad') };
  },
  reference: ([g], out, a) => {
    const geometry = geometryOf(a.inputShape, a, 'avgPool2dGrad');
    const channels = a.inputShape[3]!;
    const values = toContiguous(g!, false);
    const counts = windowCounts(geometry);
    const sums = new Float64Array(sizeOf(out.shape));
    forEachTap(geometry, (o, input) => {
      for (let c = 0; c < channels; c++) sums[input * channels + c]! += values[o * channels + c]! / counts[o]!;
    });
    out.data.set(sums, out.offset);
  },
  vjp: (u, { attrs: { inputShape: _, ...attrs } }) => apply(avgPoolOp, [u], attrs),
});

const POOL_OPTIONS = ['strides', 'padding', 'dataFormat'];

export interface Pool2dOptions {
  /** Step of the window, by default the window itself. */
  readonly strides?: number | Pair | undefined;
  /** `'valid'` (default), `'same'`, or `[[top, bottom], [left, right]]`; padding never counts. */
  readonly padding?: PaddingOption | undefined;
  readonly dataFormat?: DataFormat | undefined;
}

function resolve(x: Tensor, poolSize: number | Pair, options: Pool2dOptions, what: string): PoolAttrs {
  const window = toPair(poolSize, 'poolSize', what);
  const strides = toPair(options.strides ?? window, 'strides', what);
  const input: Pair = [x.shape[1]!, x.shape[2]!];
  const padding = resolvePadding(options.padding ?? 'valid', { input, window, strides, dilations: [1, 1] }, what);
  return { poolSize: window, strides, padding };
}

/**
 * Max pooling: y[b, p, c] = max over the window of x[b, p·strides + cell − padding, c]. Padding is never the maximum, a
 * NaN always is. The gradient goes to the first maximum of each window.
 *
 * @param x - images `[batch, height, width, channels]` (see `dataFormat`), of any dtype.
 * @param poolSize - size of the window, a number or `[height, width]`.
 * @param options - `strides = poolSize`, `padding = 'valid'`, `dataFormat = 'channelsLast'`.
 * @returns `[batch, oh, ow, channels]`.
 * @throws ShapeError when the window is larger than the padded image, or the padding not smaller than the window.
 *
 * @example
 * ```ts
 * import { maxPool2d, reshape, arange } from 'kompakt';
 * console.log(maxPool2d(reshape(arange(16), [1, 4, 4, 1]), 2).dataSync()); // → Float32Array(4) [ 5, 7, 13, 15 ]
 * ```
 */
export function maxPool2d(x: TensorLike, poolSize: number | Pair, options: Pool2dOptions = {}): Tensor {
  checkOptions(options, POOL_OPTIONS, 'maxPool2d');
  return scope(() =>
    inChannelsLast(asTensor(x), options.dataFormat, 'maxPool2d', (nhwc) =>
      apply(maxPoolOp, [nhwc], resolve(nhwc, poolSize, options, 'maxPool2d')),
    ),
  );
}

/**
 * Average pooling: y[b, p, c] = mean over the window of x[b, p·strides + cell − padding, c], padding left out of the
 * mean, as in Keras.
 *
 * @param x - images `[batch, height, width, channels]` (see `dataFormat`); integers become float32.
 * @param poolSize - size of the window, a number or `[height, width]`.
 * @param options - `strides = poolSize`, `padding = 'valid'`, `dataFormat = 'channelsLast'`.
 * @returns `[batch, oh, ow, channels]`.
 * @throws ShapeError when the window is larger than the padded image, or the padding not smaller than the window.
 *
 * @example
 * ```ts
 * import { avgPool2d, reshape, arange } from 'kompakt';
 * console.log(avgPool2d(reshape(arange(16), [1, 4, 4, 1]), 2).dataSync()); // → Float32Array(4) [ 2.5, 4.5, 10.5, 12.5 ]
 * ```
 */
export function avgPool2d(x: TensorLike, poolSize: number | Pair, options: Pool2dOptions = {}): Tensor {
  checkOptions(options, POOL_OPTIONS, 'avgPool2d');
  return scope(() =>
    inChannelsLast(floatingOperand(x), options.dataFormat, 'avgPool2d', (nhwc) =>
      apply(avgPoolOp, [nhwc], resolve(nhwc, poolSize, options, 'avgPool2d')),
    ),
  );
}
