import { PARAMETERS } from '../arena';
import type { KernelContext } from '../kernel';
import { tunedTile } from '../tuner/tile';
import { ARITHMETICS } from './arithmetic';
import type { Source } from './driver';
import { arithmeticFor, type ElementKind, gemmModule } from './module';
import { WINDOW, WINDOW_BASE, WORD } from './params';
import { paddedK, type Tile } from './tile';

/** A strided matrix in the arena; the address of its first element, and strides in bytes. */
export interface MatrixLayout {
  readonly address: number;
  readonly row: number;
  readonly column: number;
}

/** Images whose windows are the rows of a matrix; strides in bytes, channels are neighbours. See `WINDOW`. */
export type WindowLayout = Readonly<Record<keyof typeof WINDOW, number>>;

/** C[m × n] = A[m × k] · B[k × n], added to what C holds with `accumulate`. */
export interface Product {
  readonly kind: ElementKind;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly a: MatrixLayout | { readonly windows: WindowLayout; readonly transposed: boolean };
  readonly b: MatrixLayout;
  /** Address and bytes between rows; columns are neighbours. */
  readonly c: { readonly address: number; readonly row: number };
  readonly accumulate?: boolean;
}

/** Most steps along k per block: panels of A and B of that length share the first-level cache. */
const MAX_KC = 384;
/** About how many rows of A are packed at a time: with kc they fit the second-level cache. */
const ROWS_PER_BLOCK = 120;
const MAX_NC = 1024;

/** The blocking along k. It is the same for every tile, so the tile does not change the bits of a result. */
export function blockK(k: number): number {
  const blocks = Math.ceil(k / MAX_KC);
  return Math.ceil(k / blocks);
}

/** Computes a product with packed panels. m, n and k must not be 0. */
export function runBlocked(product: Product, context: KernelContext): void {
  const { kind, m, n, k, a, b, c } = product;
  const arithmetic = arithmeticFor(kind, context);
  const { bytes } = ARITHMETICS[arithmetic];
  const tile: Tile =
    kind === 'f32' ? tunedTile(context, m, n) : { rows: 4, columns: kind === 'f64' ? 4 : 8, access: 'splat' };
  const source = sourceOf(product, bytes);
  const { run } = gemmModule(context, arithmetic, tile, source);

  const kc = blockK(k);
  const mc = Math.min(roundUp(m, tile.rows), ROWS_PER_BLOCK - (ROWS_PER_BLOCK % tile.rows));
  const nc = Math.min(roundUp(n, tile.columns), MAX_NC - (MAX_NC % tile.columns));
  const aBytes =
    source === 'rows' || source === 'windows'
      ? 0
      : roundUp(mc * paddedK(tile, ARITHMETICS[arithmetic], kc) * bytes, 64);
  const bBytes = roundUp(nc * kc * bytes, 64);
  const rowsBytes = 'address' in a ? 0 : roundUp(mc * kc * bytes, 64) + 64;
  const workspace = aBytes + bBytes + rowsBytes + 1024;
  const address = context.arena.allocate(workspace);

  const words = context.arena.i32;
  const set = (name: keyof typeof WORD, value: number): void => {
    words[PARAMETERS / 4 + WORD[name]] = value;
  };
  set('b', b.address);
  set('bColumn', b.column);
  set('bK', b.row);
  set('c', c.address);
  set('cRow', c.row);
  set('n', n);
  set('k', k);
  set('kc', kc);
  set('mc', mc);
  set('nc', nc);
  set('aPack', address);
  set('bPack', address + aBytes);
  set('spare', address + aBytes + bBytes);
  set('rows', address + aBytes + bBytes + 1024);
  set('accumulate', product.accumulate === true ? 1 : 0);
  if ('address' in a) {
    set('a', a.address);
    set('aRow', a.row);
    set('aK', a.column);
  } else {
    writeWindows(words, PARAMETERS, a.windows);
  }
  run(PARAMETERS, 0, m);
  context.arena.release(address, workspace);
}

/** Columns of C up to which a row of A is not read often enough to be worth packing. */
const ROWS_COLUMNS = 128;

function sourceOf({ a, n }: Product, bytes: number): Source {
  if ('address' in a) return a.column === bytes && n <= ROWS_COLUMNS ? 'rows' : 'matrix';
  return a.transposed ? 'windows-transposed' : 'windows';
}

/** Writes the geometry of images into the parameter block at `params`. */
export function writeWindows(words: Int32Array, params: number, windows: WindowLayout): void {
  for (const name in WINDOW) {
    const key = name as keyof typeof WINDOW;
    words[params / 4 + WINDOW_BASE + WINDOW[key]] = windows[key];
  }
}

export function roundUp(x: number, multiple: number): number {
  return Math.ceil(x / multiple) * multiple;
}
