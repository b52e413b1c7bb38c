import { makeCounting } from './counting';
import { makeGrower } from './grow';
import { makeAbsolute } from './medians';
import { makeParts } from './parts';
import { makeSorts } from './sorts';
import { makeCriteria } from './sums';
import { takeRanked } from './take';
import type { GrowLimits, RankedColumns, Target, TreeArrays } from './types';

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
  return (columns, target, { limits, rows, weights, seed }) => {
    const own = rows === null || rows === undefined ? { columns, target } : parts.takeRanked(columns, target, rows);
    return make(own.columns, limits, target.classes)(own.target, weights, seed);
  };
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
