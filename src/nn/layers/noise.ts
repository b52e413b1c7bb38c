import { ConfigError } from '../../core/errors';
import type { Rng } from '../../core/rng';
import type { Tensor } from '../../core/tensor';
import { add, cast, mul, sub } from '../../ops/elementwise';
import type { CallContext, Layer } from '../layer';
import { normalFor } from '../step-rng';
import { defineLayer } from './define';
import { keptElements } from './drop';
import { noiseFor, readNoiseShape, readRate } from './dropout';
import { type LayerConfig, type LayerOptions, OptionReader } from './options';

/** Options of {@link gaussianNoise}. */
export interface GaussianNoiseOptions extends LayerOptions {
  /** Standard deviation of the noise. */
  readonly stddev: number;
}

export interface GaussianNoiseConfig extends LayerConfig {
  readonly stddev: number;
}

/** Standard normal numbers beside `x`, in its dtype; null where nothing is to happen. */
function noiseBeside(x: Tensor, amount: number, { training, rng }: CallContext, label: string): Tensor | null {
  if (!training || amount === 0) return null;
  if (rng === null) throw new ConfigError(`${label}: training needs randomness. Pass an rng in the call context.`);
  return cast(normalFor(x, rng as Rng), x.dtype as 'float32');
}

/**
 * In training, adds normal noise: y = x + stddev·z. At inference nothing changes.
 *
 * @param options - `stddev` (required), `name`, `inputShape`; or stddev alone.
 * @returns a layer that keeps the shape.
 * @throws ConfigError when stddev is negative; in training, when the layer is given no randomness.
 *
 * @example
 * ```ts
 * import { rng, std, zeros } from 'kompakt';
 * import { gaussianNoise } from 'kompakt/nn';
 * const { y } = gaussianNoise(0.5).call({}, {}, zeros([100, 100]), { training: true, rng: rng(1) });
 * console.log(Math.abs(std(y).item() - 0.5) < 0.02); // → true
 * ```
 */
export function gaussianNoise(options: number | GaussianNoiseOptions): Layer<GaussianNoiseConfig> {
  const o = new OptionReader('gaussianNoise', typeof options === 'number' ? { stddev: options } : options);
  if (o.raw('stddev') === undefined) throw o.wrong('stddev', undefined, 'a finite number ≥ 0');
  const config = { stddev: o.number('stddev', 0, 0), ...o.common() };
  return defineLayer<GaussianNoiseConfig>(o, config, {
    outputShape: (input) => input,
    passesMask: true,
    run: (x, _weights, ctx) => {
      const noise = noiseBeside(x, config.stddev, ctx, o.label);
      return noise === null ? x : add(x, mul(noise, config.stddev));
    },
  });
}

/** Options of {@link gaussianDropout}. */
export interface GaussianDropoutOptions extends LayerOptions {
  /** As of dropout, in [0, 1): the noise has deviation √(rate / (1 − rate)). */
  readonly rate: number;
}

export interface GaussianDropoutConfig extends LayerConfig {
  readonly rate: number;
}

/**
 * In training, multiplies by normal noise of mean 1: y = x·(1 + z·√(rate/(1 − rate))), which has the variance of dropout.
 * At inference nothing changes.
 *
 * @param options - `rate` (required), `name`, `inputShape`; or the rate alone.
 * @returns a layer that keeps the shape.
 * @throws ConfigError when the rate is not in [0, 1); in training, when the layer is given no randomness.
 *
 * Reference: Srivastava et al. 2014, “Dropout: A Simple Way to Prevent Neural Networks from Overfitting”.
 *
 * @example
 * ```ts
 * import { ones, rng, std } from 'kompakt';
 * import { gaussianDropout } from 'kompakt/nn';
 * const { y } = gaussianDropout(0.5).call({}, {}, ones([100, 100]), { training: true, rng: rng(1) });
 * console.log(Math.abs(std(y).item() - 1) < 0.03); // → true
 * ```
 */
export function gaussianDropout(options: number | GaussianDropoutOptions): Layer<GaussianDropoutConfig> {
  const o = new OptionReader('gaussianDropout', typeof options === 'number' ? { rate: options } : options);
  const rate = readRate(o);
  if (rate === 1) throw o.wrong('rate', rate, 'a number in [0, 1)');
  const config = { rate, ...o.common() };
  const stddev = Math.sqrt(rate / (1 - rate));
  return defineLayer<GaussianDropoutConfig>(o, config, {
    outputShape: (input) => input,
    passesMask: true,
    run: (x, _weights, ctx) => {
      const noise = noiseBeside(x, stddev, ctx, o.label);
      return noise === null ? x : mul(x, add(mul(noise, stddev), 1));
    },
  });
}

/** Options of {@link alphaDropout}. */
export interface AlphaDropoutOptions extends LayerOptions {
  /** Probability that an element is dropped, in [0, 1). */
  readonly rate: number;
  /** Shape of what is drawn, the batch axis included; null stands for the size of the input. */
  readonly noiseShape?: readonly (number | null)[] | null | undefined;
}

export interface AlphaDropoutConfig extends LayerConfig {
  readonly rate: number;
  readonly noiseShape: readonly (number | null)[] | null;
}

/** −λα of SELU: what −∞ goes to. */
const LOWEST = -1.0507009873554805 * 1.6732632423543772;

/**
 * Dropout for networks of SELU: in training, dropped elements get SELU's lowest value, and all are scaled and shifted so
 * that mean and variance stay. At inference nothing changes.
 *
 * @param options - `rate` (required), `noiseShape = null`, `name`, `inputShape`; or the rate alone.
 * @returns a layer that keeps the shape.
 * @throws ConfigError when the rate is not in [0, 1); in training, when the layer is given no randomness.
 *
 * Reference: Klambauer et al. 2017, “Self-Normalizing Neural Networks”, arXiv:1706.02515.
 *
 * @example
 * ```ts
 * import { alphaDropout } from 'kompakt/nn';
 * console.log(alphaDropout(0.1).config); // → { rate: 0.1, noiseShape: null, trainable: true }
 * ```
 */
export function alphaDropout(options: number | AlphaDropoutOptions): Layer<AlphaDropoutConfig> {
  const o = new OptionReader('alphaDropout', typeof options === 'number' ? { rate: options } : options);
  const rate = readRate(o);
  if (rate === 1) throw o.wrong('rate', rate, 'a number in [0, 1)');
  const config = { rate, noiseShape: readNoiseShape(o), ...o.common() };
  const a = ((1 - rate) * (1 + rate * LOWEST ** 2)) ** -0.5;
  const b = -a * LOWEST * rate;
  return defineLayer<AlphaDropoutConfig>(o, config, {
    outputShape: (input) => input,
    passesMask: true,
    run: (x, _weights, ctx) => {
      const kept = keptElements(x, rate, ctx, o.label, noiseFor(config.noiseShape, x.shape, o.label));
      if (kept === null) return x;
      return add(mul(add(mul(x, kept), mul(sub(1, kept), LOWEST)), a), b);
    },
  });
}
