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
 * them is never written to memory.
 *
 * @param backend - says which operations it has code for.
 */
export function fuseElementwise(graph: Graph, backend: Backend): Graph {
  const reads = countReads(graph);
  const clusters = new Map<number, { readonly node: ProgramNode; readonly cluster: Cluster }>();
  const swallowed = new Set<number>();
  for (const node of graph.nodes) {
    const step = stepOf(node, backend);
    if (step === null) continue;
    let cluster: Cluster = { steps: [], inputs: [] };
    const places = new Map<string, FusedStep['args'][number]>();
    const absorbed: number[] = [];
    for (const x of node.inputs) {
      const key = keyOf(x);
      if (places.has(key)) continue;
      const part = clusters.get(x.block);
      const alone = node.inputs.filter((y) => keyOf(y) === key).length === reads[x.block];
      const joined = part && alone && isResult(x, part.node, node) ? join(cluster, part.cluster) : null;
      if (joined !== null) {
        cluster = joined;
        places.set(key, { step: cluster.steps.length - 1 });
        absorbed.push(x.block);
      } else {
        const added = addInput(cluster.inputs, x);
        cluster = { ...cluster, inputs: added.inputs };
        places.set(key, { input: added.index });
      }
    }
    const args = node.inputs.map((x) => places.get(keyOf(x))!);
    cluster = { ...cluster, steps: [...cluster.steps, { ...step, args }] };
    if (isTooLarge(cluster)) cluster = aloneOf(node, step);
    else for (const block of absorbed) swallowed.add(block);
    clusters.set(node.out.block, { node, cluster });
  }
  const nodes = graph.nodes
    .filter(({ out }) => !swallowed.has(out.block))
    .map((node) => {
      const cluster = clusters.get(node.out.block)?.cluster;
      if (cluster === undefined || cluster.steps.length === 1) return node;
      const attrs = describeFused(cluster.steps, cluster.inputs);
      return { op: fusedOp, inputs: cluster.inputs, out: node.out, attrs };
    });
  return { ...graph, nodes };
}

function stepOf({ op, inputs, out, attrs }: ProgramNode, backend: Backend): Omit<FusedStep, 'args'> | null {
  if (backend.fuses === undefined || (op.elementwise?.scalars(attrs as never) ?? null) === null) return null;
  const step = { op, attrs, dtype: out.dtype };
  const alone = describeFused([{ ...step, args: inputs.map((_, input) => ({ input })) }], inputs);
  return backend.fuses(alone.expression) ? step : null;
}

function aloneOf({ inputs }: ProgramNode, step: Omit<FusedStep, 'args'>): Cluster {
  return { steps: [{ ...step, args: inputs.map((_, input) => ({ input })) }], inputs };
}

const keyOf = ({ block, shape, strides, offset }: ProgramOperand): string => `${block} ${shape} ${strides} ${offset}`;

/** Whether `x` is the result of `producer` as it is, not repeated for `consumer`. */
function isResult(x: ProgramOperand, producer: ProgramNode, consumer: ProgramNode): boolean {
  const same = sameShape(x.shape, producer.out.shape) && sameShape(x.shape, consumer.out.shape);
  return same && x.offset === 0 && isContiguous(x.shape, x.strides);
}

/** `a` with the steps of `b` behind its own. */
function join(a: Cluster, b: Cluster): Cluster {
  let { inputs } = a;
  const places = b.inputs.map((x) => {
    const added = addInput(inputs, x);
    inputs = added.inputs;
    return added.index;
  });
  const shift = a.steps.length;
  const steps = b.steps.map((s) => ({
    ...s,
    args: s.args.map((arg) => ('input' in arg ? { input: places[arg.input]! } : { step: arg.step + shift })),
  }));
  return { steps: [...a.steps, ...steps], inputs };
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
