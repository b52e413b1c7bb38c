import { i32, v128 } from '../assembler/index';
import { emitTask, type TaskContext } from '../task';
import type { IntegerDot } from './dot';
import { rowFinisher } from './finish';
import { emitTile, integerTile } from './micro';
import { emitRequantizer, type Pair, REQUANTIZE_WORDS } from './requantize';
import { COLUMNS } from './weights';

/** Panels of a unit: one element of A is read for all of them. */
const PANELS = 4;
const UNIT = PANELS * COLUMNS;
/** Bytes of the sums of one worker. */
const SUMS = 4 * UNIT;

const WORDS = [...REQUANTIZE_WORDS, 'a', 'b', 'panels', 'panelBytes', 'out', 'n', 'elements', 'sums'] as const;

/** An integer layer of one row whose weights have been packed, A `[k]` as `dot` reads it. */
export interface PackedRow {
  readonly n: number;
  readonly k: number;
  readonly a: number;
  readonly b: { readonly address: number; readonly panels: number; readonly bytes: number };
  readonly out: number;
  /** The words of `REQUANTIZE_WORDS`. */
  readonly requantize: readonly number[];
}

export function launchPackedRow(
  { n, k, a, b, out, requantize }: PackedRow,
  dot: IntegerDot,
  context: TaskContext,
): void {
  const code = context.code(`${dot.name}-gemm-row-packed-requantize`, (m) =>
    emitTask(m, { words: WORDS }, (f, w, { begin, end, worker }) => {
      const finish = rowFinisher(f, emitRequantizer(f, w));
      const scratch = f.local('i32', i32.add(w.sums, i32.mul(worker, SUMS)));
      const acc = Array.from({ length: PANELS }, () => f.locals('v128', 2) as Pair);
      const panels = acc.map(() => f.local('i32'));
      const [unit, x, elements, first, last, sums] = f.locals('i32', 6);
      f.for(unit, begin, end, 1, () => {
        panels.forEach((panel, p) => {
          // What there is no panel for is summed as the last one, and not looked at.
          const index = f.local('i32', i32.add(i32.mul(unit, PANELS), p));
          const there = i32.select(i32.ltU(index, w.panels), index, i32.sub(w.panels, 1));
          f.set(panel, i32.add(w.b, i32.mul(w.panelBytes, there)));
        });
        for (const sum of acc.flat()) f.set(sum, v128.zero());
        f.set(x, w.a);
        f.set(elements, w.elements);
        emitTile(f, dot, integerTile(dot), acc, { rows: [x], panels, elements });
        acc.flat().forEach((sum, i) => f.do(v128.store(scratch, sum, 16 * i)));
        f.set(sums, scratch);
        f.set(first, i32.mul(unit, UNIT));
        f.set(last, i32.add(first, UNIT));
        f.set(last, i32.select(i32.ltU(last, w.n), last, w.n));
        finish({ sums, out: w.out, first, end: last });
      });
    }),
  );
  const sums = context.workspace(SUMS * context.workers);
  const words = [...requantize, a, b.address, b.panels, b.bytes, out, n, Math.ceil(k / dot.steps), sums];
  context.launch(code, words, { units: Math.ceil(n / UNIT), cost: (n * k) / 25 });
}
