import type { KernelCase, KernelName } from './case';
import { CLASSICAL } from './classical';
import { CONVOLUTIONS } from './convolutions';
import { INTEGER, RECURRENT } from './layers';
import { COPIES, ROWS } from './layout';
import { PRODUCTS } from './products';

/** The rows of the part `kernels`. */
export const KERNEL_CASES: readonly KernelCase[] = [
  ...PRODUCTS,
  ...CONVOLUTIONS,
  ...ROWS,
  ...COPIES,
  ...INTEGER,
  ...RECURRENT,
  ...CLASSICAL,
];

/** Rows of other parts that time a kernel, each by part and row; what isn't here is timed by {@link KERNEL_CASES}. */
export const KERNEL_ROWS: Readonly<Partial<Record<KernelName, readonly [part: string, work: string]>>> = {
  matmulKernel: ['gemm', '512 × 512 × 512'],
  conv2dKernel: ['conv', '32×28×28×32 → 64, 3×3'],
  conv2dInputGradKernel: ['conv', '32×28×28×32 → 64, 3×3, gradient by the images'],
  conv2dKernelGradKernel: ['conv', '32×28×28×32 → 64, 3×3, gradient by the kernel'],
  depthwiseConv2dKernel: ['conv', '1×112×112×32 depthwise 3×3'],
  qMatmulKernel: ['int8', 'dense 128 × 784 → 512'],
  qConv2dKernel: ['int8', 'conv 32×28×28×32 → 64, 3×3'],
  qDepthwiseConv2dKernel: ['int8', 'conv 1×112×112×32 depthwise 3×3'],
  softmaxKernel: ['elementwise', 'softmax of rows'],
  normalizeRowsKernel: ['elementwise', 'layer norm of rows'],
  gatherKernel: ['index', 'gather 4096 rows of 20000×128'],
  scatterAddKernel: ['index', 'scatter-add 4096×128 into 20000 rows'],
  topKKernel: ['index', 'top 10 of 1000 rows of 1000'],
  argSortKernel: ['index', 'argsort of 100,000'],
  sumKernel: ['index', 'sum of 1000 rows of 1000'],
  maxKernel: ['index', 'max of 1000 rows of 1000'],
  maxPool2dKernel: ['index', 'max pool 2×2 of 32×28×28×32'],
  // Where a transposed view is copied; what is transposed only stays a view.
  transposeKernel: ['kernels', 'transpose 1000×1000, copied'],
  nearestRowsKernel: ['classical', '5 nearest of 5000 to 500, 32 columns'],
  gradientHistogramKernel: ['classical', 'histograms of 100,000 × 28, 64 bins'],
  csrMatmulKernel: ['classical', 'A·X, A sparse 10000×10000 with 20 a row, X 10000×32'],
  csrTransposeMatmulKernel: ['classical', 'Aᵀ·X, A sparse 10000×10000 with 20 a row, X 10000×32'],
};
