import { sizeOf } from '../../../core/shape';
import { type FunctionBuilder, i8x16, i32, type Local, type ModuleBuilder, type V128, v128 } from '../assembler/index';
import { emitTask, type TaskContext } from '../task';
import { emitWalk, mergeTogether } from './axes';
import type { Place } from './move';

/** Rows of the result per unit: their elements lie side by side in one cache line of the operand. */
const BAND = 16;

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
  const bands = Math.ceil(rows / BAND);
  const code = context.code(`transpose-${outer.length}`, (m) => emitTranspose(m, outer.length));
  const axes = outer.flatMap((n, axis) => [n, 4 * strides[axis]!]);
  const words = [to, from.address, rows, columns, 4 * strides[rank - 1]!, bands, ...axes];
  const size = sizeOf(merged.shape);
  context.launch(code, words, { units: sizeOf(outer) * bands, cost: size * 0.6 });
  return true;
}

function emitTranspose(m: ModuleBuilder, rank: number): void {
  const names = Array.from({ length: rank }, (_, k) => [`n${k}`, `s${k}`] as const);
  const words = ['to', 'from', 'rows', 'columns', 'step', 'bands', ...names.flat()] as const;
  emitTask(m, { words }, (f, w, { begin, end }) => {
    const words = w as Record<string, Local<'i32'>>;
    const [to, from, rows, columns] = [words.to!, words.from!, words.rows!, words.columns!];
    const band = f.local('i32', i32.remU(begin, words.bands!));
    const matrix = f.local('i32', i32.divU(begin, words.bands!));
    const matrixBytes = f.local('i32', i32.shl(i32.mul(rows, columns), 2));
    f.increment(to, i32.mul(matrix, matrixBytes));
    const pointers = [{ at: from, steps: names.map(([, s]) => words[s]!) }];
    const next = emitWalk(f, { sizes: names.map(([n]) => words[n]!), pointers }, matrix);
    const left = f.local('i32', i32.sub(end, begin));
    const [first, stop] = f.locals('i32', 2);
    f.while(left, () => {
      f.set(first, i32.mul(band, BAND));
      f.set(stop, i32.add(first, BAND));
      f.set(stop, i32.select(i32.gtU(stop, rows), rows, stop));
      emitBand(f, { to, from, columns, step: words.step!, first, stop });
      f.increment(band, 1);
      f.if(i32.eq(band, words.bands!), () => {
        f.set(band, 0);
        f.increment(to, matrixBytes);
        next();
      });
      f.set(left, i32.sub(left, 1));
    });
  });
}

type Band = Readonly<Record<'to' | 'from' | 'columns' | 'step' | 'first' | 'stop', Local<'i32'>>>;

/** Rows [first, stop) of a matrix: blocks of 4×4 through registers, then what is left over element by element. */
function emitBand(f: FunctionBuilder, { to, from, columns, step, first, stop }: Band): void {
  const [i, j, source, target] = f.locals('i32', 4);
  const width = f.local('i32', i32.shl(columns, 2));
  const wholeRows = f.local('i32', i32.add(first, i32.and(i32.sub(stop, first), -4)));
  const wholeColumns = f.local('i32', i32.and(columns, -4));
  const place = (): void => {
    f.set(source, i32.add(from, i32.add(i32.mul(j, step), i32.shl(i, 2))));
    f.set(target, i32.add(to, i32.add(i32.mul(i, width), i32.shl(j, 2))));
  };
  f.for(j, 0, wholeColumns, 4, () => {
    f.for(i, first, wholeRows, 4, () => {
      place();
      const columnsIn: Local<'v128'>[] = [];
      for (let k = 0; k < 4; k++) {
        columnsIn.push(f.local('v128', v128.load(source)));
        f.increment(source, step);
      }
      for (const row of transposed(f, columnsIn)) {
        f.do(v128.store(target, row));
        f.increment(target, width);
      }
    });
  });
  const singles = (fromRow: Local<'i32'>, fromColumn: Local<'i32'> | 0, toRow: Local<'i32'>): void =>
    f.for(i, fromRow, toRow, 1, () => {
      f.for(j, fromColumn, columns, 1, () => {
        place();
        f.do(i32.store(target, i32.load(source)));
      });
    });
  singles(first, wholeColumns, wholeRows);
  singles(wholeRows, 0, stop);
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
