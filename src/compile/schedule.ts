import type { ProgramNode } from '../core/backend';
import type { Graph } from './graph';

/**
 * Moves elementwise operations up to right behind the last operation that they need, so that a backend can do them while
 * its result is at hand.
 */
export function schedule(graph: Graph): Graph {
  const order: ProgramNode[] = [];
  /** How many nodes have been put behind the node that makes a block. */
  const followers = new Map<number, number>();
  const placeOf = new Map<number, ProgramNode>();
  for (const node of graph.nodes) {
    placeOf.set(node.out.block, node);
    const needed = node.inputs.flatMap(({ block }) => placeOf.get(block) ?? []);
    if (node.op.elementwise === undefined || needed.length === 0) {
      order.push(node);
      continue;
    }
    const at = Math.max(...needed.map((n) => order.lastIndexOf(n)));
    const anchor = order[at]!.out.block;
    const before = followers.get(anchor) ?? 0;
    order.splice(at + 1 + before, 0, node);
    followers.set(anchor, before + 1);
  }
  return { ...graph, nodes: order };
}
