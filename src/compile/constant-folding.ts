import type { Backend, Operand, ProgramBlock, ProgramOperand } from '../core/backend';
import { runWithin } from '../core/lifetime';
import { sizeOf } from '../core/shape';
import { Tensor } from '../core/tensor';
import { type Graph, isConstant } from './graph';

/** Results of more elements are not kept, unless they are no larger than what they are made of. */
const LARGEST_KEPT = 4096;

/**
 * Computes what depends on constants only, once; not what a function of the host has a say in. The tensors that hold it are added to `captured`.
 */
export function foldConstants(graph: Graph, target: Backend, captured: Tensor[]): Graph {
  const blocks: ProgramBlock[] = [...graph.blocks];
  const values = new Map<number, Tensor>();
  const scratch: Tensor[] = [];
  const valueOf = (x: ProgramOperand): Tensor => {
    const known = values.get(x.block);
    const whole = known ?? constantTensor(blocks[x.block]!, target);
    if (known === undefined) {
      values.set(x.block, whole);
      scratch.push(whole);
    }
    const view = whole.view(x);
    scratch.push(view);
    return view;
  };
  const nodes = graph.nodes.filter(({ op, inputs, out, attrs }) => {
    const known = inputs.every(({ block }) => isConstant(blocks[block]!));
    const size = sizeOf(out.shape);
    const given = inputs.reduce((sum, { block }) => sum + blocks[block]!.length, 0);
    if (!known || size === 0 || size > Math.max(LARGEST_KEPT, given) || asksHost(attrs)) return true;
    runWithin(undefined, () => {
      const result = Tensor.allocate(target, out.dtype, out.shape);
      target.run(op, inputs.map(valueOf), result, attrs);
      captured.push(result);
      values.set(out.block, result);
      const operand: Operand = result.view({ shape: [size], strides: [1], offset: 0 });
      captured.push(operand as Tensor);
      blocks[out.block] = { dtype: out.dtype, length: size, role: { kind: 'captured', operand } };
    });
    return false;
  });
  for (const t of scratch) t.dispose();
  return { ...graph, blocks, nodes };
}

/** Whether a function of the host takes part, which may answer differently each time. */
function asksHost(attrs: unknown): boolean {
  return typeof attrs === 'object' && attrs !== null && Object.values(attrs).some((x) => typeof x === 'function');
}

function constantTensor({ dtype, length, role }: ProgramBlock, target: Backend): Tensor {
  if (role.kind === 'captured') return (role.operand as Tensor).view({ shape: [length], strides: [1], offset: 0 });
  if (role.kind !== 'constant') throw new TypeError(`compile: a block of role '${role.kind}' is not constant.`);
  return Tensor.from(target, role.data, dtype, [length]);
}
