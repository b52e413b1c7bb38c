import { addressOf } from '../../kernel';
import { contiguous } from '../../layout/copy';
import type { TaskKernel } from '../../task';
import { emitLeaves, emitPairs } from './prepare';
import { emitSearch, MOST_UNROLLED, searchScratch, stackBytes } from './search';

/**
 * The k nearest points of each query by a k-d tree: one query after another by one worker each, two boxes or two points
 * of a leaf at a time.
 */
export const treeNearest: TaskKernel<{ k: number; others: boolean; slack: number }> = (inputs, out, attrs, context) => {
  const { k, others, slack } = attrs;
  const [m, columns] = inputs[0]!.shape as [number, number];
  const n = inputs[1]!.shape[0]!;
  if (columns === 0) return false;
  const leaves = (inputs[3]!.shape[0]! + 1) / 2;
  const [queries, points, rows, boxes, order] = inputs.map((x) => addressOf(contiguous(x, context))) as [
    number,
    number,
    number,
    number,
    number,
  ];
  // Halving makes leaves of ⌊n / leaves⌋ or ⌈n / leaves⌉ points.
  const leafBytes = 16 * columns * Math.ceil(Math.ceil(n / leaves) / 2);
  const ranges = context.workspace(8 * leaves);
  const blocks = context.workspace(leaves * leafBytes);
  const pairs = context.workspace(32 * columns * leaves);
  const words = [points, boxes, n, columns, leaves, ranges, blocks, leafBytes, pairs];
  const prepare = (name: string, emit: typeof emitLeaves, units: number, cost: number): void =>
    context.launch(context.code(`tree-${name}`, emit), words, { units, cost });
  prepare('leaves', emitLeaves, leaves, n * columns + 20 * leaves);
  if (leaves > 1) prepare('pairs', emitPairs, leaves - 1, 2 * leaves * columns);
  const count = columns <= MOST_UNROLLED ? columns : null;
  const code = context.code(`tree-search-${count ?? 'any'}`, (module) => emitSearch(module, count));
  const scratchBytes = searchScratch(k, leaves);
  const scratch = [context.workspace(scratchBytes * context.workers), scratchBytes, stackBytes(leaves)];
  const search = [...words, queries, rows, order, m, k, others ? 1 : 0, addressOf(out), ...scratch];
  const cost = m * (200 + 60 * k + 20 * columns * Math.log2(2 * leaves));
  context.launch(code, search, { units: m, cost }, [slack]);
  return true;
};
