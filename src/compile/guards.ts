import type { Backend, IndexRule, ProgramOperand } from '../core/backend';
import { sizeOf } from '../core/shape';
import type { Tensor } from '../core/tensor';
import type { View } from '../core/view';
import type { Graph } from './graph';

/** Looks at indices that a kernel would take as they are: an operation's rule, and where in an argument they lie. */
interface Guard {
  readonly input: number;
  readonly indices: ProgramOperand;
  check(indices: View): void;
}

/** What is looked at before a plan runs: indices among its arguments, whose values no trace sees. */
export class Guards {
  readonly #guards: readonly Guard[];

  /** @throws ShapeError for an index out of range among those that are known already. */
  constructor({ blocks, nodes }: Graph, backend: Backend) {
    const guards = new Map<string, Guard>();
    for (const { op, inputs, attrs } of nodes) {
      const rule: IndexRule | undefined = op.indices;
      if (rule === undefined || !rule.wants(attrs as never)) continue;
      const [first, indices] = [inputs[0]!, inputs[rule.operand]!];
      if (sizeOf(indices.shape) === 0) continue;
      const check = (view: View): void => rule.check(view, first, attrs as never);
      const { role } = blocks[indices.block]!;
      if (role.kind === 'constant') check({ ...indices, data: role.data });
      else if (role.kind === 'captured') {
        const data = backend.host(role.operand.block);
        if (data !== null) check({ ...indices, data, offset: indices.offset + role.operand.offset });
      } else if (role.kind === 'input') {
        const { shape, strides, offset } = indices;
        // A gradient looks at the indices that the operation itself does, in the same range.
        const key = `${role.index} ${shape} ${strides} ${offset} ${first.shape} ${JSON.stringify(attrs)}`;
        if (!guards.has(key)) guards.set(key, { input: role.index, indices, check });
      }
    }
    this.#guards = [...guards.values()];
  }

  /** @throws ShapeError for an index out of range. */
  check(inputs: readonly Tensor[]): void {
    for (const { input, indices, check } of this.#guards) {
      const x = inputs[input]!;
      const data = x.backend.host(x.block);
      if (data === null) continue;
      const { dtype, shape, strides, offset } = indices;
      check({ data, dtype, shape, strides, offset: offset + x.offset });
    }
  }
}
