import { reference } from '../../src/backends/reference/index';
import type { Backend, Operand } from '../../src/core/backend';
import { contiguousStrides, sizeOf } from '../../src/core/shape';

const PRODUCTS = new Set(['matmul', 'conv2d', 'conv2dInputGrad', 'conv2dKernelGrad']);

/** The nearest number of 16 bits: 11 bits of it count, ones below 2^-24 vanish, and ones from 65520 on are infinite. */
export function toHalf(x: number): number {
  if (!Number.isFinite(x) || x === 0) return x;
  const step = 2 ** (Math.max(Math.floor(Math.log2(Math.abs(x))), -14) - 10);
  const down = Math.floor(x / step);
  const rest = x / step - down;
  const rounded = (rest > 0.5 || (rest === 0.5 && down % 2 !== 0) ? down + 1 : down) * step;
  return Math.abs(rounded) > 65504 ? Math.sign(x) * Number.POSITIVE_INFINITY : rounded;
}

/** A CPU backend whose products round what they multiply to 16 bits, as GPUs in mixed precision do. */
export function halfBackend(): Backend {
  const inner = reference();
  const rounded = (x: Operand, backend: Backend): Operand => {
    const copy = backend.allocate(x.dtype, sizeOf(x.shape));
    const out = { ...x, block: copy, shape: x.shape, strides: contiguousStrides(x.shape), offset: 0 };
    const values = inner.host(x.block)!;
    const from = { shape: x.shape, strides: x.strides, offset: x.offset };
    const into = inner.host(copy)!;
    for (let i = 0; i < into.length; i++) into[i] = toHalf(values[placeOf(i, from)]!);
    return out;
  };
  const backend: Backend = {
    ...inner,
    name: 'half',
    mixed: true,
    run: (op, inputs, out, attrs) =>
      inner.run(op, PRODUCTS.has(op.name) ? inputs.map((x) => rounded(x, inner)) : inputs, out, attrs),
  };
  return backend;
}

function placeOf(index: number, { shape, strides, offset }: Pick<Operand, 'shape' | 'strides' | 'offset'>): number {
  let rest = index;
  let at = offset;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    at += (rest % shape[axis]!) * strides[axis]!;
    rest = Math.floor(rest / shape[axis]!);
  }
  return at;
}
