import { Tensor } from '../../core/tensor';
import { logLossDerivatives } from '../../ops/boosting/log-loss';

/** What samples should be predicted as, and their weights: as numbers, and on the engine. */
export interface Targets {
  readonly y: Float64Array;
  readonly weights: Float64Array | null;
  readonly onEngine: { readonly y: Tensor; readonly weights: Tensor | null };
}

/** What a boosted model minimises, as a function of its raw predictions. */
export interface Loss {
  /** Raw predictions of a sample, and trees of an iteration. */
  readonly outputs: number;
  /** The raw predictions of a model without trees. */
  start(y: Float64Array, weights: Float64Array | null): Float64Array;
  /**
   * Derivatives by each output, times the weights: float32 `[samples, 2]`, gradient and hessian; or `[samples, 1]`, where all
   * hessians are 1.
   *
   * @param raw - by output, float64 `[samples]`.
   */
  derivatives(targets: Targets, raw: readonly Tensor[]): Tensor[];
  /** The loss of sample `i` of `n`. */
  at(y: Float64Array, raw: Float64Array, i: number, n: number): number;
  /** For losses that have no useful hessian: the value of a leaf, given what remains of its targets. */
  leaf?(rest: Float64Array, weights: Float64Array | null): number;
}

/** Sum of the products, or plain sum: by halves, so that errors grow with the logarithm of the length. */
function sum(n: number, term: (i: number) => number, from = 0): number {
  if (n <= 128) {
    let total = 0;
    for (let i = from; i < from + n; i++) total += term(i);
    return total;
  }
  const half = n >> 1;
  return sum(half, term, from) + sum(n - half, term, from + half);
}

/** The mean of `value(i)`, weighted. */
export function weightedMean(n: number, weights: Float64Array | null, value: (i: number) => number): number {
  if (weights === null) return sum(n, value) / n;
  return sum(n, (i) => value(i) * weights[i]!) / sum(n, (i) => weights[i]!);
}

const clamp = (x: number, low: number, high: number): number => Math.min(Math.max(x, low), high);
/** How far a mean is kept from the ends of its range, whose logarithm is infinite: 10 times the unit of rounding. */
const MARGIN = 2.220446049250313e-15;

type Pointwise = (y: number, raw: number) => number;

/** A loss of one raw prediction, given by its value and derivatives; no hessian is one that is always 1. */
function pointwise(
  parts: Pick<Loss, 'start' | 'leaf'> & {
    readonly value: Pointwise;
    readonly gradient: Pointwise;
    readonly hessian?: Pointwise;
  },
): Loss {
  const { value, gradient, hessian, ...rest } = parts;
  return {
    ...rest,
    outputs: 1,
    at: (y, raw, i) => value(y[i]!, raw[i]!),
    derivatives: ({ y, weights }, [raw]) => {
      const z = raw!.dataSync();
      const width = hessian === undefined && weights === null ? 1 : 2;
      const out = new Float32Array(z.length * width);
      for (let i = 0; i < z.length; i++) {
        const w = weights === null ? 1 : weights[i]!;
        out[i * width] = w * gradient(y[i]!, z[i]!);
        if (width === 2) out[i * width + 1] = w * (hessian === undefined ? 1 : hessian(y[i]!, z[i]!));
      }
      return [toEngine(out, raw!, width)];
    },
  };
}

function toEngine(values: Float32Array, like: Tensor, width: number): Tensor {
  return Tensor.from(like.backend, values, 'float32', [values.length / width, width]);
}

const mean: Loss['start'] = (y, weights) => Float64Array.of(weightedMean(y.length, weights, (i) => y[i]!));

/** ½(y − z)². */
export const squaredError = (): Loss =>
  pointwise({
    start: mean,
    value: (y, z) => 0.5 * (z - y) * (z - y),
    gradient: (y, z) => z - y,
  });

/** |y − z|. */
export const absoluteError = (): Loss =>
  pointwise({
    start: (y, weights) => Float64Array.of(quantileOf(y, weights, 0.5)),
    value: (y, z) => Math.abs(y - z),
    gradient: (y, z) => (z > y ? 1 : -1),
    leaf: (rest, weights) => quantileOf(rest, weights, 0.5),
  });

/** q(y − z) where y ≥ z, else (1 − q)(z − y). */
export const pinball = (q: number): Loss =>
  pointwise({
    start: (y, weights) => Float64Array.of(quantileOf(y, weights, q)),
    value: (y, z) => (y >= z ? q * (y - z) : (1 - q) * (z - y)),
    gradient: (y, z) => (y >= z ? -q : 1 - q),
    leaf: (rest, weights) => quantileOf(rest, weights, q),
  });

const logMean: Loss['start'] = (y, weights) => mean(y, weights).map((m) => Math.log(Math.max(m, MARGIN)));

/** e^z − y·z: half the Poisson deviance but for what does not depend on z. */
export const poisson = (): Loss =>
  pointwise({
    start: logMean,
    value: (y, z) => Math.exp(z) - y * z,
    gradient: (y, z) => Math.exp(z) - y,
    hessian: (_y, z) => Math.exp(z),
  });

/** z + y·e^−z: half the gamma deviance but for what does not depend on z. */
export const gamma = (): Loss =>
  pointwise({
    start: logMean,
    value: (y, z) => z + y * Math.exp(-z),
    gradient: (y, z) => 1 - y * Math.exp(-z),
    hessian: (y, z) => y * Math.exp(-z),
  });

/** ln(1 + e^z) without overflow or loss of digits. */
function logOnePlusExp(z: number): number {
  if (z <= -2) return Math.log1p(Math.exp(z));
  if (z <= 18) return Math.log(1 + Math.exp(z));
  return z <= 33.3 ? z + Math.exp(-z) : z;
}

/** ln(1 + e^z) − y·z for classes 0 and 1. */
export const binaryLogLoss = (): Loss => ({
  outputs: 1,
  start: (y, weights) => {
    const p = clamp(mean(y, weights)[0]!, MARGIN, 1 - MARGIN);
    return Float64Array.of(Math.log(p / (1 - p)));
  },
  at: (y, raw, i) => logOnePlusExp(raw[i]!) - y[i]! * raw[i]!,
  derivatives: ({ onEngine: { y, weights } }, [raw]) => [logLossDerivatives(raw!, y, weights)],
});

/** The cross-entropy of softmax(z) with k classes, coded 0 … k − 1. */
export const multinomialLogLoss = (k: number): Loss => ({
  outputs: k,
  start: (y, weights) => {
    const logs = Float64Array.from({ length: k }, (_, c) =>
      Math.log(
        clamp(
          weightedMean(y.length, weights, (i) => Number(y[i] === c)),
          Number.EPSILON,
          1 - Number.EPSILON,
        ),
      ),
    );
    const middle = logs.reduce((a, b) => a + b, 0) / k;
    return logs.map((z) => z - middle);
  },
  at: (y, raw, i, n) => {
    const top = greatest(raw, i, n, k);
    let total = 0;
    for (let c = 0; c < k; c++) total += Math.exp(raw[c * n + i]! - top);
    return Math.log(total) + top - raw[y[i]! * n + i]!;
  },
  derivatives: ({ y, weights }, raw) => {
    const n = y.length;
    const z = joined(raw, n);
    const out = raw.map(() => new Float32Array(2 * n));
    const p = new Float64Array(k);
    for (let i = 0; i < n; i++) {
      const w = weights === null ? 1 : weights[i]!;
      const top = greatest(z, i, n, k);
      let total = 0;
      for (let c = 0; c < k; c++) total += p[c] = Math.exp(z[c * n + i]! - top);
      for (let c = 0; c < k; c++) {
        const q = p[c]! / total;
        out[c]![2 * i] = w * (q - Number(y[i] === c));
        out[c]![2 * i + 1] = w * (q * (1 - q));
      }
    }
    return out.map((values) => toEngine(values, raw[0]!, 2));
  },
});

/** Vectors of `n` numbers, one after the other. */
export function joined(parts: readonly Tensor[], n: number): Float64Array {
  const out = new Float64Array(parts.length * n);
  parts.forEach((part, k) => {
    out.set(part.dataSync(), k * n);
  });
  return out;
}

function greatest(raw: Float64Array, i: number, n: number, k: number): number {
  let top = raw[i]!;
  for (let c = 1; c < k; c++) top = Math.max(top, raw[c * n + i]!);
  return top;
}

/**
 * The quantile `q` of `values`. Unweighted: between neighbours by linear interpolation. Weighted: the smallest value that
 * values of at least a part `q` of the weight do not exceed.
 */
export function quantileOf(values: Float64Array, weights: Float64Array | null, q: number): number {
  if (weights !== null) return weightedQuantile(values, weights, q);
  const sorted = values.slice().sort();
  const at = q * (sorted.length - 1);
  const below = Math.floor(at);
  const low = sorted[below]!;
  const high = sorted[Math.min(below + 1, sorted.length - 1)]!;
  const part = at - below;
  return part >= 0.5 ? high - (high - low) * (1 - part) : low + (high - low) * part;
}

function weightedQuantile(values: Float64Array, weights: Float64Array, q: number): number {
  const order = Uint32Array.from(values.keys()).sort((a, b) => values[a]! - values[b]!);
  const sums = new Float64Array(order.length);
  let total = 0;
  for (let i = 0; i < order.length; i++) sums[i] = total += weights[order[i]!]!;
  const wanted = q * total;
  const at = sums.findIndex((s) => (wanted === 0 ? s > 0 : s >= wanted));
  return values[order[at < 0 ? order.length - 1 : at]!]!;
}
