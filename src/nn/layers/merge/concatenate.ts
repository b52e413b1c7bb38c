import { ShapeError } from '../../../core/errors';
import { formatShape, type Shape } from '../../../core/shape';
import type { Tensor } from '../../../core/tensor';
import { any, broadcastTo, cast, concat, expandDims, onesLike } from '../../../ops/index';
import type { Layer, Mask } from '../../layer';
import { defineManyLayer } from '../define';
import { type LayerConfig, type LayerOptions, OptionReader } from '../options';
import { checkBatches } from './combine';

/** Options of {@link concatenate}. */
export interface ConcatenateOptions extends LayerOptions {
  /** The axis along which inputs follow each other, counted with the batch axis; by default −1. */
  readonly axis?: number | undefined;
}

export interface ConcatenateConfig extends LayerConfig {
  readonly axis: number;
}

/**
 * Several inputs one after the other, along an axis.
 *
 * @param options - `axis = -1`, counted with the batch axis; `name`.
 * @returns a layer of any number of inputs, equal in all sizes but that along the axis; with a mask where any input has
 * one: along a later axis than the steps, of those that count in any of the inputs.
 * @throws ShapeError when it is used on inputs that do not fit each other.
 *
 * @example
 * ```ts
 * import { concatenate } from 'kompakt/nn';
 * console.log(concatenate({ axis: 1 }).many?.outputShapes([[4, 3], [2, 3]])); // → [ [ 6, 3 ] ]
 * ```
 */
export function concatenate(options: ConcatenateOptions = {}): Layer<ConcatenateConfig> {
  const o = new OptionReader('concatenate', options);
  const config = { axis: o.axis('axis', -1), ...o.common() };
  const axisIn = (input: Shape): number => {
    const at = config.axis < 0 ? config.axis + input.length : config.axis - 1;
    if (at < 0 || at >= input.length)
      throw new ShapeError(
        `${o.label}: samples of shape ${formatShape(input)} have no axis ${config.axis}, counted with the batch axis, to be joined along.`,
      );
    return at;
  };
  return defineManyLayer<ConcatenateConfig>(o, config, {
    outputShapes(inputs) {
      const first = inputs[0]!;
      const at = axisIn(first);
      const other = inputs.find((s) => s.length !== first.length || s.some((n, i) => i !== at && n !== first[i]));
      if (other !== undefined)
        throw new ShapeError(
          `${o.label}: samples of shapes ${formatShape(first)} and ${formatShape(other)} differ elsewhere than along axis ${config.axis}.`,
        );
      return [first.map((n, i) => (i === at ? inputs.reduce((sum, s) => sum + s[at]!, 0) : n))];
    },
    run({ xs, masks }) {
      checkBatches(xs, o.label);
      const at = axisIn(xs[0]!.shape.slice(1)) + 1;
      return { ys: [concat(xs, at)], masks: [joined(xs, masks, at)] };
    },
    multiplyAdds: () => 0,
  });
}

/** What counts of the inputs' elements, joined like them; a step counts that has an element which does. */
function joined(xs: readonly Tensor[], masks: readonly Mask[], axis: number): Mask {
  if (masks.every((m) => m === null)) return null;
  const wide = masks.map((mask, i) => {
    const x = xs[i]!;
    if (mask === null) return cast(onesLike(x), 'bool');
    const counts = cast(mask, 'bool');
    return counts.rank < x.rank ? broadcastTo(expandDims(counts, -1), x.shape) : counts;
  });
  return any(concat(wide, axis), { axis: -1 });
}
