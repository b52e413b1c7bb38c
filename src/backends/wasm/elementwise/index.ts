import type { Operand } from '../../../core/backend';
import { sameShape } from '../../../core/shape';
import type { KernelTable } from '../kernel';
import { copyTransposed, workspace } from '../layout/copy';
import type { TaskContext, TaskKernel } from '../task';
import { elementwiseKernel, type FusedExpression, fusedKernel } from './kernel';
import { LOWERINGS } from './lower';
import type { ScalarAttribute } from './lowering';

export { canLower } from './lower';

/**
 * Runs `direct` with transposed operands copied first, block by block: reading a large matrix down its columns, four
 * elements from four cache lines at a time, costs many times more. False where nothing is transposed.
 */
function transposedFirst<A>(direct: TaskKernel<A>): TaskKernel<A> {
  return (inputs, out, attrs, context) => {
    let copied = false;
    const plain = inputs.map((x) => {
      const copy = sameShape(x.shape, out.shape) ? copyOfTransposed(x, context) : null;
      copied ||= copy !== null;
      return copy ?? x;
    });
    return copied && direct(plain, out, attrs, context);
  };
}

function copyOfTransposed(x: Operand, context: TaskContext): Operand | null {
  const copy = workspace(context, x.dtype, x.shape);
  return copyTransposed(x, copy, context) ? copy : null;
}

function kernelOf(op: string, attributes: readonly ScalarAttribute[] = []): TaskKernel {
  return elementwiseKernel(op, attributes, transposedFirst(elementwiseKernel(op, attributes)));
}

function makeKernels(): KernelTable {
  const kernels: Record<string, TaskKernel> = { cast: kernelOf('cast'), where: kernelOf('where') };
  for (const [op, { scalars }] of LOWERINGS) kernels[op] = kernelOf(op, scalars);
  const exact = kernels.gelu!;
  const approximate = kernels.geluTanh!;
  const gelu: TaskKernel<{ approximate: boolean }> = (inputs, out, attrs, context) =>
    (attrs.approximate ? approximate : exact)(inputs, out, attrs as never, context);
  const entries = Object.entries(kernels).map(([op, kernel]) => [op, kernel] as const);
  const fused = fusedKernel(transposedFirst<FusedExpression>(fusedKernel()));
  return { ...Object.fromEntries(entries), gelu: gelu, fused: fused };
}

let made: KernelTable | undefined;

/** The kernel of an elementwise op, or of chains of them, by its name; made for all when the first is asked for. */
export function elementwiseKernelOf(name: string): TaskKernel | undefined {
  made ??= makeKernels();
  return Object.hasOwn(made, name) ? made[name] : undefined;
}
