import type { Operand } from '../../../core/backend';
import { sameShape } from '../../../core/shape';
import type { Kernel, KernelContext, KernelTable } from '../kernel';
import { copyTransposed, releaseOperand, workspace } from '../layout/copy';
import { elementwiseKernel } from './kernel';
import { LOWERINGS } from './lower';
import type { ScalarAttribute } from './lowering';

/**
 * Runs `direct` with transposed operands copied first, block by block: reading a large matrix down its columns, four
 * elements from four cache lines at a time, costs many times more. False where nothing is transposed.
 */
function transposedFirst(direct: Kernel): Kernel {
  return (inputs, out, attrs, context) => {
    const copied: Operand[] = [];
    try {
      const plain = inputs.map((x) => {
        const copy = sameShape(x.shape, out.shape) ? copyOfTransposed(x, context) : null;
        if (copy !== null) copied.push(copy);
        return copy ?? x;
      });
      return copied.length > 0 && direct(plain, out, attrs, context);
    } finally {
      for (const copy of copied) releaseOperand(context, copy);
    }
  };
}

function copyOfTransposed(x: Operand, context: KernelContext): Operand | null {
  const copy = workspace(context, x.dtype, x.shape);
  if (copyTransposed(x, copy, context)) return copy;
  releaseOperand(context, copy);
  return null;
}

function kernelOf(op: string, attributes: readonly ScalarAttribute[] = []): Kernel {
  return elementwiseKernel(op, attributes, transposedFirst(elementwiseKernel(op, attributes)));
}

function makeKernels(): KernelTable {
  const kernels: Record<string, Kernel> = { cast: kernelOf('cast'), where: kernelOf('where') };
  for (const [op, { scalars }] of LOWERINGS) kernels[op] = kernelOf(op, scalars);
  const exact = kernels.gelu!;
  const approximate = kernels.geluTanh!;
  const gelu: Kernel<{ approximate: boolean }> = (inputs, out, attrs, context) =>
    (attrs.approximate ? approximate : exact)(inputs, out, attrs as never, context);
  return { ...kernels, gelu };
}

/** A kernel for every elementwise op. */
export const ELEMENTWISE: KernelTable = /* @__PURE__ */ makeKernels();
