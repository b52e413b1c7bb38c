import { makeCounting } from './counting';
import { makeGrower } from './grow';
import { makeAbsolute } from './medians';
import { makeParts } from './parts';
import { makeSorts } from './sorts';
import { makeCriteria } from './sums';
import type { GrowLimits, RankedColumns, Target, TreeArrays } from './types';

/** What one tree is grown from. */
export interface GrowTask {
  readonly limits: GrowLimits;
  /** One weight per row, those of a bootstrap included; null: all 1. */
  readonly weights: Float64Array | null;
  /** Where the tree's own random numbers begin. */
  readonly seed: number;
}

/** What grows trees: functions that are whole in themselves. */
const PARTS = { makeCounting, makeGrower, makeAbsolute, makeParts, makeSorts, makeCriteria };

/** Puts the parts together. Whole in itself, too. */
function compose(parts: typeof PARTS): (columns: RankedColumns, target: Target, task: GrowTask) => TreeArrays {
  const sorts = parts.makeSorts();
  const criteria = parts.makeCriteria();
  const absolute = parts.makeAbsolute(criteria.improvement);
  const make = parts.makeGrower(parts.makeParts(), sorts, criteria, absolute, parts.makeCounting(sorts));
  return (columns, target, { limits, weights, seed }) => make(columns, limits, target.classes)(target, weights, seed);
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
