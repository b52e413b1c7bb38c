import type { ElementKind } from '../gemm/module';
import type { Batch } from '../gemm/problem';

/** What is common to a convolution and its gradients: sizes per group, and of one element. */
export interface ConvSizes {
  readonly kind: ElementKind;
  readonly bytes: 4 | 8;
  readonly kernel: readonly [number, number];
  /** Input and output channels of one group. */
  readonly inner: number;
  readonly outer: number;
  readonly groups: number;
}

/** The sizes for a kernel `[kh, kw, in / groups, out]`, or null for a dtype without kernels. */
export function convSizes(dtype: string, kernel: readonly number[], groups: number): ConvSizes | null {
  if (dtype !== 'float32' && dtype !== 'float64') return null;
  const wide = dtype === 'float64';
  const [kh, kw, inner, filters] = kernel as [number, number, number, number];
  return { kind: wide ? 'f64' : 'f32', bytes: wide ? 8 : 4, kernel: [kh, kw], inner, outer: filters / groups, groups };
}

/** The groups of a convolution as matrices of a batch, so many bytes apart. */
export function groupBatch(groups: number, a: number, b: number, c: number): Batch {
  const each = (inner: number) => ({ outer: 0, inner });
  return { outer: 1, inner: groups, a: each(a), b: each(b), c: each(c) };
}
