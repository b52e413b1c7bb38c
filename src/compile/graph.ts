import type { Program, ProgramBlock, ProgramNode, ProgramOperand } from '../core/backend';

/** A program under construction: what was traced, or what passes have made of it. */
export interface Graph {
  readonly blocks: readonly ProgramBlock[];
  readonly nodes: readonly ProgramNode[];
  /** Where the results lie; several may share a block. */
  readonly results: readonly ProgramOperand[];
}

/** A rewriting of graphs that changes no result. */
export type GraphPass = (graph: Graph) => Graph;

/** The node that computes each block, by its number; none for inputs and constants. */
export function producers({ nodes }: Graph): ReadonlyMap<number, ProgramNode> {
  return new Map(nodes.map((node) => [node.out.block, node]));
}

/** How often each block is read, by nodes or as a result. */
export function countReads({ blocks, nodes, results }: Graph): number[] {
  const reads = new Array<number>(blocks.length).fill(0);
  for (const { inputs } of nodes) for (const { block } of inputs) reads[block]!++;
  for (const { block } of results) reads[block]!++;
  return reads;
}

/** Whether a block's contents are known before any call. */
export function isConstant({ role }: ProgramBlock): boolean {
  return role.kind === 'constant' || role.kind === 'captured';
}

/** The program of a graph: computed results are outputs, in the order of their blocks. */
export function finish({ blocks, nodes, results }: Graph): { readonly program: Program; readonly outputs: number[] } {
  const computed = new Set(nodes.map((n) => n.out.block));
  const outputs = [...new Set(results.map((r) => r.block))].filter((b) => computed.has(b));
  const indexOf = new Map(outputs.map((block, index) => [block, index]));
  const program = {
    blocks: blocks.map((block, b): ProgramBlock => {
      const index = indexOf.get(b);
      return index === undefined ? block : { ...block, role: { kind: 'output', index } };
    }),
    nodes,
  };
  return { program, outputs };
}
