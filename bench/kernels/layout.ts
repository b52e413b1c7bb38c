import {
  all,
  any,
  argMax,
  argMin,
  concat,
  cumsum,
  logSoftmax,
  min,
  oneHot,
  pad,
  prod,
  reshape,
  softmax,
  takeAlongAxis,
  transpose,
} from 'kompakt';
import { normalizeRows } from '../../src/ops/normalize';
import { randomUniform } from '../../src/ops/random-uniform';
import { constant, type Data, floats, integers, type KernelCase } from './case';

const SIDE = 1000;
const SQUARE = [SIDE, SIDE];
const EDGES = [
  [8, 8],
  [8, 8],
] as const;

/** Numbers whose products stay finite. */
const nearOne = (): Data => ({ data: floats(SQUARE).data.map((v) => 1 + v / 100) as Float32Array, shape: SQUARE });
/** Truths that have to be looked at to the last. */
const truths = (value: 0 | 1): Data => ({
  data: new Uint8Array(SIDE * SIDE).fill(value),
  shape: SQUARE,
  dtype: 'bool',
});
const square = (): Data[] => [floats(SQUARE)];
const squares = (): Data[] => [floats(SQUARE, 1), floats(SQUARE, 2)];

/** Reductions, scans and gradients of rows. */
export const ROWS: readonly KernelCase[] = [
  {
    work: 'min of 1000 rows of 1000',
    kernels: ['minKernel'],
    operands: square,
    ours: (x) => min(x!, { axis: 1 }),
    tf: (tf, x) => tf.min(x!, 1),
    np: (np, x) => np.min(x!, 1, false),
  },
  {
    work: 'prod of 1000 rows of 1000',
    kernels: ['prodKernel'],
    operands: () => [nearOne()],
    ours: (x) => prod(x!, { axis: 1 }),
    tf: (tf, x) => tf.prod(x!, 1),
    np: (np, x) => np.prod(x!, 1),
  },
  {
    work: 'all of 1000 rows of 1000',
    kernels: ['allKernel'],
    operands: () => [truths(1)],
    ours: (x) => all(x!, { axis: 1 }),
    tf: (tf, x) => tf.all(x!, 1),
  },
  {
    work: 'any of 1000 rows of 1000',
    kernels: ['anyKernel'],
    operands: () => [truths(0)],
    ours: (x) => any(x!, { axis: 1 }),
    tf: (tf, x) => tf.any(x!, 1),
  },
  {
    work: 'argMax of 1000 rows of 1000',
    kernels: ['argMaxKernel'],
    operands: square,
    ours: (x) => argMax(x!, { axis: 1 }),
    tf: (tf, x) => tf.argMax(x!, 1),
    np: (np, x) => np.argmax(x!, 1),
  },
  {
    work: 'argMin of 1000 rows of 1000',
    kernels: ['argMinKernel'],
    operands: square,
    ours: (x) => argMin(x!, { axis: 1 }),
    tf: (tf, x) => tf.argMin(x!, 1),
    np: (np, x) => np.argmin(x!, 1),
  },
  {
    work: 'cumsum of 1000 rows of 1000',
    kernels: ['cumsumKernel'],
    operands: square,
    ours: (x) => cumsum(x!, { axis: 1 }),
    tf: (tf, x) => tf.cumsum(x!, 1),
    np: (np, x) => np.cumsum(x!, 1),
  },
  {
    work: 'log-softmax of 1000 rows of 1000',
    kernels: ['logSoftmaxKernel'],
    operands: square,
    ours: (x) => logSoftmax(x!),
    tf: (tf, x) => tf.logSoftmax(x!),
  },
  {
    work: 'gradient of softmax',
    kernels: ['softmaxGradKernel'],
    operands: squares,
    ours: (x) => softmax(x!),
    by: 0,
  },
  {
    work: 'gradient of log-softmax',
    kernels: ['logSoftmaxGradKernel'],
    operands: squares,
    ours: (x) => logSoftmax(x!),
    by: 0,
  },
  {
    work: 'gradient of layer norm',
    kernels: ['normalizeRowsGradKernel'],
    operands: squares,
    ours: (x) => normalizeRows(x!, 1e-5),
    by: 0,
  },
];

/** What copies, picks and fills. */
export const COPIES: readonly KernelCase[] = [
  {
    work: 'concat of 2 × 1000×1000, side by side',
    kernels: ['concatKernel'],
    operands: squares,
    ours: (x, y) => concat([x!, y!], 1),
    tf: (tf, x, y) => tf.concat([x!, y!], 1),
    np: (np, x, y) => np.concatenate([x!, y!], 1),
  },
  {
    work: 'pad 1000×1000 by 8 on all sides',
    kernels: ['padKernel'],
    operands: square,
    ours: (x) => pad(x!, EDGES),
    tf: (tf, x) => tf.pad(x!, EDGES),
    np: (np, x) => np.pad(x!, EDGES),
  },
  {
    work: 'transpose 1000×1000, copied',
    kernels: ['reshapeKernel'],
    operands: square,
    ours: (x) => reshape(transpose(x!), [-1]),
    tf: (tf, x) => tf.transpose(x!),
  },
  {
    work: 'channels of 8×56×56×64 first, copied',
    kernels: ['reshapeKernel'],
    operands: () => [floats([8, 56, 56, 64])],
    ours: (x) => reshape(transpose(x!, [0, 3, 1, 2]), [-1]),
    tf: (tf, x) => tf.transpose(x!, [0, 3, 1, 2]),
  },
  {
    work: 'one-hot of 10,000, 100 classes',
    kernels: ['oneHotKernel'],
    operands: () => [integers([10_000], 100)],
    ours: (x) => oneHot(x!, 100),
    tf: (tf, x) => tf.oneHot(x!, 100),
  },
  {
    work: 'pick 10 of each of 10,000 rows of 10, by index',
    kernels: ['takeAlongAxisKernel'],
    operands: () => [floats([10_000, 10]), integers([10_000, 10], 10)],
    ours: (x, indices) => takeAlongAxis(x!, indices!, { axis: 1 }),
  },
  {
    work: 'gradient of picking 10 of each of 10,000 rows of 10',
    kernels: ['scatterAddAlongAxisKernel'],
    operands: () => [floats([10_000, 10]), integers([10_000, 10], 10), floats([10_000, 10], 3)],
    ours: (x, indices) => takeAlongAxis(x!, indices!, { axis: 1 }),
    by: 0,
  },
  {
    work: '1,000,000 uniform random numbers',
    kernels: ['randomUniformKernel'],
    operands: () => [constant([2], 7)],
    ours: (key) => randomUniform(key!, { shape: SQUARE, stream: 1 }),
  },
];
