import type { Operand } from '../../../core/backend';
import { broadcastStrides } from '../../../core/shape';
import { fold, type Reader } from '../build';
import type { Context, Kernel, KernelTable } from '../kernel';
import { packedMatmul, paysPacked } from './matmul-packed';

interface MatmulAttrs {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

/** A factor over [batch…, rows, columns, inner]: `side` is where its own rows or columns stand, `inner` runs along the sum. */
function factor(x: Operand, batch: readonly number[], transposed: boolean, isLeft: boolean, context: Context): Reader {
  const rank = x.shape.length;
  const [row, column] = [x.strides[rank - 2]!, x.strides[rank - 1]!];
  const [own, inner] = transposed ? [column, row] : [row, column];
  const lead = broadcastStrides(x.shape.slice(0, -2), x.strides.slice(0, -2), batch);
  const strides = isLeft ? [...lead, own, 0, inner] : [...lead, 0, own, inner];
  return { value: context.valueOf(x), strides, offset: x.offset };
}

/** Σ aᵢₚ·bₚⱼ, one element of the result a thread. */
const matmul: Kernel<MatmulAttrs> = ([a, b], out, { transposeA, transposeB }, context) => {
  const rank = out.shape.length;
  const [m, n] = [out.shape[rank - 2]!, out.shape[rank - 1]!];
  const batch = out.shape.slice(0, -2);
  const k = a!.shape[a!.shape.length - (transposeA ? 2 : 1)]!;
  const left = factor(a!, batch, transposeA, true, context);
  // A right factor is read down its columns unless it is transposed.
  const right = factor(b!, batch, !transposeB, false, context);
  if (paysPacked(batch, { m, k, n }, context)) return packedMatmul(left, right, { m, k, n }, context);
  const shape = [...batch, m, n, k];
  const step = 't = t + v0 * v1;';
  const join = 't = t + v0;';
  return fold(
    { name: 'matmul', shape, axes: [shape.length - 1], readers: [left, right], init: 'let t = 0;', step, join },
    context,
  );
};

const makeKernels = (): KernelTable => ({ matmul: matmul as Kernel });
/** Matrix products, batched and of transposed factors. */
export const MATMUL: KernelTable = /* @__PURE__ */ makeKernels();
