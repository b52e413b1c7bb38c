import type { ElementKind } from './module';
import type { WindowLayout } from './params';

/** A strided matrix in the arena; the address of its first element, and strides in bytes. */
export interface MatrixLayout {
  readonly address: number;
  readonly row: number;
  readonly column: number;
}

/** Bytes from matrix to matrix: matrix q of a batch is number (⌊q / inner⌋, q mod inner). */
export interface BatchStrides {
  readonly outer: number;
  readonly inner: number;
}

/** C[m × n] = A[m × k] · B[k × n], added to what C holds with `accumulate`; or as many of them as `batch` says. */
export interface Product {
  readonly kind: ElementKind;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly a: MatrixLayout | { readonly windows: WindowLayout; readonly transposed: boolean };
  readonly b: MatrixLayout;
  /** Address and bytes between rows; columns are neighbours. */
  readonly c: { readonly address: number; readonly row: number };
  readonly accumulate?: boolean;
  /** Products of one shape, by default one. */
  readonly batch?: Batch;
}

export interface Batch {
  readonly outer: number;
  readonly inner: number;
  readonly a: BatchStrides;
  readonly b: BatchStrides;
  readonly c: BatchStrides;
}

/** A product with its batch, one or many. */
export type BatchProduct = Product & { readonly batch: Batch };

/** A product whose A is a matrix. */
export type MatrixProduct = BatchProduct & { readonly a: MatrixLayout };
