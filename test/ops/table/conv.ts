import { conv1d, conv2d, conv2dTranspose, depthwiseConv2d } from '../../../src/ops/conv';
import type { Row } from '../row';
import { row } from './notation';

/** Convolutions, over the cases that kernels treat apart: strides, dilations, groups, padding, odd and tiny sizes. */
export const convRows: readonly Row[] = [
  row('conv2d 3×3', '2×5×4×2 · 3×3×2×3', (x, k) => conv2d(x, k), {
    more: ['1×9×8×7 · 3×3×7×13', '0×4×4×2 · 3×3×2×3', '3×4×4×2 · 4×4×2×5', '1×3×3×1 · 3×3×1×1'],
  }),
  row('conv2d same', '2×3×3×2 · 3×3×2×2', (x, k) => conv2d(x, k, { padding: 'same' }), {
    more: ['1×7×5×17 · 3×3×17×19', '1×2×2×3 · 5×5×3×2', '2×8×8×16 · 3×3×16×32', '1×6×6×3 · 2×2×3×4'],
  }),
  row('conv2d same, strided', '1×5×6×2 · 3×2×2×3', (x, k) => conv2d(x, k, { padding: 'same', strides: 2 }), {
    more: ['2×7×7×5 · 3×3×5×9'],
  }),
  row('conv2d 1×1', '2×3×3×4 · 1×1×4×2', (x, k) => conv2d(x, k), {
    more: ['1×5×7×33 · 1×1×33×17', '1×1×1×1 · 1×1×1×1'],
  }),
  row('conv2d 1×1 strided', '2×4×3×3 · 1×1×3×2', (x, k) => conv2d(x, k, { strides: 2 })),
  row('conv2d stride beyond kernel', '1×7×7×1 · 2×1×1×2', (x, k) => conv2d(x, k, { strides: 3 })),
  row('conv2d dilated', '1×6×7×2 · 3×2×2×2', (x, k) => conv2d(x, k, { dilations: [2, 3] }), {
    more: ['2×9×9×5 · 3×3×5×6'],
  }),
  row('conv2d asymmetric padding', '2×3×4×1 · 3×3×1×2', (x, k) =>
    conv2d(x, k, {
      padding: [
        [2, 0],
        [1, 3],
      ],
    }),
  ),
  row('conv2d groups', '1×4×3×4 · 2×2×2×6', (x, k) => conv2d(x, k, { groups: 2, padding: 'same' })),
  row('conv2d one group per channel', '1×4×4×3 · 3×3×1×6', (x, k) => conv2d(x, k, { groups: 3 })),
  row('conv2d channels first', '2×2×4×4 · 3×3×2×2', (x, k) => conv2d(x, k, { dataFormat: 'channelsFirst' })),
  row('depthwiseConv2d', '2×5×4×3 · 3×3×3×1', (x, k) => depthwiseConv2d(x, k), {
    more: ['1×9×7×16 · 3×3×16×1', '1×5×5×21 · 3×3×21×1', '0×5×5×3 · 3×3×3×1'],
  }),
  row(
    'depthwiseConv2d multiplier, strided',
    '1×5×6×2 · 3×2×2×3',
    (x, k) => depthwiseConv2d(x, k, { padding: 'same', strides: 2 }),
    {
      more: ['2×7×7×5 · 3×3×5×4'],
    },
  ),
  row('depthwiseConv2d dilated', '1×6×6×5 · 2×2×5×1', (x, k) =>
    depthwiseConv2d(x, k, {
      dilations: 3,
      padding: [
        [1, 0],
        [0, 2],
      ],
    }),
  ),
  row('conv1d causal', '2×6×2 · 3×2×3', (x, k) => conv1d(x, k, { padding: 'causal', dilations: 2 })),
  row(
    'conv2dTranspose same, strided',
    '1×3×3×2 · 3×3×3×2',
    (x, k) => conv2dTranspose(x, k, { padding: 'same', strides: 2 }),
    {
      more: ['2×4×5×7 · 3×3×9×7'],
    },
  ),
  row(
    'conv2dTranspose groups',
    '1×3×2×4 · 2×3×2×4',
    (x, k) => conv2dTranspose(x, k, { groups: 2, strides: 2, padding: 'same' }),
    { more: ['2×4×3×6 · 3×3×5×6'] },
  ),
  row('conv2dTranspose one channel per group', '1×3×3×4 · 2×2×1×4', (x, k) => conv2dTranspose(x, k, { groups: 2 })),
  row('conv2dTranspose valid', '2×3×2×3 · 2×2×2×3', (x, k) => conv2dTranspose(x, k, { strides: 3 })),
];
