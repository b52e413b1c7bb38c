import { oneHotKernel } from '../backends/wasm/kernels';
import { checkDType, type DType, storeValue } from '../core/dtype';
import { ConfigError } from '../core/errors';
import { apply, defineOp, type Op } from '../core/op';
import { checkOptions } from '../core/options';
import { scope } from '../core/scope';
import { normalizeAxis, type Shape } from '../core/shape';
import type { Tensor } from '../core/tensor';
import { toContiguous } from '../core/view';
import type { TensorLike } from './create';
import { expectInt32, toIndices } from './indices';

export interface OneHotAttrs {
  readonly depth: number;
  readonly onValue: number;
  readonly offValue: number;
  readonly dtype: DType;
  /** Where in the result the new axis lies. */
  readonly axis: number;
}

const oneHotOp: Op<OneHotAttrs> = /* @__PURE__ */ defineOp<OneHotAttrs>({
  name: 'oneHot',
  kernel: oneHotKernel,
  infer: ([indices], { depth, dtype, axis }) => {
    expectInt32(indices!, 'oneHot');
    return { shape: insert(indices!.shape, axis, depth), dtype };
  },
  reference: ([indices], out, { depth, onValue, offValue, dtype, axis }) => {
    const classes = toContiguous(indices!, false);
    const inner = out.shape.slice(axis + 1).reduce((a, b) => a * b, 1);
    const end = out.offset + classes.length * depth;
    for (let i = out.offset; i < end; i++) storeValue(out.data, i, offValue, dtype);
    for (let i = 0; i < classes.length; i++) {
      const c = classes[i]!;
      if (c < 0 || c >= depth) continue;
      const outer = Math.floor(i / inner);
      storeValue(out.data, out.offset + (outer * depth + c) * inner + (i % inner), onValue, dtype);
    }
  },
});

function insert(shape: Shape, axis: number, n: number): Shape {
  return [...shape.slice(0, axis), n, ...shape.slice(axis)];
}

export interface OneHotOptions {
  /** By default 1. */
  readonly onValue?: number | undefined;
  /** By default 0. */
  readonly offValue?: number | undefined;
  /** By default float32. */
  readonly dtype?: DType | undefined;
  /** Where in the result the new axis lies; by default last. */
  readonly axis?: number | undefined;
}

/**
 * Indicator vectors of classes: y[…, c] = onValue where c is the index, else offValue. An index outside [0, depth)
 * gives a vector of offValue throughout.
 *
 * @param indices - integers of any shape.
 * @param depth - number of classes.
 * @param options - `onValue = 1`, `offValue = 0`, `dtype = 'float32'`, `axis = -1`.
 * @returns the shape of `indices` with an axis of length `depth` added.
 * @throws ConfigError when `depth` is not a non-negative integer.
 *
 * @example
 * ```ts
 * import { oneHot } from 'kompakt';
 * console.log(oneHot([0, 2], 3).toArraySync()); // → [ [ 1, 0, 0 ], [ 0, 0, 1 ] ]
 * ```
 */
export function oneHot(indices: TensorLike, depth: number, options: OneHotOptions = {}): Tensor {
  if (!Number.isInteger(depth) || depth < 0) {
    throw new ConfigError(`oneHot: depth, the number of classes, must be a non-negative integer, got ${depth}.`);
  }
  checkOptions(options, ['onValue', 'offValue', 'dtype', 'axis'], 'oneHot');
  const { onValue = 1, offValue = 0, dtype = 'float32' } = options;
  checkDType(dtype);
  return scope(() => {
    const classes = toIndices(indices, 'oneHot');
    const axis = normalizeAxis(options.axis ?? -1, classes.rank + 1, 'oneHot');
    return apply(oneHotOp, [classes], { depth, onValue, offValue, dtype, axis });
  });
}
