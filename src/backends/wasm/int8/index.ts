import type { KernelTable } from '../kernel';
import { dequantizeLinear, quantizeLinear } from './affine';
import { qConv2d, qMatmul } from './layers';
import { qAvgPool2d, qDepthwiseConv2d } from './pixels';

const makeInt8 = (): KernelTable => ({
  quantizeLinear: quantizeLinear,
  dequantizeLinear: dequantizeLinear,
  qMatmul: qMatmul,
  qConv2d: qConv2d,
  qDepthwiseConv2d: qDepthwiseConv2d,
  qAvgPool2d: qAvgPool2d,
});
/** Integer layers: int8 in and out, exact int32 sums, the same bits as the reference on every engine. */
export const INT8: KernelTable = /* @__PURE__ */ makeInt8();
