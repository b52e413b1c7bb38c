import type { Part } from '../part';
import { classical } from './classical';
import { conv } from './conv';
import { elementwise } from './elementwise';
import { estimators } from './estimators';
import { fused } from './fused';
import { gemm } from './gemm';
import { gemmShapes } from './gemm-shapes';
import { gemmSmall } from './gemm-small';
import { gemmThreads } from './gemm-threads';
import { gpu } from './gpu';
import { indexing } from './indexing';
import { integer } from './int8';
import { kernels } from './kernels';
import { nn } from './nn';
import { scaling } from './scaling';
import { startup } from './startup';
import { train } from './train';

/** All parts, in the order of the page. */
export const PARTS: Readonly<Record<string, Part>> = {
  gemm,
  'gemm-threads': gemmThreads,
  'gemm-small': gemmSmall,
  'gemm-shapes': gemmShapes,
  conv,
  int8: integer,
  elementwise,
  index: indexing,
  fused,
  kernels,
  classical,
  estimators,
  train,
  nn,
  startup,
  scaling,
  gpu,
};
