import { ConfigError } from '../core/errors';
import type { Tensor } from '../core/tensor';
import {
  abs,
  add,
  clip,
  div,
  elu,
  exp,
  gelu,
  leakyRelu,
  mul,
  relu,
  selu,
  sigmoid,
  silu,
  softplus,
  tanh,
} from '../ops/elementwise';
import { logSoftmax, softmax } from '../ops/softmax';

const FUNCTIONS = {
  linear: (x: Tensor): Tensor => x,
  relu,
  relu6: (x: Tensor): Tensor => clip(x, 0, 6),
  leakyRelu: (x: Tensor): Tensor => leakyRelu(x),
  elu: (x: Tensor): Tensor => elu(x),
  selu,
  gelu: (x: Tensor): Tensor => gelu(x),
  silu,
  swish: silu,
  sigmoid,
  softmax: (x: Tensor): Tensor => softmax(x),
  logSoftmax: (x: Tensor): Tensor => logSoftmax(x),
  tanh,
  softplus,
  softsign: (x: Tensor): Tensor => div(x, add(abs(x), 1)),
  exponential: exp,
  hardSigmoid: (x: Tensor): Tensor => div(clip(add(x, 3), 0, 6), 6),
  hardSigmoidKeras2: (x: Tensor): Tensor => clip(add(mul(x, 0.2), 0.5), 0, 1),
  hardSwish: (x: Tensor): Tensor => mul(x, div(clip(add(x, 3), 0, 6), 6)),
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
 * An activation applied elementwise (softmax and logSoftmax: along the last axis). They are Keras's: leakyRelu has slope
 * 0.2, elu α = 1, gelu is exact, hardSigmoid is relu6(x + 3)/6, and hardSigmoidKeras2
 * what Keras called so before version 3: 0.2·x + 0.5 clipped to [0, 1].
 *
 * @param name - one of `ACTIVATION_NAMES`.
 * @param x - any shape.
 * @throws ConfigError for an unknown name.
 */
export function activate(name: ActivationName, x: Tensor): Tensor {
  checkActivation(name);
  return FUNCTIONS[name](x);
}
