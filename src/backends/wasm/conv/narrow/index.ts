import { ARITHMETICS } from '../../gemm/arithmetic';
import { arithmeticFor } from '../../gemm/module';
import type { TaskContext } from '../../task';
import { type Contraction, rowGeometry, verticalWords } from '../depthwise/geometry';
import { planRow } from '../depthwise/row-plan';
import { emitNarrowRows } from './emit';

/** Values in a window up to which it is not worth gathering. */
const MOST_VALUES = 16;

/**
 * Computes the outputs of a convolution of images with few channels; false where it does not suit. The kernel is
 * `[kh, kw, channels, filters]`.
 */
export function convolveNarrow(c: Contraction, context: TaskContext): boolean {
  const { images, kernel, output, bytes } = c;
  const [kh, kw, channels, filters] = kernel.shape;
  if (kh * kw * channels > MOST_VALUES || channels !== images.shape[3]) return false;
  if (images.strides[2] < channels * bytes) return false;
  const geometry = rowGeometry(c, false);
  const runs = planRow(geometry);
  if (runs === null) return false;
  const name = arithmeticFor(bytes === 8 ? 'f64' : 'f32', context);
  const filterBytes = filters * bytes;
  const code = { arithmetic: ARITHMETICS[name], runs, channels, filterBytes, sourceStep: images.strides[2] };
  const { width, sourceWidth, taps, stride, before, dilation } = geometry;
  const key = [
    name,
    'conv',
    channels,
    filterBytes,
    code.sourceStep,
    width,
    sourceWidth,
    taps,
    stride,
    before,
    dilation,
  ];
  const run = context.code(key.join('-'), (m) => emitNarrowRows(m, code));
  const words = [output.address, images.address, kernel.address, ...verticalWords(c, channels * filterBytes, false)];
  const units = output.shape[0] * output.shape[1];
  const cost = units * output.shape[2] * kh * kw * channels * filters * 0.05;
  context.launch(run, words, { units, cost, rowLength: output.shape[2] * filters, leadsOnly: true });
  return true;
}
