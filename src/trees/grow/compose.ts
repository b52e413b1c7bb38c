import { makeCriterion } from './criterion';
import { growNodes } from './grow';
import { makeMedianCriterion } from './medians';
import { makeSplitter } from './split';
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
const PARTS = { makeCriterion, makeMedianCriterion, makeSplitter, growNodes };

/** Puts the parts together. Whole in itself, too. */
function compose(parts: typeof PARTS): (columns: RankedColumns, target: Target, task: GrowTask) => TreeArrays {
  return (columns, target, { limits, weights, seed }) => {
    let maxGroups = 0;
    for (let f = 0; f < columns.features; f++)
      maxGroups = Math.max(maxGroups, columns.offsets[f + 1]! - columns.offsets[f]!);
    const criterion =
      limits.criterion === 'absoluteError'
        ? parts.makeMedianCriterion(limits, target, weights, columns.rows)
        : parts.makeCriterion(limits, target, weights, columns.rows, maxGroups);
    const splitter = parts.makeSplitter(columns, criterion, limits, seed, maxGroups);
    return parts.growNodes(criterion, splitter, limits, Math.max(1, target.classes));
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
