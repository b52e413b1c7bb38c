import type { KernelTable } from '../kernel';
import { conv2d, conv2dKernelGrad } from './conv2d';
import { depthwiseConv2d, depthwiseConv2dInputGrad, depthwiseConv2dKernelGrad } from './depthwise';
import { conv2dInputGrad } from './input-grad';

/** Convolutions of float32 and float64, and their gradients. */
export const CONV: KernelTable = {
  conv2d,
  conv2dInputGrad,
  conv2dKernelGrad,
  depthwiseConv2d,
  depthwiseConv2dInputGrad,
  depthwiseConv2dKernelGrad,
};
