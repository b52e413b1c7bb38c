import type { Program, ProgramNode } from '../../../core/backend';
import { LOWERINGS } from '../elementwise/rules';
import { ROUNDED } from '../half';
import { type Half, WORD } from '../memory';
import type { RecorderHost } from './recorder';

const PRODUCTS: ReadonlySet<string> = /* @__PURE__ */ new Set([
  'matmul',
  'conv2d',
  'conv2dInputGrad',
  'conv2dKernelGrad',
]);

/** Those whose groups are one; of others, some are computed by kernels that know of 32 bits only. */
const isProduct = ({ op, attrs }: ProgramNode): boolean =>
  PRODUCTS.has(op.name) && ((attrs as { readonly groups?: number } | undefined)?.groups ?? 1) === 1;

const isElementwise = ({ op }: ProgramNode): boolean =>
  op.name === 'fused' || op.name === 'where' || op.name === 'cast' || Object.hasOwn(LOWERINGS, op.name);

/**
 * Which temporaries of a program are kept in 16 bits in mixed precision: activations and their gradients. A product rounds what
 * it reads in any case, so that is what they are made for; and whatever else makes or reads them is elementwise.
 */
export function findHalves({ blocks, nodes }: Program, { rounding, limits }: RecorderHost): Map<number, Half> {
  const found = new Map<number, Half>();
  if (rounding === 'none') return found;
  const readers = blocks.map((): ProgramNode[] => []);
  const makers = blocks.map((): ProgramNode[] => []);
  for (const node of nodes) {
    makers[node.out.block]!.push(node);
    for (const { block } of node.inputs) readers[block]!.push(node);
  }
  const knows = (node: ProgramNode): boolean => isProduct(node) || isElementwise(node);
  blocks.forEach(({ role, dtype, length }, b) => {
    if (role.kind !== 'temporary' || dtype !== 'float32' || length * WORD > limits.bindingBytes) return;
    if (!makers[b]!.every(knows) || !readers[b]!.every(knows) || !readers[b]!.some(isProduct)) return;
    found.set(b, ROUNDED[rounding] as Half);
  });
  return found;
}
