import { type ConvAttrs, greatestCommonDivisor } from '../geometry';
import type { Placed } from '../place';
import type { RowGeometry } from './row-plan';

export interface Sizes {
  readonly bytes: 4 | 8;
  readonly attrs: ConvAttrs;
}

/** Images, a kernel and the outputs, one of which is computed from the others. */
export interface Contraction extends Sizes {
  readonly images: Placed;
  /** `[kh, kw, 1, channels]` of a depthwise convolution. */
  readonly kernel: Placed;
  readonly output: Placed;
}

/** What does not depend on the size of an element. */
type Placement = Omit<Contraction, 'bytes'>;

/** Along a row: of the output, or, backward, of the gradient by the images. */
export function rowGeometry({ images, output, kernel, attrs }: Placement, backward: boolean): RowGeometry {
  const [width, sourceWidth] = backward ? [images.shape[2], output.shape[2]] : [output.shape[2], images.shape[2]];
  const horizontal = { stride: attrs.strides[1], before: attrs.padding[1][0], dilation: attrs.dilations[1] };
  return { width, sourceWidth, taps: kernel.shape[1], ...horizontal, backward };
}

/** The words of `GEOMETRY`, for taps that are `tapStep` bytes apart. */
export function verticalWords(
  { images, output, kernel, attrs }: Placement,
  tapStep: number,
  backward: boolean,
): number[] {
  const stride = attrs.strides[0];
  const before = attrs.padding[0][0];
  const dilation = attrs.dilations[0];
  const rowBytes = kernel.shape[1] * tapStep;
  const tail = (source: Placed): number[] => [source.shape[1], source.strides[0], source.strides[1], kernel.shape[0]];
  if (!backward) {
    const fromStep = dilation * images.strides[1];
    return [output.shape[1], ...tail(images), stride, -before, dilation, 1, fromStep, rowBytes, rowBytes];
  }
  // Of the taps, every `apart`-th meets a given row.
  const apart = stride / greatestCommonDivisor(stride, dilation);
  const fromStep = ((-apart * dilation) / stride) * output.strides[1];
  return [images.shape[1], ...tail(output), 1, before, -dilation, stride, fromStep, apart * rowBytes, rowBytes];
}
