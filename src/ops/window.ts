import { ConfigError, ShapeError } from '../core/errors';
import { formatShape } from '../core/shape';

/** A value for height and one for width. */
export type Pair = readonly [number, number];

/** Zeros (or nothing, for pools) before and after each spatial axis: `[[top, bottom], [left, right]]`. */
export type Padding2d = readonly [Pair, Pair];

/** Padding as users give it: `'valid'` none, `'same'` so that the output has ⌈n / stride⌉ pixels, or explicit pairs. */
export type PaddingOption = 'valid' | 'same' | Padding2d;

/** `'channelsLast'` is `[batch, height, width, channels]`, `'channelsFirst'` is `[batch, channels, height, width]`. */
export type DataFormat = 'channelsLast' | 'channelsFirst';

/** How a window moves over an image, everything resolved to numbers. */
export interface WindowAttrs {
  readonly strides: Pair;
  readonly padding: Padding2d;
  readonly dilations: Pair;
}

/** A window, the image it moves over and what comes out. */
export interface WindowGeometry extends WindowAttrs {
  readonly batch: number;
  readonly input: Pair;
  readonly window: Pair;
  readonly output: Pair;
}

/** A number for both axes, or one for each; positive integers. */
export function toPair(value: number | readonly number[], option: string, what: string): Pair {
  const pair: unknown = typeof value === 'number' ? [value, value] : value;
  if (!Array.isArray(pair) || pair.length !== 2 || pair.some((n) => !Number.isInteger(n) || n < 1)) {
    throw new ConfigError(
      `${what}: ${option} must be a positive integer or a pair of them, got ${formatOption(value)}.`,
    );
  }
  return [pair[0] as number, pair[1] as number];
}

function formatOption(value: unknown): string {
  return JSON.stringify(value) ?? String(value);
}

/** Pixels that a dilated window covers along one axis. */
export function windowExtent(window: number, dilation: number): number {
  return (window - 1) * dilation + 1;
}

/**
 * Padding in numbers. `'same'` pads so that the output has ⌈n / stride⌉ pixels, the odd one at the end, as Keras and
 * TensorFlow do.
 */
export function resolvePadding(
  padding: PaddingOption,
  geometry: { readonly input: Pair; readonly window: Pair; readonly strides: Pair; readonly dilations: Pair },
  what: string,
): Padding2d {
  if (padding === 'valid')
    return [
      [0, 0],
      [0, 0],
    ];
  const { input, window, strides, dilations } = geometry;
  if (padding === 'same') {
    const pad = (axis: 0 | 1): Pair => {
      const steps = Math.ceil(input[axis] / strides[axis]);
      const missing = (steps - 1) * strides[axis] + windowExtent(window[axis], dilations[axis]) - input[axis];
      const total = Math.max(0, missing);
      return [Math.floor(total / 2), total - Math.floor(total / 2)];
    };
    return [pad(0), pad(1)];
  }
  checkPadding(padding, what);
  return [
    [padding[0][0], padding[0][1]],
    [padding[1][0], padding[1][1]],
  ];
}

function checkPadding(padding: unknown, what: string): void {
  const isPair = (p: unknown): boolean =>
    Array.isArray(p) && p.length === 2 && p.every((n) => Number.isInteger(n) && n >= 0);
  if (!Array.isArray(padding) || padding.length !== 2 || !padding.every(isPair)) {
    throw new ConfigError(
      `${what}: padding must be 'valid', 'same' or [[top, bottom], [left, right]] in non-negative integers, got ${formatOption(padding)}.`,
    );
  }
}

/** Positions a window takes along one axis; less than 1 when it does not fit. */
export function windowSteps(n: number, window: number, stride: number, padding: Pair, dilation: number): number {
  return Math.floor((n + padding[0] + padding[1] - windowExtent(window, dilation)) / stride) + 1;
}

/**
 * Height and width of what a window yields.
 *
 * @throws ShapeError when the window is larger than the padded image.
 */
export function windowOutput(input: Pair, window: Pair, attrs: WindowAttrs, what: string): Pair {
  const steps = (axis: 0 | 1): number =>
    windowSteps(input[axis], window[axis], attrs.strides[axis], attrs.padding[axis], attrs.dilations[axis]);
  const output: Pair = [steps(0), steps(1)];
  if (output[0] < 1 || output[1] < 1) {
    const dilated = attrs.dilations.some((d) => d > 1) ? ` dilated by ${formatShape(attrs.dilations)}` : '';
    throw new ShapeError(
      `${what}: a window of ${formatShape(window)}${dilated} is larger than the input of ${formatShape(input)} with padding ` +
        `${JSON.stringify(attrs.padding)}. Use padding 'same', a smaller window or a larger input.`,
    );
  }
  return output;
}

/**
 * Visits every pair of an output pixel and an input pixel under its window, with the window's cell between them; cells
 * that lie in the padding are left out. Output pixels come in row-major order and, for each, cells in row-major order.
 * All three are numbers of pixels (batch included), to be multiplied by the number of channels.
 */
export function forEachTap(geometry: WindowGeometry, visit: (out: number, input: number, cell: number) => void): void {
  const { batch, input, window, output, strides, padding, dilations } = geometry;
  let out = 0;
  for (let b = 0; b < batch; b++) {
    for (let oy = 0; oy < output[0]; oy++) {
      const top = oy * strides[0] - padding[0][0];
      for (let ox = 0; ox < output[1]; ox++, out++) {
        const left = ox * strides[1] - padding[1][0];
        for (let ky = 0; ky < window[0]; ky++) {
          const y = top + ky * dilations[0];
          if (y < 0 || y >= input[0]) continue;
          const row = (b * input[0] + y) * input[1];
          for (let kx = 0; kx < window[1]; kx++) {
            const x = left + kx * dilations[1];
            if (x >= 0 && x < input[1]) visit(out, row + x, ky * window[1] + kx);
          }
        }
      }
    }
  }
}

/** Throws unless `x` is a batch of images. */
export function expectImages(
  shape: readonly number[],
  what: string,
  layout = '[batch, height, width, channels]',
): void {
  if (shape.length !== 4) {
    throw new ShapeError(
      `${what}: expected images ${layout}, got shape ${formatShape(shape)}. Add the missing axes with reshape or expandDims.`,
    );
  }
}
