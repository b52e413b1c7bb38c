import type { Graph } from './graph';

/** Leaves out what no result depends on. */
export function removeDeadCode(graph: Graph): Graph {
  const wanted = new Set(graph.results.map((r) => r.block));
  const nodes = graph.nodes.toReversed().filter(({ out, inputs }) => {
    if (!wanted.has(out.block)) return false;
    for (const { block } of inputs) wanted.add(block);
    return true;
  });
  return { ...graph, nodes: nodes.toReversed() };
}
