import type { Code, TaskContext } from '../task';
import { arithmeticOf } from './arithmetic';
import { emitPackB, emitProduct, type ProductTask, type Source } from './driver';
import { edgesOf } from './edges';
import { type ArithmeticName, ELEMENTS } from './elements';
import { neighboursIn, type PackCase } from './pack-case';
import type { BatchProduct } from './problem';
import { type Tile, tileName } from './tile';

/** What a packed product is generated from. */
export interface GemmVariant {
  readonly arithmetic: ArithmeticName;
  readonly tile: Tile;
  readonly source: Source;
}

/** The task that packs B; see `emitPackB`. */
export function packCode(context: TaskContext, { arithmetic, tile }: GemmVariant, { b, n }: BatchProduct): Code {
  const { bytes } = ELEMENTS[arithmetic];
  const packs = packCase(b, n, tile, bytes);
  const key = `gemm-pack-${tile.columns}x${bytes}-${packs.neighbours}${packs.whole ? '-whole' : ''}`;
  return context.code(key, (m) => emitPackB(m, tile.columns, bytes, packs));
}

function packCase(b: BatchProduct['b'], n: number, tile: Tile, bytes: 4 | 8): PackCase {
  return { neighbours: neighboursIn(b.column, b.row, bytes), whole: n % tile.columns === 0 };
}

/** A task of a packed product, for the sizes and the layout at hand; see `emitProduct`. */
export function gemmCode(
  context: TaskContext,
  { arithmetic, tile, source }: GemmVariant,
  name: ProductTask,
  product: BatchProduct,
): Code {
  const edges = edgesOf(product, tile, arithmetic);
  const key = `${arithmetic}-gemm-${tileName(tile)}-${source}-${name}-${edges.rows}-${edges.vectors}`;
  return context.code(key, (m) => emitProduct(m, { tile, arithmetic: arithmeticOf(arithmetic), source, edges }, name));
}
