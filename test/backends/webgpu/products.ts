import { compile } from '../../../src/compile/compile';
import type { Backend } from '../../../src/core/backend';
import {
  add,
  conv2d,
  grad,
  greater,
  matmul,
  mul,
  relu,
  reshape,
  rng,
  slice,
  sum,
  type Tensor,
  tensor,
} from '../../../src/index';

/** What is computed on any backend, from the same numbers. */
export interface ProductCase {
  readonly name: string;
  run(backend: Backend): readonly Tensor[];
}

function numbers(shape: readonly number[], backend: Backend, seed: string): Tensor {
  const draw = rng(seed);
  const size = shape.reduce((a, b) => a * b, 1);
  return tensor(
    Float32Array.from({ length: size }, () => draw.gaussian()),
    { shape, backend },
  );
}

type Sizes = readonly [m: number, k: number, n: number];

function product(sizes: Sizes, flags: string, batches: readonly [readonly number[], readonly number[]] = [[], []]) {
  const [m, k, n] = sizes;
  const [transposeA, transposeB] = [flags.includes('A'), flags.includes('B')];
  const shapeA = [...batches[0], ...(transposeA ? [k, m] : [m, k])];
  const shapeB = [...batches[1], ...(transposeB ? [n, k] : [k, n])];
  return {
    name: `${shapeA} · ${shapeB} ${flags}`,
    run: (backend: Backend) => [
      matmul(numbers(shapeA, backend, 'a'), numbers(shapeB, backend, 'b'), { transposeA, transposeB }),
    ],
  };
}

const FLAGS = ['', 'A', 'B', 'AB'];

/** Rows and columns whose number is a multiple of four, and some that are none, in every layout. */
const MATRICES: readonly ProductCase[] = [
  ...FLAGS.map((flags) => product([8, 8, 8], flags)),
  ...FLAGS.map((flags) => product([7, 5, 3], flags)),
  product([12, 20, 9], ''),
  product([9, 20, 36], 'A'),
  product([9, 20, 36], 'B'),
  product([20, 18, 12], ''),
  product([8, 12, 8], '', [[3, 1], [2]]),
  product([8, 12, 8], 'AB', [[2], [3, 1]]),
  product([1, 8, 4], ''),
  product([4, 4, 1], 'B'),
  product([4, 0, 8], ''),
  product([6, 2048, 8], ''),
  product([8, 2050, 6], 'AB'),
  product([40, 12, 44], 'AB', [[128], []]),
  product([68, 8, 65], 'B', [[], [128]]),
  {
    name: 'parts of larger matrices',
    run: (backend) => {
      const [a, b] = [numbers([12, 16], backend, 'a'), numbers([20, 16], backend, 'b')];
      return [
        matmul(slice(a, [4, 0], [12, 8]), slice(b, [1, 4], [9, 12])),
        matmul(slice(a, [0, 1], [8, 9]), slice(b, [4, 4], [12, 12])),
        matmul(slice(a, [0, 0], [8, 8]), slice(b, [4, 3], [12, 11]), { transposeA: true, transposeB: true }),
      ];
    },
  },
  {
    name: 'what follows a product',
    run: (backend) => {
      const [a, b] = [numbers([10, 8], backend, 'a'), numbers([8], backend, 'b')];
      const f = (w: Tensor) => ({ y: relu(add(matmul(a, w), b)), truth: greater(matmul(w, w), b) });
      const planned = compile(f);
      const { y, truth } = planned(numbers([8, 8], backend, 'w'));
      planned.dispose();
      return [y, truth];
    },
  },
];

type ConvOptions = NonNullable<Parameters<typeof conv2d>[2]>;

/** Layers in a plan, where what a product reads may lie in 16 bits: fours, single numbers, parts of the inner axis, views. */
export const LAYERS: ProductCase = {
  name: 'layers in a plan',
  run: (backend) => {
    const chain = (widths: readonly number[], x: Tensor): Tensor =>
      widths.slice(1).reduce((y, width, i) => {
        const w = numbers([widths[i]!, width], backend, `w${i}`);
        return relu(add(matmul(y, mul(w, 0.2)), numbers([width], backend, `b${i}`)));
      }, x);
    const kernels = [numbers([2, 1, 8, 4], backend, 'k'), numbers([3, 1, 4, 3], backend, 'l')] as const;
    const last = numbers([2048, 4], backend, 'long');
    const planned = compile((x: Tensor) => ({
      fours: chain([8, 12, 4], x),
      single: chain([8, 5, 3], x),
      long: matmul(chain([8, 2048], x), last),
      turned: matmul(relu(mul(x, 2)), relu(mul(x, 3)), { transposeB: true }),
      images: conv2d(relu(conv2d(reshape(relu(x), [2, 5, 1, 8]), kernels[0])), kernels[1]),
    }));
    const { fours, single, long, turned, images } = planned(numbers([10, 8], backend, 'x'));
    planned.dispose();
    return [fours, single, long, turned, images];
  },
};

/** A convolution and both its gradients. */
function convolution(x: readonly number[], kernel: readonly number[], options: ConvOptions = {}): ProductCase {
  return {
    name: `convolution ${x} · ${kernel} ${JSON.stringify(options)}`,
    run: (backend) => {
      const [images, weights] = [numbers(x, backend, 'x'), numbers(kernel, backend, 'k')];
      const y = conv2d(images, weights, options);
      const g = numbers(y.shape, backend, 'g');
      const d = grad(({ u, w }: { u: Tensor; w: Tensor }) => sum(mul(conv2d(u, w, options), g)));
      const { u: dx, w: dk } = d({ u: images, w: weights });
      return [y, dx, dk];
    },
  };
}

const CONVOLUTIONS: readonly ProductCase[] = [
  convolution([2, 5, 6, 4], [3, 3, 4, 8], { padding: 'same' }),
  convolution([2, 5, 5, 3], [3, 2, 3, 8], { strides: 2, padding: 'same' }),
  convolution([1, 6, 7, 8], [2, 3, 8, 5], { dilations: 2 }),
  convolution([2, 6, 5, 8], [3, 3, 4, 8], { groups: 2 }),
  convolution([1, 5, 4, 10], [2, 2, 5, 12], { groups: 2, padding: 'same' }),
  convolution([0, 5, 5, 4], [3, 3, 4, 8]),
  convolution([3, 9, 9, 4], [1, 1, 4, 4]),
  convolution([2, 40, 40, 4], [3, 3, 4, 36], { padding: 'same' }),
];

/** Products in all the ways that their operands are read and their results written. */
export const PRODUCTS: readonly ProductCase[] = [...MATRICES, LAYERS, ...CONVOLUTIONS];

/** What does not fit into 16 bits, or only just. */
export const OVERFLOWS: ProductCase = {
  name: 'numbers at the ends of 16 bits',
  run: (backend) => {
    const values = [65504, 65519, -65519, 65520, -65520, 1e9, Number.NEGATIVE_INFINITY, Number.NaN];
    const row = tensor([values, values.map((v) => v / 2), values.map(() => 0.1)], { backend });
    const eye = tensor(
      values.map((_, i) => values.map((_, j) => Number(i === j && i < 5))),
      { backend },
    );
    // A row alone, as infinity times zero is NaN.
    const each = values.map((v) => matmul(tensor([[v]], { backend }), tensor([[2]], { backend })));
    return [...each, matmul(slice(row, [0, 0], [3, 3]), slice(eye, [0, 0], [3, 3]))];
  },
};
