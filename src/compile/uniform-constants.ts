import type { ProgramBlock, ProgramOperand } from '../core/backend';
import type { Graph } from './graph';

/**
 * Makes constants of one value throughout, such as zeros and ones of some shape, one element that is read again and again:
 * where only elementwise operations read them, which lose nothing by it.
 */
export function shrinkUniform(graph: Graph): Graph {
  const shrinks = graph.blocks.map(isUniform);
  for (const { block } of graph.results) shrinks[block] = false;
  for (const { op, inputs } of graph.nodes) {
    if (op.elementwise === undefined) for (const { block } of inputs) shrinks[block] = false;
  }
  if (!shrinks.includes(true)) return graph;
  const shrunk = (x: ProgramOperand): ProgramOperand =>
    shrinks[x.block] ? { ...x, strides: x.shape.map(() => 0), offset: 0 } : x;
  return {
    ...graph,
    blocks: graph.blocks.map((block, b) => (shrinks[b] ? firstOf(block) : block)),
    nodes: graph.nodes.map((node) => ({ ...node, inputs: node.inputs.map(shrunk) })),
  };
}

function isUniform({ role, length }: ProgramBlock): boolean {
  if (role.kind !== 'constant' || length < 2) return false;
  const first = role.data[0];
  return role.data.every((x: number) => Object.is(x, first));
}

function firstOf(block: ProgramBlock): ProgramBlock {
  if (block.role.kind !== 'constant') return block;
  return { ...block, length: 1, role: { kind: 'constant', data: block.role.data.slice(0, 1) } };
}
