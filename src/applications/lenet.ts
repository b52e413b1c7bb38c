import { ConfigError } from '../core/errors';
import { checkOptions } from '../core/options';
import type { ByteSource } from '../data/files';
import type { ActivationName } from '../nn/activations';
import { conv2d } from '../nn/layers/conv';
import { dense } from '../nn/layers/dense';
import { avgPool2d } from '../nn/layers/pool';
import { flatten } from '../nn/layers/shape';
import type { Sequential } from '../nn/sequential';
import { finishSequence } from './finish';
import type { ApplicationOptions } from './options';

/** Options of {@link leNet5}. */
export interface LeNet5Options extends Pick<ApplicationOptions, 'weights' | 'seed' | 'backend' | 'h5wasm' | 'fflate'> {
  /** By default `[28, 28, 1]`, which is padded to 32 × 32. */
  readonly inputShape?: readonly number[] | undefined;
  /** By default 10. */
  readonly classes?: number | undefined;
  /** Of all layers but the last; by default `'tanh'`. */
  readonly activation?: ActivationName | undefined;
  /** By default `'softmax'`. */
  readonly classifierActivation?: ActivationName | undefined;
}

const KNOWN = ['inputShape', 'classes', 'activation', 'classifierActivation', 'weights', 'seed', 'backend'];

/**
 * LeNet-5, for digits: two convolutions of 5 × 5, each averaged over 2 × 2, and three dense layers; 61,706 weights for 28 × 28
 * pixels.
 *
 * @param options - `inputShape = [28, 28, 1]` (images below 32 × 32 are padded as in the paper), `classes = 10`,
 * `activation = 'tanh'`, `classifierActivation = 'softmax'`; `weights`: the bytes, path or address of a file of Keras's;
 * `seed`, `backend`.
 * @returns the model, with layers called as in the paper; where there are weights to read, a promise of it.
 * @throws ConfigError for options that are unknown or out of range; FormatError where the weights are of another model.
 *
 * Reference: LeCun et al. 1998, “Gradient-based learning applied to document recognition”.
 *
 * @example
 * ```ts
 * import { leNet5 } from 'kompakt/applications';
 * const model = leNet5({ seed: 1 });
 * console.log(model.countParams(), model.outputShape); // → 61706 [ 10 ]
 * ```
 */
export function leNet5(options?: LeNet5Options & { readonly weights?: null | undefined }): Sequential;
export function leNet5(options: LeNet5Options & { readonly weights: ByteSource }): Promise<Sequential>;
export function leNet5(options: LeNet5Options = {}): Sequential | Promise<Sequential> {
  checkOptions(options, [...KNOWN, 'h5wasm', 'fflate'], 'leNet5');
  const { inputShape = [28, 28, 1], classes = 10, activation = 'tanh', classifierActivation = 'softmax' } = options;
  const fits = Array.isArray(inputShape) && inputShape.length === 3 && inputShape.every((n) => Number.isInteger(n));
  if (!fits || Math.min(inputShape[0]!, inputShape[1]!) < 14 || inputShape[2]! < 1) {
    throw new ConfigError(
      `leNet5: inputShape must be [height, width, channels] of at least 14 × 14 pixels, got ${JSON.stringify(inputShape)}.`,
    );
  }
  const padding = Math.min(inputShape[0]!, inputShape[1]!) < 32 ? 'same' : 'valid';
  const layers = [
    conv2d({ filters: 6, kernelSize: 5, padding, activation, name: 'c1' }),
    avgPool2d({ name: 's2' }),
    conv2d({ filters: 16, kernelSize: 5, activation, name: 'c3' }),
    avgPool2d({ name: 's4' }),
    flatten({ name: 'flatten' }),
    dense({ units: 120, activation, name: 'c5' }),
    dense({ units: 84, activation, name: 'f6' }),
    dense({ units: classes, activation: classifierActivation, name: 'output' }),
  ];
  const model = finishSequence(layers, inputShape, options, 'leNet5');
  // Small enough to be there at once.
  if ('build' in model) model.build(inputShape);
  return model;
}
