import type { TypedArray } from '../core/dtype';
import { ConfigError } from '../core/errors';
import { checkOptions } from '../core/options';
import { Tensor } from '../core/tensor';
import { affineParams, type QuantizationParams, symmetricParams } from './quantization-params';

/** How the range of a quantised value is found from samples of it. */
export type ObserverKind = 'minmax' | 'movingAverage' | 'histogram' | 'percentile' | 'mse' | 'entropy';

const NAMES = ['kind', 'symmetric', 'qmin', 'qmax', 'percentile', 'averagingConstant', 'bins'];

export interface ObserverOptions {
  /** Default `minmax`. `histogram` is another name for `mse`. */
  kind?: ObserverKind;
  /** Zero at zero and equal bounds on both sides; default false. */
  symmetric?: boolean;
  qmin?: number;
  qmax?: number;
  /** For `percentile`: how much of the samples lies inside, in percent; default 99.99. */
  percentile?: number;
  /** For `movingAverage`: weight of each new batch; default 0.01. */
  averagingConstant?: number;
  /** Resolution of the histogram of the last three kinds; default 2048. */
  bins?: number;
}

/** Collects samples and tells scale and zero point. */
export interface Observer {
  observe(x: Tensor | ArrayLike<number>): void;
  params(): QuantizationParams;
}

/**
 * An observer of a value's range.
 *
 * - `minmax`: the extremes seen.
 * - `movingAverage`: extremes of each batch, averaged with a constant (TensorFlow's and torch's 0.01).
 * - `percentile`: the range that holds a given share of the samples.
 * - `mse`: the clipping with the least squared error after rounding (alias `histogram`).
 * - `entropy`: the clipping whose quantised distribution is nearest to the seen one in Kullback–Leibler divergence.
 *
 * @throws ConfigError for an unknown kind, for samples that are not finite, and for `params()` before any sample.
 *
 * @example
 * ```ts
 * import { observer } from 'kompakt/compress';
 * const o = observer({ kind: 'minmax' });
 * o.observe([-1, 0.5, 3]);
 * const { scale, zeroPoint } = o.params();
 * console.log(scale.toFixed(6), zeroPoint); // → 0.015686 -64
 * ```
 */
export function observer(options: ObserverOptions = {}): Observer {
  checkOptions(options, NAMES, 'observer');
  const { kind = 'minmax' } = options;
  switch (kind) {
    case 'minmax':
      return rangeObserver(options, (old, seen) => [Math.min(old[0], seen[0]), Math.max(old[1], seen[1])]);
    case 'movingAverage': {
      const c = options.averagingConstant ?? 0.01;
      return rangeObserver(options, (old, seen) => [old[0] + c * (seen[0] - old[0]), old[1] + c * (seen[1] - old[1])]);
    }
    case 'percentile':
    case 'mse':
    case 'histogram':
    case 'entropy':
      return histogramObserver(options, kind);
    default:
      throw new ConfigError(
        `observer: unknown kind '${String(kind)}'. Use minmax, movingAverage, histogram, percentile, mse or entropy.`,
      );
  }
}

type Range = readonly [min: number, max: number];

function toParams([min, max]: Range, o: ObserverOptions): QuantizationParams {
  const integers = { ...(o.qmin !== undefined && { qmin: o.qmin }), ...(o.qmax !== undefined && { qmax: o.qmax }) };
  return o.symmetric ? symmetricParams(Math.max(-min, max), integers) : affineParams(min, max, integers);
}

function valuesOf(x: Tensor | ArrayLike<number>): TypedArray | ArrayLike<number> {
  return x instanceof Tensor ? x.dataSync() : x;
}

function rangeOf(x: ArrayLike<number>): Range | null {
  if (x.length === 0) return null;
  let min = Infinity;
  let max = -Infinity;
  for (let i = 0; i < x.length; i++) {
    const v = x[i]!;
    if (!Number.isFinite(v)) throw new ConfigError(`observer: sample ${i} is ${v}. Calibrate on finite data.`);
    if (v < min) min = v;
    if (v > max) max = v;
  }
  return [min, max];
}

function unseen(): ConfigError {
  return new ConfigError('observer: params() was called before any sample was observed. Give calibration data.');
}

function rangeObserver(options: ObserverOptions, merge: (old: Range, seen: Range) => Range): Observer {
  let range: Range | null = null;
  return {
    observe(x) {
      const seen = rangeOf(valuesOf(x));
      if (seen !== null) range = range === null ? seen : merge(range, seen);
    },
    params() {
      if (range === null) throw unseen();
      return toParams(range, options);
    },
  };
}

/** Counts of |samples| or samples over [low, high] in equal bins; the range doubles when a sample falls outside. */
class Histogram {
  readonly counts: Float64Array;
  low = 0;
  high = 0;
  total = 0;

  constructor(bins: number) {
    if (!Number.isInteger(bins) || bins < 128)
      throw new ConfigError(`observer: bins must be an integer ≥ 128, got ${bins}.`);
    this.counts = new Float64Array(bins);
  }

  get width(): number {
    return (this.high - this.low) / this.counts.length;
  }

  add(x: ArrayLike<number>, [min, max]: Range): void {
    this.#cover(Math.min(min, 0), Math.max(max, 0));
    const { counts, low } = this;
    const perUnit = this.high > low ? counts.length / (this.high - low) : 0;
    for (let i = 0; i < x.length; i++) counts[Math.min(counts.length - 1, Math.floor((x[i]! - low) * perUnit))]!++;
    this.total += x.length;
  }

  /** Widens the range, moving what was counted to the bins its bin centres now fall in. */
  #cover(min: number, max: number): void {
    const low = Math.min(this.low, min);
    const high = Math.max(this.high, max);
    if (low === this.low && high === this.high) return;
    const { counts, width, low: from } = this;
    const old = counts.slice();
    counts.fill(0);
    this.low = low;
    this.high = high;
    for (let b = 0; b < old.length; b++) {
      if (old[b] === 0) continue;
      const to = Math.floor((from + (b + 0.5) * width - low) / this.width);
      counts[Math.min(counts.length - 1, Math.max(0, to))]! += old[b]!;
    }
  }
}

function histogramObserver(options: ObserverOptions, kind: ObserverKind): Observer {
  const histogram = new Histogram(options.bins ?? 2048);
  return {
    observe(x) {
      const values = valuesOf(x);
      const range = rangeOf(values);
      if (range !== null) histogram.add(values, range);
    },
    params() {
      if (histogram.total === 0) throw unseen();
      if (kind === 'percentile') return toParams(percentileRange(histogram, options.percentile ?? 99.99), options);
      return bestClipping(histogram, options, kind === 'entropy' ? divergence : squaredError);
    },
  };
}

function percentileRange(h: Histogram, percent: number): Range {
  if (!(percent > 50 && percent <= 100))
    throw new ConfigError(`observer: percentile must be in (50, 100], got ${percent}.`);
  const outside = (h.total * (1 - percent / 100)) / 2;
  let first = 0;
  for (let seen = h.counts[0]!; seen <= outside && first < h.counts.length - 1; seen += h.counts[++first]!);
  let last = h.counts.length - 1;
  for (let seen = h.counts[last]!; seen <= outside && last > 0; seen += h.counts[--last]!);
  return [h.low + first * h.width, h.low + (last + 1) * h.width];
}

const CLIPPINGS = 100;

/** The range, out of the full one scaled down in steps, with the least loss. */
function bestClipping(
  h: Histogram,
  options: ObserverOptions,
  loss: (h: Histogram, p: QuantizationParams) => number,
): QuantizationParams {
  let best = toParams([h.low, h.high], options);
  let least = loss(h, best);
  for (let step = CLIPPINGS - 1; step > CLIPPINGS / 10; step--) {
    const part = step / CLIPPINGS;
    const params = toParams([h.low * part, h.high * part], options);
    const value = loss(h, params);
    if (value < least) {
      least = value;
      best = params;
    }
  }
  return best;
}

function quantized(x: number, p: QuantizationParams): number {
  return Math.min(p.qmax, Math.max(p.qmin, Math.round(x / p.scale) + p.zeroPoint));
}

function squaredError(h: Histogram, p: QuantizationParams): number {
  let sum = 0;
  for (let b = 0; b < h.counts.length; b++) {
    const x = h.low + (b + 0.5) * h.width;
    const error = (quantized(x, p) - p.zeroPoint) * p.scale - x;
    sum += h.counts[b]! * error * error;
  }
  return sum;
}

/**
 * KL divergence of the histogram from itself quantised: each level's mass is spread evenly over the occupied bins that
 * round to it, clipped mass over those at the ends.
 */
function divergence(h: Histogram, p: QuantizationParams): number {
  const levels = p.qmax - p.qmin + 1;
  const inside = new Float64Array(levels);
  const occupied = new Float64Array(levels);
  const low = (p.qmin - p.zeroPoint - 0.5) * p.scale;
  const high = (p.qmax - p.zeroPoint + 0.5) * p.scale;
  const reference = h.counts.slice();
  const at = (b: number): number => h.low + (b + 0.5) * h.width;
  const first = Math.max(0, Math.ceil((low - h.low) / h.width - 0.5));
  const last = Math.min(reference.length - 1, Math.floor((high - h.low) / h.width - 0.5));
  for (let b = first; b <= last; b++) {
    const level = quantized(at(b), p) - p.qmin;
    inside[level]! += h.counts[b]!;
    if (h.counts[b]! > 0) occupied[level]!++;
  }
  for (let b = 0; b < first; b++) reference[first]! += reference[b]!;
  for (let b = last + 1; b < h.counts.length; b++) reference[last]! += h.counts[b]!;
  const insideTotal = inside.reduce((a, b) => a + b, 0);
  if (insideTotal === 0) return Infinity;
  let sum = 0;
  for (let b = first; b <= last; b++) {
    const probability = reference[b]! / h.total;
    if (probability === 0) continue;
    const level = quantized(at(b), p) - p.qmin;
    const model = occupied[level]! > 0 && h.counts[b]! > 0 ? inside[level]! / occupied[level]! / insideTotal : 1e-12;
    sum += probability * Math.log(probability / model);
  }
  return sum;
}
