import type { TaskContext } from '../task';
import { FAMILIES, type Family, loadShift } from './family';
import { emitColumns, emitRows, type Stored, storedShift, WIDTH } from './loops';

/** What is reduced, how, and where to. */
export interface Reduction {
  readonly op: string;
  readonly family: Family;
  readonly stored: Stored;
  readonly x: number;
  readonly out: number;
}

/** Longer rows, where they are few, are cut into blocks of so many elements, whose results are reduced in turn. */
const ROW_BLOCK = 16384;
/** Likewise rows on top of each other. */
const COLUMN_BLOCK = 512;
/** Units enough for all workers. */
const MANY = 64;

/** out[o] = over r of x[o·step + r]; the step is in elements. */
export function reduceRows(r: Reduction, outer: number, n: number, step: number, context: TaskContext): void {
  const { op, family, x } = r;
  const blocks = outer < MANY && n >= 2 * ROW_BLOCK ? Math.ceil(n / ROW_BLOCK) : 1;
  const [first, rest] = inTwo(r, blocks, outer, context);
  const code = context.code(`${op}-${family.input}-rows-${first.stored}`, (m) => emitRows(m, family, first.stored));
  const words = [first.out, x, n, step << loadShift(family), blocks, blocks === 1 ? n : ROW_BLOCK];
  context.launch(code, words, { units: outer * blocks, cost: costOf(family, outer * n) });
  if (rest !== null) reduceRows(rest, outer, blocks, blocks, context);
}

/** How columns lie: `outer` times `n` rows of `inner`; steps in elements. */
export interface Columns {
  readonly outer: number;
  readonly n: number;
  readonly inner: number;
  readonly outerStep: number;
  readonly step: number;
}

/** out[o][i] = over r of x[o·outerStep + r·step + i]. */
export function reduceColumns(r: Reduction, columns: Columns, context: TaskContext): void {
  const { op, family, x } = r;
  const { outer, n, inner, outerStep, step } = columns;
  // Strips share nothing, so they may be of any width: narrow ones where there is little else to divide.
  const narrow = WIDTH * (16 >> family.shift);
  const strip = outer < MANY ? narrow : Math.ceil(inner / narrow) * narrow;
  const strips = Math.ceil(inner / strip);
  const blocks = outer * Math.ceil(inner / narrow) < MANY && n >= 2 * COLUMN_BLOCK ? Math.ceil(n / COLUMN_BLOCK) : 1;
  const [first, rest] = inTwo(r, blocks, outer * inner, context);
  const code = context.code(`${op}-${family.input}-columns-${first.stored}`, (m) =>
    emitColumns(m, family, first.stored),
  );
  const block = blocks === 1 ? n : COLUMN_BLOCK;
  const steps = [outerStep << loadShift(family), step << loadShift(family)];
  const words = [first.out, x, n, inner, ...steps, strips, strip, blocks, block];
  context.launch(code, words, { units: outer * blocks * strips, cost: costOf(family, outer * n * inner) });
  if (rest !== null) reduceColumns(rest, { outer, n: blocks, inner, outerStep: blocks * inner, step: inner }, context);
}

/** The reduction itself where there is one block; else that of the blocks, and that of their `size` × `blocks` results. */
function inTwo(r: Reduction, blocks: number, size: number, context: TaskContext): [Reduction, Reduction | null] {
  if (blocks === 1) return [r, null];
  const { family, stored } = r;
  const between: Stored = family.widens ? 'wide' : stored === 'demoted' ? 'same' : stored;
  const out = context.workspace((size * blocks) << storedShift(family, between));
  const rest: Reduction = {
    ...r,
    family: storedFamily(r, between),
    stored: !family.widens ? stored : stored === 'wide' ? 'same' : 'demoted',
    x: out,
  };
  return [{ ...r, stored: between, out }, rest];
}

/** How results that are so stored are reduced further. */
export function storedFamily({ op, family }: Reduction, stored: Stored): Family {
  return stored === 'wide' || family.promotes ? FAMILIES[`${op} float64`]! : family;
}

/** About two vectors per nanosecond. */
function costOf(family: Family, elements: number): number {
  return (elements << family.shift) / 32;
}
