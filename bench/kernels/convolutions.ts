import { add, avgPool2d, conv2d, depthwiseConv2d, maxPool2d, type Tensor, vjp } from 'kompakt';
import type { Tfjs, TfTensor } from '../peers/tfjs';
import { floats, type KernelCase } from './case';
import { ACTIVATIONS, type Activation } from './products';

const IMAGES = [8, 28, 28, 32];
const KERNEL = [3, 3, 32, 32];
const FLOP = 2 * 8 * 28 * 28 * 9 * 32 * 32;
const HALF = [8, 14, 14, 32];
const WIDE = [1, 56, 56, 64];
const WIDE_KERNEL = [3, 3, 64, 1];
const WIDE_FLOP = 2 * 56 * 56 * 9 * 64;
const POOL = { filterSize: 2, strides: 2, pad: 'valid' };
const NAME = '8×28×28×32 → 32, 3×3';

const fused = ({ name, apply, tfjs }: Activation): KernelCase => ({
  work: `conv ${NAME}, ${name}`,
  kernels: ['conv2dKernel'],
  flop: FLOP,
  operands: () => [floats(IMAGES, 1), floats(KERNEL, 2), floats([32], 3)],
  ours: (x, k, bias) => apply(add(conv2d(x!, k!, { padding: 'same' }), bias!)),
  compiled: true,
  ...(tfjs !== undefined && {
    tf: (tf: Tfjs, x?: TfTensor, filter?: TfTensor, bias?: TfTensor) =>
      tf.fused.conv2d({ x: x!, filter: filter!, strides: 1, pad: 'same', bias: bias!, activation: tfjs }),
  }),
});

const deep = (x?: Tensor, k?: Tensor): Tensor => depthwiseConv2d(x!, k!, { padding: 'same' });

/** The gradient of a max pool by its images, to be differentiated once more. */
const poolGradient = (x: Tensor, u: Tensor): Tensor => {
  const [, pull] = vjp((t: Tensor) => maxPool2d(t, 2), x);
  return pull(u)[0];
};

/** Other convolutions than those of the part `conv`, what is chained to them, and pools. */
export const CONVOLUTIONS: readonly KernelCase[] = [
  ...ACTIVATIONS.map(fused),
  {
    work: `conv ${NAME}, a residual added`,
    kernels: ['conv2dKernel'],
    flop: FLOP,
    operands: () => [floats(IMAGES, 1), floats(KERNEL, 2), floats(IMAGES, 3)],
    ours: (x, k, rest) => add(conv2d(x!, k!, { padding: 'same' }), rest!),
    compiled: true,
    tf: (tf, x, k, rest) => tf.tidy(() => tf.add(tf.conv2d(x!, k!, 1, 'same'), rest!)),
  },
  {
    work: `conv ${NAME}, 4 groups`,
    kernels: ['conv2dKernel'],
    flop: FLOP / 4,
    operands: () => [floats(IMAGES, 1), floats([3, 3, 8, 32], 2)],
    ours: (x, k) => conv2d(x!, k!, { padding: 'same', groups: 4 }),
  },
  {
    work: `conv ${NAME}, dilation 2`,
    kernels: ['conv2dKernel'],
    flop: FLOP,
    operands: () => [floats(IMAGES, 1), floats(KERNEL, 2)],
    ours: (x, k) => conv2d(x!, k!, { padding: 'same', dilations: 2 }),
    tf: (tf, x, k) => tf.conv2d(x!, k!, 1, 'same', 'NHWC', 2),
  },
  {
    work: '1×56×56×64 depthwise 3×3, gradient by the images',
    kernels: ['depthwiseConv2dInputGradKernel'],
    flop: WIDE_FLOP,
    operands: () => [floats(WIDE, 1), floats(WIDE_KERNEL, 2), floats(WIDE, 3)],
    ours: deep,
    by: 0,
  },
  {
    work: '1×56×56×64 depthwise 3×3, gradient by the kernel',
    kernels: ['depthwiseConv2dKernelGradKernel'],
    flop: WIDE_FLOP,
    operands: () => [floats(WIDE, 1), floats(WIDE_KERNEL, 2), floats(WIDE, 3)],
    ours: deep,
    by: 1,
  },
  {
    work: 'average pool 2×2 of 8×28×28×32',
    kernels: ['avgPool2dKernel'],
    operands: () => [floats(IMAGES)],
    ours: (x) => avgPool2d(x!, 2),
    tf: (tf, x) => tf.avgPool(x!, 2, 2, 'valid'),
  },
  {
    work: 'gradient of average pool 2×2 of 8×28×28×32',
    kernels: ['avgPool2dGradKernel'],
    operands: () => [floats(IMAGES), floats(HALF, 2)],
    ours: (x) => avgPool2d(x!, 2),
    by: 0,
    tf: (tf, input, dy) => tf.engine().runKernel('AvgPoolGrad', { dy: dy!, input: input! }, POOL),
  },
  {
    work: 'gradient of max pool 2×2 of 8×28×28×32',
    kernels: ['maxPool2dGradKernel'],
    operands: () => [floats(IMAGES), floats(HALF, 2)],
    ours: (x) => maxPool2d(x!, 2),
    by: 0,
  },
  {
    work: 'second gradient of max pool 2×2 of 8×28×28×32',
    kernels: ['maxPool2dGatherKernel'],
    operands: () => [floats(IMAGES), floats(HALF, 2), floats(IMAGES, 3)],
    ours: (x, u) => poolGradient(x!, u!),
    by: 1,
  },
];
