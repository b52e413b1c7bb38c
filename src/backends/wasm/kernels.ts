/**
 * The kernels of ops that are not elementwise (those are found by name, in `elementwise/`). Each op names its own, so a
 * program has the code of the ops that it has.
 *
 * @module
 */

export { gradientHistogram as gradientHistogramKernel } from './classical/boosting/histogram';
export { addLeaves as addLeavesKernel } from './classical/boosting/leaves';
export { logLossDerivatives as logLossDerivativesKernel } from './classical/boosting/log-loss';
export { partitionRows as partitionRowsKernel } from './classical/boosting/partition';
export { bestSplits as bestSplitsKernel } from './classical/boosting/splits';
export { logisticGradient as logisticGradientKernel } from './classical/logistic';
export { nearestRows as nearestRowsKernel, rowDistances as rowDistancesKernel } from './classical/nearest';
export { csrMatmul as csrMatmulKernel, csrTransposeMatmul as csrTransposeMatmulKernel } from './classical/sparse';
export { treeNearest as treeNearestKernel } from './classical/tree/index';
export { conv2d as conv2dKernel, conv2dKernelGrad as conv2dKernelGradKernel } from './conv/conv2d';
export {
  depthwiseConv2d as depthwiseConv2dKernel,
  depthwiseConv2dInputGrad as depthwiseConv2dInputGradKernel,
  depthwiseConv2dKernelGrad as depthwiseConv2dKernelGradKernel,
} from './conv/depthwise/index';
export { conv2dInputGrad as conv2dInputGradKernel } from './conv/input-grad';
export { matmul as matmulKernel } from './gemm/matmul';
export { dequantizeLinear as dequantizeLinearKernel, quantizeLinear as quantizeLinearKernel } from './int8/affine';
export { qConv2d as qConv2dKernel, qMatmul as qMatmulKernel } from './int8/layers';
export { qAvgPool2d as qAvgPool2dKernel, qDepthwiseConv2d as qDepthwiseConv2dKernel } from './int8/pixels';
export { scatterAddAlongAxis as scatterAddAlongAxisKernel, takeAlongAxis as takeAlongAxisKernel } from './layout/along';
export {
  concat as concatKernel,
  pad as padKernel,
  reshape as reshapeKernel,
  transpose as transposeKernel,
} from './layout/index';
export { oneHot as oneHotKernel } from './layout/one-hot';
export { gather as gatherKernel, scatterAdd as scatterAddKernel } from './layout/rows';
export {
  normalizeRows as normalizeRowsKernel,
  normalizeRowsGrad as normalizeRowsGradKernel,
} from './normalize/normalize-rows';
export {
  logSoftmax as logSoftmaxKernel,
  logSoftmaxGrad as logSoftmaxGradKernel,
  softmax as softmaxKernel,
  softmaxGrad as softmaxGradKernel,
} from './normalize/softmax';
export {
  avgPool2d as avgPool2dKernel,
  avgPool2dGrad as avgPool2dGradKernel,
  maxPool2d as maxPool2dKernel,
  maxPool2dGather as maxPool2dGatherKernel,
  maxPool2dGrad as maxPool2dGradKernel,
} from './pool/index';
export { randomUniform as randomUniformKernel } from './random/uniform';
export { recurrence as recurrenceKernel, recurrenceGrad as recurrenceGradKernel } from './recurrent/index';
export { argMax as argMaxKernel, argMin as argMinKernel } from './reduce/arg';
export {
  all as allKernel,
  any as anyKernel,
  max as maxKernel,
  min as minKernel,
  prod as prodKernel,
  sum as sumKernel,
} from './reduce/index';
export { cumsum as cumsumKernel } from './reduce/scan';
export { argSort as argSortKernel } from './sort/arg-sort';
export { topK as topKKernel } from './sort/top-k';
