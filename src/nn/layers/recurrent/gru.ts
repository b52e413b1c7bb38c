import type { Tensor } from '../../../core/tensor';
import { add, mul, sub } from '../../../ops/elementwise';
import { matmul } from '../../../ops/linear';
import { concat, reshape, slice } from '../../../ops/shape-ops';
import { activate } from '../../activations';
import type { Layer, ManyOutputLayer, Params } from '../../layer';
import { OptionReader } from '../options';
import { block, type Cell, plainBias, recurrentProduct, type WholeCell } from './cell';
import { recurrentLayer } from './layer';
import {
  activationOption,
  type CellConfig,
  type GateConfig,
  type GatedConfig,
  type GatedOptions,
  hasUsualActivations,
  recurrentConfig,
} from './options';

/** Options of {@link gru}. */
export interface GruOptions extends GatedOptions {
  /** Whether the reset gate acts after the product with the recurrent kernel, instead of before; by default true. */
  readonly resetAfter?: boolean | undefined;
}

interface GruCellConfig extends CellConfig, GateConfig {
  readonly resetAfter: boolean;
}

export interface GruConfig extends GatedConfig {
  readonly resetAfter: boolean;
}

/**
 * Gated recurrent units: gates z, r = σ(xₜ·W + b + hₜ₋₁·U + d), the candidate h̃ = tanh(xₜ·Wₕ + bₕ + r·(hₜ₋₁·Uₕ + dₕ)) and
 * hₜ = z·hₜ₋₁ + (1 − z)·h̃; the output of step t is hₜ. Without `resetAfter`, h̃ = tanh(xₜ·Wₕ + bₕ + (r·hₜ₋₁)·Uₕ) and there is
 * no d. Columns are in the order z, r, h; σ is `recurrentActivation`, tanh is `activation`.
 *
 * A mask holds steps back: a masked step leaves the state as it is, and puts it out. The initial
 * state is zero, or a second input: `apply([x, h])`.
 *
 * @param options - `units` (required), `activation = 'tanh'`, `recurrentActivation = 'sigmoid'`, `resetAfter = true`,
 * `useBias = true`, `kernelInitializer = 'glorotUniform'`, `recurrentInitializer = 'orthogonal'`,
 * `biasInitializer = 'zeros'`, `kernelRegularizer`, `recurrentRegularizer`, `biasRegularizer`, `activityRegularizer`, `kernelConstraint`,
 * `recurrentConstraint`, `biasConstraint`, `dropout = 0`,
 * `recurrentDropout = 0`, `returnSequences = false`, `returnState = false`, `goBackwards = false`, `stateful = false` (then
 * `batchSize` is required), `unroll = false`, `zeroOutputForMask = false`, `name`, `trainable = true`, `inputShape`.
 * @returns a layer from `[batch, time, features]` to `[batch, units]`, with `returnSequences` to `[batch, time, units]`
 * (with `goBackwards` the last step first), with `returnState` followed by the last state `[batch, units]`; with weights
 * `kernel` `[features, 3 · units]`, `recurrentKernel` `[units, 3 · units]` and `bias`, of which the rows are b and d:
 * `[2, 3 · units]`, without `resetAfter` `[3 · units]`.
 * @throws ConfigError for an option that is missing, unknown or out of range; using the layer, a ShapeError for inputs
 * that do not fit.
 *
 * Reference: Cho et al. 2014, arXiv:1406.1078.
 *
 * @example
 * ```ts
 * import { gru, sequential } from 'kompakt/nn';
 * const model = sequential([gru({ units: 8, returnSequences: true }), gru({ units: 4 })], { inputShape: [20, 3] });
 * console.log(model.outputShape, model.weights.map((w) => w.shape.join('×')).slice(0, 3)); // → [ 4 ] [ '3×24', '8×24', '2×24' ]
 * ```
 */
export function gru(options: GruOptions & { readonly returnState: true }): ManyOutputLayer<GruConfig>;
export function gru(options: GruOptions): Layer<GruConfig>;
export function gru(options: GruOptions): Layer<GruConfig> | ManyOutputLayer<GruConfig> {
  const o = new OptionReader('gru', options);
  const config: GruConfig = {
    ...recurrentConfig(o),
    recurrentActivation: activationOption(o, 'recurrentActivation', 'sigmoid'),
    resetAfter: o.flag('resetAfter', true),
    ...o.common(),
  };
  return recurrentLayer(o, config, gruCellOf(config));
}

/** What one step is. */
export function gruCellOf(config: GruCellConfig): Cell {
  const { units, resetAfter, activation, recurrentActivation } = config;
  const columns = 3 * units;
  const biasRow = (bias: Tensor, i: number): Tensor => reshape(slice(bias, [i], [i + 1]), [columns]);
  return {
    gates: 3,
    states: ['stateH'],
    bias: plainBias(config, resetAfter ? [2, columns] : [columns]),
    inputBias: (bias) => (resetAfter ? biasRow(bias, 0) : bias),
    step: (x, [h], weights, drops) => {
      const { inner, candidate } = (resetAfter ? afterProduct : beforeProduct)(h!, weights, drops, biasRow);
      const gate = (g: number): Tensor =>
        activate(recurrentActivation, add(block(x, units, g), block(inner, units, g)));
      const [z, r] = [gate(0), gate(1)];
      const next = activate(activation, add(block(x, units, 2), candidate(r)));
      return [add(mul(z, h!), mul(sub(1, z), next))];
    },
    whole: resetAfter && hasUsualActivations(config) ? wholeGru(units) : null,
  };
}

/** The operation wants the columns of the candidate first. */
function wholeGru(units: number): WholeCell {
  const candidateFirst = (x: Tensor): Tensor => concat([block(x, units, 2), block(x, units, 0, 2)], 1);
  return {
    kind: 'gru',
    kernel: ({ recurrentKernel }) => candidateFirst(recurrentKernel!),
    bias: ({ bias }) => (bias === undefined ? null : reshape(candidateFirst(slice(bias, [1], [2])), [3 * units])),
  };
}

/** What the state adds to the gates, and, given the reset gate, to the candidate. */
interface FromState {
  readonly inner: Tensor;
  candidate(r: Tensor): Tensor;
}

type Reset = (
  h: Tensor,
  weights: Params,
  drops: readonly Tensor[] | null,
  biasRow: (bias: Tensor, i: number) => Tensor,
) => FromState;

const afterProduct: Reset = (h, { recurrentKernel, bias }, drops, biasRow) => {
  const product = recurrentProduct(h, recurrentKernel!, drops);
  const inner = bias === undefined ? product : add(product, biasRow(bias, 1));
  return { inner, candidate: (r) => mul(r, block(inner, h.shape[1]!, 2)) };
};

const beforeProduct: Reset = (h, { recurrentKernel }, drops) => ({
  inner: recurrentProduct(h, recurrentKernel!, drops, 2),
  candidate: (r) => {
    const dropped = drops === null ? h : mul(h, drops[2]!);
    return matmul(mul(r, dropped), block(recurrentKernel!, h.shape[1]!, 2));
  },
});
