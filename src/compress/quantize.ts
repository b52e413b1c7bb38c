import type { Backend } from '../core/backend';
import { BackendError, ConfigError } from '../core/errors';
import { checkOptions } from '../core/options';
import { scope } from '../core/scope';
import { Model } from '../nn/graph/model';
import type { NetworkModel } from '../nn/graph/network-model';
import type { Inputs } from '../nn/options';
import { Sequential } from '../nn/sequential';
import { foldBatchNorm } from './fold-batch-norm';
import { type IntegerForm, integerForm } from './integer-form';
import type { ObserverKind, ObserverOptions } from './observer';
import { checkModel, type Pass, refuseIntegers, withChanges } from './pass';

export interface QuantizeOptions {
  /**
   * Inputs that show the range of every activation: some hundred samples like those to come; for a model of several inputs
   * an array of them, or a record by name.
   */
  calibration: Inputs;
  /** `'int8'`: weights and activations are int8, and whole stretches of layers run in integers. */
  scheme?: 'int8';
  /** One weight scale per output channel (default) or per layer. */
  perChannel?: boolean;
  /** How the range of activations is found; default `'minmax'`. */
  observer?: ObserverKind | ObserverOptions;
}

/**
 * Quantises a trained model to int8: weights symmetric, per output channel; activations affine, calibrated on data;
 * bias and accumulators int32; requantisation in integers. Batch norms are folded first, relu and relu6 become bounds of
 * the integer output, dropout is dropped. Layers without an integer form run in float32 between a dequantisation and a
 * quantisation. In a graph model so do the layers in which branches join, those used more than once, and sequences with masks.
 *
 * @throws ConfigError when calibration data is missing, does not fit the model, or is not finite.
 *
 * References: Jacob et al. 2018, arXiv:1712.05877; Krishnamoorthi 2018, arXiv:1806.08342.
 *
 * @example
 * ```ts
 * import { rng } from 'kompakt';
 * import { quantize } from 'kompakt/compress';
 * import { dense, sequential } from 'kompakt/nn';
 * const model = sequential([dense({ units: 8, activation: 'relu' }), dense({ units: 2 })], { inputShape: [4], seed: 0 });
 * const x = rng(1).normal([64, 4]);
 * const int8 = await quantize({ calibration: x })(model);
 * const error = Math.abs(int8.predict(x).dataSync()[0] - model.predict(x).dataSync()[0]);
 * console.log(error < 0.05); // → true
 * ```
 */
export function quantize(options: QuantizeOptions): Pass {
  checkOptions(options, ['calibration', 'scheme', 'perChannel', 'observer'], 'quantize');
  const { scheme = 'int8', calibration } = options;
  if (scheme !== 'int8') throw new ConfigError(`quantize: unknown scheme '${String(scheme)}'. Use 'int8'.`);
  if (calibration === undefined || calibration === null) {
    throw new ConfigError('quantize: give calibration: some hundred inputs that show the range of the activations.');
  }
  const { observer: kind = 'minmax' } = options;
  const observers = typeof kind === 'string' ? { kind } : kind;
  return async (model) => {
    checkModel(model, 'quantize');
    refuseIntegers(model, 'quantize');
    holdsIntegers(model.backend);
    const folded: NetworkModel<unknown> = await foldBatchNorm()(model);
    try {
      const form = await integerForm(folded, calibration, observers, options.perChannel ?? true);
      return scope(() => (folded instanceof Sequential ? chainOf(model, form) : (graphOf(folded, form) as never)));
    } finally {
      folded.dispose();
    }
  };
}

/** The sequence of the layers of a form that is a chain. */
function chainOf(model: Sequential, { makeStages }: IntegerForm): Sequential {
  return withChanges(model, { stages: makeStages() });
}

function graphOf(folded: NetworkModel<unknown>, { makeStages, calls, outputs }: IntegerForm): Model {
  const stages = makeStages();
  return Model.from({
    name: folded.name,
    seed: folded.seed,
    backend: folded.backend,
    compileOptions: folded.compileOptions,
    weights: stages.map(({ params, state }) => ({ params, state })),
    network: {
      inputs: folded.network.inputs,
      layers: stages.map((s) => s.layer),
      names: stages.map((s) => s.name),
      calls,
      outputs: folded.network.outputs.map(({ name }, i) => ({ name, value: outputs[i]! })),
    },
    outputForm: folded.outputForm,
  });
}

/** Throws for a backend that has no bytes to put weights into. */
function holdsIntegers({ name, dtypes }: Backend): void {
  if (dtypes.includes('int8')) return;
  throw new BackendError(
    `quantize: backend '${name}' holds no int8. Move the model to a CPU first: quantize(…)(await model.moved(wasm())).`,
  );
}
