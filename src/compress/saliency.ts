import type { TypedArray } from '../core/dtype';
import { ConfigError } from '../core/errors';
import type { Rng } from '../core/rng';
import { scope } from '../core/scope';
import type { Tensor } from '../core/tensor';
import { reshape, sqrt, square, sum } from '../ops/index';
import type { Stage } from './pass';

/** How a weight's importance is scored. */
export type Criterion = 'magnitude' | 'wanda' | 'random';

/** The parameters that pruning may act on, of those kinds of layers that have any. */
const PRUNABLE = new Set(['kernel', 'depthwiseKernel', 'pointwiseKernel', 'recurrentKernel', 'embeddings']);

/** Names of the prunable parameters of a stage. */
export function prunableParams({ params }: Stage): string[] {
  return Object.keys(params).filter((name) => PRUNABLE.has(name) && params[name]!.dtype !== 'int8');
}

/** |w| of each weight. */
export function magnitudes(weights: TypedArray): Float64Array {
  return Float64Array.from(weights, Math.abs);
}

/** Uniform random scores. */
export function randomScores(size: number, rng: Rng): Float64Array {
  return Float64Array.from({ length: size }, () => rng.random());
}

/**
 * Wanda's scores for a kernel `[…, in, out]`: |w| · ‖X_j‖₂, with X_j the j-th input channel over the calibration data.
 *
 * Reference: Sun et al. 2023, “A Simple and Effective Pruning Approach for Large Language Models”, arXiv:2306.11695.
 */
export function wandaScores(weights: TypedArray, shape: readonly number[], inputNorms: TypedArray): Float64Array {
  const out = shape.at(-1)!;
  const inputs = shape.at(-2)!;
  if (inputNorms.length !== inputs) {
    throw new ConfigError(
      `prune: criterion 'wanda' found ${inputNorms.length} input channels for a kernel of ${inputs}; it works on dense and ungrouped conv2d layers.`,
    );
  }
  return Float64Array.from(weights, (w, i) => Math.abs(w) * inputNorms[Math.floor(i / out) % inputs]!);
}

/** ‖x_j‖₂ of every channel j (last axis) of a layer's input. */
export function channelNorms(x: Tensor): Tensor {
  return scope(() => sqrt(sum(square(reshape(x, [-1, x.shape.at(-1)!])), { axis: 0 })));
}

/** The L2 norm of each output channel's weights. */
export function filterNorms(weights: TypedArray, channels: number): Float64Array {
  const squares = new Float64Array(channels);
  weights.forEach((w: number, i: number) => {
    squares[i % channels]! += w * w;
  });
  return squares.map(Math.sqrt);
}
