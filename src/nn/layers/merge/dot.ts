import { ShapeError } from '../../../core/errors';
import { formatShape, type Shape, sizeOf } from '../../../core/shape';
import type { Tensor } from '../../../core/tensor';
import { matmul } from '../../../ops/linear';
import { reshape, transpose } from '../../../ops/shape-ops';
import type { Layer } from '../../layer';
import { unitLength } from '../../unit-length';
import { defineManyLayer } from '../define';
import { type LayerConfig, type LayerOptions, OptionReader } from '../options';
import { checkBatches } from './combine';

/** Options of {@link dot}. */
export interface DotOptions extends LayerOptions {
  /** The axis to sum over of both inputs, or one of each, counted with the batch axis. */
  readonly axes: number | readonly [number, number];
  /** Whether vectors along the axes are given length 1 first, which makes the results cosines; by default false. */
  readonly normalize?: boolean | undefined;
}

export interface DotConfig extends LayerConfig {
  readonly axes: number | readonly [number, number];
  readonly normalize: boolean;
}

/** Vectors shorter than this have no direction; Keras's. */
const EPSILON = 1e-7;

/**
 * Inner products of two inputs along an axis of each, sample by sample: y[b, …i, …j] = Σₖ x₀[b, …i, k]·x₁[b, …j, k].
 *
 * @param options - `axes` (required), counted with the batch axis: one for both, or one for each; `normalize = false`;
 * `name`.
 * @returns a layer of two inputs; its output has the other axes of the first, then those of the second, and at least one.
 * @throws ConfigError for axes that are none; ShapeError when it is used on inputs that do not fit each other.
 *
 * @example
 * ```ts
 * import { dot } from 'kompakt/nn';
 * console.log(dot({ axes: [2, 1] }).many?.outputShapes([[4, 3], [3, 5]])); // → [ [ 4, 5 ] ]
 * console.log(dot({ axes: 1, normalize: true }).many?.outputShapes([[8], [8]])); // → [ [ 1 ] ]
 * ```
 */
export function dot(options: DotOptions): Layer<DotConfig> {
  const o = new OptionReader('dot', options);
  const given = o.raw('axes');
  const pair: unknown = typeof given === 'number' ? [given, given] : given;
  if (!Array.isArray(pair) || pair.length !== 2 || !pair.every((a) => Number.isInteger(a) && a !== 0))
    throw o.wrong('axes', given, 'an integer other than 0, the batch axis, or a pair of them');
  const axes = (typeof given === 'number' ? given : [...pair]) as DotConfig['axes'];
  const config = { axes, normalize: o.flag('normalize', false), ...o.common() };
  const axisOf = (input: Shape, which: 0 | 1): number => {
    const axis = pair[which] as number;
    const at = axis < 0 ? axis + input.length : axis - 1;
    if (at < 0 || at >= input.length)
      throw new ShapeError(
        `${o.label}: samples of shape ${formatShape(input)} have no axis ${axis}, counted with the batch axis, to sum over.`,
      );
    return at;
  };
  const others = (input: Shape, which: 0 | 1): Shape => input.filter((_, i) => i !== axisOf(input, which));
  return defineManyLayer<DotConfig>(o, config, {
    arity: { min: 2, max: 2 },
    outputShapes([a, b]) {
      const [n, m] = [a![axisOf(a!, 0)], b![axisOf(b!, 1)]];
      if (n !== m) {
        throw new ShapeError(
          `${o.label}: samples of shapes ${formatShape(a!)} and ${formatShape(b!)} have ${n} and ${m} elements along axes ${JSON.stringify(axes)}; they must be as many.`,
        );
      }
      const shape = [...others(a!, 0), ...others(b!, 1)];
      return [shape.length === 0 ? [1] : shape];
    },
    run({ xs }) {
      checkBatches(xs, o.label);
      const matrices = xs.map((x, i) => {
        const which = i as 0 | 1;
        const axis = axisOf(x.shape.slice(1), which) + 1;
        return asMatrices(config.normalize ? unitLength(x, axis, EPSILON) : x, axis);
      });
      const y = matmul(matrices[0]!, matrices[1]!, { transposeB: true });
      const [a, b] = [others(xs[0]!.shape.slice(1), 0), others(xs[1]!.shape.slice(1), 1)];
      const sample = [...a, ...b];
      return { ys: [reshape(y, [y.shape[0]!, ...(sample.length === 0 ? [1] : sample)])] };
    },
    multiplyAdds: ([a, b]) => sizeOf(others(a!, 0)) * sizeOf(b!),
  });
}

/** Each sample as a matrix whose rows run along the axis. */
function asMatrices(x: Tensor, axis: number): Tensor {
  const rest = x.shape.map((_, i) => i).filter((i) => i !== 0 && i !== axis);
  const last = transpose(x, [0, ...rest, axis]);
  return reshape(last, [x.shape[0]!, sizeOf(rest.map((i) => x.shape[i]!)), x.shape[axis]!]);
}
