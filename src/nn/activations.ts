import { ConfigError } from '../core/errors';
import type { Tensor } from '../core/tensor';
import { arange } from '../ops/create';
import {
  abs,
  add,
  cast,
  clip,
  div,
  elu,
  exp,
  gelu,
  greater,
  greaterEqual,
  leakyRelu,
  mul,
  neg,
  relu,
  selu,
  sigmoid,
  silu,
  softplus,
  sqrt,
  square,
  stopGradient,
  sub,
  tanh,
  where,
} from '../ops/elementwise';
import { cumsum, min, sum } from '../ops/reduce';
import { flip } from '../ops/shape-ops';
import { logSoftmax, softmax } from '../ops/softmax';
import { sort } from '../ops/sort';

/** At its kinks the derivative is 0, as elsewhere; `clip` would pass 1. */
const relu6 = (x: Tensor): Tensor => where(greaterEqual(x, 6), 6, relu(x));
const hardSigmoid = (x: Tensor): Tensor => div(relu6(add(x, 3)), 6);
const hardSilu = (x: Tensor): Tensor => mul(x, hardSigmoid(x));
const zeroOneRamp = (x: Tensor): Tensor => clip(mul(add(x, 1), 0.5), 0, 1);

/** Where {@link FUNCTIONS.softShrink} and {@link FUNCTIONS.hardShrink} begin. */
const SHRINK = 0.5;

/** The point of the simplex that is nearest to x, along the last axis. */
function sparsemax(x: Tensor): Tensor {
  const z = stopGradient(x);
  const sorted = flip(sort(z), -1);
  const ranks = arange(1, x.shape.at(-1)! + 1, 1, { dtype: x.dtype, backend: x.backend });
  const isIn = greater(add(mul(ranks, sorted), 1), cumsum(sorted, { axis: -1 }));
  const count = sum(cast(isIn, x.dtype), { axis: -1, keepDims: true });
  const least = min(where(isIn, sorted, Number.POSITIVE_INFINITY), { axis: -1, keepDims: true });
  const total = sum(where(greaterEqual(z, least), x, 0), { axis: -1, keepDims: true });
  return relu(sub(x, div(sub(total, 1), count)));
}

const FUNCTIONS = {
  linear: (x: Tensor): Tensor => x,
  relu,
  relu6,
  leakyRelu: (x: Tensor): Tensor => leakyRelu(x),
  elu: (x: Tensor): Tensor => elu(x),
  selu,
  celu: (x: Tensor): Tensor => elu(x),
  gelu: (x: Tensor): Tensor => gelu(x),
  geluTanh: (x: Tensor): Tensor => gelu(x, { approximate: true }),
  silu,
  swish: silu,
  sigmoid,
  logSigmoid: (x: Tensor): Tensor => neg(softplus(neg(x))),
  softmax: (x: Tensor): Tensor => softmax(x),
  logSoftmax: (x: Tensor): Tensor => logSoftmax(x),
  sparsemax,
  tanh,
  softplus,
  softsign: (x: Tensor): Tensor => div(x, add(abs(x), 1)),
  squareplus: (x: Tensor): Tensor => mul(add(x, sqrt(add(square(x), 4))), 0.5),
  exponential: exp,
  mish: (x: Tensor): Tensor => mul(x, tanh(softplus(x))),
  hardSigmoid,
  hardSigmoidKeras2: (x: Tensor): Tensor => clip(add(mul(x, 0.2), 0.5), 0, 1),
  hardSilu,
  hardSwish: hardSilu,
  hardTanh: (x: Tensor): Tensor => clip(x, -1, 1),
  tanhShrink: (x: Tensor): Tensor => sub(x, tanh(x)),
  softShrink: (x: Tensor): Tensor => sub(relu(sub(x, SHRINK)), relu(sub(neg(x), SHRINK))),
  hardShrink: (x: Tensor): Tensor => where(greater(abs(x), SHRINK), x, 0),
  sparsePlus: (x: Tensor): Tensor => add(square(zeroOneRamp(x)), relu(sub(x, 1))),
  sparseSigmoid: zeroOneRamp,
} as const;

/** Names of the activations. */
export type ActivationName = keyof typeof FUNCTIONS;

/** Every activation by name. */
export const ACTIVATION_NAMES: readonly ActivationName[] = /* @__PURE__ */ Object.keys(FUNCTIONS) as ActivationName[];

/**
 * Throws unless `name` is an activation.
 *
 * @throws ConfigError naming the option and what can be used.
 */
export function checkActivation(name: unknown, what = 'activation'): asserts name is ActivationName {
  if (typeof name !== 'string' || !Object.hasOwn(FUNCTIONS, name)) {
    throw new ConfigError(
      `${what}: ${JSON.stringify(name)} is not an activation. Use one of ${ACTIVATION_NAMES.join(', ')}.`,
    );
  }
}

/**
 * An activation applied elementwise (softmax, logSoftmax and sparsemax: along the last axis). They are Keras's: leakyRelu
 * has slope 0.2, elu and celu α = 1, gelu is exact (geluTanh its approximation), hardSigmoid is relu6(x + 3)/6 (and
 * hardSigmoidKeras2 what Keras called so before version 3: 0.2·x + 0.5 clipped to [0, 1]), the shrinking ones begin at ±0.5,
 * squareplus has b = 4.
 *
 * @param name - one of `ACTIVATION_NAMES`.
 * @param x - any shape.
 * @throws ConfigError for an unknown name.
 */
export function activate(name: ActivationName, x: Tensor): Tensor {
  checkActivation(name);
  return FUNCTIONS[name](x);
}
