import type { Backend, ProgramNode, ProgramOperand } from '../core/backend';
import { isContiguous, sameShape } from '../core/shape';
import { describeFused, type FusedStep, fusedOp } from './fused';
import { countReads, type Graph } from './graph';

/** What a kernel takes: see the backends. */
const MOST_INPUTS = 12;
const MOST_SCALARS = 16;
const MOST_STEPS = 40;

/** Elementwise operations that will be one: their steps, the last of which makes the result, and what they read. */
interface Cluster {
  readonly steps: readonly FusedStep[];
  readonly inputs: readonly ProgramOperand[];
}

/**
 * Joins elementwise operations with those that alone read their results, as long as shapes agree, so that what lies between
 * them is never written to memory. What several operations read is joined with them where they all become one.
 *
 * @param backend - says which operations it has code for.
 */
export function fuseElementwise(graph: Graph, backend: Backend): Graph {
  const { nodes } = graph;
  const groups = new Groups(graph, backend);
  const swallowed = new Set<number>();
  const fused = new Map<number, ProgramNode>();
  for (let last = nodes.length - 1; last >= 0; last--) {
    if (swallowed.has(last)) continue;
    const { members, cluster } = groups.endingWith(last);
    if (cluster === null) continue;
    const attrs = describeFused(cluster.steps, cluster.inputs);
    fused.set(last, { op: fusedOp, inputs: cluster.inputs, out: nodes[last]!.out, attrs });
    for (const n of members) if (n !== last) swallowed.add(n);
  }
  return { ...graph, nodes: nodes.flatMap((node, n) => (swallowed.has(n) ? [] : [fused.get(n) ?? node])) };
}

/** Finds the operations of a graph, by their numbers, that can be one. */
class Groups {
  readonly #nodes: readonly ProgramNode[];
  readonly #steps: readonly (Omit<FusedStep, 'args'> | null)[];
  readonly #reads: readonly number[];
  /** The number of the node that makes a block. */
  readonly #makers: ReadonlyMap<number, number>;

  constructor(graph: Graph, backend: Backend) {
    this.#nodes = graph.nodes;
    this.#steps = graph.nodes.map((node) => stepOf(node, backend));
    this.#reads = countReads(graph);
    this.#makers = new Map(graph.nodes.map(({ out }, n) => [out.block, n]));
  }

  /** The largest group whose result is that of node `last`, grown from it; `cluster` is null where it stays alone. */
  endingWith(last: number): { readonly members: ReadonlySet<number>; readonly cluster: Cluster | null } {
    const members = new Set([last]);
    if (this.#steps[last] === null) return { members, cluster: null };
    let cluster: Cluster | null = null;
    /** Reads of a block by members, as it is; and what may join once all reads are by members. */
    const found = new Map<number, number>();
    const queue = [last];
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
      if (!members.has(next)) {
        members.add(next);
        const larger = this.#clusterOf(members);
        if (larger === null) {
          members.delete(next);
          continue;
        }
        cluster = larger;
      }
      for (const x of this.#nodes[next]!.inputs) {
        const maker = this.#makers.get(x.block);
        if (maker === undefined || this.#steps[maker] === null) continue;
        if (!isResult(x, this.#nodes[maker]!, this.#nodes[next]!)) continue;
        const reads = (found.get(maker) ?? 0) + 1;
        found.set(maker, reads);
        if (reads === this.#reads[x.block]) queue.push(maker);
      }
    }
    return { members, cluster };
  }

  /** Nodes as one operation; null where kernels don't take as much. */
  #clusterOf(members: ReadonlySet<number>): Cluster | null {
    let inputs: readonly ProgramOperand[] = [];
    const places = new Map<number, number>();
    const steps: FusedStep[] = [];
    for (const n of [...members].sort((a, b) => a - b)) {
      const node = this.#nodes[n]!;
      const args = node.inputs.map((x): FusedStep['args'][number] => {
        const step = places.get(x.block);
        if (step !== undefined) return { step };
        const added = addInput(inputs, x);
        inputs = added.inputs;
        return { input: added.index };
      });
      places.set(node.out.block, steps.length);
      steps.push({ ...this.#steps[n]!, args });
    }
    const cluster = { steps, inputs };
    return isTooLarge(cluster) ? null : cluster;
  }
}

function stepOf({ op, inputs, out, attrs }: ProgramNode, backend: Backend): Omit<FusedStep, 'args'> | null {
  if (backend.fuses === undefined || (op.elementwise?.scalars(attrs as never) ?? null) === null) return null;
  const step = { op, attrs, dtype: out.dtype };
  const alone = describeFused([{ ...step, args: inputs.map((_, input) => ({ input })) }], inputs);
  return backend.fuses(alone.expression) ? step : null;
}

const keyOf = ({ block, shape, strides, offset }: ProgramOperand): string => `${block} ${shape} ${strides} ${offset}`;

/** Whether `x` is the result of `producer` as it is, not repeated for `consumer`. */
function isResult(x: ProgramOperand, producer: ProgramNode, consumer: ProgramNode): boolean {
  const same = sameShape(x.shape, producer.out.shape) && sameShape(x.shape, consumer.out.shape);
  return same && x.offset === 0 && isContiguous(x.shape, x.strides);
}

function addInput(
  inputs: readonly ProgramOperand[],
  x: ProgramOperand,
): { inputs: readonly ProgramOperand[]; index: number } {
  const known = inputs.findIndex((y) => keyOf(y) === keyOf(x) && y.dtype === x.dtype);
  return known >= 0 ? { inputs, index: known } : { inputs: [...inputs, x], index: inputs.length };
}

function isTooLarge({ steps, inputs }: Cluster): boolean {
  const scalars = steps.reduce((n, { op, attrs }) => n + (op.elementwise?.scalars(attrs as never)?.length ?? 0), 0);
  return inputs.length > MOST_INPUTS || scalars > MOST_SCALARS || steps.length > MOST_STEPS;
}
