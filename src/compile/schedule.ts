import type { ProgramNode } from '../core/backend';
import { sizeOf } from '../core/shape';
import type { Graph } from './graph';

/** Results of so few elements are computed as soon as they can be: they take no memory to speak of. */
const SMALL = 16;

/**
 * Moves elementwise operations up to right behind the last operation that they need, so that a backend can do them while
 * its result is at hand; small ones that need none, to the front, so that nothing waits for them.
 */
export function schedule(graph: Graph): Graph {
  const order: ProgramNode[] = [];
  /** How many nodes have been put behind the node that makes a block. */
  const followers = new Map<number, number>();
  const makers = new Map<number, ProgramNode>();
  let atFront = 0;
  for (const node of graph.nodes) {
    const needed = node.inputs.flatMap(({ block }) => makers.get(block) ?? []);
    makers.set(node.out.block, node);
    if (node.op.elementwise === undefined) order.push(node);
    else if (needed.length > 0) {
      const at = Math.max(...needed.map((n) => order.lastIndexOf(n)));
      const anchor = order[at]!.out.block;
      const before = followers.get(anchor) ?? 0;
      order.splice(at + 1 + before, 0, node);
      followers.set(anchor, before + 1);
    } else if (sizeOf(node.out.shape) <= SMALL) order.splice(atFront++, 0, node);
    else order.push(node);
  }
  return { ...graph, nodes: order };
}
