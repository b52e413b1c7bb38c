import type { Operand } from '../../../core/backend';
import { runProduct } from '../gemm/product';
import type { GPUKernel, KernelContext, KernelTable } from '../kernel';
import { runDirect } from './direct';
import { type ConvAttrs, type ConvKind, type Geometry, geometryOf, operandsOf } from './geometry';
import { convProduct, type Into } from './products';

/** Groups of fewer channels on the way in and out are no matrices to speak of. */
const FEW = 4;

function run(into: Into, g: Geometry, inputs: readonly Operand[], out: Operand, context: KernelContext): boolean {
  const { operands, firsts } = operandsOf(inputs, context);
  if (g.groups > 1 && Math.min(g.inner, g.outer) < FEW) {
    runDirect(into, g, operands, firsts, out, context);
    return true;
  }
  const { source, sizes } = convProduct(into, g, firsts);
  const { batch: _, ...params } = g;
  runProduct(source, sizes, operands, out, { ...params, ...firsts }, context);
  return true;
}

interface InputGradAttrs extends ConvAttrs {
  readonly inputShape: readonly number[];
}

interface KernelGradAttrs extends ConvAttrs {
  readonly kernelShape: readonly number[];
}

function family(name: string, kind: ConvKind): KernelTable {
  const forward: GPUKernel<ConvAttrs> = ([x, k], out, attrs, context) =>
    run('output', geometryOf(x!.shape, k!.shape, out.shape, attrs, kind), [x!, k!], out, context);
  const inputGrad: GPUKernel<InputGradAttrs> = ([g, k], out, attrs, context) =>
    run('input', geometryOf(attrs.inputShape, k!.shape, g!.shape, attrs, kind), [g!, k!], out, context);
  const kernelGrad: GPUKernel<KernelGradAttrs> = ([x, g], out, attrs, context) =>
    run('kernel', geometryOf(x!.shape, attrs.kernelShape, g!.shape, attrs, kind), [x!, g!], out, context);
  return { [name]: forward, [`${name}InputGrad`]: inputGrad, [`${name}KernelGrad`]: kernelGrad };
}

const makeConv = (): KernelTable => ({ ...family('conv2d', 'dense'), ...family('depthwiseConv2d', 'depthwise') });
/** Convolutions and their gradients. */
export const CONV: KernelTable = /* @__PURE__ */ makeConv();
