import type { KernelTable } from '../kernel';
import { dequantizeLinear, quantizeLinear } from './affine';
import { qConv2d, qMatmul } from './layers';
import { qAvgPool2d, qDepthwiseConv2d } from './pixels';

/** Integer layers: int8 in and out, exact int32 sums, the same bits as the reference on every engine. */
export const INT8: KernelTable = {
  quantizeLinear,
  dequantizeLinear,
  qMatmul,
  qConv2d,
  qDepthwiseConv2d,
  qAvgPool2d,
};
