import { i32, type Local, type ModuleBuilder } from '../assembler/index';
import { addressOf } from '../kernel';
import { contiguous } from '../layout/copy';
import { emitTask, type TaskKernel } from '../task';
import { emitPanels, emitQueries, emitScale } from './nearest-prepare';
import { emitSearch, searchScratch, TILE_ROWS } from './nearest-search';
import { emitSquaredDistance, type Loader, loaderOf } from './table';

/**
 * The k nearest rows, exactly, most of the way in float32: with both tables moved to their centre and scaled, ‖q − r‖² is
 * ‖q‖² + ‖r‖² − 2 q·r up to a known error, so a product of matrices tells which rows can't be among the nearest. Those
 * few that can are measured as the definition says, and compared by that alone.
 */
export const nearestRows: TaskKernel<{ k: number; others: boolean }> = ([queries, references], out, attrs, context) => {
  const [m, columns] = queries!.shape as [number, number];
  const n = references!.shape[0]!;
  if (columns === 0) return false;
  const loader = loaderOf(queries!.dtype);
  const panels = Math.ceil(n / 8);
  const panelBytes = 32 * (columns + 1);
  const words = [
    context.workspace(8 * (columns + 1)),
    addressOf(contiguous(queries!, context)),
    addressOf(contiguous(references!, context)),
    m,
    n,
    columns,
    context.workspace(4 * m * columns),
    context.workspace(8 * m),
    context.workspace(panels * panelBytes),
  ];
  // Twice what rounding the operands, the products and their sums to float32 can make.
  const certain = [1 - (4 * columns + 32) * 2 ** -24];
  const prepare = (name: string, emit: typeof emitScale, units: number, cost: number): void => {
    const code = context.code(`${loader.dtype}-nearest-${name}`, (module) => emit(module, loader));
    context.launch(code, words, { units, cost }, certain);
  };
  prepare('scale', emitScale, 1, (m + 2 * n) * columns);
  prepare('queries', emitQueries, m, 2 * m * columns);
  prepare('panels', emitPanels, panels, 2 * n * columns);
  const { relaxedSimd } = context.features;
  const code = context.code(`${loader.dtype}-nearest-search${relaxedSimd ? '-fma' : ''}`, (module) =>
    emitSearch(module, loader, relaxedSimd),
  );
  const scratchBytes = searchScratch(attrs.k);
  const scratch = context.workspace(scratchBytes * context.workers);
  const search = [...words, panelBytes, attrs.k, attrs.others ? 1 : 0, addressOf(out), scratch, scratchBytes];
  context.launch(code, search, { units: m, cost: 0.05 * m * n * columns, multiple: TILE_ROWS }, certain);
  return true;
};

const DISTANCE_WORDS = ['queries', 'references', 'rows', 'out', 'n', 'columns', 'k'] as const;

/** A unit is a row of distances. */
function emitDistances(m: ModuleBuilder, loader: Loader): void {
  emitTask(m, { words: DISTANCE_WORDS }, (f, w, { begin, end }) => {
    const [i, t, at, x, y, j] = f.locals('i32', 6);
    const sum = f.local('f64');
    const row = (table: Local<'i32'>, index: Local<'i32'>) =>
      i32.add(table, i32.shl(i32.mul(index, w.columns), loader.shift));
    f.for(i, begin, end, 1, () => {
      f.for(t, 0, w.k, 1, () => {
        f.set(at, i32.add(i32.mul(i, w.k), t));
        f.set(j, i32.load(i32.add(w.rows, i32.shl(at, 2))));
        f.set(sum, Number.NaN);
        f.if(i32.ltU(j, w.n), () => {
          f.set(x, row(w.queries, i));
          f.set(y, row(w.references, j));
          emitSquaredDistance(f, loader, sum, x, y, w.columns);
        });
        f.do(loader.store(i32.add(w.out, i32.shl(at, loader.shift)), sum));
      });
    });
  });
}

/** Inputs `[queries, references, rows]`. */
export const rowDistances: TaskKernel = ([queries, references, rows], out, _attrs, context) => {
  const loader = loaderOf(queries!.dtype);
  const code = context.code(`${loader.dtype}-row-distances`, (m) => emitDistances(m, loader));
  const [m, k] = out.shape as [number, number];
  const [n, columns] = references!.shape as [number, number];
  const words = [queries!, references!, rows!].map((x) => addressOf(contiguous(x, context)));
  context.launch(code, [...words, addressOf(out), n, columns, k], { units: m, cost: 1.5 * m * k * columns });
  return true;
};
