import { ConfigError, ShapeError } from '../core/errors';
import { checkOptions } from '../core/options';
import { formatShape } from '../core/shape';
import type { Tensor } from '../core/tensor';
import { abs, add, mul, square, sub } from '../ops/elementwise';
import { matmul } from '../ops/linear';
import { sum } from '../ops/reduce';
import type { RegularizerConfig } from './layer';
import { unitLength } from './unit-length';

/** How a regulariser is given to a layer: what the factories return, or one of their names for the defaults. */
export type Regularizer = RegularizerConfig | 'l1' | 'l2' | 'l1l2' | 'orthogonal';

const DEFAULT_STRENGTH = 0.01;
/** Vectors shorter than this have no direction; Keras's. */
const EPSILON = 1e-7;

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

/** Options of {@link orthogonalRegularizer}. */
export interface OrthogonalRegularizerOptions {
  /** Strength, by default 0.01. */
  readonly factor?: number | undefined;
  /** What is to be orthogonal, by default the rows. */
  readonly mode?: 'rows' | 'columns' | undefined;
}

/**
 * Adds factor times the mean |cos| of the angles between all pairs of rows (or columns) of a matrix to the loss, which
 * drives them to be orthogonal.
 *
 * @param options - `factor = 0.01`, `mode = 'rows'`.
 * @throws ConfigError for an option that is unknown or out of range.
 *
 * @example
 * ```ts
 * import { dense, orthogonalRegularizer } from 'kompakt/nn';
 * const { regularizers } = dense({ units: 4, kernelRegularizer: orthogonalRegularizer({ mode: 'columns' }) });
 * console.log(regularizers); // → { kernel: { kind: 'orthogonal', factor: 0.01, mode: 'columns' } }
 * ```
 */
export function orthogonalRegularizer(options: OrthogonalRegularizerOptions = {}): RegularizerConfig {
  checkOptions(options, ['factor', 'mode'], 'orthogonalRegularizer');
  return orthogonality(options, 'orthogonalRegularizer');
}

function orthogonality({ factor = DEFAULT_STRENGTH, mode = 'rows' }: OrthogonalRegularizerOptions, what: string) {
  if (typeof factor !== 'number' || !Number.isFinite(factor) || factor < 0)
    throw new ConfigError(`${what}: factor must be a finite number ≥ 0, got ${String(factor)}.`);
  if (mode !== 'rows' && mode !== 'columns')
    throw new ConfigError(`${what}: mode must be 'rows' or 'columns', got ${JSON.stringify(mode)}.`);
  return { kind: 'orthogonal', factor, mode } as const;
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
  if (given === 'orthogonal') return orthogonalRegularizer();
  const known = given as RegularizerConfig;
  if (typeof given === 'object' && known.kind === 'l1l2') return config(known.l1, known.l2, what);
  if (typeof given === 'object' && known.kind === 'orthogonal') return orthogonality(known, what);
  throw new ConfigError(
    `${what} must be l1(…), l2(…), l1l2(…) or orthogonalRegularizer(…), one of the names l1, l2, l1l2, orthogonal, or null; got ${JSON.stringify(given)}.`,
  );
}

/** What the regulariser adds to the loss for a weight (or the output of a layer); null for nothing. */
export function regularize(config: RegularizerConfig, w: Tensor): Tensor | null {
  if (config.kind === 'orthogonal') return config.factor === 0 ? null : nonOrthogonality(w, config);
  const first = config.l1 === 0 ? null : mul(sum(abs(w)), config.l1);
  const second = config.l2 === 0 ? null : mul(sum(square(w)), config.l2);
  return first !== null && second !== null ? add(first, second) : (first ?? second);
}

function nonOrthogonality(
  w: Tensor,
  { factor, mode }: Extract<RegularizerConfig, { readonly kind: 'orthogonal' }>,
): Tensor | null {
  if (w.rank !== 2) {
    throw new ShapeError(
      `orthogonalRegularizer: needs a matrix, got a weight of shape ${formatShape(w.shape)}. Use another regularizer.`,
    );
  }
  const byRows = mode === 'rows';
  const count = w.shape[byRows ? 0 : 1]!;
  if (count < 2) return null;
  const directions = unitLength(w, byRows ? 1 : 0, EPSILON);
  const cosines = matmul(directions, directions, { transposeA: !byRows, transposeB: byRows });
  // Of each with itself it is the squared length of the direction.
  const ofPairs = sub(sum(abs(cosines)), sum(square(directions)));
  return mul(ofPairs, factor / (count * (count - 1)));
}
