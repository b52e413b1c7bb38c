import type { Operand } from '../../../core/backend';
import { bytesPerElement } from '../../../core/dtype';
import { broadcastStrides } from '../../../core/shape';
import { addressOf } from '../kernel';
import type { TaskContext } from '../task';
import type { ElementKind } from './module';
import type { Batch } from './problem';
import { ALONE, runProduct } from './product';

interface MatmulAttrs {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

const KINDS: Readonly<Record<string, ElementKind>> = { float32: 'f32', float64: 'f64', int32: 'i32' };

/** Matrix products of float32, float64 and int32. */
export function matmul([a, b]: readonly Operand[], out: Operand, attrs: MatmulAttrs, context: TaskContext): boolean {
  const kind = KINDS[a!.dtype];
  if (kind === undefined || b!.dtype !== a!.dtype) return false;
  const bytes = bytesPerElement(a!.dtype);
  const rank = out.shape.length;
  const m = out.shape[rank - 2]!;
  const n = out.shape[rank - 1]!;
  const k = a!.shape[a!.shape.length - (attrs.transposeA ? 2 : 1)]!;
  const left = matrixOf(a!, attrs.transposeA, bytes);
  const right = matrixOf(b!, attrs.transposeB, bytes);
  const c = { address: addressOf(out), row: n * bytes };
  if (rank === 2) {
    runProduct({ kind, m, n, k, a: left, b: right, c, batch: ALONE }, context);
    return true;
  }
  const batch = out.shape.slice(0, -2);
  const axes = mergedAxes(batch, [leading(a!, batch, bytes), leading(b!, batch, bytes), leading(out, batch, bytes)]);
  // The last two are the product's; the others are gone through here.
  const [outer, inner] = [axes.at(-2) ?? ONE, axes.at(-1) ?? ONE];
  const strides = (x: number) => ({ outer: outer.strides[x]!, inner: inner.strides[x]! });
  const both: Batch = { outer: outer.size, inner: inner.size, a: strides(0), b: strides(1), c: strides(2) };
  forEachOffset(axes.slice(0, -2), [left.address, right.address, c.address], ([aAt, bAt, cAt]) => {
    const addresses = { a: { ...left, address: aAt! }, b: { ...right, address: bAt! }, c: { ...c, address: cAt! } };
    runProduct({ kind, m, n, k, ...addresses, batch: both }, context);
  });
  return true;
}

/** The matrices of an operand; strides in bytes. */
function matrixOf(x: Operand, transposed: boolean, bytes: number) {
  const rank = x.shape.length;
  const row = x.strides[rank - 2]! * bytes;
  const column = x.strides[rank - 1]! * bytes;
  return { address: addressOf(x), row: transposed ? column : row, column: transposed ? row : column };
}

function leading(x: Operand, batch: readonly number[], bytes: number): number[] {
  return broadcastStrides(x.shape.slice(0, -2), x.strides.slice(0, -2), batch).map((s) => s * bytes);
}

/** An axis of a batch, and its strides in several operands. */
interface Axis {
  readonly size: number;
  readonly strides: readonly number[];
}

const ONE: Axis = { size: 1, strides: [0, 0, 0] };

/** The axes of a batch, those that are one in all operands merged. */
function mergedAxes(sizes: readonly number[], strides: readonly (readonly number[])[]): Axis[] {
  const merged: Axis[] = [];
  sizes.forEach((size, i) => {
    if (size === 1) return;
    const axis = { size, strides: strides.map((s) => s[i]!) };
    const last = merged.at(-1);
    if (last?.strides.every((s, x) => s === axis.strides[x]! * size)) {
      merged[merged.length - 1] = { size: last.size * size, strides: axis.strides };
    } else merged.push(axis);
  });
  return merged;
}

/** Calls `visit` with the addresses at each position of `axes`. */
function forEachOffset(
  axes: readonly Axis[],
  addresses: readonly number[],
  visit: (at: readonly number[]) => void,
): void {
  const [first, ...rest] = axes;
  if (first === undefined) {
    visit(addresses);
    return;
  }
  for (let i = 0; i < first.size; i++) {
    const moved = addresses.map((address, x) => address + i * first.strides[x]!);
    forEachOffset(rest, moved, visit);
  }
}
