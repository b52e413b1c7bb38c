import { add } from '../../../ops/elementwise';
import { activate } from '../../activations';
import type { Layer, ManyOutputLayer } from '../../layer';
import { OptionReader } from '../options';
import { type Cell, plainBias, recurrentProduct } from './cell';
import { recurrentLayer } from './layer';
import { type CellConfig, type RecurrentConfig, type RecurrentOptions, recurrentConfig } from './options';

/** Options of {@link simpleRNN}. */
export interface SimpleRnnOptions extends RecurrentOptions {}

export interface SimpleRnnConfig extends RecurrentConfig {}

/**
 * A fully connected recurrent layer: hₜ = activation(xₜ·W + hₜ₋₁·U + b), and the output of step t is hₜ.
 *
 * A mask holds steps back: a masked step leaves the state as it is, and puts it out. The initial
 * state is zero, or a second input: `apply([x, h])`.
 *
 * @param options - `units` (required), `activation = 'tanh'`, `useBias = true`, `kernelInitializer = 'glorotUniform'`,
 * `recurrentInitializer = 'orthogonal'`, `biasInitializer = 'zeros'`, `kernelRegularizer`, `recurrentRegularizer`, `biasRegularizer`, `activityRegularizer`, `kernelConstraint`,
 * `recurrentConstraint`, `biasConstraint`, `dropout = 0`, `recurrentDropout = 0`, `returnSequences = false`, `returnState = false`,
 * `goBackwards = false`, `stateful = false` (then `batchSize` is required), `unroll = false`, `zeroOutputForMask = false`,
 * `name`, `trainable = true`, `inputShape`.
 * @returns a layer from `[batch, time, features]` to `[batch, units]`, with `returnSequences` to `[batch, time, units]`
 * (with `goBackwards` the last step first), with `returnState` followed by the last state `[batch, units]`; with weights
 * `kernel` `[features, units]`, `recurrentKernel` `[units, units]` and `bias` `[units]`.
 * @throws ConfigError for an option that is missing, unknown or out of range; using the layer, a ShapeError for inputs
 * that do not fit.
 *
 * Reference: Elman 1990, “Finding Structure in Time”.
 *
 * @example
 * ```ts
 * import { ones } from 'kompakt';
 * import { sequential, simpleRNN } from 'kompakt/nn';
 * const model = sequential([simpleRNN({ units: 4 })], { inputShape: [10, 3] });
 * console.log(model.predict(ones([2, 10, 3])).shape, model.countParams()); // → [ 2, 4 ] 32
 * ```
 */
export function simpleRNN(options: SimpleRnnOptions & { readonly returnState: true }): ManyOutputLayer<SimpleRnnConfig>;
export function simpleRNN(options: SimpleRnnOptions): Layer<SimpleRnnConfig>;
export function simpleRNN(options: SimpleRnnOptions): Layer<SimpleRnnConfig> | ManyOutputLayer<SimpleRnnConfig> {
  const o = new OptionReader('simpleRNN', options);
  const config: SimpleRnnConfig = { ...recurrentConfig(o), ...o.common() };
  return recurrentLayer(o, config, simpleCellOf(config));
}

/** What one step is. */
export function simpleCellOf(config: CellConfig): Cell {
  return {
    gates: 1,
    states: ['stateH'],
    bias: plainBias(config, [config.units]),
    inputBias: (bias) => bias,
    step: (z, [h], { recurrentKernel }, drops) => [
      activate(config.activation, add(z, recurrentProduct(h!, recurrentKernel!, drops))),
    ],
    whole:
      config.activation === 'tanh'
        ? { kind: 'simple', kernel: ({ recurrentKernel }) => recurrentKernel!, bias: () => null }
        : null,
  };
}
