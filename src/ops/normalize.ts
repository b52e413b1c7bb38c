import { normalizeRowsGradKernel, normalizeRowsKernel } from '../backends/wasm/kernels';
import { isFloating } from '../core/dtype';
import { DTypeError, ShapeError } from '../core/errors';
import { apply, defineOp, type Op, type TensorSpec } from '../core/op';
import type { Tensor } from '../core/tensor';
import { toContiguous, type View } from '../core/view';
import { add, mul, neg, rsqrt, square, sub } from './elementwise';
import { mean } from './reduce';

/** What is added to the variance. */
export interface NormalizeAttrs {
  readonly epsilon: number;
}

function inferRows([x]: readonly TensorSpec[]): TensorSpec {
  if (!isFloating(x!.dtype))
    throw new DTypeError(`normalizeRows: needs float32 or float64, got ${x!.dtype}. Use cast(x, 'float32').`);
  if (x!.shape.length === 0)
    throw new ShapeError('normalizeRows: a scalar has no axis to normalise over. Use reshape(x, [1]).');
  return { shape: x!.shape, dtype: x!.dtype };
}

/** Visits every row of the last axis: where it begins, its mean, and 1/√(variance + ε). */
function forEachRow(
  x: ArrayLike<number>,
  n: number,
  epsilon: number,
  visit: (start: number, mean: number, factor: number) => void,
): void {
  for (let start = 0; start < x.length; start += n) {
    let total = 0;
    for (let i = start; i < start + n; i++) total += x[i]!;
    const mean = total / n;
    let squares = 0;
    for (let i = start; i < start + n; i++) squares += (x[i]! - mean) ** 2;
    visit(start, mean, 1 / Math.sqrt(squares / n + epsilon));
  }
}

const lastOf = ({ shape }: View): number => shape[shape.length - 1]!;

const normalizeRowsOp: Op<NormalizeAttrs> = /* @__PURE__ */ defineOp<NormalizeAttrs>({
  name: 'normalizeRows',
  kernel: normalizeRowsKernel,
  infer: inferRows,
  reference: ([x], out, { epsilon }) => {
    const values = toContiguous(x!, false);
    const n = lastOf(x!);
    forEachRow(values, n, epsilon, (start, mean, factor) => {
      for (let i = start; i < start + n; i++) out.data[out.offset + i] = (values[i]! - mean) * factor;
    });
  },
  vjp: (g, { inputs: [x], attrs }) => apply(normalizeRowsGradOp, [x!, g], attrs),
});

/**
 * r·(g − mean g − y·mean(g·y)) with y the normalised x and r = 1/√(variance + ε): the cotangent of x, from that of y.
 * Inputs `[x, g]`.
 */
const normalizeRowsGradOp: Op<NormalizeAttrs> = /* @__PURE__ */ defineOp<NormalizeAttrs>({
  name: 'normalizeRowsGrad',
  kernel: normalizeRowsGradKernel,
  infer: inferRows,
  reference: ([x, g], out, { epsilon }) => {
    const [values, gs] = [toContiguous(x!, false), toContiguous(g!, false)];
    const n = lastOf(x!);
    forEachRow(values, n, epsilon, (start, mean, factor) => {
      let [total, products] = [0, 0];
      for (let i = start; i < start + n; i++) {
        total += gs[i]!;
        products += gs[i]! * (values[i]! - mean) * factor;
      }
      for (let i = start; i < start + n; i++) {
        const along = (((values[i]! - mean) * factor) / n) * products;
        out.data[out.offset + i] = factor * (gs[i]! - total / n - along);
      }
    });
  },
  vjp: (h, { inputs: [x, g], attrs }, i) => {
    const pullThrough = (t: Tensor): Tensor => apply(normalizeRowsGradOp, [x!, t], attrs);
    return i === 1 ? pullThrough(h) : bend(x!, g!, h, attrs, pullThrough);
  },
});

/**
 * The cotangent of x in D(x, g), D being the gradient above, from the cotangent h of its result. With a = mean(g·y) and
 * b = mean(h·y): −y·r²·(mean(h·g) − mean h·mean g − a·b) − r·(b·D(x, g) + a·D(x, h)), as r changes by −r²·y/n, and a and b
 * by D(x, g)/n and D(x, h)/n.
 */
function bend(x: Tensor, g: Tensor, h: Tensor, attrs: NormalizeAttrs, pull: (t: Tensor) => Tensor): Tensor {
  const along = (t: Tensor): Tensor => mean(t, { axis: -1, keepDims: true });
  const y = apply(normalizeRowsOp, [x], attrs);
  const r = rsqrt(add(along(square(sub(x, along(x)))), attrs.epsilon));
  const [a, b] = [along(mul(g, y)), along(mul(h, y))];
  const spread = sub(sub(along(mul(h, g)), mul(along(h), along(g))), mul(a, b));
  const turned = mul(r, add(mul(b, pull(g)), mul(a, pull(h))));
  return neg(add(mul(y, mul(square(r), spread)), turned));
}

/** (x − mean)/√(variance + ε) of every row of the last axis, with the biased variance. */
export function normalizeRows(x: Tensor, epsilon: number): Tensor {
  return apply(normalizeRowsOp, [x], { epsilon });
}
