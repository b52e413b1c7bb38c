import { logisticGradientKernel } from '../backends/wasm/kernels';
import { DTypeError, ShapeError } from '../core/errors';
import { apply, defineOp, type Op, type TensorSpec } from '../core/op';
import { formatShape } from '../core/shape';
import type { Tensor } from '../core/tensor';
import { toContiguous } from '../core/view';

export interface LogisticGradientAttrs {
  /** Rows of coefficients: 1 for two classes, else one per class. */
  readonly outputs: number;
}

const logisticOp: Op<LogisticGradientAttrs> = /* @__PURE__ */ defineOp<LogisticGradientAttrs>({
  name: 'logisticGradient',
  kernel: logisticGradientKernel,
  infer: (inputs, { outputs }) => {
    const [x, codes, weights, params] = inputs as [TensorSpec, TensorSpec, TensorSpec, TensorSpec];
    const dtypes = inputs.map((spec) => spec.dtype).join(', ');
    if (dtypes !== 'float64, int32, float64, float64') {
      throw new DTypeError(`logisticGradient: needs float64, int32, float64 and float64, got ${dtypes}.`);
    }
    const [n, p] = x.shape as [number, number];
    const fits = [codes, weights].every((spec) => spec.shape.length === 1 && spec.shape[0] === n);
    const size = outputs * (p + 1);
    if (!Number.isInteger(outputs) || outputs < 1)
      throw new ShapeError(`logisticGradient: outputs must be an integer ≥ 1, got ${outputs}.`);
    if (x.shape.length !== 2 || !fits || params.shape.length !== 1 || params.shape[0] !== size) {
      throw new ShapeError(
        `logisticGradient: for ${outputs} outputs needs shapes [n, features], [n], [n] and [outputs · (features + 1)], ` +
          `got ${inputs.map((spec) => formatShape(spec.shape)).join(', ')}.`,
      );
    }
    return { shape: [1 + size], dtype: 'float64' };
  },
  reference: ([x, codes, weights, params], out, { outputs: k }) => {
    const [n, p] = x!.shape as [number, number];
    const [X, y, s, w] = [x!, codes!, weights!, params!].map((view) => toContiguous(view, false));
    const z = new Float64Array(n * k);
    for (let i = 0; i < n; i++) {
      for (let c = 0; c < k; c++) {
        let sum = w![k * p + c]!;
        for (let j = 0; j < p; j++) sum += X![i * p + j]! * w![c * p + j]!;
        z[i * k + c] = sum;
      }
    }
    const sums = new Float64Array(1 + k * (p + 1));
    sums[0] = logisticResiduals(z, y as Int32Array, s as Float64Array, k);
    for (let i = 0; i < n; i++) {
      for (let c = 0; c < k; c++) {
        const r = z[i * k + c]!;
        for (let j = 0; j < p; j++) sums[1 + c * p + j]! += r * X![i * p + j]!;
        sums[1 + k * p + c]! += r;
      }
    }
    out.data.set(sums, out.offset);
  },
});

/**
 * The weighted sum of logistic losses and its gradient, in one pass over the samples: what every smooth solver of
 * logistic regression asks for, again and again. Blocks of rows have sizes that follow from the shapes alone, so the bits do
 * not depend on the number of threads.
 *
 * One output: Σ sᵢ·ln(1 + e^(∓zᵢ)), z = X·w + b, with − for code 1. More: Σ sᵢ·(ln Σ_c e^(z_ic) − z_i,y).
 *
 * @param x - float64 `[n, features]`.
 * @param codes - int32 `[n]`: 0 or 1 for one output, else the class. A sample of another code does not count.
 * @param weights - float64 `[n]`.
 * @param params - float64 `[outputs · (features + 1)]`: the coefficients output by output, then the intercepts.
 * @param outputs - 1 for two classes, else one per class.
 * @returns float64 `[1 + outputs · (features + 1)]`: the sum, then its gradient in the order of `params`.
 * @throws DTypeError, ShapeError when the operands do not fit.
 */
export function logisticGradient(x: Tensor, codes: Tensor, weights: Tensor, params: Tensor, outputs: number): Tensor {
  return apply(logisticOp, [x, codes, weights, params], { outputs });
}

/**
 * The weighted sum of the losses of scores, which are replaced by its derivatives.
 *
 * @param z - `[n, k]`: scores, then s·(σ(z) − y), or s·(softmax(z) − onehot(y)).
 * @param codes - `[n]`; a sample of a code that is no class does not count.
 * @param weights - `[n]`.
 * @param k - 1 for two classes, else one score per class.
 */
export function logisticResiduals(z: Float64Array, codes: Int32Array, weights: Float64Array, k: number): number {
  return k === 1 ? binaryResiduals(z, codes, weights) : softmaxResiduals(z, codes, weights, k);
}

function binaryResiduals(z: Float64Array, codes: Int32Array, weights: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < z.length; i++) {
    const y = codes[i]!;
    const s = y === 0 || y === 1 ? weights[i]! : 0;
    // How far the score is on the wrong side; both classes then have one formula, exact in its tails.
    const wrong = y === 1 ? -z[i]! : z[i]!;
    const e = Math.exp(-Math.abs(wrong));
    sum += s * (Math.max(wrong, 0) + Math.log1p(e));
    const r = s * ((wrong < 0 ? e : 1) / (1 + e));
    z[i] = y === 1 ? -r : r;
  }
  return sum;
}

function softmaxResiduals(z: Float64Array, codes: Int32Array, weights: Float64Array, k: number): number {
  let sum = 0;
  for (let i = 0; i < codes.length; i++) {
    const at = i * k;
    const isClass = codes[i]! >= 0 && codes[i]! < k;
    const y = isClass ? codes[i]! : 0;
    const s = isClass ? weights[i]! : 0;
    const ofTruth = z[at + y]!;
    let max = z[at]!;
    for (let c = 1; c < k; c++) if (z[at + c]! > max) max = z[at + c]!;
    let total = 0;
    for (let c = 0; c < k; c++) {
      const e = Math.exp(z[at + c]! - max);
      z[at + c] = e;
      total += e;
    }
    sum += s * (Math.log(total) + (max - ofTruth));
    const scale = s / total;
    for (let c = 0; c < k; c++) z[at + c]! *= scale;
    z[at + y]! -= s;
  }
  return sum;
}
