import type { ProgramOperand } from '../core/backend';
import { formatShape, isContiguous } from '../core/shape';
import type { FusedAttrs } from './fused';
import type { Graph } from './graph';

/** A graph as text, an operation to a line. */
export function printGraph({ blocks, nodes, results }: Graph): string {
  const operand = ({ block, shape, strides, offset }: ProgramOperand): string => {
    const { role } = blocks[block]!;
    const name =
      role.kind === 'input'
        ? `in${role.index}`
        : role.kind === 'constant' || role.kind === 'captured'
          ? `const${block}`
          : `%${block}`;
    return isContiguous(shape, strides) && offset === 0 ? name : `${name}${formatShape(shape)}`;
  };
  const lines = nodes.map(({ op, inputs, out, attrs }) => {
    const name =
      op.name === 'fused' ? `fused(${(attrs as FusedAttrs).steps.map((s) => s.op.name).join(' ')})` : op.name;
    return `${operand(out)} = ${name} ${inputs.map(operand).join(', ')} : ${out.dtype} ${formatShape(out.shape)}`;
  });
  return [...lines, `return ${results.map(operand).join(', ')}`].join('\n');
}
