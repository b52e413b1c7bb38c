import type { Backend } from '../core/backend';
import { BackendError, ConfigError } from '../core/errors';
import { checkOptions } from '../core/options';
import { scope } from '../core/scope';
import { formatShape, sameShape } from '../core/shape';
import type { Tensor } from '../core/tensor';
import type { SampleSource } from '../data/batches';
import { dequantizeOutput, quantizeInput } from '../nn/layers/quantized';
import { layerFromConfig } from '../nn/layers/registry';
import type { Inputs } from '../nn/options';
import { Sequential } from '../nn/sequential';
import type { TensorLike } from '../ops/create';
import { foldBatchNorm } from './fold-batch-norm';
import {
  activationOf,
  affine,
  bare,
  CLAMPS,
  isWeighted,
  lowerAveragePool,
  lowerWeighted,
  type MakeStage,
  ORDER_ONLY,
  withActivation,
} from './lower-stage';
import { type Observer, type ObserverKind, type ObserverOptions, observer } from './observer';
import { checkModel, type Pass, refuseIntegers, type Stage, samplesFor, stagesOf, withChanges } from './pass';
import type { QuantizationParams } from './quantization-params';
import { quantizeGraph } from './quantize-graph';

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
  const kind = options.observer ?? 'minmax';
  return async (model) => {
    checkModel(model, 'quantize');
    refuseIntegers(model, 'quantize');
    holdsIntegers(model.backend);
    const folded = await foldBatchNorm()(model);
    try {
      if (!(folded instanceof Sequential)) {
        const observers = typeof kind === 'string' ? { kind } : kind;
        return (await quantizeGraph(folded, calibration, observers, options.perChannel ?? true)) as Sequential;
      }
      const stages = prepared(stagesOf(folded));
      const ranges = await calibrate(
        stages,
        await samplesFor(model, calibration as TensorLike, 'quantize: calibration'),
        kind,
      );
      const plan = await lower(stages, ranges, options.perChannel ?? true);
      return scope(() => withChanges(model, { stages: plan.map((make) => make()) }));
    } finally {
      folded.dispose();
    }
  };
}

/** Throws for a backend that has no bytes to put weights into. */
function holdsIntegers({ name, dtypes }: Backend): void {
  if (dtypes.includes('int8')) return;
  throw new BackendError(
    `quantize: backend '${name}' holds no int8. Move the model to a CPU first: quantize(…)(await model.moved(wasm())).`,
  );
}

/** Dropout removed; activations inside weighted layers if they are bounds, in layers of their own if not. */
function prepared(stages: readonly Stage[]): Stage[] {
  const result: Stage[] = [];
  for (const stage of stages) {
    const before = result.at(-1);
    const activation = activationOf(stage.layer);
    if (stage.layer.kind === 'dropout') continue;
    if (isWeighted(stage.layer) && !CLAMPS.has(activation)) {
      const linear = withActivation(stage, 'linear');
      const layer = layerFromConfig('activation', { activation }, null);
      result.push(linear, {
        name: `${stage.name}_${activation}`,
        layer,
        params: {},
        state: {},
        input: linear.layer.outputShape(stage.input),
      });
    } else if (
      stage.layer.kind === 'activation' &&
      CLAMPS.has(activation) &&
      before &&
      isWeighted(before.layer) &&
      activationOf(before.layer) === 'linear'
    ) {
      result[result.length - 1] = withActivation(before, activation);
    } else {
      result.push(stage);
    }
  }
  return result;
}

/** Ranges of the input of each stage and, last, of the model's output. */
async function calibrate(
  stages: readonly Stage[],
  samples: SampleSource,
  kind: ObserverKind | ObserverOptions,
): Promise<QuantizationParams[]> {
  const options = typeof kind === 'string' ? { kind } : kind;
  const observers: Observer[] = Array.from({ length: stages.length + 1 }, () => observer(options));
  const { shape, length } = samples;
  if (!sameShape(shape, stages[0]?.input ?? shape) || length === 0) {
    throw new ConfigError(
      `quantize: calibration must hold samples of shape ${formatShape(stages[0]!.input)}, got ${formatShape([length, ...shape])}.`,
    );
  }
  for (let at = 0; at < length; at += 64) {
    const values = scope(() => valuesThrough(stages, samples.range(at, Math.min(at + 64, length))));
    for (const [i, x] of values.entries()) observers[i]!.observe(await x.data());
    for (const x of new Set(values)) x.dispose();
  }
  return observers.map((o) => o.params());
}

/** The input of each stage and, last, the output. */
function valuesThrough(stages: readonly Stage[], batch: Tensor): Tensor[] {
  const values = [batch];
  for (const { layer, params, state } of stages)
    values.push(layer.call(params, state, values.at(-1)!, { training: false, rng: null }).y);
  return values;
}

/** The integer form of the stages. */
async function lower(
  stages: readonly Stage[],
  ranges: readonly QuantizationParams[],
  perChannel: boolean,
): Promise<MakeStage[]> {
  const plan: MakeStage[] = [];
  /** The map of the int8 value at this point; null while values are real. */
  let current: QuantizationParams | null = null;
  for (const [i, stage] of stages.entries()) {
    const { layer, name } = stage;
    if (isWeighted(layer)) {
      if (current === null) {
        current = ranges[i]!;
        plan.push(bare(`${name}_quantize`, quantizeInput(affine(current))));
      }
      const output = ranges[i + 1]!;
      plan.push(await lowerWeighted(stage, current, output, perChannel));
      current = output;
    } else if (current !== null && ORDER_ONLY.has(layer.kind)) {
      plan.push(() => stage);
    } else if (current !== null && (layer.kind === 'avgPool2d' || layer.kind === 'globalAvgPool2d')) {
      plan.push(...lowerAveragePool(stage));
    } else {
      if (current !== null) plan.push(bare(`${name}_dequantize`, dequantizeOutput(affine(current))));
      current = null;
      plan.push(() => stage);
    }
  }
  if (current !== null) plan.push(bare('output_dequantize', dequantizeOutput(affine(current))));
  return plan;
}
