import { add, gelu, matmul, minimum, relu, sigmoid, type Tensor, tanh } from 'kompakt';
import type { Tfjs, TfTensor } from '../peers/tfjs';
import { doubles, floats, integers, type KernelCase } from './case';

const N = 256;
const SQUARE = [N, N];

type Map1 = (x: Tensor) => Tensor;

/** An activation behind a product or a convolution, by the name that tfjs has for it where its engine fuses it. */
export interface Activation {
  readonly name: string;
  readonly apply: Map1;
  readonly tfjs?: string;
}

export const ACTIVATIONS: readonly Activation[] = [
  { name: 'bias', apply: (x) => x, tfjs: 'linear' },
  { name: 'bias, relu', apply: relu, tfjs: 'relu' },
  { name: 'bias, relu6', apply: (x) => minimum(relu(x), 6), tfjs: 'relu6' },
  { name: 'bias, sigmoid', apply: sigmoid, tfjs: 'sigmoid' },
  { name: 'bias, tanh', apply: tanh },
  { name: 'bias, gelu', apply: (x) => gelu(x) },
];

const fused = ({ name, apply, tfjs }: Activation): KernelCase => ({
  work: `product ${N}³, ${name}`,
  kernels: ['matmulKernel'],
  flop: 2 * N ** 3,
  operands: () => [floats(SQUARE, 1), floats(SQUARE, 2), floats([N], 3)],
  ours: (a, b, bias) => apply(add(matmul(a!, b!), bias!)),
  compiled: true,
  ...(tfjs !== undefined && {
    tf: (tf: Tfjs, a?: TfTensor, b?: TfTensor, bias?: TfTensor) =>
      tf.fused.matMul({ a: a!, b: b!, bias: bias!, activation: tfjs }),
  }),
});

/** Products of other types, in batches, and with what is chained to them. */
export const PRODUCTS: readonly KernelCase[] = [
  {
    work: 'product 512³, float64',
    kernels: ['matmulKernel'],
    flop: 2 * 512 ** 3,
    operands: () => [doubles([512, 512], 1), doubles([512, 512], 2)],
    ours: (a, b) => matmul(a!, b!),
    np: (np, a, b) => np.matmul(a!, b!),
  },
  {
    work: 'product 256³, int32',
    kernels: ['matmulKernel'],
    flop: 2 * N ** 3,
    operands: () => [integers(SQUARE, 100, 1), integers(SQUARE, 100, 2)],
    ours: (a, b) => matmul(a!, b!),
    np: (np, a, b) => np.matmul(a!, b!),
  },
  {
    work: '16 products 128³, one batch',
    kernels: ['matmulKernel'],
    flop: 16 * 2 * 128 ** 3,
    operands: () => [floats([16, 128, 128], 1), floats([16, 128, 128], 2)],
    ours: (a, b) => matmul(a!, b!),
    tf: (tf, a, b) => tf.matMul(a!, b!),
    np: (np, a, b) => np.matmul(a!, b!),
  },
  ...ACTIVATIONS.map(fused),
  {
    work: `product ${N}³, a residual added`,
    kernels: ['matmulKernel'],
    flop: 2 * N ** 3,
    operands: () => [floats(SQUARE, 1), floats(SQUARE, 2), floats(SQUARE, 3)],
    ours: (a, b, rest) => add(matmul(a!, b!), rest!),
    compiled: true,
    tf: (tf, a, b, rest) => tf.tidy(() => tf.add(tf.matMul(a!, b!), rest!)),
  },
];
