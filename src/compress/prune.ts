import type { TypedArray } from '../core/dtype';
import { ConfigError } from '../core/errors';
import { checkOptions } from '../core/options';
import { type Rng, type Seed, toRng } from '../core/rng';
import { scope } from '../core/scope';
import type { Tensor } from '../core/tensor';
import type { SampleSource } from '../data/batches';
import { Sequential } from '../nn/sequential';
import { type TensorLike, tensor } from '../ops/create';
import { mul } from '../ops/index';
import { channelGroups, chosenGroups, keepGroup } from './channel-groups';
import { hasChannels, keepChannels } from './channels';
import { checkSparsity, countToPrune, keepHighest, maskLowest, maskNofM, maskPerOutput, parseNofM } from './masks';
import {
  checkModel,
  needSequence,
  type Pass,
  refuseIntegers,
  type Stage,
  samplesFor,
  stagesOf,
  withChanges,
} from './pass';
import {
  type Criterion,
  channelNorms,
  filterNorms,
  magnitudes,
  prunableParams,
  randomScores,
  wandaScores,
} from './saliency';

const NAMES = ['sparsity', 'granularity', 'criterion', 'scope', 'layers', 'calibration', 'seed'];

export interface PruneOptions {
  /** Share of the weights (or filters) to remove, in [0, 1]. Ignored by n:m, which fixes it. */
  sparsity?: number;
  /** `'unstructured'` (default): single weights; `'filters'`: whole filters and units; `'n:m'`: n of every m inputs kept. */
  granularity?: 'unstructured' | 'filters' | `${number}:${number}`;
  /** What makes a weight worth keeping: `'magnitude'` (default), `'wanda'` (needs `calibration`) or `'random'`. */
  criterion?: Criterion;
  /** `'layer'` (default): the same sparsity in every layer (by `'wanda'`, in every output); `'global'`: one threshold over all. */
  scope?: 'layer' | 'global';
  /** Names of the layers to prune; default: all that have weights (for `'filters'`: but the last). */
  layers?: readonly string[];
  /** Inputs for criteria that look at activations. */
  calibration?: TensorLike;
  /** For `'random'`. */
  seed?: Seed;
}

/**
 * Removes the least important weights.
 *
 * Unstructured and n:m pruning set them to zero and leave 0/1 masks on the model, which `finetune` and `fit` keep.
 * Pruning filters returns a really smaller model, which computes what the original does with those filters' outputs at
 * zero, and with them those of the batch norms and depthwise convolutions behind. Equal scores go by position. At sparsity 0 the model comes back as it was.
 *
 * @throws ConfigError for a sparsity outside [0, 1], unknown options or layer names, or filters that can't be removed.
 *
 * References: Han et al. 2015, arXiv:1506.02626 (magnitude); Li et al. 2017, arXiv:1608.08710 (filters); Sun et al. 2023,
 * arXiv:2306.11695 (wanda).
 *
 * @example
 * ```ts
 * import { prune } from 'kompakt/compress';
 * import { dense, sequential } from 'kompakt/nn';
 * const model = sequential([dense({ units: 8, activation: 'relu' }), dense({ units: 2 })], { inputShape: [4], seed: 0 });
 * const smaller = await prune({ sparsity: 0.5, granularity: 'filters' })(model);
 * console.log(model.countParams(), smaller.countParams()); // → 58 30
 * ```
 */
export function prune(options: PruneOptions): Pass {
  checkOptions(options, NAMES, 'prune');
  const { granularity = 'unstructured', sparsity = 0, criterion = 'magnitude', scope: reach = 'layer' } = options;
  checkSparsity(sparsity);
  if (!['magnitude', 'wanda', 'random'].includes(criterion)) {
    throw new ConfigError(`prune: unknown criterion '${criterion}'. Use magnitude, wanda or random.`);
  }
  if (reach !== 'layer' && reach !== 'global') {
    throw new ConfigError(`prune: scope must be 'layer' or 'global', got '${String(reach)}'.`);
  }
  if (criterion === 'wanda' && options.calibration === undefined) {
    throw new ConfigError("prune: criterion 'wanda' looks at activations. Give calibration: inputs of the model.");
  }
  if (granularity === 'filters') return (model) => pruneFilters(model, options, sparsity);
  const pattern = granularity === 'unstructured' ? null : parseNofM(granularity);
  return async (model) => {
    checkModel(model, 'prune');
    refuseIntegers(model, 'prune');
    if (criterion === 'wanda') needSequence(model, "prune by 'wanda'");
    const stages = stagesOf(model);
    const calibration =
      options.calibration === undefined
        ? undefined
        : await samplesFor(model, options.calibration, 'prune: calibration');
    const targets = await scored(stages, options, calibration);
    const scores = targets.map((t) => t.scores);
    const masks =
      pattern !== null
        ? targets.map((t) => maskNofM(t.scores, t.weights.shape, pattern))
        : reach === 'global'
          ? maskLowest(
              scores,
              countToPrune(
                scores.reduce((n, s) => n + s.length, 0),
                sparsity,
              ),
            )
          : targets.map((t) => maskLayer(t, criterion, sparsity));
    return scope(() => masked(model, stages, targets, masks));
  };
}

interface Target {
  readonly stage: Stage;
  readonly param: string;
  readonly weights: Tensor;
  readonly scores: Float64Array;
}

/** Wanda compares the weights of one output with each other, everything else those of the layer. */
function maskLayer({ scores, weights }: Target, criterion: Criterion, sparsity: number): Float32Array {
  if (criterion === 'wanda') return maskPerOutput(scores, weights.shape.at(-1)!, sparsity);
  return maskLowest([scores], countToPrune(scores.length, sparsity))[0]!;
}

/** The stages the options choose; by default all that `can` be pruned. */
function chosen(stages: readonly Stage[], names: readonly string[] | undefined, can: (s: Stage) => boolean): Stage[] {
  if (names === undefined) return stages.filter(can);
  return names.map((name) => {
    const stage = stages.find((s) => s.name === name);
    if (stage === undefined || !can(stage)) {
      const all = stages.filter(can).map((s) => s.name);
      throw new ConfigError(
        `prune: layer '${name}' ${stage ? 'has nothing to prune here' : 'does not exist'}. Layers to choose from: ${all.join(', ')}.`,
      );
    }
    return stage;
  });
}

async function scored(
  stages: readonly Stage[],
  options: PruneOptions,
  calibration: SampleSource | undefined,
): Promise<Target[]> {
  const rng = toRng(options.seed ?? 0);
  const norms = options.criterion === 'wanda' ? await inputNorms(stages, calibration!) : null;
  const targets: Target[] = [];
  for (const stage of chosen(stages, options.layers, (s) => prunableParams(s).length > 0)) {
    for (const param of prunableParams(stage)) {
      const weights = stage.params[param]!;
      const scores = score(await weights.data(), weights, options.criterion, rng, norms?.get(stage.name));
      targets.push({ stage, param, weights, scores });
    }
  }
  return targets;
}

function score(
  data: TypedArray,
  weights: Tensor,
  criterion: Criterion | undefined,
  rng: Rng,
  norms?: TypedArray,
): Float64Array {
  if (criterion === 'random') return randomScores(data.length, rng);
  if (criterion === 'wanda') return wandaScores(data, weights.shape, norms!);
  return magnitudes(data);
}

/** The norm of every input channel of each stage, over the calibration data. */
async function inputNorms(stages: readonly Stage[], calibration: SampleSource): Promise<Map<string, TypedArray>> {
  const norms = scope(() => {
    let x = calibration.range(0, calibration.length);
    return stages.map(({ layer, params, state }) => {
      const own = channelNorms(x);
      x = layer.call(params, state, x, { training: false, rng: null }).y;
      return own;
    });
  });
  const read = new Map<string, TypedArray>();
  for (const [i, own] of norms.entries()) {
    read.set(stages[i]!.name, await own.data());
    own.dispose();
  }
  return read;
}

function masked(
  model: Parameters<Pass>[0],
  stages: readonly Stage[],
  targets: readonly Target[],
  masks: readonly Float32Array[],
): Awaited<ReturnType<Pass>> {
  const kept = new Map<string, Tensor>(model.masks);
  const changed = new Map<Stage, Record<string, Tensor>>();
  targets.forEach(({ stage, param, weights }, i) => {
    const path = `${stage.name}/${param}`;
    const fresh = tensor(masks[i]!, { shape: weights.shape, backend: weights.backend });
    const old = kept.get(path);
    const mask = old === undefined ? fresh : mul(old, fresh);
    kept.set(path, mask);
    changed.set(stage, { ...changed.get(stage), [param]: mul(weights, mask) });
  });
  return withChanges(model, {
    stages: stages.map((s) => ({ ...s, params: { ...s.params, ...changed.get(s) } })),
    masks: kept,
  });
}

async function pruneFilters(model: Parameters<Pass>[0], options: PruneOptions, sparsity: number): ReturnType<Pass> {
  checkModel(model, 'prune');
  refuseIntegers(model, 'prune');
  if (options.criterion !== undefined && options.criterion !== 'magnitude' && options.criterion !== 'random') {
    throw new ConfigError(`prune: filters are chosen by magnitude or at random, not by '${options.criterion}'.`);
  }
  const stages = stagesOf(model);
  if (!(model instanceof Sequential)) return pruneGraphFilters(model, stages, options, sparsity);
  const last = stages.findLast(hasChannels);
  const able = (s: Stage): boolean => hasChannels(s) && s !== last;
  const rng = toRng(options.seed ?? 0);
  const norms = new Map<string, Float64Array>();
  for (const stage of chosen(stages, options.layers, able)) {
    const { kernel } = stage.params;
    const channels = kernel!.shape.at(-1)!;
    norms.set(
      stage.name,
      options.criterion === 'random' ? randomScores(channels, rng) : filterNorms(await kernel!.data(), channels),
    );
  }
  const removed = filtersToRemove(norms, sparsity, options.scope ?? 'layer');
  return scope(() => {
    let result = stages;
    for (const [name, count] of removed) {
      const at = result.findIndex((s) => s.name === name);
      if (count > 0) result = keepChannels(result, at, keepHighest(norms.get(name)!, count));
    }
    // Shapes changed: masks of an earlier unstructured pass no longer fit, their zeros stay zeros.
    return withChanges(model, {
      stages: result,
      masks: [...removed.values()].some((n) => n > 0) ? new Map() : model.masks,
    });
  });
}

/** How many filters each layer loses; every layer keeps at least one. */
function filtersToRemove(
  norms: ReadonlyMap<string, Float64Array>,
  sparsity: number,
  reach: 'layer' | 'global',
): Map<string, number> {
  const names = [...norms.keys()];
  const scores = [...norms.values()];
  const total = scores.reduce((n, s) => n + s.length, 0);
  const counts =
    reach === 'global'
      ? maskLowest(scores.map(relative), countToPrune(total, sparsity)).map((m) => m.filter((x) => x === 0).length)
      : scores.map((s) => countToPrune(s.length, sparsity));
  return new Map(names.map((name, i) => [name, Math.min(counts[i]!, scores[i]!.length - 1)]));
}

/** Scores of one layer over their root mean square, so that layers of different scale can be compared. */
function relative(scores: Float64Array): Float64Array {
  const rms = Math.sqrt(scores.reduce((sum, s) => sum + s * s, 0) / scores.length) || 1;
  return scores.map((s) => s / rms);
}

/** In a graph, channels that meet in sums go together: they are chosen by all the filters that make them. */
async function pruneGraphFilters(
  model: Parameters<Pass>[0],
  stages: readonly Stage[],
  options: PruneOptions,
  sparsity: number,
): ReturnType<Pass> {
  const groups = chosenGroups(channelGroups(model.network, stages), options.layers, 'prune');
  const rng = toRng(options.seed ?? 0);
  const norms = new Map<string, Float64Array>();
  for (const { name, producers } of groups) {
    const channels = stages[producers[0]!]!.params.kernel!.shape.at(-1)!;
    if (options.criterion === 'random') norms.set(name, randomScores(channels, rng));
    else {
      const squares = new Float64Array(channels);
      for (const at of producers)
        filterNorms(await stages[at]!.params.kernel!.data(), channels).forEach((n, c) => {
          squares[c]! += n * n;
        });
      norms.set(name, squares.map(Math.sqrt));
    }
  }
  const removed = filtersToRemove(norms, sparsity, options.scope ?? 'layer');
  return scope(() => {
    let result = stages;
    for (const group of groups) {
      const count = removed.get(group.name)!;
      if (count > 0) result = keepGroup(result, group, keepHighest(norms.get(group.name)!, count));
    }
    return withChanges(model, {
      stages: result,
      masks: [...removed.values()].some((n) => n > 0) ? new Map() : model.masks,
    });
  });
}
