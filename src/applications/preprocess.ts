import { ConfigError, ShapeError } from '../core/errors';
import { formatShape } from '../core/shape';
import type { Tensor } from '../core/tensor';
import { asTensor, type TensorLike, tensor } from '../ops/create';
import { div, sub } from '../ops/elementwise';
import { flip } from '../ops/shape-ops';

/** How pixels are prepared: as the networks were trained in Caffe, torch or TensorFlow. */
export type PreprocessMode = 'caffe' | 'torch' | 'tf';

const MODELS: Readonly<Record<string, PreprocessMode>> = {
  vgg16: 'caffe',
  vgg19: 'caffe',
  resNet50: 'caffe',
  mobileNetV2: 'tf',
};

/** Means of ImageNet's channels, blue first. */
const MEANS = [103.939, 116.779, 123.68];
/** Means and deviations of the same, red first, of pixels in [0, 1]. */
const TORCH_MEANS = [0.485, 0.456, 0.406];
const TORCH_DEVIATIONS = [0.229, 0.224, 0.225];

/**
 * Images as a network expects them. `'caffe'`: blue first, minus the mean of each channel; `'tf'`: x/127.5 − 1; `'torch'`:
 * (x/255 − mean)/deviation of each channel.
 *
 * @param images - `[…, 3]`, red first, in [0, 255].
 * @param how - the model (`'vgg16'`, `'vgg19'`, `'resNet50'`, `'mobileNetV2'`), or the mode itself.
 * @returns a tensor of the same shape, float32.
 * @throws ConfigError for an unknown model; ShapeError for images without three channels.
 *
 * @example
 * ```ts
 * import { preprocessInput } from 'kompakt/applications';
 * console.log(preprocessInput([[[255, 127.5, 0]]], 'mobileNetV2').toArraySync()); // → [ [ [ 1, 0, -1 ] ] ]
 * ```
 */
export function preprocessInput(images: TensorLike, how: string): Tensor {
  const mode = Object.hasOwn(MODELS, how) ? MODELS[how]! : how;
  const x = asTensor(images);
  if (x.rank === 0 || x.shape.at(-1) !== 3)
    throw new ShapeError(`preprocessInput: images must have three channels, last, got shape ${formatShape(x.shape)}.`);
  const like = { backend: x.backend };
  if (mode === 'tf') return sub(div(x, 127.5), 1);
  if (mode === 'caffe') return sub(flip(x, -1), tensor(MEANS, like));
  if (mode === 'torch') return div(sub(div(x, 255), tensor(TORCH_MEANS, like)), tensor(TORCH_DEVIATIONS, like));
  throw new ConfigError(
    `preprocessInput: ${JSON.stringify(how)} is neither a model (${Object.keys(MODELS).join(', ')}) nor a mode (caffe, torch, tf).`,
  );
}
