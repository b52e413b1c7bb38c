import { ConfigError, ShapeError } from '../core/errors';
import { formatShape, sameShape, sizeOf } from '../core/shape';
import type { Tensor } from '../core/tensor';
import { cast, div, expandDims, maximum, mean, mul, reshape, sum, tile } from '../ops/index';
import type { CompiledOutput } from './compiled';
import type { Mask } from './layer';

/** Targets and output of which every row counts for itself, with the weights of rows. */
export interface Rows {
  readonly yTrue: Tensor;
  readonly yPred: Tensor;
  /** 0/1: which rows count; null where all do. */
  readonly mask: Tensor | null;
  /** Null where all are 1. */
  readonly weights: Tensor | null;
}

/**
 * What an output adds to the loss: Σ w·l / rows or, where a mask says which steps of the sequences count, Σ w·m·l / Σ m;
 * null for an output without a loss. The loss may ask for its sum, or for its mean by weight.
 */
export function outputLoss(
  { loss, name }: Pick<CompiledOutput, 'loss' | 'name'>,
  yTrue: Tensor | null,
  yPred: Tensor,
  mask: Mask,
  weights: Tensor | null,
): Tensor | null {
  if (loss === null) return null;
  if (yTrue === null) throw new ConfigError(`fit: the output '${name}' has a loss, but no targets. Give them.`);
  const rows = rowsOf(yTrue, yPred, mask, weights);
  return reduceLoss((loss.rows ?? loss)(rows.yTrue, rows.yPred), rows, loss.config?.reduction);
}

/** The rows of a batch: its samples or, under a mask, the steps of their sequences. */
export function rowsOf(yTrue: Tensor, yPred: Tensor, mask: Mask, weights: Tensor | null): Rows {
  const y = alignTargets(yTrue, yPred);
  if (mask === null) return { yTrue: y, yPred, mask, weights };
  const { shape } = mask;
  const fits = (t: Tensor): boolean => t.rank >= shape.length && sameShape(t.shape.slice(0, shape.length), shape);
  if (!fits(yPred) || !fits(y)) {
    throw new ShapeError(
      `fit: the output has the mask of a sequence, ${formatShape(shape)}, which does not fit ${fits(yPred) ? 'targets' : 'outputs'} of shape ${formatShape((fits(yPred) ? y : yPred).shape)}. Give one target per step.`,
    );
  }
  const fold = (t: Tensor): Tensor => reshape(t, [sizeOf(shape), ...t.shape.slice(shape.length)]);
  const steps = sizeOf(shape.slice(1));
  return {
    yTrue: fold(y),
    yPred: fold(yPred),
    mask: fold(cast(mask, yPred.dtype)),
    weights: weights === null ? null : reshape(tile(expandDims(weights, -1), [1, steps]), [-1]),
  };
}

function reduceLoss(losses: Tensor, { mask, weights }: Rows, reduction: unknown): Tensor {
  if (losses.rank === 0) {
    if (weights === null && mask === null) return losses;
    throw new ConfigError(
      'fit: the loss function returns one number for a whole batch, so samples, classes and steps can’t be weighted. Return a loss per sample.',
    );
  }
  const own = weights === null ? mask : mask === null ? weights : mul(weights, mask);
  if (own === null) return reduction === 'sum' ? sum(losses) : mean(losses);
  const perRow = losses.rank === 1 ? own : reshape(own, [own.size, ...losses.shape.slice(1).map(() => 1)]);
  const total = sum(mul(losses, perRow));
  if (reduction === 'sum') return total;
  if (reduction === 'meanWithSampleWeight') return div(total, maximum(mul(sum(own), losses.size / own.size), 1e-12));
  if (mask === null) return div(total, losses.size);
  // Where nothing counts, there is nothing to divide.
  const counted = maximum(sum(mask), 1);
  return div(total, losses.rank === 1 ? counted : mul(counted, losses.size / own.size));
}

/** Targets as the output is shaped, where they differ only by a last axis of size 1. */
export function alignTargets(y: Tensor, yPred: Tensor): Tensor {
  if (y.shape[0] !== yPred.shape[0]) {
    throw new ShapeError(`fit: ${yPred.shape[0]} samples came out of the model, but there are ${y.shape[0]} targets.`);
  }
  if (y.rank === yPred.rank - 1 && yPred.shape.at(-1) === 1) return expandDims(y, -1);
  return y;
}
