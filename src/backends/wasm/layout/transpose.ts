import { sizeOf } from '../../../core/shape';
import { type FunctionBuilder, i8x16, i32, type Local, type ModuleBuilder, type V128, v128 } from '../assembler/index';
import { emitTask, type TaskContext } from '../task';
import { emitWalk, mergeTogether } from './axes';
import type { Place } from './move';

/** A part of the result that is a unit: so many rows and columns, visited in which order. */
interface Tile {
  readonly rows: number;
  readonly columns: number;
  readonly order: 'along rows' | 'down columns';
}

/**
 * Both are written and read by a few cache lines at a time, and stay on as few pages as can be, since the operand has a row on each:
 * every row of it that a tile meets is read for 256 bytes, every row of the result written for 512.
 */
const WIDE: Tile = { rows: 64, columns: 128, order: 'along rows' };
/** Where rows of the operand lie at the same places of the cache, all columns of a line are taken at once. */
const NARROW: Tile = { rows: 16, columns: 1024, order: 'down columns' };
/** Of 128 rows whose distance in bytes is a multiple of this, the first-level cache can't hold a line each. */
const COLLIDING = 512;

/**
 * Copies 32-bit elements to a contiguous place where the operand consists of matrices with their axes swapped; false if
 * it does not.
 */
export function transposeMatrices(context: TaskContext, shape: readonly number[], to: number, from: Place): boolean {
  const merged = mergeTogether(shape, [from.strides]);
  const strides = merged.layouts[0]!;
  const rank = merged.shape.length;
  if (rank < 2) return false;
  const [rows, columns] = [merged.shape[rank - 2]!, merged.shape[rank - 1]!];
  if (strides[rank - 2] !== 1 || rows < 4 || columns < 4) return false;
  const outer = merged.shape.slice(0, -2);
  const step = 4 * strides[rank - 1]!;
  const tile = step % COLLIDING === 0 ? NARROW : WIDE;
  const code = context.code(`transpose-${outer.length}-${tile.rows}`, (m) => emitTranspose(m, outer.length, tile));
  const axes = outer.flatMap((n, axis) => [n, 4 * strides[axis]!]);
  const [down, across] = [Math.ceil(rows / tile.rows), Math.ceil(columns / tile.columns)];
  const words = [to, from.address, rows, columns, step, down * across, across, ...axes];
  const units = sizeOf(outer) * down * across;
  context.launch(code, words, { units, cost: sizeOf(merged.shape) * 0.6 });
  return true;
}

/** Tiles of matrices, numbered row by row. */
function emitTranspose(m: ModuleBuilder, rank: number, tile: Tile): void {
  const names = Array.from({ length: rank }, (_, k) => [`n${k}`, `s${k}`] as const);
  const words = ['to', 'from', 'rows', 'columns', 'step', 'tiles', 'across', ...names.flat()] as const;
  emitTask(m, { words }, (f, w, { begin, end }) => {
    const words = w as Record<string, Local<'i32'>>;
    const { to, from, rows, columns, step, tiles, across } = words as Record<string, Local<'i32'>> & Matrix & Tiles;
    const matrix = f.local('i32', i32.divU(begin, tiles));
    const inMatrix = f.local('i32', i32.remU(begin, tiles));
    const row = f.local('i32', i32.mul(i32.divU(inMatrix, across), tile.rows));
    const column = f.local('i32', i32.mul(i32.remU(inMatrix, across), tile.columns));
    const matrixBytes = f.local('i32', i32.shl(i32.mul(rows, columns), 2));
    f.increment(to, i32.mul(matrix, matrixBytes));
    const pointers = [{ at: from, steps: names.map(([, s]) => words[s]!) }];
    const next = emitWalk(f, { sizes: names.map(([n]) => words[n]!), pointers }, matrix);
    const left = f.local('i32', i32.sub(end, begin));
    const [lastRow, lastColumn] = f.locals('i32', 2);
    const upTo = (last: Local<'i32'>, first: Local<'i32'>, size: number, all: Local<'i32'>): void => {
      f.set(last, i32.add(first, size));
      f.set(last, i32.select(i32.gtU(last, all), all, last));
    };
    f.while(left, () => {
      upTo(lastRow, row, tile.rows, rows);
      upTo(lastColumn, column, tile.columns, columns);
      emitTile(f, { to, from, columns, step }, { row, lastRow, column, lastColumn }, tile);
      f.increment(column, tile.columns);
      f.if(i32.geU(column, columns), () => {
        f.set(column, 0);
        f.increment(row, tile.rows);
        f.if(i32.geU(row, rows), () => {
          f.set(row, 0);
          f.increment(to, matrixBytes);
          next();
        });
      });
      f.set(left, i32.sub(left, 1));
    });
  });
}

type Matrix = Readonly<Record<'to' | 'from' | 'columns' | 'step', Local<'i32'>>>;
type Tiles = Readonly<Record<'rows' | 'tiles' | 'across', Local<'i32'>>>;
type Bounds = Readonly<Record<'row' | 'lastRow' | 'column' | 'lastColumn', Local<'i32'>>>;

/** Rows [row, lastRow) and columns [column, lastColumn): blocks of 4×4 through registers, then what is left over element by element. */
function emitTile(
  f: FunctionBuilder,
  { to, from, columns, step }: Matrix,
  { row, lastRow, column, lastColumn }: Bounds,
  { order }: Tile,
): void {
  const [i, j, source, target] = f.locals('i32', 4);
  const width = f.local('i32', i32.shl(columns, 2));
  const whole = (first: Local<'i32'>, last: Local<'i32'>): Local<'i32'> =>
    f.local('i32', i32.add(first, i32.and(i32.sub(last, first), -4)));
  const [wholeRows, wholeColumns] = [whole(row, lastRow), whole(column, lastColumn)];
  const place = (): void => {
    f.set(source, i32.add(from, i32.add(i32.mul(j, step), i32.shl(i, 2))));
    f.set(target, i32.add(to, i32.add(i32.mul(i, width), i32.shl(j, 2))));
  };
  const block = (): void => {
    place();
    const columnsIn: Local<'v128'>[] = [];
    for (let k = 0; k < 4; k++) {
      columnsIn.push(f.local('v128', v128.load(source)));
      f.increment(source, step);
    }
    for (const vector of transposed(f, columnsIn)) {
      f.do(v128.store(target, vector));
      f.increment(target, width);
    }
  };
  const overRows = (body: () => void): void => f.for(i, row, wholeRows, 4, body);
  const overColumns = (body: () => void): void => f.for(j, column, wholeColumns, 4, body);
  if (order === 'along rows') overRows(() => overColumns(block));
  else overColumns(() => overRows(block));
  const singles = (fromRow: Local<'i32'>, fromColumn: Local<'i32'>, toRow: Local<'i32'>): void =>
    f.for(i, fromRow, toRow, 1, () => {
      f.for(j, fromColumn, lastColumn, 1, () => {
        place();
        f.do(i32.store(target, i32.load(source)));
      });
    });
  singles(row, wholeColumns, wholeRows);
  singles(wholeRows, column, lastRow);
}

/** Four vectors of 32-bit lanes, transposed. */
function transposed(f: FunctionBuilder, [a, b, c, d]: readonly V128[]): V128[] {
  const lanes = (...words: number[]): number[] => words.flatMap((w) => [4 * w, 4 * w + 1, 4 * w + 2, 4 * w + 3]);
  const low = lanes(0, 4, 1, 5);
  const high = lanes(2, 6, 3, 7);
  const first = lanes(0, 1, 4, 5);
  const second = lanes(2, 3, 6, 7);
  const pair = (x: V128, y: V128, which: number[]): Local<'v128'> => f.local('v128', i8x16.shuffle(x, y, which));
  const [ab, cd] = [pair(a!, b!, low), pair(c!, d!, low)];
  const [ef, gh] = [pair(a!, b!, high), pair(c!, d!, high)];
  return [
    i8x16.shuffle(ab, cd, first),
    i8x16.shuffle(ab, cd, second),
    i8x16.shuffle(ef, gh, first),
    i8x16.shuffle(ef, gh, second),
  ];
}
