import type { Operand } from '../../../core/backend';
import { type FunctionBuilder, i16x8, i32, i32x4, type Local, type ModuleBuilder, v128 } from '../assembler/index';
import { emitTask, type TaskContext } from '../task';
import { type IntegerDot, interleaveRows } from './dot';
import { excess } from './operand';
import { emitEntries, type RequantizeAttrs, type RequantizeTables, SCALE_WORDS, scaleWords } from './requantize';

/** Columns of a panel. */
export const COLUMNS = 8;

/** Bytes of one panel of weights. */
export function panelBytes({ steps, packed }: IntegerDot, k: number): number {
  return packed * Math.ceil(k / steps);
}

const WORDS = [...SCALE_WORDS, 'to', 'from', 'row', 'k', 'columns', 'panels', 'excess', 'sums', 'bytes'] as const;

/**
 * Panels of eight columns, `steps` rows together, rows past the end as zeros; and the tables, with biases from which
 * the weights' sums times what activations hold in excess are taken.
 */
function emitPack(m: ModuleBuilder, dot: IntegerDot): void {
  emitTask(m, { words: WORDS }, (f, w, { begin, end, worker }) => {
    const [panel, group, j, at, left, to, channel] = f.locals('i32', 7);
    const totals = f.locals('v128', 2);
    const rows = f.locals('v128', dot.steps);
    // What activations hold in excess is nothing where they are 16 bits.
    const corrects = dot.bytes === 1;
    const sums = f.local('i32', i32.add(w.sums, i32.shl(worker, 6)));
    const step = (count: number): void => {
      rows.forEach((row, u) => {
        f.set(row, u < count ? v128.load64Zero(at) : v128.zero());
        if (u < count) f.increment(at, w.row);
      });
      interleaveRows(dot, rows).forEach((vector, v) => {
        const packed = f.local('v128', vector);
        f.do(v128.store(to, packed, 16 * v));
        if (!corrects) return;
        const pairs = i16x8.extaddPairwiseI8x16S(packed);
        f.set(totals[v]!, i32x4.add(totals[v]!, i32x4.extaddPairwiseI16x8S(pairs)));
      });
      f.increment(to, dot.packed);
    };
    f.for(panel, begin, end, 1, () => {
      f.set(group, i32.divU(panel, w.panels));
      f.set(j, i32.mul(i32.sub(panel, i32.mul(group, w.panels)), COLUMNS));
      f.set(channel, i32.add(i32.mul(group, w.columns), j));
      f.set(to, i32.add(w.to, i32.mul(panel, w.bytes)));
      f.set(at, i32.add(w.from, channel));
      for (const total of totals) f.set(total, v128.zero());
      f.set(left, w.k);
      f.while(i32.geU(left, dot.steps), () => {
        step(dot.steps);
        f.set(left, i32.sub(left, dot.steps));
      });
      for (let rest = 1; rest < dot.steps; rest++) f.if(i32.eq(left, rest), () => step(rest));
      totals.forEach((total, v) => f.do(v128.store(sums, total, 16 * v)));
      f.set(left, i32.sub(w.columns, j));
      f.set(left, i32.select(i32.ltU(left, COLUMNS), left, COLUMNS));
      fillTables(f, w, channel, left, corrects ? sums : null);
    });
  });
}

function fillTables(
  f: FunctionBuilder,
  w: Readonly<Record<(typeof WORDS)[number], Local<'i32'>>>,
  first: Local<'i32'>,
  count: Local<'i32'>,
  sums: Local<'i32'> | null,
): void {
  const [i, channel] = f.locals('i32', 2);
  f.for(i, 0, count, 1, () => {
    f.set(channel, i32.add(first, i));
    const sum = sums && i32.load(i32.add(sums, i32.shl(i, 2)));
    emitEntries(f, w, channel, sum && i32.sub(0, i32.mul(w.excess, sum)));
  });
}

export interface PackedWeights {
  /** Of the first panel. */
  readonly address: number;
  /** Panels of each group of columns, and bytes of each. */
  readonly panels: number;
  readonly bytes: number;
}

/** What is packed: weights `[k, groups · columns]`, contiguous. */
export interface WeightSizes {
  readonly address: number;
  readonly k: number;
  readonly columns: number;
  readonly groups: number;
}

/** Launches the packing of weights, and the filling of the tables with the sums of the weights taken into account. */
export function packWeights(
  { address, k, columns, groups }: WeightSizes,
  dot: IntegerDot,
  attrs: RequantizeAttrs,
  tables: RequantizeTables,
  scales: readonly Operand[],
  context: TaskContext,
): PackedWeights {
  const [panels, bytes] = [Math.ceil(columns / COLUMNS), panelBytes(dot, k)];
  const units = groups * panels;
  const to = context.workspace(units * bytes);
  const sums = context.workspace(64 * context.workers);
  const row = groups * columns;
  const code = context.code(`i8-pack-${dot.name}`, (m) => emitPack(m, dot));
  const words = [to, address, row, k, columns, panels, excess(attrs.inputZeroPoint, dot), sums, bytes];
  context.launch(code, [...scaleWords(tables, scales, attrs.outputZeroPoint), ...words], {
    units,
    cost: units * k * 0.8,
    prepares: true,
  });
  return { address: to, panels, bytes };
}
