import { ShapeError } from '../../../core/errors';
import { formatShape, type Shape } from '../../../core/shape';
import { expandDims, reshape } from '../../../ops/shape-ops';
import type { ManyOutputLayer } from '../../layer';
import { defineManyLayer, heldBy } from '../define';
import { type LayerConfig, OptionReader } from '../options';
import { type Cell, cellWeights } from './cell';
import { type GruConfig, gruCellOf } from './gru';
import { gateDrops, projectInputs } from './layer';
import { type LstmConfig, lstmCellOf } from './lstm';
import {
  activationOption,
  type CellConfig,
  type CellOptions,
  cellConfig,
  type GateConfig,
  type GateOptions,
  type RecurrentConfig,
} from './options';
import { simpleCellOf } from './simple-rnn';

/**
 * One step of a recurrence as a layer: from the input of the step and the states, `apply([x, …states])`, to the output and
 * the states after it. {@link rnn} takes it through a sequence.
 */
export interface CellLayer<C extends object = object> extends ManyOutputLayer<C> {
  /** The shapes of the states, for the input of a step of that shape; the batch axis left out. */
  stateShapes(step: Shape): readonly Shape[];
  /** Which of the states the output is, null for none. */
  readonly outputState: number | null;
}

/** Options of {@link simpleRNNCell}. */
export interface SimpleRnnCellOptions extends CellOptions {}
export interface SimpleRnnCellConfig extends CellConfig {}

/** Options of {@link lstmCell}. */
export interface LstmCellOptions extends CellOptions, GateOptions {
  /** Whether the bias of the forget gate starts at 1; by default true. */
  readonly unitForgetBias?: boolean | undefined;
}
export interface LstmCellConfig extends CellConfig, GateConfig {
  readonly unitForgetBias: LstmConfig['unitForgetBias'];
}

/** Options of {@link gruCell}. */
export interface GruCellOptions extends CellOptions, GateOptions {
  /** Whether the reset gate acts after the product with the recurrent kernel; by default true. */
  readonly resetAfter?: boolean | undefined;
}
export interface GruCellConfig extends CellConfig, GateConfig {
  readonly resetAfter: GruConfig['resetAfter'];
}

/**
 * One step of {@link simpleRNN}: h′ = activation(x·W + h·U + b), put out as it is.
 *
 * @param options - `units` (required), `activation = 'tanh'`, `useBias = true`, `kernelInitializer = 'glorotUniform'`,
 * `recurrentInitializer = 'orthogonal'`, `biasInitializer = 'zeros'`, regularisers and constraints of those, `dropout = 0`,
 * `recurrentDropout = 0`, `name`, `trainable = true`, `inputShape`.
 * @returns a layer from `[batch, features]` and h `[batch, units]` to the output and h, both `[batch, units]`; with the
 * weights of {@link simpleRNN}.
 * @throws ConfigError for an option that is missing, unknown or out of range; using it, a ShapeError for inputs that don't fit.
 *
 * Reference: Elman 1990, “Finding Structure in Time”.
 *
 * @example
 * ```ts
 * import { rnn, sequential, simpleRNNCell } from 'kompakt/nn';
 * const model = sequential([rnn({ cell: simpleRNNCell({ units: 4 }) })], { inputShape: [10, 3] });
 * console.log(model.outputShape, model.weights.map((w) => w.name)); // → [ 4 ] [ 'cell/kernel', 'cell/recurrentKernel', 'cell/bias' ]
 * ```
 */
export function simpleRNNCell(options: SimpleRnnCellOptions): CellLayer<SimpleRnnCellConfig> {
  const o = new OptionReader('simpleRNNCell', options);
  const config = { ...cellConfig(o), ...o.common() };
  return cellLayer(o, config, simpleCellOf(config));
}

/**
 * One step of {@link lstm}: from x, h and c to the output h′, and h′ and c′.
 *
 * @param options - as of {@link simpleRNNCell}, and `recurrentActivation = 'sigmoid'`, `unitForgetBias = true`.
 * @returns a layer from `[batch, features]`, h and c, each `[batch, units]`, to the output, h and c; with the weights of
 * {@link lstm}.
 * @throws ConfigError for an option that is missing, unknown or out of range; using it, a ShapeError for inputs that don't fit.
 *
 * Reference: Hochreiter & Schmidhuber 1997, “Long Short-Term Memory”.
 *
 * @example
 * ```ts
 * import { lstmCell } from 'kompakt/nn';
 * console.log(lstmCell({ units: 4 }).many.outputShapes([[3], [4], [4]])); // → [ [ 4 ], [ 4 ], [ 4 ] ]
 * ```
 */
export function lstmCell(options: LstmCellOptions): CellLayer<LstmCellConfig> {
  const o = new OptionReader('lstmCell', options);
  const config = {
    ...cellConfig(o),
    recurrentActivation: activationOption(o, 'recurrentActivation', 'sigmoid'),
    unitForgetBias: o.flag('unitForgetBias', true),
    ...o.common(),
  };
  return cellLayer(o, config, lstmCellOf(config));
}

/**
 * One step of {@link gru}: from x and h to h′, put out as it is.
 *
 * @param options - as of {@link simpleRNNCell}, and `recurrentActivation = 'sigmoid'`, `resetAfter = true`.
 * @returns a layer from `[batch, features]` and h `[batch, units]` to the output and h, both `[batch, units]`; with the
 * weights of {@link gru}.
 * @throws ConfigError for an option that is missing, unknown or out of range; using it, a ShapeError for inputs that don't fit.
 *
 * Reference: Cho et al. 2014, arXiv:1406.1078.
 *
 * @example
 * ```ts
 * import { gruCell } from 'kompakt/nn';
 * console.log(gruCell({ units: 2 }).config.resetAfter, gruCell({ units: 2 }).stateShapes([3])); // → true [ [ 2 ] ]
 * ```
 */
export function gruCell(options: GruCellOptions): CellLayer<GruCellConfig> {
  const o = new OptionReader('gruCell', options);
  const config = {
    ...cellConfig(o),
    recurrentActivation: activationOption(o, 'recurrentActivation', 'sigmoid'),
    resetAfter: o.flag('resetAfter', true),
    ...o.common(),
  };
  return cellLayer(o, config, gruCellOf(config));
}

/** A cell as a layer of several inputs and outputs. */
function cellLayer<C extends CellConfig & LayerConfig>(o: OptionReader, config: C, cell: Cell): CellLayer<C> {
  const { units, useBias } = config;
  const count = cell.states.length;
  const layer = defineManyLayer<C>(o, config, {
    arity: { min: 1 + count, max: 1 + count },
    outputShapes: ([x, ...states]) => {
      if (x!.length !== 1 || states.some((s) => s.length !== 1 || s[0] !== units)) {
        throw new ShapeError(
          `${o.label}: takes the input of a step, [batch, features], and ${count} states [batch, ${units}] (${cell.states.join(', ')}); got ${[x!, ...states].map((s) => formatShape(s)).join(' ')} (the batch axis left out).`,
        );
      }
      return Array.from({ length: 1 + count }, () => [units]);
    },
    weights: ([x]) => cellWeights(cell, config, x![0]!),
    run: ({ xs: [x, ...states] }, weights, ctx) => {
      const z = projectInputs(cell, config, expandDims(x!, 1), weights, ctx, o.label);
      const drops = gateDrops(cell.gates, states[0]!, config.recurrentDropout, ctx, o.label);
      const next = cell.step(reshape(z, [x!.shape[0]!, z.shape[2]!]), states, weights, drops);
      return { ys: [next[0]!, ...next] };
    },
    multiplyAdds: ([x]) => cell.gates * units * (x![0]! + units),
    ...heldBy({ ...config, activityRegularizer: null } as CellConfig & Partial<RecurrentConfig>, {
      kernel: 'kernel',
      recurrentKernel: 'recurrent',
      bias: useBias && 'bias',
    }),
  });
  return {
    ...(layer as unknown as ManyOutputLayer<C>),
    stateShapes: () => cell.states.map(() => [units]),
    outputState: 0,
  };
}
