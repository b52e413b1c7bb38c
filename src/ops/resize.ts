import { isFloating } from '../core/dtype';
import { ConfigError, DTypeError, ShapeError } from '../core/errors';
import { apply, defineOp, type Op, type TensorSpec } from '../core/op';
import { checkOptions } from '../core/options';
import { formatShape, type Shape, sizeOf } from '../core/shape';
import type { Tensor } from '../core/tensor';
import { toContiguous } from '../core/view';
import { asTensor, type TensorLike } from './create';
import { floatingOperand } from './operand';
import { expectImages, type Pair } from './window';

/** How pixels in between are found. */
export type ResizeMode = 'nearest' | 'bilinear';

export interface ResizeAttrs {
  /** Height and width of the result. */
  readonly size: Pair;
  readonly mode: ResizeMode;
  readonly alignCorners: boolean;
}

export interface ResizeGradAttrs extends ResizeAttrs {
  /** Of the images, batch included. */
  readonly inputShape: Shape;
}

/** For each output position along one axis: it is (1 − weight)·x[low] + weight·x[high]. */
interface Taps {
  readonly low: Int32Array;
  readonly high: Int32Array;
  readonly weight: Float64Array;
}

function tapsAlong(n: number, size: number, { mode, alignCorners }: ResizeAttrs): Taps {
  const low = new Int32Array(size);
  const high = new Int32Array(size);
  const weight = new Float64Array(size);
  const last = n - 1;
  for (let i = 0; i < size; i++) {
    const corner = size > 1 ? (i * last) / (size - 1) : 0;
    if (mode === 'nearest') {
      const at = alignCorners ? Math.floor(corner + 0.5) : Math.floor(((i + 0.5) * n) / size);
      low[i] = high[i] = Math.min(at, last);
      continue;
    }
    const at = alignCorners ? corner : Math.min(last, Math.max(0, ((i + 0.5) * n) / size - 0.5));
    low[i] = Math.floor(at);
    high[i] = Math.min(low[i]! + 1, last);
    weight[i] = at - low[i]!;
  }
  return { low, high, weight };
}

/** Visits every pixel of the result with the (up to four) pixels of the images it is made of and their weights. */
function forEachBlend(
  images: Shape,
  attrs: ResizeAttrs,
  visit: (out: number, input: number, weight: number) => void,
): void {
  const [batch, height, width] = images as [number, number, number, number];
  const rows = tapsAlong(height, attrs.size[0], attrs);
  const columns = tapsAlong(width, attrs.size[1], attrs);
  let out = 0;
  for (let b = 0; b < batch; b++) {
    for (let y = 0; y < attrs.size[0]; y++) {
      const wy = rows.weight[y]!;
      const top = (b * height + rows.low[y]!) * width;
      const bottom = (b * height + rows.high[y]!) * width;
      for (let x = 0; x < attrs.size[1]; x++, out++) {
        const wx = columns.weight[x]!;
        const [left, right] = [columns.low[x]!, columns.high[x]!];
        visit(out, top + left, (1 - wy) * (1 - wx));
        if (wx > 0) visit(out, top + right, (1 - wy) * wx);
        if (wy > 0) visit(out, bottom + left, wy * (1 - wx));
        if (wx > 0 && wy > 0) visit(out, bottom + right, wy * wx);
      }
    }
  }
}

function resizedShape(images: Shape, { size }: ResizeAttrs, what: string): Shape {
  expectImages(images, what);
  if (images[1] === 0 || images[2] === 0)
    throw new ShapeError(`${what}: images ${formatShape(images)} have no pixels.`);
  return [images[0]!, size[0], size[1], images[3]!];
}

/** Bilinear blends need floats; picking the nearest pixel does not. */
function resizedDType({ dtype }: TensorSpec, { mode }: ResizeAttrs, what: string): TensorSpec['dtype'] {
  if (mode !== 'nearest' && !isFloating(dtype)) {
    throw new DTypeError(`${what}: ${mode} needs float32 or float64, got ${dtype}. Use cast(x, 'float32').`);
  }
  return dtype;
}

const resizeOp: Op<ResizeAttrs> = /* @__PURE__ */ defineOp<ResizeAttrs>({
  name: 'resize',
  infer: ([x], attrs) => ({ shape: resizedShape(x!.shape, attrs, 'resize'), dtype: resizedDType(x!, attrs, 'resize') }),
  reference: ([x], out, attrs) => {
    const channels = x!.shape[3]!;
    const values = toContiguous(x!, false);
    const sums = new Float64Array(sizeOf(out.shape));
    forEachBlend(x!.shape, attrs, (o, input, weight) => {
      for (let c = 0; c < channels; c++) sums[o * channels + c]! += weight * values[input * channels + c]!;
    });
    out.data.set(sums, out.offset);
  },
  vjp: (g, { inputs: [x], attrs }) => apply(resizeGradOp, [g], { ...attrs, inputShape: x!.shape }),
});

/** The adjoint of `resize`: every pixel goes back, by its weights, to those it was made of. */
const resizeGradOp: Op<ResizeGradAttrs> = /* @__PURE__ */ defineOp<ResizeGradAttrs>({
  name: 'resizeGrad',
  infer: ([g], attrs) => {
    const expected = resizedShape(attrs.inputShape, attrs, 'resizeGrad');
    if (formatShape(g!.shape) !== formatShape(expected)) {
      throw new ShapeError(
        `resizeGrad: the cotangent has shape ${formatShape(g!.shape)}, the output ${formatShape(expected)}.`,
      );
    }
    return { shape: attrs.inputShape, dtype: g!.dtype };
  },
  reference: ([g], out, attrs) => {
    const channels = attrs.inputShape[3]!;
    const values = toContiguous(g!, false);
    const sums = new Float64Array(sizeOf(out.shape));
    forEachBlend(attrs.inputShape, attrs, (o, input, weight) => {
      for (let c = 0; c < channels; c++) sums[input * channels + c]! += weight * values[o * channels + c]!;
    });
    out.data.set(sums, out.offset);
  },
  vjp: (u, { attrs: { inputShape: _, ...attrs } }) => apply(resizeOp, [u], attrs),
});

export interface ResizeOptions {
  /** By default `'bilinear'`. */
  readonly mode?: ResizeMode | undefined;
  /** Map the centres of the corner pixels onto each other, instead of the corners of the images; by default false. */
  readonly alignCorners?: boolean | undefined;
}

/**
 * Images enlarged or reduced. Output pixel i lies at s = (i + ½)·n / size − ½ in the input (half-pixel centres, edges
 * repeated), or at i·(n − 1) / (size − 1) with `alignCorners`. `'bilinear'` blends the pixels around s by distance,
 * without smoothing when reducing; `'nearest'` takes pixel ⌊(i + ½)·n / size⌋ (the nearest to s with `alignCorners`).
 *
 * @param x - images `[batch, height, width, channels]`.
 * @param size - `[height, width]` of the result.
 * @param options - `mode = 'bilinear'`, `alignCorners = false`.
 * @returns `[batch, size[0], size[1], channels]`; integers become float32 when blended.
 * @throws ShapeError when `x` is not a batch of images; ConfigError for an unknown mode or a size that is not positive.
 *
 * @example
 * ```ts
 * import { resize } from 'kompakt';
 * const x = [[[[0], [4]]]];
 * console.log(resize(x, [1, 4]).dataSync()); // → Float32Array(4) [ 0, 1, 3, 4 ]
 * console.log(resize(x, [1, 4], { mode: 'nearest' }).dataSync()); // → Float32Array(4) [ 0, 0, 4, 4 ]
 * ```
 */
export function resize(x: TensorLike, size: Pair, options: ResizeOptions = {}): Tensor {
  checkOptions(options, ['mode', 'alignCorners'], 'resize');
  const { mode = 'bilinear', alignCorners = false } = options;
  if (mode !== 'nearest' && mode !== 'bilinear') {
    throw new ConfigError(`resize: mode must be 'nearest' or 'bilinear', got ${JSON.stringify(mode)}.`);
  }
  if (!Array.isArray(size) || size.length !== 2 || size.some((n) => !Number.isInteger(n) || n < 1)) {
    throw new ConfigError(
      `resize: the size must be a height and a width, positive integers, got ${JSON.stringify(size)}.`,
    );
  }
  const images = mode === 'nearest' ? asTensor(x) : floatingOperand(x);
  return apply(resizeOp, [images], { size: [size[0], size[1]], mode, alignCorners });
}
