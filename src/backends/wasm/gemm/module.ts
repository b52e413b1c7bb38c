import type { Code, TaskContext } from '../task';
import { ARITHMETICS, type ArithmeticName } from './arithmetic';
import { emitGemm, type Source } from './driver';
import { type Tile, tileName } from './tile';

/** What is computed with: the arithmetic but for fused multiply-add, which the backend decides. */
export type ElementKind = 'f32' | 'f64' | 'i32';

export function arithmeticFor(kind: ElementKind, context: Pick<TaskContext, 'features'>): ArithmeticName {
  return kind === 'f32' && context.features.relaxedSimd ? 'f32-fma' : kind;
}

/** What a packed product is generated from. */
export interface GemmVariant {
  readonly arithmetic: ArithmeticName;
  readonly tile: Tile;
  readonly source: Source;
}

/** A task of a packed product; see `emitGemm`. */
export function gemmCode(
  context: TaskContext,
  { arithmetic, tile, source }: GemmVariant,
  name: 'pack' | 'run' | 'columns' | 'parts',
): Code {
  const key = `${arithmetic}-gemm-${tileName(tile)}-${source}`;
  return context.code(key, (m) => emitGemm(m, tile, ARITHMETICS[arithmetic], source), { name });
}
