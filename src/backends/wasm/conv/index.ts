import type { KernelTable } from '../kernel';
import { conv2d, conv2dKernelGrad } from './conv2d';
import { conv2dInputGrad } from './input-grad';

/** Convolutions of float32 and float64, and their gradients. */
export const convKernels: KernelTable = { conv2d, conv2dInputGrad, conv2dKernelGrad };
