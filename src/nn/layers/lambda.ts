import { ConfigError, ShapeError } from '../../core/errors';
import { scope } from '../../core/scope';
import { formatShape, type Shape, sameShape } from '../../core/shape';
import { Tensor } from '../../core/tensor';
import { zeros } from '../../ops/create';
import type { CallContext, Layer } from '../layer';
import { defineManyLayer } from './define';
import { type LayerConfig, type LayerOptions, OptionReader } from './options';

/** One tensor, or several where the layer has several inputs. */
type Inputs = Tensor & readonly Tensor[];

/** Options of {@link lambda}. */
export interface LambdaOptions extends LayerOptions {
  /** What the layer does with its input (an array of several inputs): `(x, ctx) => y`, with batches. */
  readonly call: (x: Inputs, ctx: CallContext) => Tensor;
  /** Shape of the output, without the batch axis; by default found by a call on zeros. */
  readonly outputShape?: Shape | null | undefined;
  /** Whether the mask of the input holds for the output; by default false. */
  readonly passesMask?: boolean | undefined;
}

export interface LambdaConfig extends LayerConfig {
  readonly call: (x: Inputs, ctx: CallContext) => Tensor;
  readonly outputShape: Shape | null;
  readonly passesMask: boolean;
}

/**
 * Any function of tensors as a layer without weights.
 *
 * A model file holds no functions, so a model with such a layer can't be saved. Write a layer of your own for that, and
 * hand it to `loadModel`.
 *
 * @param options - `call` (required): `(x, ctx) => y`, of operations on tensors, whose first axis stays the batch; for
 * several inputs x is an array. `outputShape = null`: of one sample, by default found by calling it on zeros.
 * `passesMask = false`, `name`, `inputShape`. Or the function alone.
 * @returns a layer of any number of inputs.
 * @throws ConfigError when there is no function; ShapeError when what comes out is not of the shape promised.
 *
 * @example
 * ```ts
 * import { mul, type Tensor } from 'kompakt';
 * import { lambda } from 'kompakt/nn';
 * const half = lambda((x: Tensor) => mul(x, 0.5));
 * console.log(half.outputShape([3])); // → [ 3 ]
 * ```
 */
export function lambda(options: LambdaOptions['call'] | LambdaOptions): Layer<LambdaConfig> {
  const o = new OptionReader('lambda', typeof options === 'function' ? { call: options } : options);
  const call = o.raw('call');
  if (typeof call !== 'function') throw o.wrong('call', call, 'a function (x) => y of tensors');
  const given = o.raw('outputShape') ?? null;
  if (given !== null && !(Array.isArray(given) && given.every((n) => Number.isInteger(n) && n >= 0)))
    throw o.wrong('outputShape', given, 'null or the shape of one sample, without the batch axis');
  const own = {
    call: call as LambdaOptions['call'],
    outputShape: given === null ? null : ([...given] as number[]),
    passesMask: o.flag('passesMask', false),
  };
  const config = { ...own, ...o.common() };
  const apply = (xs: readonly Tensor[], ctx: CallContext): Tensor => {
    const y: unknown = config.call((xs.length === 1 ? xs[0] : xs) as Inputs, ctx);
    if (!(y instanceof Tensor)) throw new ConfigError(`${o.label}: call must return a tensor, got ${String(y)}.`);
    return y;
  };
  const shapeOf = (inputs: readonly Shape[]): Shape => config.outputShape ?? tried(inputs, apply);
  return defineManyLayer<LambdaConfig>(o, config, {
    outputShapes: (inputs) => [shapeOf(inputs)],
    run({ xs, masks }, _weights, ctx) {
      const y = apply(xs, { ...ctx, mask: masks[0] ?? null });
      const wanted = [xs[0]!.shape[0]!, ...shapeOf(xs.map((x) => x.shape.slice(1)))];
      if (!sameShape(y.shape, wanted))
        throw new ShapeError(
          `${o.label}: call returned shape ${formatShape(y.shape)} where ${formatShape(wanted)} was promised. Keep the batch axis first, or set outputShape.`,
        );
      return { ys: [y], masks: [config.passesMask ? (masks[0] ?? null) : null] };
    },
  });
}

/** The shape of one sample that comes out for zeros. */
function tried(inputs: readonly Shape[], apply: (xs: readonly Tensor[], ctx: CallContext) => Tensor): Shape {
  const shape: number[] = [];
  scope(() => {
    const y = apply(
      inputs.map((s) => zeros([1, ...s])),
      { training: false, rng: null },
    );
    shape.push(...y.shape.slice(1));
  });
  return shape;
}
