import { rootRatio, weightedSquareSum, weightedSum } from '../../../src/ops/updates';
import type { Row } from '../row';

const MORE = [
  [[], []],
  [[0], [0]],
  [[67], [67]],
  [
    [3, 5, 7],
    [3, 5, 7],
  ],
] as const;

export const updateRows: readonly Row[] = [
  {
    name: 'weightedSum',
    fn: (a, b) => weightedSum(a!, b!, { alpha: 0.9, beta: -0.25 }),
    inputs: [
      [2, 3],
      [2, 3],
    ],
    more: MORE,
  },
  {
    name: 'weightedSquareSum',
    fn: (a, b) => weightedSquareSum(a!, b!, { alpha: 0.9, beta: -0.25 }),
    inputs: [
      [2, 3],
      [2, 3],
    ],
    more: MORE,
  },
  {
    name: 'rootRatio',
    fn: (a, b) => rootRatio(a!, b!, { alpha: -0.7, inside: 0.1, outside: 0.2 }),
    inputs: [
      [2, 3],
      [2, 3],
    ],
    more: MORE,
    domain: [
      [-2, 2],
      [0.3, 3],
    ],
  },
];
