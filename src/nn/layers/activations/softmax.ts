import { ShapeError } from '../../../core/errors';
import { formatShape, type Shape } from '../../../core/shape';
import type { Tensor } from '../../../core/tensor';
import { cast, exp, sub, where } from '../../../ops/elementwise';
import { logSumExp } from '../../../ops/reduce';
import { reshape } from '../../../ops/shape-ops';
import { softmax as softmaxOf } from '../../../ops/softmax';
import type { Layer, Mask } from '../../layer';
import { defineLayer } from '../define';
import { type LayerConfig, type LayerOptions, OptionReader } from '../options';

/** Options of {@link softmax}. */
export interface SoftmaxLayerOptions extends LayerOptions {
  /** One axis or several, counted with the batch axis; by default −1. */
  readonly axis?: number | readonly number[] | undefined;
}

export interface SoftmaxLayerConfig extends LayerConfig {
  readonly axis: number | readonly number[];
}

/** What masked elements count as: so little that nothing is left of them. */
const NEVER = -1e9;

/**
 * Softmax as a layer: eˣ/Σeˣ along an axis, or over several. Elements that a mask leaves out get 0.
 *
 * @param options - `axis = -1`, `name`, `inputShape`.
 * @returns a layer that keeps the shape. A mask may have the shape of the input, or leave out axes at its end.
 * @throws ConfigError for an axis that is none; ShapeError for one that the input does not have.
 *
 * @example
 * ```ts
 * import { tensor } from 'kompakt';
 * import { softmax } from 'kompakt/nn';
 * const ctx = { training: false, rng: null, mask: tensor([[true, true, false]]) };
 * console.log(softmax().call({}, {}, tensor([[1, 1, 5]]), ctx).y.toArraySync()); // → [ [ 0.5, 0.5, 0 ] ]
 * ```
 */
export function softmax(options: SoftmaxLayerOptions = {}): Layer<SoftmaxLayerConfig> {
  const o = new OptionReader('softmax', options);
  const given = o.raw('axis') ?? -1;
  const list: unknown = typeof given === 'number' ? [given] : given;
  if (!Array.isArray(list) || list.length === 0 || !list.every((a) => Number.isInteger(a)))
    throw o.wrong('axis', given, 'an integer, or a list of them');
  const config = { axis: typeof given === 'number' ? given : ([...list] as number[]), ...o.common() };
  const axes = [...list] as number[];
  return defineLayer<SoftmaxLayerConfig>(o, config, {
    outputShape(input) {
      const missing = axes.find((a) => a > input.length || a < -1 - input.length || a === 0 || a === -1 - input.length);
      if (missing !== undefined)
        throw new ShapeError(
          `${o.label}: axis ${missing} is the batch axis, or none, of samples ${formatShape(input)}.`,
        );
      return input;
    },
    passesMask: true,
    run: (x, _weights, ctx) => {
      const counts = countsOf(ctx.mask ?? null, x, o.label);
      if (counts === null) return shares(x, axes);
      return where(counts, shares(where(counts, x, NEVER), axes), 0);
    },
  });
}

function shares(x: Tensor, axes: readonly number[]): Tensor {
  if (axes.length === 1) return softmaxOf(x, { axis: axes[0]! });
  return exp(sub(x, logSumExp(x, { axis: axes, keepDims: true })));
}

/** The mask with as many axes as `x`; null without one. */
function countsOf(mask: Mask, x: Tensor, label: string): Tensor | null {
  if (mask === null) return null;
  const shape: Shape = [...mask.shape, ...x.shape.slice(mask.rank).map(() => 1)];
  if (shape.length !== x.rank || shape.some((n, i) => n !== x.shape[i] && n !== 1))
    throw new ShapeError(
      `${label}: a mask of shape ${formatShape(mask.shape)} does not fit inputs ${formatShape(x.shape)}.`,
    );
  return cast(reshape(mask, shape), 'bool');
}
