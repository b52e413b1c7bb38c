import type { KernelTable } from '../kernel';
import { conv2d, conv2dKernelGrad } from './conv2d';
import { depthwiseConv2d, depthwiseConv2dInputGrad, depthwiseConv2dKernelGrad } from './depthwise/index';
import { conv2dInputGrad } from './input-grad';

const makeConvolutions = (): KernelTable => ({
  conv2d: conv2d,
  conv2dInputGrad: conv2dInputGrad,
  conv2dKernelGrad: conv2dKernelGrad,
  depthwiseConv2d: depthwiseConv2d,
  depthwiseConv2dInputGrad: depthwiseConv2dInputGrad,
  depthwiseConv2dKernelGrad: depthwiseConv2dKernelGrad,
});
/** Convolutions of float32 and float64, and their gradients. */
export const CONV: KernelTable = /* @__PURE__ */ makeConvolutions();
