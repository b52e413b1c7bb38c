import { ShapeError } from '../../../core/errors';
import { broadcastShapes } from '../../../core/shape';
import type { Tensor } from '../../../core/tensor';
import * as ops from '../../../ops/elementwise';
import { any } from '../../../ops/reduce';
import { broadcastTo, expandDims, reshape } from '../../../ops/shape-ops';
import type { Layer, Mask } from '../../layer';
import { defineManyLayer } from '../define';
import { type LayerConfig, type LayerOptions, OptionReader } from '../options';

/** Inputs of equal rank, their masks widened to their shape. */
interface Operands {
  readonly xs: readonly Tensor[];
  readonly masks: readonly Mask[];
}

/** What comes out, and which elements of it count; null: the mask of the steps that count for some input. */
type Combine = (operands: Operands) => { readonly y: Tensor; readonly counts?: Mask };

function combiner(
  kind: string,
  options: LayerOptions,
  combine: Combine,
  arity?: { readonly min: number; readonly max: number },
): Layer<LayerConfig> {
  const o = new OptionReader(kind, options);
  return defineManyLayer<LayerConfig>(o, o.common(), {
    ...(arity !== undefined && { arity }),
    // Samples broadcast as in NumPy: missing axes come after the batch.
    outputShapes: (inputs) => [inputs.reduce((a, b) => broadcastShapes(a, b, o.label))],
    run({ xs, masks }) {
      checkBatches(xs, o.label);
      const rank = Math.max(...xs.map((x) => x.rank));
      const ofRank = (t: Tensor): Tensor => {
        const missing = Array.from({ length: rank - t.rank }, () => 1);
        return missing.length === 0 ? t : reshape(t, [t.shape[0]!, ...missing, ...t.shape.slice(1)]);
      };
      const wide = masks.map((m, i) => m && ofRank(widened(m, xs[i]!)));
      const { y, counts } = combine({ xs: xs.map(ofRank), masks: wide });
      const all = masks.every((m) => m !== null);
      const ofSteps = counts === undefined && all ? (masks as Tensor[]).reduce((a, b) => ops.logicalOr(a, b)) : null;
      return { ys: [y], masks: [counts ? any(counts, { axis: -1 }) : ofSteps] };
    },
    multiplyAdds: () => 0,
  });
}

/** Throws unless all inputs are batches of one size. */
export function checkBatches(xs: readonly Tensor[], label: string): void {
  const other = xs.find((x) => x.shape[0] !== xs[0]!.shape[0]);
  if (other !== undefined)
    throw new ShapeError(`${label}: inputs of ${xs[0]!.shape[0]} and ${other.shape[0]} samples can't be combined.`);
}

/** A mask of steps, for each element of them. */
function widened(mask: Tensor, x: Tensor): Tensor {
  return mask.rank === x.rank ? mask : broadcastTo(expandDims(ops.cast(mask, 'bool'), -1), x.shape);
}

const fold =
  (f: (a: Tensor, b: Tensor) => Tensor): Combine =>
  ({ xs }) => ({ y: xs.reduce((a, b) => f(a, b)) });

/** The extreme of the inputs that count; of all where none does. */
const extreme =
  (f: (a: Tensor, b: Tensor) => Tensor): Combine =>
  ({ xs, masks }) => {
    let y = xs[0]!;
    let counts: Mask = masks[0] ?? null;
    for (let i = 1; i < xs.length; i++) {
      const mask = masks[i] ?? null;
      const x = mask === null ? xs[i]! : ops.where(mask, xs[i]!, y);
      const known = counts === null ? y : ops.where(counts, y, x);
      counts = mask !== null && counts !== null ? ops.logicalOr(counts, mask) : null;
      y = f(known, x);
    }
    return { y, counts };
  };

/** The product of the inputs that count; 0 where none does, if all are masked. */
const product: Combine = ({ xs, masks }) => {
  const factors = xs.map((x, i) => (masks[i] === null ? x : ops.where(masks[i]!, x, 1)));
  const y = factors.reduce((a, b) => ops.mul(a, b));
  if (masks.some((m) => m === null)) return { y };
  const counts = (masks as Tensor[]).reduce((a, b) => ops.logicalOr(a, b));
  return { y: ops.where(counts, y, 0), counts };
};

/**
 * The sum of several inputs, as in a residual connection.
 *
 * @param options - `name`.
 * @returns a layer of any number of inputs, whose samples broadcast; with a mask where all inputs have one, of the steps
 * that count in any of them.
 * @throws ShapeError when it is used on inputs that do not fit each other.
 *
 * @example
 * ```ts
 * import { add, dense, input, model } from 'kompakt/nn';
 * const x = input([4]);
 * const y = add().apply([x, dense({ units: 4 }).apply(x)]);
 * console.log(y.shape); // → [ 4 ]
 * ```
 */
export function add(options: LayerOptions = {}): Layer<LayerConfig> {
  return combiner('add', options, fold(ops.add));
}

/**
 * The first of two inputs minus the second. See {@link add}.
 *
 * @param options - `name`.
 * @returns a layer of two inputs.
 * @throws ShapeError when it is used on inputs that do not fit each other.
 *
 * @example
 * ```ts
 * import { subtract } from 'kompakt/nn';
 * console.log(subtract().many?.outputShapes([[4, 3], [3]])); // → [ [ 4, 3 ] ]
 * ```
 */
export function subtract(options: LayerOptions = {}): Layer<LayerConfig> {
  return combiner('subtract', options, fold(ops.sub), { min: 2, max: 2 });
}

/**
 * The product of several inputs, elementwise; inputs count as 1 where their mask leaves them out. See {@link add}.
 *
 * @param options - `name`.
 * @returns a layer of any number of inputs.
 * @throws ShapeError when it is used on inputs that do not fit each other.
 *
 * @example
 * ```ts
 * import { multiply } from 'kompakt/nn';
 * console.log(multiply().many?.outputShapes([[4, 1], [4, 3]])); // → [ [ 4, 3 ] ]
 * ```
 */
export function multiply(options: LayerOptions = {}): Layer<LayerConfig> {
  return combiner('multiply', options, product);
}

/**
 * The mean of several inputs, elementwise. See {@link add}.
 *
 * @param options - `name`.
 * @returns a layer of any number of inputs.
 * @throws ShapeError when it is used on inputs that do not fit each other.
 *
 * @example
 * ```ts
 * import { average } from 'kompakt/nn';
 * console.log(average().many?.outputShapes([[4], [4], [4]])); // → [ [ 4 ] ]
 * ```
 */
export function average(options: LayerOptions = {}): Layer<LayerConfig> {
  return combiner('average', options, ({ xs }) => ({
    y: ops.div(
      xs.reduce((a, b) => ops.add(a, b)),
      xs.length,
    ),
  }));
}

/**
 * The largest of several inputs, elementwise, among those that masks let count. See {@link add}.
 *
 * @param options - `name`.
 * @returns a layer of any number of inputs.
 * @throws ShapeError when it is used on inputs that do not fit each other.
 *
 * @example
 * ```ts
 * import { maximum } from 'kompakt/nn';
 * console.log(maximum().many?.outputShapes([[4], [4]])); // → [ [ 4 ] ]
 * ```
 */
export function maximum(options: LayerOptions = {}): Layer<LayerConfig> {
  return combiner('maximum', options, extreme(ops.maximum));
}

/**
 * The smallest of several inputs, elementwise, among those that masks let count. See {@link add}.
 *
 * @param options - `name`.
 * @returns a layer of any number of inputs.
 * @throws ShapeError when it is used on inputs that do not fit each other.
 *
 * @example
 * ```ts
 * import { minimum } from 'kompakt/nn';
 * console.log(minimum().many?.outputShapes([[4], [4]])); // → [ [ 4 ] ]
 * ```
 */
export function minimum(options: LayerOptions = {}): Layer<LayerConfig> {
  return combiner('minimum', options, extreme(ops.minimum));
}
