import type { Program, ProgramNode } from '../../../core/backend';
import type { Expression } from '../../../core/expression';
import { isContiguous, sameShape } from '../../../core/shape';
import { canLower } from '../elementwise/lower';
import type { Limits } from '../kernel';
import { WORD } from '../memory';

/** Operations whose kernels can do something with their results before they write them. */
const PRODUCTS: ReadonlySet<string> = /* @__PURE__ */ new Set([
  'matmul',
  'conv2d',
  'conv2dInputGrad',
  'conv2dKernelGrad',
]);

/** An elementwise operation on the result of a product, which alone reads that. */
export interface Follower {
  /** Its number. */
  readonly node: number;
  readonly expression: Expression;
  readonly scalars: readonly number[];
  /** Which of its operands is the product. */
  readonly product: number;
}

/** The followers of products, by the number of the product. */
export function findFollowers(
  { blocks, nodes }: Program,
  { limits }: { readonly limits: Limits },
): Map<number, Follower> {
  const readers = new Map<number, number[]>();
  const maker = new Map<number, number>();
  nodes.forEach(({ inputs, out }, n) => {
    maker.set(out.block, n);
    for (const { block } of inputs) readers.set(block, [...(readers.get(block) ?? []), n]);
  });
  const found = new Map<number, Follower>();
  nodes.forEach((node, n) => {
    if (!PRODUCTS.has(node.op.name) || node.out.dtype !== 'float32') return;
    const own = readers.get(node.out.block) ?? [];
    if (blocks[node.out.block]!.role.kind !== 'temporary' || own.length !== 1) return;
    const follower = followerOf(node, nodes[own[0]!]!, own[0]!);
    if (follower === null) return;
    // What else it reads must be there when the product is made; and all of it is bound at once.
    const { inputs } = nodes[follower.node]!;
    const early = inputs.every(({ block }, k) => k === follower.product || (maker.get(block) ?? -1) < n);
    const fit = [...inputs, ...node.inputs].every(({ block }) => blocks[block]!.length * WORD <= limits.bindingBytes);
    if (early && fit && inputs.length + 2 <= limits.arrays) found.set(n, follower);
  });
  return found;
}

function followerOf(product: ProgramNode, node: ProgramNode, index: number): Follower | null {
  const place = node.inputs.findIndex(({ block }) => block === product.out.block);
  const x = node.inputs[place]!;
  const whole = sameShape(x.shape, product.out.shape) && x.offset === 0 && isContiguous(x.shape, x.strides);
  if (!whole || !sameShape(node.out.shape, product.out.shape)) return null;
  const computed = expressionOf(node);
  if (computed === null || !canLower(computed.expression)) return null;
  return { node: index, product: place, expression: computed.expression, scalars: computed.scalars };
}

function expressionOf({ op, inputs, out, attrs }: ProgramNode): Pick<Follower, 'expression' | 'scalars'> | null {
  if (op.name === 'fused') return attrs as Pick<Follower, 'expression' | 'scalars'>;
  const scalars = op.elementwise?.scalars(attrs as never) ?? null;
  if (scalars === null) return null;
  const expression: Expression = {
    kind: 'apply',
    op: op.elementwise?.variant?.(attrs as never) ?? op.name,
    args: inputs.map(({ dtype }, i) => ({ kind: 'input', index: i, dtype })),
    dtype: out.dtype,
    scalars: scalars.map((_, i) => i),
  };
  return { expression, scalars };
}
