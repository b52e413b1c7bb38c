import type { Operand } from '../../../core/backend';
import {
  type FunctionBuilder,
  f32,
  f32x4,
  f64,
  f64x2,
  i32,
  type Local,
  type ModuleBuilder,
  memory,
  type V128,
  v128,
} from '../assembler/index';
import { addressOf } from '../kernel';
import { contiguous } from '../layout/copy';
import { emitTask, type TaskContext, type TaskKernel } from '../task';
import { type Loader, loaderOf } from './table';

type I32 = Local<'i32'>;

const WORDS = ['indptr', 'indices', 'data', 'entries', 'dense', 'rows', 'columns', 'k', 'out'] as const;
type Words = Readonly<Record<(typeof WORDS)[number], I32>>;

/** Columns of the dense matrix that are summed together: four vectors. */
const TOGETHER = 8;

/** Two neighbouring elements in float64. */
function loadPair({ shift }: Loader, at: I32, pair: number): V128 {
  return shift === 3 ? v128.load(at, 16 * pair) : f64x2.promoteLowF32x4(v128.load64Zero(at, 8 * pair));
}

/** Visits the entries of a row that are there. */
function emitEntries(
  f: FunctionBuilder,
  w: Words,
  loader: Loader,
  row: I32,
  visit: (column: I32, value: Local<'f64'>) => void,
): void {
  const at = i32.add(w.indptr, i32.shl(row, 2));
  const e = f.local('i32', i32.load(at));
  const end = f.local('i32', i32.load(at, 4));
  const column = f.local('i32');
  const value = f.local('f64');
  f.set(e, i32.select(i32.ltS(e, 0), 0, e));
  f.set(end, i32.select(i32.gtS(end, w.entries), w.entries, end));
  f.while(i32.ltS(e, end), () => {
    f.set(column, i32.load(i32.add(w.indices, i32.shl(e, 2))));
    f.if(i32.ltU(column, w.columns), () => {
      f.set(value, loader.load(i32.add(w.data, i32.shl(e, loader.shift))));
      visit(column, value);
    });
    f.increment(e, 1);
  });
}

/** A · X; a unit is a row. Sums stay in registers, `TOGETHER` columns of X at a time. */
function emitProduct(m: ModuleBuilder, loader: Loader): void {
  const { shift } = loader;
  emitTask(m, { words: WORDS }, (f, w, { begin, end }) => {
    const [row, j, at, to] = f.locals('i32', 4);
    const sums = f.locals('v128', TOGETHER / 2);
    const sum = f.local('f64');
    const element = (column: I32) => i32.add(w.dense, i32.shl(i32.add(i32.mul(column, w.k), j), shift));
    const wide = (): void => {
      for (const s of sums) f.set(s, v128.zero());
      emitEntries(f, w, loader, row, (column, value) => {
        f.set(at, element(column));
        const factor = f.local('v128', f64x2.splat(value));
        sums.forEach((s, pair) => f.set(s, f64x2.add(s, f64x2.mul(factor, loadPair(loader, at, pair)))));
      });
      sums.forEach((s, pair) => {
        if (shift === 3) f.do(v128.store(to, s, 16 * pair));
        else f.do(v128.store64Lane(to, f32x4.demoteF64x2Zero(s), 0, 8 * pair));
      });
    };
    const single = (): void => {
      f.set(sum, 0);
      emitEntries(f, w, loader, row, (column, value) =>
        f.set(sum, f64.add(sum, f64.mul(value, loader.load(element(column))))),
      );
      f.do(loader.store(to, sum));
    };
    f.set(to, i32.add(w.out, i32.shl(i32.mul(begin, w.k), shift)));
    const columns = (step: number, work: () => void): void =>
      f.while(i32.leU(i32.add(j, step), w.k), () => {
        work();
        f.increment(to, step << shift);
        f.increment(j, step);
      });
    f.for(row, begin, end, 1, () => {
      f.set(j, 0);
      columns(TOGETHER, wide);
      columns(1, single);
    });
  });
}

/**
 * Aᵀ · X into float64; a unit is a column of A. Every part goes through all entries and takes those of its columns, so
 * that each sum is in the order of the rows, whoever computes it.
 */
function emitTransposed(m: ModuleBuilder, loader: Loader): void {
  emitTask(m, { words: WORDS }, (f, w, { begin, end }) => {
    const [row, j, from, to] = f.locals('i32', 4);
    const x = f.local('f64');
    const mine = f.local('i32', i32.sub(end, begin));
    const rowBytes = f.local('i32', i32.shl(w.k, 3));
    f.do(memory.fill(i32.add(w.out, i32.mul(begin, rowBytes)), 0, i32.mul(mine, rowBytes)));
    f.for(row, 0, w.rows, 1, () =>
      emitEntries(f, w, loader, row, (column, value) => {
        f.if(i32.ltU(i32.sub(column, begin), mine), () => {
          const factor = f.local('v128', f64x2.splat(value));
          f.set(from, i32.add(w.dense, i32.shl(i32.mul(row, w.k), loader.shift)));
          f.set(to, i32.add(w.out, i32.mul(column, rowBytes)));
          f.set(j, w.k);
          f.while(i32.geU(j, 2), () => {
            f.do(v128.store(to, f64x2.add(v128.load(to), f64x2.mul(factor, loadPair(loader, from, 0)))));
            f.increment(to, 16);
            f.increment(from, 2 << loader.shift);
            f.set(j, i32.sub(j, 2));
          });
          f.if(j, () => {
            f.set(x, f64.mul(value, loader.load(from)));
            f.do(f64.store(to, f64.add(f64.load(to), x)));
          });
        });
      }),
    );
  });
}

/** A unit is an element. */
function emitDemote(m: ModuleBuilder): void {
  emitTask(m, { words: ['to', 'from'] }, (f, { to, from }, { begin, end }) => {
    const i = f.local('i32');
    f.for(i, begin, end, 1, () =>
      f.do(f32.store(i32.add(to, i32.shl(i, 2)), f32.demote(f64.load(i32.add(from, i32.shl(i, 3)))))),
    );
  });
}

function operandWords(inputs: readonly Operand[], columns: number, out: number, context: TaskContext): number[] {
  const [indptr, indices, data, dense] = inputs.map((x) => addressOf(contiguous(x, context))) as [
    number,
    number,
    number,
    number,
  ];
  const [rows, entries, k] = [inputs[0]!.shape[0]! - 1, inputs[1]!.shape[0]!, inputs[3]!.shape[1]!];
  return [indptr, indices, data, entries, dense, rows, columns, k, out];
}

/** Inputs `[indptr, indices, data, dense]`. */
export const csrMatmul: TaskKernel<{ columns: number }> = (inputs, out, { columns }, context) => {
  const loader = loaderOf(out.dtype);
  const code = context.code(`${loader.dtype}-csr`, (m) => emitProduct(m, loader));
  const [rows, k] = out.shape as [number, number];
  const cost = 2 * rows + inputs[1]!.shape[0]! * (1 + k / 2);
  context.launch(code, operandWords(inputs, columns, addressOf(out), context), { units: rows, cost });
  return true;
};

/** Inputs `[indptr, indices, data, dense]`. */
export const csrTransposeMatmul: TaskKernel<{ columns: number }> = (inputs, out, { columns }, context) => {
  const loader = loaderOf(out.dtype);
  const k = out.shape[1]!;
  const size = columns * k;
  const sums = loader.shift === 3 ? addressOf(out) : context.workspace(8 * size);
  const code = context.code(`${loader.dtype}-csr-transposed`, (m) => emitTransposed(m, loader));
  const cost = size + inputs[1]!.shape[0]! * (1 + k);
  // Every part goes through all entries, so there are no more parts than workers.
  const multiple = Math.ceil(columns / context.workers);
  context.launch(code, operandWords(inputs, columns, sums, context), { units: columns, cost, multiple });
  if (loader.shift === 3) return true;
  context.launch(context.code('csr-demote', emitDemote), [addressOf(out), sums], { units: size, cost: size / 2 });
  return true;
};
