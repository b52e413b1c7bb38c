import type { Backend, Operand, Primitive } from './backend';
import { BackendError } from './errors';
import { formatShape } from './shape';
import type { View } from './view';

/** Runs the reference rule of `op` over host memory that `backend` lets us see. */
export function runReference(
  backend: Backend,
  op: Primitive,
  inputs: readonly Operand[],
  out: Operand,
  attrs: unknown,
): void {
  const view = (x: Operand): View => {
    const data = backend.host(x.block);
    if (data === null) {
      throw new BackendError(
        `${op.name}: backend '${backend.name}' has no kernel for it (shape ${formatShape(out.shape)}, ${out.dtype}), ` +
          "and its memory can't be read in place. Move the operands to a CPU backend with to(x, backend).",
      );
    }
    return { data, dtype: x.dtype, shape: x.shape, strides: x.strides, offset: x.offset };
  };
  op.reference(inputs.map(view), view(out), attrs as never);
}
