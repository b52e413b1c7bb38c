import { PARAMETERS } from '../arena';
import { type FunctionRef, i8x16, i16x8, i32, type Local, type ModuleBuilder, v128 } from '../assembler/index';
import { storePart } from '../conv/pixel-loop';
import { ARITHMETICS } from '../gemm/arithmetic';
import { roundUp, type WindowLayout, writeWindows } from '../gemm/blocked';
import { emitGather } from '../gemm/gather';
import { WORD } from '../gemm/params';
import { emitMacrokernel, type Tile } from '../gemm/tile';
import type { KernelContext } from '../kernel';
import { emitRequantizer, narrow, REQUANTIZE, type RequantizeTables, readRequantize } from './requantize';

type I32 = Local<'i32'>;

/** Fastest or within a tenth of it for 16-bit dot products on every engine tried. */
const TILE: Tile = { rows: 4, columns: 8, access: 'shuffle' };
/** Steps along k per block; even, so that pairs are not split. */
const KC = 1024;
/** Rows whose sums are held before they are requantised. */
const ROWS = 64;

/** An integer layer as a product: out[m × n] = requantise(A[m × k] · W[k × n]), a group of its channels. */
export interface IntegerProduct {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  /** Rows whose columns are neighbours, or windows. */
  readonly a: { readonly address: number; readonly row: number } | { readonly windows: WindowLayout };
  /** Weights whose columns are neighbours. */
  readonly b: { readonly address: number; readonly row: number };
  readonly out: { readonly address: number; readonly row: number };
  /** The first output channel, for the tables. */
  readonly firstChannel: number;
}

interface IntegerGemmExports {
  packWeights(to: number, from: number, n: number, k: number, row: number): void;
  run(params: number, begin: number, end: number): void;
}

/**
 * `packRows(to, from, rows, pairs, rowBytes)`: panels of four rows, fours of pairs along k together, widened to 16 bits and
 * the zero point subtracted. Past the end of a row there is junk, which meets zeros among the weights or is not read.
 */
function emitPackRows(m: ModuleBuilder): FunctionRef<'void'> {
  return m.func('packRows', ['i32', 'i32', 'i32', 'i32', 'i32'], 'void', (f, to, from, rows, pairs, rowBytes) => {
    const zeros = f.local('v128', i16x8.splat(readRequantize(f, 'inputZeroPoint')));
    const [i, left, p] = f.locals('i32', 3);
    f.for(i, 0, rows, TILE.rows, () => {
      f.set(left, i32.sub(rows, i));
      const runs = Array.from({ length: TILE.rows }, (_, j) => {
        const row = j === 0 ? 0 : i32.select(i32.gtU(left, j), j, i32.sub(left, 1));
        return f.local('i32', i32.add(from, i32.mul(rowBytes, row)));
      });
      f.for(p, 0, pairs, 4, () => {
        runs.forEach((run, j) => f.do(v128.store(to, i16x8.sub(v128.load8x8S(run), zeros), 16 * j)));
        for (const run of runs) f.increment(run, 8);
        f.increment(to, 16 * TILE.rows);
      });
      f.increment(from, i32.mul(rowBytes, TILE.rows));
    });
  });
}

/** `packWeights(to, from, n, k, row)`: panels of eight columns, rows in pairs, a missing last row as zeros. */
function emitPackWeights(m: ModuleBuilder): void {
  const shuffle16 = (a: Local<'v128'>, b: Local<'v128'>, lanes: number[]) =>
    i8x16.shuffle(
      a,
      b,
      lanes.flatMap((lane) => [2 * lane, 2 * lane + 1]),
    );
  m.func('packWeights', ['i32', 'i32', 'i32', 'i32', 'i32'], 'void', (f, to, from, n, k, row) => {
    const [j, p, at] = f.locals('i32', 3);
    const [a, b] = f.locals('v128', 2);
    f.for(j, 0, n, TILE.columns, () => {
      f.set(at, i32.add(from, j));
      f.for(p, 0, k, 2, () => {
        f.set(a, v128.load8x8S(at));
        f.increment(at, row);
        f.if(
          i32.ltU(i32.add(p, 1), k),
          () => f.set(b, v128.load8x8S(at)),
          () => f.set(b, v128.zero()),
        );
        f.increment(at, row);
        f.do(v128.store(to, shuffle16(a, b, [0, 8, 1, 9, 2, 10, 3, 11])));
        f.do(v128.store(to, shuffle16(a, b, [4, 12, 5, 13, 6, 14, 7, 15]), 16));
        f.increment(to, 32);
      });
    });
  });
}

/** `requantize(sums, out, outRow, rows, n)`: a block of int32 sums to int8. */
export function emitRequantize(m: ModuleBuilder, left: boolean): FunctionRef<'void'> {
  return m.func('requantize', ['i32', 'i32', 'i32', 'i32', 'i32'], 'void', (f, sums, out, outRow, rows, n) => {
    const requantizer = emitRequantizer(f, left);
    const c = f.local('i32');
    const bytes = f.local('v128');
    f.while(rows, () => {
      f.for(c, 0, n, 4, () => {
        const y = requantizer.four(v128.load(i32.add(sums, i32.shl(c, 2))), i32.shl(c, 2));
        f.set(bytes, narrow(y, y));
        f.if(
          i32.leU(i32.add(c, 4), n),
          () => f.do(v128.store32Lane(i32.add(out, c), bytes, 0)),
          () => storePart(f, i32.add(out, c), bytes, i32.sub(n, c)),
        );
      });
      f.increment(sums, i32.shl(n, 2));
      f.increment(out, outRow);
      f.set(rows, i32.sub(rows, 1));
    });
  });
}

function emitIntegerGemm(m: ModuleBuilder, windows: boolean, left: boolean): void {
  const packRows = emitPackRows(m);
  emitPackWeights(m);
  const gather = windows ? emitGather(m, 1) : null;
  const macro = emitMacrokernel(m, TILE, ARITHMETICS.i8, 'panels');
  const requantize = emitRequantize(m, left);
  m.func('run', ['i32', 'i32', 'i32'], 'void', (f, params, begin, end) => {
    const word = (name: keyof typeof WORD): I32 => f.local('i32', i32.load(params, 4 * WORD[name]));
    const [a, aRow, n, k, aPack, bPack, spare, rows] = (
      ['a', 'aRow', 'n', 'k', 'aPack', 'bPack', 'spare', 'rows'] as const
    ).map(word) as [I32, I32, I32, I32, I32, I32, I32, I32];
    const [out, outRow, sums] = [readRequantize(f, 'out'), readRequantize(f, 'outRow'), readRequantize(f, 'sums')];
    const [i, p, mb, kb, pairs, from, fromRow] = f.locals('i32', 7);
    const padded = f.local('i32', i32.and(i32.add(n, TILE.columns - 1), -TILE.columns));
    f.for(i, begin, end, ROWS, () => {
      f.set(mb, i32.sub(end, i));
      f.set(mb, i32.select(i32.ltU(mb, ROWS), mb, ROWS));
      f.for(p, 0, k, KC, () => {
        f.set(kb, i32.sub(k, p));
        f.set(kb, i32.select(i32.ltU(kb, KC), kb, KC));
        f.set(pairs, i32.shrU(i32.add(kb, 1), 1));
        if (gather === null) {
          f.set(from, i32.add(a, i32.add(i32.mul(i, aRow), p)));
          f.set(fromRow, aRow);
        } else {
          f.do(f.call(gather, params, rows, kb, i, mb, p, kb));
          f.set(from, rows);
          f.set(fromRow, kb);
        }
        f.do(f.call(packRows, aPack, from, mb, pairs, fromRow));
        // Blocks of k lie one behind the other, KC/2 pairs of every column each.
        const b = i32.add(bPack, i32.mul(i32.shl(p, 1), padded));
        f.do(f.call(macro, aPack, b, sums, i32.shl(n, 2), mb, n, pairs, i32.ne(p, 0), spare, 0));
      });
      f.do(f.call(requantize, sums, i32.add(out, i32.mul(i, outRow)), outRow, mb, n));
    });
  });
}

/** Computes one group of an integer layer. m, n and k must not be 0. */
export function runIntegerProduct(product: IntegerProduct, tables: RequantizeTables, context: KernelContext): void {
  const { m, n, k, a, b, out } = product;
  const source = 'windows' in a ? 'windows' : 'matrix';
  const { packWeights, run } = context.module<IntegerGemmExports>(
    `i8-gemm-4x8-${source}${tables.left ? '-left' : ''}`,
    (module) => emitIntegerGemm(module, source === 'windows', tables.left),
  );
  const padded = roundUp(n, TILE.columns);
  const kc = Math.min(k, KC);
  const mc = Math.min(roundUp(m, TILE.rows), ROWS);
  const sizes = {
    aPack: mc * roundUp(kc, 8) * 2,
    bPack: padded * roundUp(k, 2) * 2,
    sums: mc * n * 4 + 16,
    spare: 4 * TILE.rows * TILE.columns,
    rows: source === 'windows' ? mc * kc + 32 : 0,
  };
  const total = Object.values(sizes).reduce((sum, bytes) => sum + roundUp(bytes, 64), 0);
  const address = context.arena.allocate(total);
  let next = address;
  const take = (name: keyof typeof sizes): number => {
    const at = next;
    next += roundUp(sizes[name], 64);
    return at;
  };
  const [aPack, bPack, sums, spare, rows] = [take('aPack'), take('bPack'), take('sums'), take('spare'), take('rows')];
  for (let p = 0; p < k; p += KC)
    packWeights(bPack + 2 * p * padded, b.address + p * b.row, n, Math.min(KC, k - p), b.row);

  const words = context.arena.i32;
  const values = {
    n,
    k,
    aPack,
    bPack,
    spare,
    rows,
    a: 'windows' in a ? 0 : a.address,
    aRow: 'windows' in a ? 0 : a.row,
  };
  for (const [name, value] of Object.entries(values)) words[PARAMETERS / 4 + WORD[name as keyof typeof values]] = value;
  words[PARAMETERS / 4 + REQUANTIZE.tables] = tables.address + 4 * product.firstChannel;
  words[PARAMETERS / 4 + REQUANTIZE.out] = out.address;
  words[PARAMETERS / 4 + REQUANTIZE.outRow] = out.row;
  words[PARAMETERS / 4 + REQUANTIZE.sums] = sums;
  if ('windows' in a) writeWindows(words, PARAMETERS, a.windows);
  run(PARAMETERS, 0, m);
  context.arena.release(address, total);
}
