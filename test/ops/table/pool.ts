import { DTYPES } from '../../../src/core/dtype';
import type { Tensor } from '../../../src/core/tensor';
import { avgPool2d, maxPool2d, type Pool2dOptions } from '../../../src/ops/pool';
import type { Row } from '../row';
import { row } from './notation';

function pool(
  name: string,
  inputs: string,
  size: number | [number, number],
  options: Pool2dOptions = {},
  more: string[] = [],
): Row[] {
  return [
    // Maxima must not move when an input moves a little.
    row(`maxPool2d ${name}`, inputs, (x: Tensor) => maxPool2d(x, size, options), {
      more,
      distinct: true,
      dtypes: DTYPES,
    }),
    row(`avgPool2d ${name}`, inputs, (x: Tensor) => avgPool2d(x, size, options), {
      more,
      dtypes: ['float32', 'float64', 'int32'],
    }),
  ];
}

export const poolRows: readonly Row[] = [
  ...pool('2×2', '2×4×6×3', 2, {}, ['1×8×8×16', '3×5×7×19', '0×4×4×2', '1×2×2×1']),
  ...pool('overlapping, same', '1×5×4×5', 3, { strides: 2, padding: 'same' }, ['2×9×8×33']),
  ...pool('asymmetric padding', '1×4×4×2', [3, 2], {
    strides: 1,
    padding: [
      [2, 1],
      [0, 1],
    ],
  }),
  ...pool('gaps', '1×7×5×1', 2, { strides: 3 }, ['2×8×8×9']),
  ...pool('1×1', '1×3×2×2', 1),
  ...pool('channels first', '1×3×4×4', 2, { dataFormat: 'channelsFirst' }),
];
