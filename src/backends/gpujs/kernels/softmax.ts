import type { Operand } from '../../../core/backend';
import { fold, laneReader, map, reader } from '../build';
import type { Context, Kernel, KernelTable } from '../kernel';
import type { Value } from '../value';
import { sumAlong } from './reduce';

interface AxisAttrs {
  readonly axis: number;
}

/** Runs `use` with values that are let go afterwards. */
function scoped(use: (own: (value: Value) => Value) => Value): Value {
  const owned: Value[] = [];
  try {
    return use((value) => {
      owned.push(value);
      return value;
    });
  } finally {
    for (const value of owned) value.release();
  }
}

/** max xᵢ along an axis. */
function maxAlong(x: Operand, axis: number, context: Context): Value {
  const step = 'if (n < 1) { t = v0; } else { t = larger(t, v0); }';
  return fold(
    { name: 'laneMax', shape: x.shape, axes: [axis], readers: [reader(x, context)], init: 'let t = 0;', step },
    context,
  );
}

/** By the largest of a lane, then Σ exp(x − max), then `body` of x (`v0`), the largest (`v1`) and the sum (`v2`). */
const alongLanes =
  (name: string, body: string): Kernel<AxisAttrs> =>
  ([x], _, { axis }, context) =>
    scoped((own) => {
      const { shape } = x!;
      const largest = laneReader(own(maxAlong(x!, axis, context)), shape, axis);
      const term = 'expOf(v0 - v1)';
      const total = sumAlong('laneTotal', term, shape, axis, [reader(x!, context), largest], context);
      const readers = [reader(x!, context), largest, laneReader(own(total), shape, axis)];
      return map({ name, shape, readers, body }, context);
    });

/** By Σ term(y, g) along lanes, `v0` and `v1`, then `body` of y, g and the sum. */
const combineLanes =
  (name: string, term: string, body: string): Kernel<AxisAttrs> =>
  ([y, g], _, { axis }, context) =>
    scoped((own) => {
      const { shape } = y!;
      const both = [reader(y!, context), reader(g!, context)];
      const total = own(sumAlong('laneTotal', term, shape, axis, both, context));
      return map({ name, shape, readers: [...both, laneReader(total, shape, axis)], body }, context);
    });

interface NormalizeAttrs {
  readonly epsilon: number;
}

/** The mean of every row, and 1/√(variance + ε). */
function momentsOf(x: Operand, epsilon: number, context: Context, own: (value: Value) => Value) {
  const { shape } = x;
  const axis = shape.length - 1;
  const n = shape[axis]!;
  const total = laneReader(own(sumAlong('laneTotal', 'v0', shape, axis, [reader(x, context)], context)), shape, axis);
  const deviation = `(v0 - v1 / ${n}) * (v0 - v1 / ${n})`;
  const squares = own(sumAlong('laneSquares', deviation, shape, axis, [reader(x, context), total], context));
  return { shape, axis, n, total, squares: laneReader(squares, shape, axis), epsilon };
}

const normalizeRows: Kernel<NormalizeAttrs> = ([x], _, { epsilon }, context) =>
  scoped((own) => {
    const { shape, n, total, squares } = momentsOf(x!, epsilon, context, own);
    const body = `return (v0 - v1 / ${n}) / Math.sqrt(v2 / ${n} + s0);`;
    const readers = [reader(x!, context), total, squares];
    return map({ name: 'normalizeRows', shape, readers, numbers: [epsilon], body }, context);
  });

const normalizeRowsGrad: Kernel<NormalizeAttrs> = ([x, g], _, { epsilon }, context) =>
  scoped((own) => {
    const { shape, axis, n, total, squares } = momentsOf(x!, epsilon, context, own);
    const gs = reader(g!, context);
    const sums = laneReader(own(sumAlong('laneTotal', 'v0', shape, axis, [gs], context)), shape, axis);
    const three = [reader(x!, context), gs, total];
    const products = laneReader(
      own(sumAlong('laneProducts', `v1 * (v0 - v2 / ${n})`, shape, axis, three, context)),
      shape,
      axis,
    );
    const readers = [...three, squares, sums, products];
    const body = `const r = 1 / Math.sqrt(v3 / ${n} + s0); return r * (v1 - v4 / ${n} - (v0 - v2 / ${n}) * r * r * v5 / ${n});`;
    return map({ name: 'normalizeRowsGrad', shape, readers, numbers: [epsilon], body }, context);
  });

const makeKernels = (): KernelTable => ({
  softmax: alongLanes('softmax', 'return expOf(v0 - v1) / v2;') as Kernel,
  logSoftmax: alongLanes('logSoftmax', 'return v0 - v1 - Math.log(v2);') as Kernel,
  softmaxGrad: combineLanes('softmaxGrad', 'v0 * v1', 'return v0 * (v1 - v2);') as Kernel,
  logSoftmaxGrad: combineLanes('logSoftmaxGrad', 'v1', 'return v1 - expOf(v0) * v2;') as Kernel,
  normalizeRows: normalizeRows as Kernel,
  normalizeRowsGrad: normalizeRowsGrad as Kernel,
});
/** Softmax and its kind, and normalising rows: a few folds along lanes, then every element. */
export const SOFTMAX: KernelTable = /* @__PURE__ */ makeKernels();
