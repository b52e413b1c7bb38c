import { ConfigError } from '../core/errors';
import type { RegularizerConfig } from './layer';

/** How a regulariser is given to a layer: what `l1`, `l2` and `l1l2` return, or one of their names for the defaults. */
export type Regularizer = RegularizerConfig | 'l1' | 'l2' | 'l1l2';

const DEFAULT_STRENGTH = 0.01;

function config(l1: number, l2: number, what: string): RegularizerConfig {
  for (const [option, value] of [
    ['l1', l1],
    ['l2', l2],
  ] as const) {
    if (!Number.isFinite(value) || value < 0) {
      throw new ConfigError(`${what}: ${option} must be a finite number ≥ 0, got ${String(value)}.`);
    }
  }
  return { kind: 'l1l2', l1, l2 };
}

/**
 * Adds l1·Σ|w| to the loss, which drives weights to exactly 0.
 *
 * @param strength - by default 0.01.
 * @throws ConfigError when it is negative.
 *
 * @example
 * ```ts
 * import { dense, l1 } from 'kompakt/nn';
 * console.log(dense({ units: 1, kernelRegularizer: l1(1e-3) }).config.kernelRegularizer); // → { kind: 'l1l2', l1: 0.001, l2: 0 }
 * ```
 */
export function l1(strength = DEFAULT_STRENGTH): RegularizerConfig {
  return config(strength, 0, 'l1');
}

/**
 * Adds l2·Σw² to the loss (without ½, as in Keras), which keeps weights small.
 *
 * @param strength - by default 0.01.
 * @throws ConfigError when it is negative.
 *
 * @example
 * ```ts
 * import { conv2d, l2 } from 'kompakt/nn';
 * console.log(conv2d({ filters: 8, kernelSize: 3, kernelRegularizer: l2(1e-4) }).regularizers); // → { kernel: { kind: 'l1l2', l1: 0, l2: 0.0001 } }
 * ```
 */
export function l2(strength = DEFAULT_STRENGTH): RegularizerConfig {
  return config(0, strength, 'l2');
}

/**
 * Adds l1·Σ|w| + l2·Σw² to the loss.
 *
 * @param options - `l1 = 0.01`, `l2 = 0.01`.
 * @throws ConfigError when either is negative.
 *
 * @example
 * ```ts
 * import { l1l2 } from 'kompakt/nn';
 * console.log(l1l2({ l1: 1e-5, l2: 1e-4 })); // → { kind: 'l1l2', l1: 0.00001, l2: 0.0001 }
 * ```
 */
export function l1l2(
  options: { readonly l1?: number | undefined; readonly l2?: number | undefined } = {},
): RegularizerConfig {
  return config(options.l1 ?? DEFAULT_STRENGTH, options.l2 ?? DEFAULT_STRENGTH, 'l1l2');
}

/**
 * What a layer's option stands for; null for none.
 *
 * @throws ConfigError when it is no regulariser.
 */
export function resolveRegularizer(given: unknown, what: string): RegularizerConfig | null {
  if (given === null || given === undefined) return null;
  if (given === 'l1') return l1();
  if (given === 'l2') return l2();
  if (given === 'l1l2') return l1l2();
  const { kind, l1: first, l2: second } = given as Partial<RegularizerConfig>;
  if (typeof given !== 'object' || kind !== 'l1l2') {
    throw new ConfigError(
      `${what} must be l1(…), l2(…) or l1l2(…), one of their names, or null; got ${JSON.stringify(given)}.`,
    );
  }
  return config(first as number, second as number, what);
}
