import type { Operand } from '../../../core/backend';
import { bytesPerElement } from '../../../core/dtype';
import { broadcastStrides } from '../../../core/shape';
import { forEachPosition } from '../../../core/view';
import { addressOf, type KernelContext, type KernelTable } from '../kernel';
import type { ElementKind } from './module';
import { runProduct } from './product';

interface MatmulAttrs {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

const KINDS: Readonly<Record<string, ElementKind>> = { float32: 'f32', float64: 'f64', int32: 'i32' };

function matmul([a, b]: readonly Operand[], out: Operand, attrs: MatmulAttrs, context: KernelContext): boolean {
  const kind = KINDS[a!.dtype];
  if (kind === undefined || b!.dtype !== a!.dtype) return false;
  const bytes = bytesPerElement(a!.dtype);
  const rank = out.shape.length;
  const batch = out.shape.slice(0, -2);
  const m = out.shape[rank - 2]!;
  const n = out.shape[rank - 1]!;
  const k = a!.shape[a!.shape.length - (attrs.transposeA ? 2 : 1)]!;
  const left = layoutOf(a!, batch, attrs.transposeA, bytes);
  const right = layoutOf(b!, batch, attrs.transposeB, bytes);
  const base = { kind, m, n, k };
  let address = addressOf(out);
  forEachPosition(batch, [left, right], ([aAt, bAt]) => {
    runProduct(
      { ...base, a: { ...left, address: aAt! }, b: { ...right, address: bAt! }, c: { address, row: n * bytes } },
      context,
    );
    address += m * n * bytes;
  });
  return true;
}

/** An operand as matrices at each position of the batch; all in bytes. */
function layoutOf(x: Operand, batch: readonly number[], transposed: boolean, bytes: number) {
  const rank = x.shape.length;
  const row = x.strides[rank - 2]! * bytes;
  const column = x.strides[rank - 1]! * bytes;
  return {
    strides: broadcastStrides(x.shape.slice(0, -2), x.strides.slice(0, -2), batch).map((s) => s * bytes),
    offset: addressOf(x),
    row: transposed ? column : row,
    column: transposed ? row : column,
  };
}

/** Matrix products of float32, float64 and int32. */
export const GEMM: KernelTable = { matmul };
