import { type Expr, f32, f64, i32, i64, type Local, type ModuleBuilder } from '../assembler/index';
import { emitTask } from '../task';
import type { Loader } from './table';

/** Parameters that all tasks of a search share; the scalar is 1 less the relative error of what is filtered by. */
export const PREPARE_WORDS = [
  /** The centre, one float64 per column, and the scale. */
  'scale',
  'queries',
  'references',
  'm',
  'n',
  'columns',
  /** Queries in float32, moved and scaled, and their squared norms in float64. */
  'rows',
  'norms',
  /** Panels of eight references in float32: −½ of their squared norms less the error, then column by column. */
  'panels',
] as const;

/** Exponents that a power of two may have here: its square and the inverse of that are numbers still. */
const MOST_EXPONENT = 500;

/** One unit: the mean of the references, and the power of two that brings every value near 1 or below. */
export function emitScale(m: ModuleBuilder, { load, shift }: Loader): void {
  emitTask(m, { words: PREPARE_WORDS, scalars: 1 }, (f, w) => {
    const [i, c, at, mean, end] = f.locals('i32', 5);
    const largest = f.local('f64');
    const exponent = f.local('i32');
    f.set(end, i32.add(w.scale, i32.shl(w.columns, 3)));
    f.for(mean, w.scale, end, 8, () => f.do(f64.store(mean, 0)));
    const everyElement = (from: Local<'i32'>, rows: Local<'i32'>, visit: () => void): void => {
      f.set(at, from);
      f.for(i, 0, rows, 1, () => {
        f.set(mean, w.scale);
        f.for(c, 0, w.columns, 1, () => {
          visit();
          f.increment(mean, 8);
          f.increment(at, 1 << shift);
        });
      });
    };
    everyElement(w.references, w.n, () => f.do(f64.store(mean, f64.add(f64.load(mean), load(at)))));
    f.for(mean, w.scale, end, 8, () => f.do(f64.store(mean, f64.div(f64.load(mean), f64.convertI32U(w.n)))));
    const widen = (): void => f.set(largest, f64.max(largest, f64.abs(f64.sub(load(at), f64.load(mean)))));
    everyElement(w.references, w.n, widen);
    everyElement(w.queries, w.m, widen);
    const bits = i64.reinterpretF64(largest);
    f.set(exponent, i32.sub(1022, i32.wrap(i64.shrU(bits, i64.const(52)))));
    const held = f.local('i32', i32.select(i32.gtS(exponent, MOST_EXPONENT), MOST_EXPONENT, exponent));
    f.set(held, i32.select(i32.ltS(held, -MOST_EXPONENT), -MOST_EXPONENT, held));
    f.do(f64.store(end, f64.reinterpretI64(i64.shl(i64.extendI32S(i32.add(held, 1023)), i64.const(52)))));
  });
}

/** A row of a table in float32, moved and scaled: its elements `step` bytes apart, and its squared norm in `norm`. */
function emitRow(m: ModuleBuilder, { load, shift }: Loader) {
  return m.func('row', ['i32', 'i32', 'i32', 'i32', 'i32'], 'f64', (f, to, step, from, scale, columns) => {
    const c = f.local('i32');
    const norm = f.local('f64');
    const x = f.local('f32');
    const factor = f.local('f64', f64.load(i32.add(scale, i32.shl(columns, 3))));
    f.for(c, 0, columns, 1, () => {
      f.set(x, f32.demote(f64.mul(f64.sub(load(from), f64.load(scale)), factor)));
      f.do(f32.store(to, x));
      f.set(norm, f64.add(norm, f64.mul(f64.promote(x), f64.promote(x))));
      f.increment(to, step);
      f.increment(from, 1 << shift);
      f.increment(scale, 8);
    });
    f.result(norm);
  });
}

/** The address of row `i` of a table. */
function rowAt(table: Local<'i32'>, i: Expr<'i32'>, columns: Local<'i32'>, shift: number): Expr<'i32'> {
  return i32.add(table, i32.shl(i32.mul(i, columns), shift));
}

/** A unit is a query. */
export function emitQueries(m: ModuleBuilder, loader: Loader): void {
  const row = emitRow(m, loader);
  emitTask(m, { words: PREPARE_WORDS, scalars: 1 }, (f, w, { begin, end }) => {
    const i = f.local('i32');
    f.for(i, begin, end, 1, () => {
      const from = rowAt(w.queries, i, w.columns, loader.shift);
      const norm = f.call(row, rowAt(w.rows, i, w.columns, 2), 4, from, w.scale, w.columns);
      f.do(f64.store(i32.add(w.norms, i32.shl(i, 3)), norm));
    });
  });
}

/** A unit is a panel of eight references; past the last one it is repeated. */
export function emitPanels(m: ModuleBuilder, loader: Loader): void {
  const row = emitRow(m, loader);
  emitTask(m, { words: PREPARE_WORDS, scalars: 1 }, (f, w, { begin, end, scalars: [certain] }) => {
    const [panel, lane, j, at] = f.locals('i32', 4);
    // A little less, so that rounding it to float32 can't make it more.
    const share = f.local('f64', f64.mul(certain!, -0.5 * (1 - 2 ** -22)));
    f.for(panel, begin, end, 1, () => {
      f.for(lane, 0, 8, 1, () => {
        f.set(j, i32.add(i32.shl(panel, 3), lane));
        f.set(j, i32.select(i32.ltU(j, w.n), j, i32.sub(w.n, 1)));
        const panelBytes = i32.shl(i32.add(w.columns, 1), 5);
        f.set(at, i32.add(i32.add(w.panels, i32.mul(panel, panelBytes)), i32.shl(lane, 2)));
        const from = rowAt(w.references, j, w.columns, loader.shift);
        const norm = f.call(row, i32.add(at, 32), 32, from, w.scale, w.columns);
        f.do(f32.store(at, f32.demote(f64.mul(share, norm))));
      });
    });
  });
}
