import { logLossDerivativesKernel } from '../../backends/wasm/kernels';
import { DTypeError, ShapeError } from '../../core/errors';
import { apply, defineOp, type Op } from '../../core/op';
import { formatShape } from '../../core/shape';
import type { Tensor } from '../../core/tensor';
import { toContiguous } from '../../core/view';

/** Below this, e^−z squared is infinite, while what float32 holds of the derivatives no longer changes. */
const LEAST_RAW = -350;

const logLossOp: Op<undefined> = /* @__PURE__ */ defineOp<undefined>({
  name: 'logLossDerivatives',
  kernel: logLossDerivativesKernel,
  infer: (inputs) => {
    if (inputs.some((x) => x.dtype !== 'float64'))
      throw new DTypeError(`logLossDerivatives: needs float64, got ${inputs.map((x) => x.dtype).join(', ')}.`);
    const n = inputs[0]!.shape[0]!;
    if (inputs.some((x) => x.shape.length !== 1 || x.shape[0] !== n))
      throw new ShapeError(
        `logLossDerivatives: needs vectors of one length, got ${inputs.map((x) => formatShape(x.shape)).join(', ')}.`,
      );
    return { shape: [n, 2], dtype: 'float32' };
  },
  reference: (inputs, out) => {
    const [raw, y, weights] = inputs.map((view) => toContiguous(view, false));
    const n = raw!.length;
    for (let i = 0; i < n; i++) {
      const w = weights === undefined ? 1 : weights[i]!;
      const e = Math.exp(-Math.max(raw![i]!, LEAST_RAW));
      const s = 1 + e;
      out.data[out.offset + 2 * i] = (w * (1 - y![i]! - y![i]! * e)) / s;
      out.data[out.offset + 2 * i + 1] = (w * e) / (s * s);
    }
  },
});

/**
 * Derivatives of ln(1 + e^z) − y·z by the raw prediction z, times weights: σ(z) − y and σ(z)(1 − σ(z)).
 *
 * @param raw - float64 `[n]`.
 * @param y - float64 `[n]`, 0 or 1.
 * @param weights - float64 `[n]`; null where all are 1.
 * @returns float32 `[n, 2]`: gradient and hessian.
 * @throws DTypeError, ShapeError when the operands do not fit.
 */
export function logLossDerivatives(raw: Tensor, y: Tensor, weights: Tensor | null): Tensor {
  return apply(logLossOp, weights === null ? [raw, y] : [raw, y, weights], undefined);
}
