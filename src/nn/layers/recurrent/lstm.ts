import { add, mul } from '../../../ops/elementwise';
import { activate } from '../../activations';
import type { Layer, ManyOutputLayer } from '../../layer';
import type { WeightSpec } from '../define';
import { OptionReader } from '../options';
import { blocks, type Cell, recurrentProduct } from './cell';
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

/** Options of {@link lstm}. */
export interface LstmOptions extends GatedOptions {
  /** Whether the bias of the forget gate starts at 1, so that nothing is forgotten at first; by default true. */
  readonly unitForgetBias?: boolean | undefined;
}

interface LstmCellConfig extends CellConfig, GateConfig {
  readonly unitForgetBias: boolean;
}

export interface LstmConfig extends GatedConfig {
  readonly unitForgetBias: boolean;
}

/**
 * Long short-term memory: with z = xₜ·W + hₜ₋₁·U + b in four blocks i, f, c̃, o, the gates i, f, o = σ(…), cₜ = f·cₜ₋₁ +
 * i·tanh(c̃) and hₜ = o·tanh(cₜ); the output of step t is hₜ. σ is `recurrentActivation`, tanh is `activation`.
 *
 * A mask holds steps back: a masked step leaves the state as it is, and puts it out. The initial
 * state is zero, or further inputs: `apply([x, h, c])`.
 *
 * @param options - `units` (required), `activation = 'tanh'`, `recurrentActivation = 'sigmoid'`, `useBias = true`,
 * `unitForgetBias = true`, `kernelInitializer = 'glorotUniform'`, `recurrentInitializer = 'orthogonal'`,
 * `biasInitializer = 'zeros'`, `kernelRegularizer`, `recurrentRegularizer`, `biasRegularizer`, `activityRegularizer`, `kernelConstraint`,
 * `recurrentConstraint`, `biasConstraint`, `dropout = 0`,
 * `recurrentDropout = 0`, `returnSequences = false`, `returnState = false`, `goBackwards = false`, `stateful = false` (then
 * `batchSize` is required), `unroll = false`, `zeroOutputForMask = false`, `name`, `trainable = true`, `inputShape`.
 * @returns a layer from `[batch, time, features]` to `[batch, units]`, with `returnSequences` to `[batch, time, units]`
 * (with `goBackwards` the last step first), with `returnState` followed by the last h and c, each `[batch, units]`; with
 * weights `kernel` `[features, 4 · units]`, `recurrentKernel` `[units, 4 · units]` and `bias` `[4 · units]`.
 * @throws ConfigError for an option that is missing, unknown or out of range; using the layer, a ShapeError for inputs
 * that do not fit.
 *
 * Reference: Hochreiter & Schmidhuber 1997, “Long Short-Term Memory”; Gers et al. 2000, “Learning to Forget”.
 *
 * @example
 * ```ts
 * import { dense, lstm, sequential } from 'kompakt/nn';
 * const model = sequential([lstm({ units: 8, dropout: 0.2 }), dense({ units: 1 })], { inputShape: [20, 3] });
 * console.log(model.outputShape, model.countParams()); // → [ 1 ] 393
 * ```
 */
export function lstm(options: LstmOptions & { readonly returnState: true }): ManyOutputLayer<LstmConfig>;
export function lstm(options: LstmOptions): Layer<LstmConfig>;
export function lstm(options: LstmOptions): Layer<LstmConfig> | ManyOutputLayer<LstmConfig> {
  const o = new OptionReader('lstm', options);
  const config: LstmConfig = {
    ...recurrentConfig(o),
    recurrentActivation: activationOption(o, 'recurrentActivation', 'sigmoid'),
    unitForgetBias: o.flag('unitForgetBias', true),
    ...o.common(),
  };
  return recurrentLayer(o, config, lstmCellOf(config));
}

/** What one step is. */
export function lstmCellOf(config: LstmCellConfig): Cell {
  const { units, activation, recurrentActivation } = config;
  return {
    gates: 4,
    states: ['stateH', 'stateC'],
    bias: config.useBias ? forgettingBias(config) : null,
    inputBias: (bias) => bias,
    step: (z, [h, c], { recurrentKernel }, drops) => {
      const [i, f, candidate, out] = blocks(add(z, recurrentProduct(h!, recurrentKernel!, drops)), units);
      const gate = (x: typeof z): typeof z => activate(recurrentActivation, x);
      const carry = add(mul(gate(f!), c!), mul(gate(i!), activate(activation, candidate!)));
      return [mul(gate(out!), activate(activation, carry)), carry];
    },
    whole: hasUsualActivations(config)
      ? { kind: 'lstm', kernel: ({ recurrentKernel }) => recurrentKernel!, bias: () => null }
      : null,
  };
}

function forgettingBias({ units, biasInitializer, unitForgetBias }: LstmCellConfig): WeightSpec {
  const part = (blocks: number, initializer = biasInitializer): WeightSpec => ({
    shape: [blocks * units],
    initializer,
  });
  return unitForgetBias ? { ...part(4), pieces: [part(1), part(1, 'ones'), part(2)] } : part(4);
}
