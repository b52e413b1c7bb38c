import type { Operand } from '../../../core/backend';
import type { FusedAttrs } from '../../shared/fused';
import type { GPUKernel, KernelContext, KernelTable } from '../kernel';
import { copy, elementwiseKernel, evaluate } from './kernel';
import { LOWERINGS } from './rules';

const fused: GPUKernel<FusedAttrs> = (inputs, out, attrs, context) =>
  evaluate(attrs.expression, inputs, out, attrs.scalars, context) || stepByStep(inputs, out, attrs, context);

/** The steps one after the other: for chains that read more arrays than the device binds at once. */
function stepByStep(inputs: readonly Operand[], out: Operand, { steps }: FusedAttrs, context: KernelContext): boolean {
  const made: Operand[] = [];
  steps.forEach(({ op, attrs, args, dtype }, i) => {
    const to = i === steps.length - 1 ? out : context.scratch(dtype, out.shape);
    const from = args.map((a) => ('input' in a ? inputs[a.input]! : made[a.step]!));
    context.run(op, from, to, attrs);
    made.push(to);
  });
  return true;
}

function makeKernels(): KernelTable {
  const kernels: Record<string, GPUKernel> = {
    cast: elementwiseKernel('cast'),
    where: elementwiseKernel('where'),
    fused,
    copy: ([x], out, _, context) => {
      copy(x!, out, context);
      return true;
    },
  };
  for (const [op, { scalars }] of Object.entries(LOWERINGS)) kernels[op] = elementwiseKernel(op, scalars);
  const exact = kernels.gelu!;
  const approximate = kernels.geluTanh!;
  const gelu: GPUKernel<{ approximate: boolean }> = (inputs, out, attrs, context) =>
    (attrs.approximate ? approximate : exact)(inputs, out, attrs as never, context);
  return { ...kernels, gelu };
}

/** A kernel for every elementwise op, for chains of them, and to copy. */
export const ELEMENTWISE: KernelTable = /* @__PURE__ */ makeKernels();
