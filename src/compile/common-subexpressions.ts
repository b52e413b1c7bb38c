import type { ProgramBlock, ProgramNode, ProgramOperand } from '../core/backend';
import type { Graph } from './graph';

/** Constants of more elements are not compared. */
const LARGEST_COMPARED = 64;

/** Computes once what is computed several times from the same operands, and keeps equal small constants once. */
export function shareCommon(graph: Graph): Graph {
  const identities = new Identities();
  const replaced = mergeConstants(graph.blocks);
  const renamed = <T extends ProgramOperand>(x: T): T => ({ ...x, block: replaced.get(x.block) ?? x.block });
  const known = new Map<string, number>();
  const nodes: ProgramNode[] = [];
  for (const node of graph.nodes) {
    const own = { ...node, inputs: node.inputs.map(renamed) };
    const key = `${identities.of(node.op)} ${identities.key(node.attrs)} ${own.inputs.map(operandKey).join()} ${node.out.dtype} ${node.out.shape}`;
    const before = known.get(key);
    if (before !== undefined) replaced.set(node.out.block, before);
    else {
      known.set(key, node.out.block);
      nodes.push(own);
    }
  }
  return { ...graph, nodes, results: graph.results.map(renamed) };
}

const operandKey = ({ block, dtype, shape, strides, offset }: ProgramOperand): string =>
  `${block}:${dtype}[${shape}](${strides})+${offset}`;

function mergeConstants(blocks: readonly ProgramBlock[]): Map<number, number> {
  const known = new Map<string, number>();
  const replaced = new Map<number, number>();
  blocks.forEach(({ dtype, length, role }, b) => {
    if (role.kind !== 'constant' || length > LARGEST_COMPARED) return;
    // Through Object.is: −0 and 0 are two constants.
    const key = `${dtype} ${Array.from(role.data, (x) => (Object.is(x, -0) ? '-0' : String(x))).join()}`;
    const before = known.get(key);
    if (before === undefined) known.set(key, b);
    else replaced.set(b, before);
  });
  return replaced;
}

/** Text for values that may hold functions and other objects of which only the identity is known. */
class Identities {
  readonly #numbers = new Map<unknown, number>();

  of(object: unknown): string {
    let number = this.#numbers.get(object);
    if (number === undefined) {
      number = this.#numbers.size;
      this.#numbers.set(object, number);
    }
    return `#${number}`;
  }

  key(value: unknown): string {
    if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value);
    if (typeof value === 'string') return JSON.stringify(value);
    if (typeof value !== 'object' || value === null)
      return typeof value === 'function' ? this.of(value) : String(value);
    if (Array.isArray(value)) return `[${value.map((x) => this.key(x)).join()}]`;
    const prototype = Object.getPrototypeOf(value) as unknown;
    if (prototype !== Object.prototype && prototype !== null) return this.of(value);
    return `{${Object.entries(value)
      .map(([k, v]) => `${k}:${this.key(v)}`)
      .join()}}`;
  }
}
