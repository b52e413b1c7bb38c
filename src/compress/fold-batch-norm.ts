import type { TypedArray } from '../core/dtype';
import { scope } from '../core/scope';
import type { Tensor } from '../core/tensor';
import { firstValues, type Network } from '../nn/graph/network';
import type { Params } from '../nn/layer';
import { layerFromConfig } from '../nn/layers/registry';
import { Sequential } from '../nn/sequential';
import { tensor } from '../ops/create';
import { checkModel, type Pass, type Stage, stagesOf, withChanges } from './pass';

/** Where a layer's weights keep one value per output channel: position c of the kernel's flat data belongs to channel c mod n. */
const FOLDABLE: Readonly<Record<string, string>> = {
  dense: 'kernel',
  conv2d: 'kernel',
  depthwiseConv2d: 'depthwiseKernel',
};

/** Batch norm at inference as y = scale · x + shift, one of each per channel. */
interface ChannelAffine {
  readonly scale: Float64Array;
  readonly shift: Float64Array;
}

/** γ/√(v + ε) and β − μ·γ/√(v + ε). */
export async function batchNormAffine({ layer, params, state }: Stage): Promise<ChannelAffine> {
  const { epsilon } = layer.config as { epsilon: number };
  const mean = await state.movingMean!.data();
  const variance = await state.movingVariance!.data();
  const gamma = await params.gamma?.data();
  const beta = await params.beta?.data();
  const scale = Float64Array.from(variance, (v, c) => (gamma?.[c] ?? 1) / Math.sqrt(v + epsilon));
  const shift = scale.map((s, c) => (beta?.[c] ?? 0) - mean[c]! * s);
  return { scale, shift };
}

/**
 * Folds each batch norm that directly follows a dense or convolution layer without activation into that layer's weights:
 * W ← W·γ/√(v + ε), b ← (b − μ)·γ/√(v + ε) + β. The folded model computes the same at inference, with fewer layers.
 * Batch norms elsewhere stay.
 *
 * Reference: Jacob et al. 2018, section 3.2.
 */
export function foldBatchNorm(): Pass {
  return async (model) => {
    checkModel(model, 'foldBatchNorm');
    const stages = stagesOf(model);
    if (!(model instanceof Sequential)) return foldInGraph(model, stages);
    const folded: Stage[] = [];
    return scope(async (s) => {
      for (const stage of stages) {
        const before = folded.at(-1);
        if (stage.layer.kind === 'batchNorm' && before !== undefined && canFold(before)) {
          const affine = await batchNormAffine(stage);
          const { kernel, bias } = await rescaled(before, affine);
          folded[folded.length - 1] = s.run(() => foldInto(before, kernel, bias));
        } else {
          folded.push(stage);
        }
      }
      // Masks survive: folding scales weights and leaves zeros zero; a folded bias is not masked.
      return s.run(() => withChanges(model, { stages: folded, masks: model.masks }));
    });
  };
}

/** In a graph, which stays connected as it is, what is left of a folded batch norm is a layer that does nothing. */
async function foldInGraph(model: Sequential, stages: readonly Stage[]): ReturnType<Pass> {
  const folded = [...stages];
  return scope(async (s) => {
    for (const [i, stage] of stages.entries()) {
      const at = stage.layer.kind === 'batchNorm' ? onlyProducer(model.network, i) : null;
      const before = at === null ? undefined : folded[at]!;
      if (before === undefined || !canFold(before)) continue;
      const { kernel, bias } = await rescaled(before, await batchNormAffine(stage));
      folded[at!] = s.run(() => foldInto(before, kernel, bias));
      const nothing = layerFromConfig('activation', { activation: 'linear' }, stage.layer.name);
      folded[i] = { ...stage, layer: nothing, params: {}, state: {} };
    }
    return s.run(() => withChanges(model, { stages: folded, masks: model.masks }));
  });
}

/** The layer whose one output only that layer, used once, takes; null where there is none. */
function onlyProducer(network: Network, layer: number): number | null {
  const uses = network.calls.filter((call) => call.layer === layer);
  const [value] = uses[0]!.inputs;
  const producer = firstValues(network).indexOf(value!);
  if (uses.length > 1 || producer < 0) return null;
  const takers = network.calls.filter((call) => call.inputs.includes(value!)).length;
  const own = network.calls[producer]!.layer;
  const isShared = network.calls.filter((call) => call.layer === own).length > 1;
  return takers > 1 || isShared || network.outputs.some((o) => o.value === value) ? null : own;
}

function canFold({ layer }: Stage): boolean {
  return Object.hasOwn(FOLDABLE, layer.kind) && (layer.config as { activation?: string }).activation === 'linear';
}

async function rescaled(
  { layer, params }: Stage,
  { scale, shift }: ChannelAffine,
): Promise<{ kernel: Float32Array; bias: Float32Array }> {
  const weights: TypedArray = await params[FOLDABLE[layer.kind]!]!.data();
  const bias = await params.bias?.data();
  return {
    kernel: Float32Array.from(weights, (w, i) => w * scale[i % scale.length]!),
    bias: Float32Array.from(shift, (b, c) => b + (bias?.[c] ?? 0) * scale[c]!),
  };
}

function foldInto(stage: Stage, kernel: Float32Array, bias: Float32Array): Stage {
  const name = FOLDABLE[stage.layer.kind]!;
  const old: Tensor = stage.params[name]!;
  const { backend } = old;
  const params: Params = {
    [name]: tensor(kernel, { shape: old.shape, backend }),
    bias: tensor(bias, { backend }),
  };
  const layer = layerFromConfig(stage.layer.kind, { ...stage.layer.config, useBias: true }, stage.layer.name);
  return { ...stage, layer, params };
}
