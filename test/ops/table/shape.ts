import { DTYPES } from '../../../src/core/dtype';
import type { Shape } from '../../../src/core/shape';
import type { Tensor } from '../../../src/core/tensor';
import * as ops from '../../../src/ops/shape-ops';
import type { Row } from '../row';

const row = (name: string, inputs: Shape[], fn: (...xs: Tensor[]) => Tensor, more: Shape[][] = []): Row => ({
  name,
  inputs,
  fn,
  more,
  dtypes: DTYPES,
});

export const shapeRows: readonly Row[] = [
  row('reshape', [[2, 3]], (x) => ops.reshape(x, [3, -1]), [[[6]], [[0, 3]], [[9, 17]], [[3, 2, 5]]]),
  row('reshape to a scalar', [[1, 1]], (x) => ops.reshape(x, [])),
  row('reshape, axes of 1', [[2, 3]], (x) => ops.reshape(x, [1, 2, 1, 3, 1])),
  row('transpose', [[2, 3]], (x) => ops.transpose(x), [[[]], [[5]], [[0, 2]], [[17, 35]], [[2, 3, 4]]]),
  row('transpose by axes', [[2, 3, 2]], (x) => ops.transpose(x, [2, 0, -2]), [[[5, 9, 4]]]),
  row('broadcastTo', [[3, 1]], (x) => ops.broadcastTo(x, [2, 3, 4])),
  row('broadcastTo, a scalar', [[]], (x) => ops.broadcastTo(x, [2, 2])),
  row('broadcastTo, empty', [[1]], (x) => ops.broadcastTo(x, [0])),
  row('squeeze', [[2, 1, 3, 1]], (x) => ops.squeeze(x)),
  row('squeeze an axis', [[2, 1, 3, 1]], (x) => ops.squeeze(x, -1)),
  row('expandDims', [[2, 3]], (x) => ops.expandDims(x, [0, -1])),
  row(
    'concat',
    [
      [2, 3],
      [1, 3],
      [2, 3],
    ],
    (...xs) => ops.concat(xs),
    [
      [
        [0, 2],
        [3, 2],
        [1, 2],
      ],
    ],
  ),
  row(
    'concat of columns',
    [
      [2, 3],
      [2, 1],
    ],
    (...xs) => ops.concat(xs, -1),
    [
      [
        [5, 4],
        [5, 9],
      ],
      [
        [2, 2],
        [2, 0],
      ],
    ],
  ),
  row('concat, one twice', [[2, 2]], (x) => ops.concat([x, x], 1)),
  row(
    'stack',
    [
      [2, 3],
      [2, 3],
    ],
    (...xs) => ops.stack(xs),
    [
      [[], []],
      [[0], [0]],
    ],
  ),
  row(
    'stack at the end',
    [
      [2, 3],
      [2, 3],
    ],
    (...xs) => ops.stack(xs, -1),
  ),
  row('split', [[2, 6]], (x) => ops.concat(ops.split(x, 3, 1).reverse(), 0)),
  row('split by sizes', [[5, 2]], (x) => ops.concat(ops.split(x, [1, 0, 4]).reverse(), 0)),
  row('slice', [[4, 5]], (x) => ops.slice(x, [1, -3], [3, null]), [[[9, 17]]]),
  row('slice with steps', [[5, 6]], (x) => ops.slice(x, [0, 1], [null, null], [2, 3]), [[[9, 17]]]),
  row('slice backwards', [[4, 5]], (x) => ops.slice(x, [null, 3], [null, 0], [-1, -2]), [[[9, 17]]]),
  row('slice of nothing', [[4, 5]], (x) => ops.slice(x, [3], [1])),
  row('flip', [[2, 3]], (x) => ops.flip(x), [[[17, 5]], [[]]]),
  row('flip an axis', [[2, 3, 2]], (x) => ops.flip(x, 1)),
  row(
    'pad',
    [[2, 3]],
    (x) =>
      ops.pad(x, [
        [1, 0],
        [2, 1],
      ]),
    [[[0, 2]], [[9, 17]]],
  ),
  row('pad with a value', [[2, 3]], (x) => ops.pad(x, 1, { value: 1 })),
  row('tile', [[2, 3]], (x) => ops.tile(x, [2, 1, 3])),
  row('tile, last axis', [[2, 3]], (x) => ops.tile(x, 2)),
  row('tile, no times', [[2, 3]], (x) => ops.tile(x, 0)),
  row('repeat', [[2, 3]], (x) => ops.repeat(x, 2)),
  row('repeat an axis', [[2, 3]], (x) => ops.repeat(x, 3, 0)),
  row('a view of a view', [[4, 6]], (x) =>
    ops.reshape(ops.transpose(ops.slice(x, [0, 1], [null, null], [2, 2])), [-1]),
  ),
];
