import type { KernelContext } from '../kernel';
import { ARITHMETICS, type ArithmeticName } from './arithmetic';
import { emitGemm, type GemmExports, type Source } from './driver';
import { emitGather } from './gather';
import { type Tile, tileName } from './tile';

/** What is computed with: the arithmetic but for fused multiply-add, which the backend decides. */
export type ElementKind = 'f32' | 'f64' | 'i32';

export function arithmeticFor(kind: ElementKind, context: Pick<KernelContext, 'features'>): ArithmeticName {
  return kind === 'f32' && context.features.relaxedSimd ? 'f32-fma' : kind;
}

/** The module of a packed product for one tile. */
export function gemmModule(
  context: KernelContext,
  arithmetic: ArithmeticName,
  tile: Tile,
  source: Source,
): GemmExports {
  return context.module<GemmExports>(`${arithmetic}-gemm-${tileName(tile)}-${source}`, (m) => {
    emitGemm(m, tile, ARITHMETICS[arithmetic], source, emitGather);
  });
}
