import type { Shape } from '../../../core/shape';
import type { Tensor } from '../../../core/tensor';
import { mul } from '../../../ops/elementwise';
import { matmul } from '../../../ops/linear';
import type { CellKind } from '../../../ops/recurrence/index';
import { concat, slice } from '../../../ops/shape-ops';
import type { Params } from '../../layer';
import type { WeightSpec } from '../define';
import type { CellConfig } from './options';

/** What distinguishes a kind of recurrent layer: its weights and one step of it. */
export interface Cell {
  /** Blocks of `units` columns of the kernel and the recurrent kernel. */
  readonly gates: number;
  /** Names of the tensors of the state, each `[batch, units]`; the first is the output. */
  readonly states: readonly string[];
  /** Shape and start of the bias; null where it is off. */
  readonly bias: WeightSpec | null;
  /** The part of the bias that is added to the projected inputs, of all steps at once. */
  inputBias(bias: Tensor): Tensor;
  /**
   * The state after a step.
   *
   * @param z - the projected input `[batch, gates · units]`, bias included.
   * @param states - the state before.
   * @param weights - of the layer.
   * @param drops - for each gate what the state is multiplied by, as it goes in; null without dropout.
   */
  step(z: Tensor, states: readonly Tensor[], weights: Params, drops: readonly Tensor[] | null): readonly Tensor[];
  /** How all steps are one operation; null where they can't be. */
  readonly whole: WholeCell | null;
}

/** A cell as the operation `recurrence` takes it. */
export interface WholeCell {
  readonly kind: CellKind;
  kernel(weights: Params): Tensor;
  /** Of the product of the state with the kernel. */
  bias(weights: Params): Tensor | null;
}

/** The weights of a cell for inputs of so many features, in Keras's order. */
export function cellWeights(cell: Cell, config: CellConfig, features: number): { [name: string]: WeightSpec } {
  const { units } = config;
  const columns = cell.gates * units;
  return {
    kernel: { shape: [features, columns], initializer: config.kernelInitializer },
    recurrentKernel: { shape: [units, columns], initializer: config.recurrentInitializer },
    ...(cell.bias !== null && { bias: cell.bias }),
  };
}

/** A bias that starts in one way. */
export const plainBias = (config: CellConfig, shape: Shape): WeightSpec | null =>
  config.useBias ? { shape, initializer: config.biasInitializer } : null;

/** Columns [from, to) of blocks of `units`. */
export const block = (x: Tensor, units: number, from: number, to = from + 1): Tensor =>
  slice(x, [0, from * units], [x.shape[0]!, to * units]);

/** All blocks of columns. */
export const blocks = (x: Tensor, units: number): Tensor[] =>
  Array.from({ length: x.shape[1]! / units }, (_, g) => block(x, units, g));

/** h·U, or the columns of gates [0, count) of it, with what goes into each gate dropped on its own. */
export function recurrentProduct(
  h: Tensor,
  kernel: Tensor,
  drops: readonly Tensor[] | null,
  count = kernel.shape[1]! / h.shape[1]!,
): Tensor {
  const units = h.shape[1]!;
  if (drops === null) {
    return matmul(h, count * units === kernel.shape[1] ? kernel : block(kernel, units, 0, count));
  }
  const gates = drops.slice(0, count).map((drop, g) => matmul(mul(h, drop), block(kernel, units, g)));
  return gates.length === 1 ? gates[0]! : concat(gates, 1);
}
