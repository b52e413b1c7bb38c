import { hostScalar } from '../../../src/ops/host-scalar';
import { randomUniform } from '../../../src/ops/random-uniform';
import { addScaled, rootRatio, weightedSquareSum, weightedSum } from '../../../src/ops/updates';
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
    name: 'addScaled',
    fn: (a, b, alpha) => addScaled(a!, b!, alpha!),
    inputs: [[2, 3], [2, 3], []],
    more: MORE.map((shapes) => [...shapes, []]),
  },
  {
    name: 'rootRatio',
    fn: (a, b, alpha) => rootRatio(a!, b!, alpha!, { inside: 0.1, outside: 0.2 }),
    inputs: [[2, 3], [2, 3], []],
    more: MORE.map((shapes) => [...shapes, []]),
    domain: [
      [-2, 2],
      [0.3, 3],
      [-2, 2],
    ],
  },
  {
    name: 'hostScalar',
    fn: (x) => hostScalar((v) => 2 * v * v - 1, x!),
    inputs: [[]],
    differentiable: false,
  },
  {
    name: 'randomUniform',
    fn: (key) => randomUniform(key!, { shape: [3, 5, 7], stream: 3 }),
    inputs: [[2]],
    dtypes: ['int32'],
    differentiable: false,
  },
];
