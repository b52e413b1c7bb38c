import { ConfigError } from '../../core/errors';
import { apply, type Op } from '../../core/op';
import { checkOptions } from '../../core/options';
import type { Tensor } from '../../core/tensor';
import type { TensorLike } from '../create';
import { floatingOperand, numericOperand, transform } from '../operand';
import { add, mul, neg, square, sub } from './arithmetic';
import { greater } from './comparison';
import { defineBinary, defineUnary } from './define';
import { erfcOf, erfOf } from './error-function';
import { exp } from './exponential';
import { where } from './select';
import { tanh } from './trigonometry';

/** α and λ of Klambauer et al., "Self-Normalizing Neural Networks", 2017 (arXiv:1706.02515). */
const SELU_ALPHA = 1.6732632423543772;
const SELU_SCALE = 1.0507009873554805;
/** Of the tanh approximation of GELU. */
const GELU_SCALE = /* @__PURE__ */ Math.sqrt(2 / Math.PI);
const GELU_CUBIC = 0.044715;

function logistic(x: number): number {
  if (x >= 0) return 1 / (1 + Math.exp(-x));
  const e = Math.exp(x);
  return e / (1 + e);
}

const erfOp: Op<undefined> = /* @__PURE__ */ defineUnary({
  name: 'erf',
  dtype: 'floating',
  f: () => erfOf,
  vjp: (g, x) => mul(g, mul(exp(neg(square(x))), 2 / Math.sqrt(Math.PI))),
});
const sigmoidOp: Op<undefined> = /* @__PURE__ */ defineUnary({
  name: 'sigmoid',
  dtype: 'floating',
  f: () => logistic,
  vjp: (g, _, y) => mul(g, mul(y, sub(1, y))),
});
const softplusOp: Op<undefined> = /* @__PURE__ */ defineUnary({
  name: 'softplus',
  dtype: 'floating',
  f: () => (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
  vjp: (g, x) => mul(g, sigmoid(x)),
});
const reluOp: Op<undefined> = /* @__PURE__ */ defineUnary({
  name: 'relu',
  dtype: 'same',
  f: () => (x) => (x <= 0 ? 0 : x),
  vjp: (g, _, y) => apply(reluGradOp, [g, y], undefined),
});
/** g where y > 0, else 0: one pass instead of a comparison and a selection. */
const reluGradOp: Op<undefined> = /* @__PURE__ */ defineBinary({
  name: 'reluGrad',
  dtype: 'same',
  f: (g, y) => (y <= 0 ? 0 : g),
  vjp: [(u, _, y) => apply(reluGradOp, [u, y], undefined), () => null],
});

/** Attributes of the primitive `leakyRelu`. */
export interface LeakyReluAttrs {
  readonly negativeSlope: number;
}

const leakyReluOp: Op<LeakyReluAttrs> = /* @__PURE__ */ defineUnary<LeakyReluAttrs>({
  name: 'leakyRelu',
  dtype: 'floating',
  f:
    ({ negativeSlope }) =>
    (x) =>
      x > 0 ? x : x * negativeSlope,
  scalars: ({ negativeSlope }) => [negativeSlope],
  vjp: (g, x, _, { negativeSlope }) => where(greater(x, 0), g, mul(g, negativeSlope)),
});

/** Attributes of the primitive `elu`. */
export interface EluAttrs {
  readonly alpha: number;
}

const eluOp: Op<EluAttrs> = /* @__PURE__ */ defineUnary<EluAttrs>({
  name: 'elu',
  dtype: 'floating',
  f:
    ({ alpha }) =>
    (x) =>
      x > 0 ? x : alpha * Math.expm1(x),
  scalars: ({ alpha }) => [alpha],
  vjp: (g, x, y, { alpha }) => where(greater(x, 0), g, mul(g, add(y, alpha))),
});
const seluOp: Op<undefined> = /* @__PURE__ */ defineUnary({
  name: 'selu',
  dtype: 'floating',
  f: () => (x) => SELU_SCALE * (x > 0 ? x : SELU_ALPHA * Math.expm1(x)),
  vjp: (g, x, y) => where(greater(x, 0), mul(g, SELU_SCALE), mul(g, add(y, SELU_SCALE * SELU_ALPHA))),
});
const siluOp: Op<undefined> = /* @__PURE__ */ defineUnary({
  name: 'silu',
  dtype: 'floating',
  f: () => (x) => x * logistic(x),
  vjp: (g, x, y) => {
    const s = sigmoid(x);
    return mul(g, add(s, mul(y, sub(1, s))));
  },
});

/** Attributes of the primitive `gelu`. */
export interface GeluAttrs {
  readonly approximate: boolean;
}

const geluOp: Op<GeluAttrs> = /* @__PURE__ */ defineUnary<GeluAttrs>({
  name: 'gelu',
  dtype: 'floating',
  f: ({ approximate }) =>
    approximate
      ? (x) => 0.5 * x * (1 + Math.tanh(GELU_SCALE * (x + GELU_CUBIC * x * x * x)))
      : (x) => 0.5 * x * erfcOf(-x * Math.SQRT1_2),
  variant: ({ approximate }) => (approximate ? 'geluTanh' : 'gelu'),
  vjp: (g, x, _, { approximate }) => mul(g, approximate ? geluSlopeApproximate(x) : geluSlope(x)),
});

/** Φ(x) + x·φ(x), with the distribution and density of a standard normal. */
function geluSlope(x: Tensor): Tensor {
  const distribution = mul(add(erf(mul(x, Math.SQRT1_2)), 1), 0.5);
  const density = mul(exp(mul(square(x), -0.5)), 1 / Math.sqrt(2 * Math.PI));
  return add(distribution, mul(x, density));
}

function geluSlopeApproximate(x: Tensor): Tensor {
  const squared = square(x);
  const t = tanh(mul(x, add(mul(squared, GELU_SCALE * GELU_CUBIC), GELU_SCALE)));
  const inner = add(mul(squared, 3 * GELU_SCALE * GELU_CUBIC), GELU_SCALE);
  return mul(add(add(t, 1), mul(mul(x, sub(1, square(t))), inner)), 0.5);
}

/**
 * The error function erf(x) = 2/√π ∫₀ˣ e^(−t²) dt, elementwise.
 *
 * @param x - any shape; integers become float32.
 * @returns the shape of `x`.
 *
 * @example
 * ```ts
 * import { erf } from 'kompakt';
 * console.log(erf([0, Infinity]).toArraySync()); // → [ 0, 1 ]
 * ```
 */
export function erf(x: TensorLike): Tensor {
  return transform(erfOp, floatingOperand, x, undefined);
}

/**
 * The logistic function σ(x) = 1/(1 + e⁻ˣ), elementwise, without overflow.
 *
 * @param x - any shape; integers become float32.
 * @returns the shape of `x`.
 *
 * @example
 * ```ts
 * import { sigmoid } from 'kompakt';
 * console.log(sigmoid([0, 1000]).toArraySync()); // → [ 0.5, 1 ]
 * ```
 */
export function sigmoid(x: TensorLike): Tensor {
  return transform(sigmoidOp, floatingOperand, x, undefined);
}

/** log(1 + eˣ), elementwise, without overflow. See {@link sigmoid}. */
export function softplus(x: TensorLike): Tensor {
  return transform(softplusOp, floatingOperand, x, undefined);
}

/**
 * max(x, 0), elementwise, in the dtype of `x`; its gradient at 0 is 0.
 *
 * @param x - any shape; booleans count as int32.
 * @returns the shape of `x`.
 *
 * @example
 * ```ts
 * import { relu } from 'kompakt';
 * console.log(relu([-1, 2]).toArraySync()); // → [ 0, 2 ]
 * ```
 */
export function relu(x: TensorLike): Tensor {
  return transform(reluOp, numericOperand, x, undefined);
}

function checkNumber(value: number, name: string, what: string): void {
  if (!Number.isFinite(value)) throw new ConfigError(`${what}: ${name} must be a finite number, got ${value}.`);
}

/**
 * x where positive, else `negativeSlope`·x, elementwise.
 *
 * @param x - any shape; integers become float32.
 * @param options - `negativeSlope = 0.2`, as in Keras's function of that name (its layer has 0.3).
 * @returns the shape of `x`.
 *
 * @example
 * ```ts
 * import { leakyRelu } from 'kompakt';
 * console.log(leakyRelu([-2, 2], { negativeSlope: 0.5 }).toArraySync()); // → [ -1, 2 ]
 * ```
 */
export function leakyRelu(x: TensorLike, options: { negativeSlope?: number } = {}): Tensor {
  checkOptions(options, ['negativeSlope'], 'leakyRelu');
  const { negativeSlope = 0.2 } = options;
  checkNumber(negativeSlope, 'negativeSlope', 'leakyRelu');
  return transform(leakyReluOp, floatingOperand, x, { negativeSlope });
}

/**
 * x where positive, else α(eˣ − 1), elementwise (Clevert et al. 2015, arXiv:1511.07289).
 *
 * @param x - any shape; integers become float32.
 * @param options - `alpha = 1`.
 * @returns the shape of `x`.
 *
 * @example
 * ```ts
 * import { elu } from 'kompakt';
 * console.log(elu([-Infinity, 2]).toArraySync()); // → [ -1, 2 ]
 * ```
 */
export function elu(x: TensorLike, options: { alpha?: number } = {}): Tensor {
  checkOptions(options, ['alpha'], 'elu');
  const { alpha = 1 } = options;
  checkNumber(alpha, 'alpha', 'elu');
  return transform(eluOp, floatingOperand, x, { alpha });
}

/** λ·elu(x) with α ≈ 1.673 and λ ≈ 1.051, elementwise (Klambauer et al. 2017, arXiv:1706.02515). See {@link elu}. */
export function selu(x: TensorLike): Tensor {
  return transform(seluOp, floatingOperand, x, undefined);
}

/** x·σ(x), also known as swish, elementwise (Ramachandran et al. 2017, arXiv:1710.05941). See {@link sigmoid}. */
export function silu(x: TensorLike): Tensor {
  return transform(siluOp, floatingOperand, x, undefined);
}

/**
 * x·Φ(x), Φ being the distribution of a standard normal, elementwise (Hendrycks & Gimpel 2016, arXiv:1606.08415).
 *
 * @param x - any shape; integers become float32.
 * @param options - `approximate = false`: whether to use x/2·(1 + tanh(√(2/π)(x + 0.044715 x³))) instead.
 * @returns the shape of `x`.
 *
 * @example
 * ```ts
 * import { gelu } from 'kompakt';
 * console.log(gelu([0, 100]).toArraySync()); // → [ 0, 100 ]
 * ```
 */
export function gelu(x: TensorLike, options: { approximate?: boolean } = {}): Tensor {
  checkOptions(options, ['approximate'], 'gelu');
  const { approximate = false } = options;
  return transform(geluOp, floatingOperand, x, { approximate });
}
