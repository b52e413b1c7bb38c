import { ConfigError } from '../core/errors';
import type { Tensor } from '../core/tensor';
import { transpose } from './shape-ops';
import { type DataFormat, expectImages } from './window';

/** Runs `f` on channels-last images and gives its result back in the format asked for; the transposes are views. */
export function inChannelsLast(
  images: Tensor,
  format: DataFormat | undefined,
  what: string,
  f: (nhwc: Tensor) => Tensor,
): Tensor {
  if (format === undefined || format === 'channelsLast') {
    expectImages(images.shape, what);
    return f(images);
  }
  if (format !== 'channelsFirst') {
    throw new ConfigError(
      `${what}: dataFormat must be 'channelsLast' or 'channelsFirst', got ${JSON.stringify(format)}.`,
    );
  }
  expectImages(images.shape, what, '[batch, channels, height, width]');
  return transpose(f(transpose(images, [0, 2, 3, 1])), [0, 3, 1, 2]);
}
