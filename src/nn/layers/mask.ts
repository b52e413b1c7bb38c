import type { Tensor } from '../../core/tensor';
import { notEqual } from '../../ops/elementwise';

/** A mask as booleans. */
export const asBool = (mask: Tensor): Tensor => (mask.dtype === 'bool' ? mask : notEqual(mask, 0));
