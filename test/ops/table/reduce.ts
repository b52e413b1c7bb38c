import { DTYPES } from '../../../src/core/dtype';
import type { Shape } from '../../../src/core/shape';
import type { Tensor } from '../../../src/core/tensor';
import { mul } from '../../../src/ops/elementwise';
import * as ops from '../../../src/ops/reduce';
import type { Row } from '../row';

type Options = Omit<Partial<Row>, 'name' | 'fn' | 'inputs'>;
type Reduction = (x: Tensor, options: { axis?: number | number[]; keepDims?: boolean }) => Tensor;

/** The cases that kernels treat apart: whole, rows, columns, a middle axis, several axes at once. */
function reduction(name: string, fn: Reduction, options: Options = {}): Row[] {
  const row = (
    what: string,
    axis: number | number[] | undefined,
    inputs: Shape,
    more: Shape[],
    keepDims = false,
  ): Row => ({
    name: `${name} ${what}`,
    fn: (x) => fn(x, axis === undefined ? { keepDims } : { axis, keepDims }),
    inputs: [inputs],
    more: more.map((shape) => [shape]),
    dtypes: DTYPES,
    ...options,
  });
  return [
    row('of all', undefined, [2, 3], [[], [1], [7], [33], [130], [4, 5, 6]]),
    row(
      'of rows',
      -1,
      [3, 4],
      [
        [1, 1],
        [5, 1],
        [3, 17],
        [2, 3, 35],
        [0, 3],
      ],
    ),
    row(
      'of columns',
      0,
      [4, 3],
      [
        [1, 5],
        [17, 3],
        [3, 33],
        [5, 2, 9],
        [2, 0],
      ],
    ),
    row(
      'of a middle axis',
      1,
      [2, 3, 2],
      [
        [3, 17, 5],
        [2, 9, 33],
      ],
    ),
    row(
      'of two axes apart',
      [0, 2],
      [2, 3, 2],
      [
        [3, 4, 19],
        [5, 1, 2],
      ],
      true,
    ),
    row('of no axis', [], [2, 3], []),
  ];
}

/** Defined where there are elements only. */
function alongAxis(name: string, fn: (x: Tensor, axis: number) => Tensor, options: Options = {}): Row[] {
  const row = (what: string, axis: number, inputs: Shape, more: Shape[]): Row => ({
    name: `${name} ${what}`,
    fn: (x) => fn(x, axis),
    inputs: [inputs],
    more: more.map((shape) => [shape]),
    dtypes: DTYPES,
    ...options,
  });
  return [
    row('along rows', -1, [3, 4], [[1], [7], [5, 1], [3, 17], [2, 3, 35], [0, 3]]),
    row(
      'along columns',
      0,
      [4, 3],
      [
        [1, 5],
        [17, 3],
        [5, 2, 9],
        [2, 0],
      ],
    ),
    row('along a middle axis', 1, [2, 3, 2], [[3, 17, 5]]),
  ];
}

export const reduceRows: readonly Row[] = [
  ...reduction('sum', ops.sum),
  ...reduction('mean', ops.mean),
  ...reduction('prod', ops.prod, { domain: [0.5, 1.5] }),
  ...reduction('max', ops.max, { distinct: true }),
  ...reduction('min', ops.min, { distinct: true }),
  ...reduction('any', ops.any, { differentiable: false }),
  ...reduction('all', ops.all, { differentiable: false }),
  ...reduction('variance', ops.variance),
  // Away from equal elements, at which the root has no derivative.
  ...reduction('std', ops.std, { domain: [-2, 2] }).filter((row) => !row.name.endsWith('no axis')),
  ...reduction('logSumExp', ops.logSumExp),
  ...reduction('norm', ops.norm, { domain: [0.3, 2] }),
  ...reduction('norm of order 1', (x, o) => ops.norm(x, { ...o, ord: 1 }), { domain: [0.3, 2] }),
  ...reduction('norm of order 3', (x, o) => ops.norm(x, { ...o, ord: 3 }), { domain: [0.3, 2] }),
  ...reduction('norm of order ∞', (x, o) => ops.norm(x, { ...o, ord: Infinity }), { distinct: true }),
  ...alongAxis('argMax', (x, axis) => ops.argMax(x, { axis }), { differentiable: false }),
  ...alongAxis('argMin', (x, axis) => ops.argMin(x, { axis, keepDims: true }), { differentiable: false }),
  ...alongAxis('cumsum', (x, axis) => ops.cumsum(x, { axis })),
  ...alongAxis('cumsum from the end', (x, axis) => ops.cumsum(x, { axis, reverse: true })),
  { name: 'argMax of all', fn: (x) => ops.argMax(x), inputs: [[2, 3]], differentiable: false },
  { name: 'cumsum of all', fn: (x) => ops.cumsum(x), inputs: [[2, 3]] },
  { name: 'variance, ddof 1', fn: (x) => ops.variance(x, { axis: 0, ddof: 1 }), inputs: [[4, 3]] },
  { name: 'std, ddof 1', fn: (x) => ops.std(x, { ddof: 1 }), inputs: [[4, 3]] },
  // Zeros among the factors: one, and several.
  { name: 'prod, one zero', fn: (x) => ops.prod(mul(x, [1, 0, 1, 1, 1])), inputs: [[5]] },
  { name: 'prod, two zeros', fn: (x) => ops.prod(mul(x, [0, 1, 1, 0, 1])), inputs: [[5]] },
];
