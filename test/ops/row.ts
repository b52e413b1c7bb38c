import type { DType } from '../../src/core/dtype';
import type { Shape } from '../../src/core/shape';
import type { Tensor } from '../../src/core/tensor';

/** From where operands are drawn. */
export type Domain = readonly [low: number, high: number];

/** One way of calling an operation; what it is called with is drawn at random. */
export interface Row {
  readonly name: string;
  readonly fn: (...xs: Tensor[]) => Tensor;
  /** Shapes of the operands. */
  readonly inputs: readonly Shape[];
  /** Further shapes of the operands, for comparing backends only: scalars, empty, odd and broadcast ones. */
  readonly more?: readonly (readonly Shape[])[];
  /** Of floating operands, one for all or one for each; by default [−2, 2]. */
  readonly domain?: Domain | readonly Domain[];
  /** Operands without ties, and apart from each other, for operations with kinks where values meet. */
  readonly distinct?: boolean;
  /** Whether gradients are checked; by default they are. */
  readonly differentiable?: boolean;
  /** False where an operation has a first derivative alone. */
  readonly secondOrder?: boolean;
  /** Of the operands; by default float32 and float64. */
  readonly dtypes?: readonly DType[];
  /** Whether to compare backends on NaN, infinities, zeros and the ends of the range too. */
  readonly specials?: boolean;
}
