import { scope, type Tensor, vjp } from 'kompakt';
import { quantizeMultiplier } from '../../src/core/fixed-point';
import { dequantizeLinear, qAvgPool2d, qConv2d, quantizeLinear } from '../../src/ops/quantized';
import { recurrence } from '../../src/ops/recurrence/index';
import { ATTRIBUTES, scaleOf } from '../peers/integer-graphs';
import { bytes, constant, floats, type KernelCase } from './case';

const SQUARE = [1000, 1000];
const AFFINE = { scale: 1 / 128, zeroPoint: 3 };
const { multiplier, shift } = quantizeMultiplier(scaleOf(9 * 8));
const ALL_SIDES = [
  [1, 1],
  [1, 1],
] as const;

/** Integer layers that the part `int8` lacks. */
export const INTEGER: readonly KernelCase[] = [
  {
    work: 'quantise 1,000,000 floats to int8',
    kernels: ['quantizeLinearKernel'],
    operands: () => [floats(SQUARE)],
    ours: (x) => quantizeLinear(x!, AFFINE),
  },
  {
    work: 'dequantise 1,000,000 int8 to floats',
    kernels: ['dequantizeLinearKernel'],
    operands: () => [bytes(SQUARE)],
    ours: (x) => dequantizeLinear(x!, AFFINE),
  },
  {
    work: 'average pool 2×2 of 8×56×56×64, int8',
    kernels: ['qAvgPool2dKernel'],
    operands: () => [bytes([8, 56, 56, 64])],
    ours: (x) =>
      qAvgPool2d(x!, {
        poolSize: [2, 2],
        strides: [2, 2],
        padding: [
          [0, 0],
          [0, 0],
        ],
      }),
  },
  {
    work: 'conv 8×28×28×32 → 32, 3×3, 4 groups, int8',
    kernels: ['qConv2dKernel'],
    flop: 2 * 8 * 28 * 28 * 9 * 8 * 32,
    operands: () => [
      bytes([8, 28, 28, 32], 1),
      bytes([3, 3, 8, 32], 2),
      constant([32], 0),
      constant([32], multiplier),
      constant([32], shift),
    ],
    ours: (x, k, bias, multipliers, shifts) =>
      qConv2d(x!, k!, bias!, multipliers!, shifts!, {
        ...ATTRIBUTES,
        strides: [1, 1],
        padding: ALL_SIDES,
        dilations: [1, 1],
        groups: 4,
      }),
  },
];

const UNITS = 128;
const GATES = 4 * UNITS;

/** The LSTM after its product with the inputs. */
export const RECURRENT: readonly KernelCase[] = [
  {
    work: 'LSTM, 32×50 steps, 128 units',
    kernels: ['recurrenceKernel'],
    flop: 2 * 32 * 50 * UNITS * GATES,
    operands: () => [floats([32, 50, GATES], 1), floats([UNITS, GATES], 2)],
    ours: (z, u) => recurrence('lstm', z!, u!),
  },
  {
    work: 'LSTM, one step of one sequence, 128 units',
    kernels: ['recurrenceKernel'],
    flop: 2 * UNITS * GATES,
    operands: () => [floats([1, 1, GATES], 1), floats([UNITS, GATES], 2)],
    ours: (z, u) => recurrence('lstm', z!, u!),
  },
  {
    work: 'GRU, 32×50 steps, 128 units',
    kernels: ['recurrenceKernel'],
    flop: 2 * 32 * 50 * UNITS * 3 * UNITS,
    operands: () => [floats([32, 50, 3 * UNITS], 1), floats([UNITS, 3 * UNITS], 2)],
    ours: (z, u) => recurrence('gru', z!, u!),
  },
  {
    // Forward too: the backward pass is done once for all operands and kept, so pulling again would time nothing.
    work: 'LSTM and its gradient by its inputs, 32×50 steps, 128 units',
    kernels: ['recurrenceKernel', 'recurrenceGradKernel'],
    operands: () => [floats([32, 50, GATES], 1), floats([UNITS, GATES], 2), floats([32, 50, UNITS], 3)],
    ours: (z, u, g) => scope(() => vjp((t: Tensor) => recurrence('lstm', t, u!), z!)[1](g!)[0]),
  },
];
