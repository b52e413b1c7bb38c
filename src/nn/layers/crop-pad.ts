import { ShapeError } from '../../core/errors';
import { formatShape, type Shape } from '../../core/shape';
import { pad, slice } from '../../ops/shape-ops';
import type { Pair } from '../../ops/window';
import type { Layer } from '../layer';
import { defineLayer } from './define';
import { type LayerConfig, type LayerOptions, OptionReader } from './options';
import { expectSpatial, type Rank, type Triple } from './spatial';

/** A number before and one after, for each axis. */
type Margins<R extends Rank> = R extends 1 ? Pair : R extends 2 ? readonly [Pair, Pair] : readonly [Pair, Pair, Pair];

/** What an option takes: one number everywhere, one for each axis (for both ends of the only one), or all of them. */
type MarginsOption<R extends Rank> = number | Margins<R> | (R extends 2 ? Pair : R extends 3 ? Triple : Pair);

/** Options of {@link cropping1d}, {@link cropping2d} and {@link cropping3d}. */
export interface CroppingOptions<R extends Rank> extends LayerOptions {
  /** How much is cut off. */
  readonly cropping?: MarginsOption<R> | undefined;
}

export interface CroppingConfig<R extends Rank> extends LayerConfig {
  readonly cropping: Margins<R>;
}

/** Options of {@link zeroPadding1d} and {@link zeroPadding3d}. */
export interface ZeroPaddingOptions<R extends 1 | 3> extends LayerOptions {
  /** How many zeros there are; by default 1 on every side. */
  readonly padding?: MarginsOption<R> | undefined;
}

export interface ZeroPaddingConfig<R extends 1 | 3> extends LayerConfig {
  readonly padding: Margins<R>;
}

const isCount = (n: unknown): n is number => Number.isInteger(n) && (n as number) >= 0;
const isPair = (p: unknown): p is number[] => Array.isArray(p) && p.length === 2 && p.every(isCount);

/** Pairs for all axes, however they were given. */
function readMargins(o: OptionReader, option: string, rank: Rank, byDefault: number): Pair[] {
  const given = o.raw(option) ?? byDefault;
  const wanted =
    rank === 1
      ? 'a non-negative integer or a pair of them'
      : `a non-negative integer, ${rank} of them, or ${rank} pairs`;
  let list: unknown = given;
  if (isCount(given)) list = Array.from({ length: rank }, () => [given, given]);
  else if (rank === 1 && isPair(given)) list = [given];
  else if (Array.isArray(given)) list = given.map((p: unknown) => (isCount(p) ? [p, p] : p));
  if (!Array.isArray(list) || list.length !== rank || !list.every(isPair)) throw o.wrong(option, given, wanted);
  return list.map(([before, after]) => [before!, after!] as const);
}

const asMargins = <R extends Rank>(pairs: readonly Pair[]): Margins<R> =>
  (pairs.length === 1 ? pairs[0] : pairs) as Margins<R>;

function cropping<R extends Rank>(kind: string, rank: R, byDefault: number, options: CroppingOptions<R>) {
  const o = new OptionReader(kind, options);
  const margins = readMargins(o, 'cropping', rank, byDefault);
  const config: CroppingConfig<R> = { cropping: asMargins<R>(margins), ...o.common() };
  return defineLayer<CroppingConfig<R>>(o, config, {
    outputShape(input): Shape {
      expectSpatial(input, rank, o.label);
      const sizes = margins.map(([before, after], i) => input[i]! - before - after);
      if (sizes.some((n) => n < 1)) {
        throw new ShapeError(
          `${o.label}: cropping ${JSON.stringify(config.cropping)} leaves nothing of inputs of shape ${formatShape(input)}.`,
        );
      }
      return [...sizes, input[rank]!];
    },
    run: (x) =>
      slice(
        x,
        [0, ...margins.map(([before]) => before)],
        [x.shape[0]!, ...margins.map(([, after], i) => x.shape[i + 1]! - after)],
      ),
  });
}

/**
 * Sequences without their first and last steps.
 *
 * @param options - `cropping = 1`: a number, or `[start, end]`; `name`, `inputShape`.
 * @returns a layer from `[batch, steps, channels]` to the same, shorter.
 * @throws ConfigError when the cropping is none of these; ShapeError when it leaves nothing.
 *
 * @example
 * ```ts
 * import { cropping1d } from 'kompakt/nn';
 * console.log(cropping1d({ cropping: [2, 1] }).outputShape([10, 4])); // → [ 7, 4 ]
 * ```
 */
export function cropping1d(options: CroppingOptions<1> = {}): Layer<CroppingConfig<1>> {
  return cropping('cropping1d', 1, 1, options);
}

/**
 * Images without rows and columns at their edges.
 *
 * @param options - `cropping = 0`: a number, `[vertical, horizontal]`, or `[[top, bottom], [left, right]]`; `name`,
 * `inputShape`.
 * @returns a layer from `[batch, height, width, channels]` to the same, smaller.
 * @throws ConfigError when the cropping is none of these; ShapeError when it leaves nothing.
 *
 * @example
 * ```ts
 * import { cropping2d } from 'kompakt/nn';
 * console.log(cropping2d({ cropping: [[1, 0], [2, 2]] }).outputShape([8, 8, 3])); // → [ 7, 4, 3 ]
 * ```
 */
export function cropping2d(options: CroppingOptions<2> = {}): Layer<CroppingConfig<2>> {
  return cropping('cropping2d', 2, 0, options);
}

/**
 * Volumes without slices, rows and columns at their faces.
 *
 * @param options - `cropping = 1`: a number, one for each axis, or `[[front, back], [top, bottom], [left, right]]`; `name`,
 * `inputShape`.
 * @returns a layer from `[batch, depth, height, width, channels]` to the same, smaller.
 * @throws ConfigError when the cropping is none of these; ShapeError when it leaves nothing.
 *
 * @example
 * ```ts
 * import { cropping3d } from 'kompakt/nn';
 * console.log(cropping3d({ cropping: [0, 1, 2] }).outputShape([4, 8, 8, 3])); // → [ 4, 6, 4, 3 ]
 * ```
 */
export function cropping3d(options: CroppingOptions<3> = {}): Layer<CroppingConfig<3>> {
  return cropping('cropping3d', 3, 1, options);
}

function zeroPadding<R extends 1 | 3>(kind: string, rank: R, options: ZeroPaddingOptions<R>) {
  const o = new OptionReader(kind, options);
  const margins = readMargins(o, 'padding', rank, 1);
  const config: ZeroPaddingConfig<R> = { padding: asMargins<R>(margins), ...o.common() };
  return defineLayer<ZeroPaddingConfig<R>>(o, config, {
    outputShape(input) {
      expectSpatial(input, rank, o.label);
      return [...margins.map(([before, after], i) => input[i]! + before + after), input[rank]!];
    },
    run: (x) => pad(x, [[0, 0], ...margins, [0, 0]]),
  });
}

/**
 * Steps of zeros before and after sequences.
 *
 * @param options - `padding = 1`: a number, or `[start, end]`; `name`, `inputShape`.
 * @returns a layer from `[batch, steps, channels]` to the same, longer.
 * @throws ConfigError when the padding is none of these.
 *
 * @example
 * ```ts
 * import { zeroPadding1d } from 'kompakt/nn';
 * console.log(zeroPadding1d({ padding: [2, 1] }).outputShape([10, 4])); // → [ 13, 4 ]
 * ```
 */
export function zeroPadding1d(options: ZeroPaddingOptions<1> = {}): Layer<ZeroPaddingConfig<1>> {
  return zeroPadding('zeroPadding1d', 1, options);
}

/**
 * Slices, rows and columns of zeros around volumes.
 *
 * @param options - `padding = 1`: a number, one for each axis, or `[[front, back], [top, bottom], [left, right]]`; `name`,
 * `inputShape`.
 * @returns a layer from `[batch, depth, height, width, channels]` to the same, larger.
 * @throws ConfigError when the padding is none of these.
 *
 * @example
 * ```ts
 * import { zeroPadding3d } from 'kompakt/nn';
 * console.log(zeroPadding3d({ padding: [0, 1, 2] }).outputShape([4, 8, 8, 3])); // → [ 4, 10, 12, 3 ]
 * ```
 */
export function zeroPadding3d(options: ZeroPaddingOptions<3> = {}): Layer<ZeroPaddingConfig<3>> {
  return zeroPadding('zeroPadding3d', 3, options);
}
