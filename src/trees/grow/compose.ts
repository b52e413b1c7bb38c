import { makeCounting } from './counting';
import { makeGrower } from './grow';
import { makeAbsolute } from './medians';
import { makeParts } from './parts';
import { makeSorts } from './sorts';
import { makeCriteria } from './sums';
import { takeRanked } from './take';
import type { Grow, GrowLimits, RankedColumns, Target, TreeArrays } from './types';

/** What one tree is grown from. */
export interface GrowTask {
  readonly limits: GrowLimits;
  /** The rows that the tree is grown on, in their order, repeats being further rows; null or left out: all. */
  readonly rows?: Int32Array | null;
  /** One weight per row of the tree's, those of a bootstrap included; null: all 1. */
  readonly weights: Float64Array | null;
  /** Where the tree's own random numbers begin. */
  readonly seed: number;
}

/** What grows trees: functions that are whole in themselves. */
const PARTS = { makeCounting, makeGrower, makeAbsolute, makeParts, makeSorts, makeCriteria, takeRanked };

/** Puts the parts together. Whole in itself, too. */
function compose(parts: typeof PARTS): (columns: RankedColumns, target: Target, task: GrowTask) => TreeArrays {
  const sorts = parts.makeSorts();
  const criteria = parts.makeCriteria();
  const absolute = parts.makeAbsolute(criteria.improvement);
  const make = parts.makeGrower(parts.makeParts(), sorts, criteria, absolute, parts.makeCounting(sorts));
  let kept: { readonly columns: RankedColumns; readonly key: string; readonly grow: Grow } | null = null;

  /** Grows on few rows, twice: engines then compile loops knowing what comes after them, and need not throw the code away. */
  function warmUp(columns: RankedColumns, target: Target, { limits, weights, seed }: GrowTask): void {
    if (columns.rows < 3000) return;
    const first = Int32Array.from({ length: 300 }, (_, i) => i);
    const few = parts.takeRanked(columns, target, first);
    const grow = make(few.columns, limits, target.classes);
    for (let i = 0; i < 2; i++) grow(few.target, weights === null ? null : weights.slice(0, first.length), seed);
  }

  return (columns, target, task) => {
    const { limits, rows = null, weights, seed } = task;
    if (rows !== null) {
      const own = parts.takeRanked(columns, target, rows);
      return make(own.columns, limits, target.classes)(own.target, weights, seed);
    }
    const key = JSON.stringify([limits, target.classes]);
    if (kept === null || kept.columns !== columns || kept.key !== key) {
      warmUp(columns, target, task);
      kept = { columns, key, grow: make(columns, limits, target.classes) };
    }
    return kept.grow(target, weights, seed);
  };
}

/** What grows one tree after the other from the same columns, keeping its memory and what it has learned of them. */
export function treeGrower(): (columns: RankedColumns, target: Target, task: GrowTask) => TreeArrays {
  return compose(PARTS);
}

/** Grows one tree. */
export function growTree(columns: RankedColumns, target: Target, task: GrowTask): TreeArrays {
  return compose(PARTS)(columns, target, task);
}

/**
 * The same as the text of an expression, for threads: a bundler can rename what is in it, but not lose it. (`__name` is what
 * esbuild puts around functions when told to keep their names.)
 */
export function growTreeSource(): string {
  const parts = Object.entries(PARTS).map(([name, part]) => `${JSON.stringify(name)}: ${String(part)}`);
  return `(() => { const __name = (f) => f; return (${String(compose)})({ ${parts.join(', ')} }); })()`;
}
