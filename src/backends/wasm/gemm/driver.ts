import { type Expr, type FunctionRef, i32, type Local, type ModuleBuilder } from '../assembler/index';
import type { Arithmetic } from './arithmetic';
import { emitPack, emitPackFours } from './pack';
import { WORD } from './params';
import { emitMacrokernel, type Tile } from './tile';

/** Where the rows of A come from. */
export type Source =
  /** A strided matrix, packed. */
  | 'matrix'
  /** A matrix with neighbours along k, read in place. */
  | 'rows'
  /** The windows of images, a row to each: A[pixel, (tap, channel)]. */
  | 'windows'
  /** The same, transposed: A[(tap, channel), pixel]. */
  | 'windows-transposed';

/** Emits `gather(params, to, rowBytes, firstRow, rows, firstK, ks)`: a block of windows as a row-major matrix. */
export type EmitGather = (m: ModuleBuilder, bytes: number) => FunctionRef<'void'>;

/** The functions of a product's module. */
export interface GemmExports {
  /** Computes rows [begin, end) of C; everything else is in the block at `params`. */
  run(params: number, begin: number, end: number): void;
  macro(
    a: number,
    b: number,
    c: number,
    cRow: number,
    m: number,
    n: number,
    k: number,
    accumulate: number,
    spare: number,
    aRow: number,
  ): void;
}

/**
 * Emits the blocked product C = A·B of the BLIS papers: five loops around one microkernel, with panels of A and B packed
 * so that each is read in order from the cache that holds it.
 *
 * Reference: Van Zee & van de Geijn 2015, “BLIS: A Framework for Rapidly Instantiating BLAS Functionality”.
 */
export function emitGemm(
  m: ModuleBuilder,
  tile: Tile,
  arithmetic: Arithmetic,
  source: Source,
  gather: EmitGather,
): void {
  const { bytes } = arithmetic;
  const inRows = source === 'rows' || source === 'windows';
  const packA = inRows
    ? null
    : tile.access === 'shuffle'
      ? emitPackFours(m, 'packA', tile.rows)
      : emitPack(m, 'packA', tile.rows, bytes);
  const packB = emitPack(m, 'packB', tile.columns, bytes);
  const gatherRows = source === 'windows' || source === 'windows-transposed' ? gather(m, bytes) : null;
  const macro = emitMacrokernel(m, tile, arithmetic, inRows ? 'rows' : 'panels');
  m.func('run', ['i32', 'i32', 'i32'], 'void', (f, params, begin, end) => {
    const words = <const K extends readonly (keyof typeof WORD)[]>(...names: K): { [I in keyof K]: Local<'i32'> } =>
      names.map((name) => f.local('i32', i32.load(params, 4 * WORD[name]))) as never;
    const [a, aRow, aK, b, bColumn, bK, c, cRow, n, k] = words(
      'a',
      'aRow',
      'aK',
      'b',
      'bColumn',
      'bK',
      'c',
      'cRow',
      'n',
      'k',
    );
    const [kc, mc, nc, aPack, bPack, spare, rows, accumulate] = words(
      'kc',
      'mc',
      'nc',
      'aPack',
      'bPack',
      'spare',
      'rows',
      'accumulate',
    );
    const [i, j, p, mb, nb, kb] = f.locals('i32', 6);
    const least = (x: Expr<'i32'>, y: Expr<'i32'>): Expr<'i32'> => i32.select(i32.ltU(x, y), x, y);
    const at = (
      base: Local<'i32'>,
      u: Local<'i32'>,
      du: Local<'i32'>,
      v: Local<'i32'>,
      dv: Local<'i32'>,
    ): Expr<'i32'> => i32.add(base, i32.add(i32.mul(u, du), i32.mul(v, dv)));
    /** Makes the block of A ready and says where it is. */
    const readyRows = (): { readonly from: Expr<'i32'>; readonly row: Expr<'i32'> } => {
      const block = at(a, i, aRow, p, aK);
      if (source === 'rows') return { from: block, row: aRow };
      if (source === 'windows') {
        const rowBytes = i32.mul(kb, bytes);
        f.do(f.call(gatherRows!, params, rows, rowBytes, i, mb, p, kb));
        return { from: rows, row: rowBytes };
      }
      if (source === 'matrix') f.do(f.call(packA!, aPack, block, mb, kb, aRow, aK));
      else {
        const rowBytes = i32.mul(mb, bytes);
        f.do(f.call(gatherRows!, params, rows, rowBytes, p, kb, i, mb));
        f.do(f.call(packA!, aPack, rows, mb, kb, bytes, rowBytes));
      }
      return { from: aPack, row: i32.const(0) };
    };
    f.for(j, 0, n, nc, () => {
      f.set(nb, least(nc, i32.sub(n, j)));
      f.for(p, 0, k, kc, () => {
        f.set(kb, least(kc, i32.sub(k, p)));
        f.do(f.call(packB, bPack, at(b, j, bColumn, p, bK), nb, kb, bColumn, bK));
        f.for(i, begin, end, mc, () => {
          f.set(mb, least(mc, i32.sub(end, i)));
          const block = readyRows();
          const cAt = i32.add(c, i32.add(i32.mul(i, cRow), i32.mul(j, bytes)));
          const add = i32.or(accumulate, i32.ne(p, 0));
          f.do(f.call(macro, block.from, bPack, cAt, cRow, mb, nb, kb, add, spare, block.row));
        });
      });
    });
  });
}
