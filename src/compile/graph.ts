import type { Program, ProgramBlock, ProgramNode, ProgramOperand } from '../core/backend';

/** A program under construction: what was traced, or what passes have made of it. */
export interface Graph {
  readonly blocks: readonly ProgramBlock[];
  readonly nodes: readonly ProgramNode[];
  /** Where the results lie; several may share a block. */
  readonly results: readonly ProgramOperand[];
}

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

/** The program of a graph, without blocks that it doesn't use: computed results are outputs, in the order of `outputs`. */
export function finish({ blocks, nodes, results }: Graph): { readonly program: Program; readonly outputs: number[] } {
  const computed = new Set(nodes.map((n) => n.out.block));
  const outputs = [...new Set(results.map((r) => r.block))].filter((b) => computed.has(b));
  const indexOf = new Map(outputs.map((block, index) => [block, index]));
  const used = new Set(nodes.flatMap(({ inputs, out }) => [...inputs.map((x) => x.block), out.block]));
  const numbers = new Map([...used].sort((a, b) => a - b).map((b, number) => [b, number]));
  const moved = (x: ProgramOperand): ProgramOperand => ({ ...x, block: numbers.get(x.block)! });
  const program = {
    blocks: [...numbers.keys()].map((b): ProgramBlock => {
      const index = indexOf.get(b);
      return index === undefined ? blocks[b]! : { ...blocks[b]!, role: { kind: 'output', index } };
    }),
    nodes: nodes.map((node) => ({ ...node, inputs: node.inputs.map(moved), out: moved(node.out) })),
  };
  return { program, outputs };
}
