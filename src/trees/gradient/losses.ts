import { numpySum } from '../../core/numpy-sum';
import { quantileOf } from '../hist/losses';

/** Samples with raw predictions, output by output. */
export interface Scored {
  readonly y: Float64Array;
  readonly raw: Float64Array;
  readonly weights: Float64Array;
}

/** What gradient boosting minimises, and how it values leaves. */
export interface GradientLoss {
  /** Trees of a stage, and raw predictions of a sample. */
  readonly outputs: number;
  /** Raw predictions of a model without trees; `weights` null where none were given. */
  start(y: Float64Array, weights: Float64Array | null): Float64Array;
  /** The mean loss. */
  value(data: Scored): number;
  /** What trees of output `k` are grown on. */
  residuals(data: Scored, k: number): Float64Array;
  /** The value of a leaf of output `k`; without it, the mean of the residuals, as grown. */
  leaf?(rows: readonly number[], data: Scored, residuals: Float64Array, k: number): number;
}

/** Sums are NumPy's, bit for bit: where two splits gain nearly the same, the last bits decide. */
const sumOver = (rows: readonly number[], term: (i: number) => number): number =>
  numpySum(Float64Array.from(rows, term));

function weightedMean(n: number, weights: Float64Array | null, value: (i: number) => number): number {
  const terms = Float64Array.from({ length: n }, (_, i) => value(i));
  if (weights === null) return numpySum(terms) / n;
  return numpySum(terms.map((v, i) => v * weights[i]!)) / numpySum(weights);
}

const meanOf = ({ y, weights }: Scored, term: (i: number) => number): number => weightedMean(y.length, weights, term);
const quotient = (a: number, b: number): number => (Math.abs(b) < 1e-150 ? 0 : a / b);
const sigmoid = (z: number): number => 1 / (1 + Math.exp(-z));
/** ln(1 + e^z). */
const softplus = (z: number): number => Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z)));
/** Probabilities are kept that far from 0 and 1: the unit of rounding of float32. */
const MARGIN = 1.1920928955078125e-7;
const clip = (p: number): number => Math.min(Math.max(p, MARGIN), 1 - MARGIN);

const each = (y: Float64Array, value: (i: number) => number): Float64Array => Float64Array.from(y, (_, i) => value(i));
const quantileStart =
  (q: number) =>
  (y: Float64Array, weights: Float64Array | null): Float64Array =>
    Float64Array.of(quantileOf(y, weights, q));

/** The weighted quantile of what remains of the targets of some rows. */
function restQuantile(rows: readonly number[], { y, raw, weights }: Scored, q: number): number {
  return quantileOf(
    Float64Array.from(rows, (i) => y[i]! - raw[i]!),
    Float64Array.from(rows, (i) => weights[i]!),
    q,
  );
}

export const squaredError = (): GradientLoss => ({
  outputs: 1,
  start: (y, weights) => Float64Array.of(weightedMean(y.length, weights, (i) => y[i]!)),
  value: (data) => meanOf(data, (i) => (data.y[i]! - data.raw[i]!) ** 2),
  residuals: ({ y, raw }) => each(y, (i) => y[i]! - raw[i]!),
});

export const absoluteError = (): GradientLoss => ({
  outputs: 1,
  start: quantileStart(0.5),
  value: (data) => meanOf(data, (i) => Math.abs(data.y[i]! - data.raw[i]!)),
  residuals: ({ y, raw }) => each(y, (i) => (y[i]! - raw[i]! > 0 ? 1 : -1)),
  leaf: (rows, data) => restQuantile(rows, data, 0.5),
});

export const quantile = (q: number): GradientLoss => ({
  outputs: 1,
  start: quantileStart(q),
  value: (data) =>
    meanOf(data, (i) => {
      const rest = data.y[i]! - data.raw[i]!;
      return rest > 0 ? q * rest : (q - 1) * rest;
    }),
  residuals: ({ y, raw }) => each(y, (i) => (y[i]! > raw[i]! ? q : q - 1)),
  leaf: (rows, data) => restQuantile(rows, data, q),
});

/** Squared up to γ, the `q` quantile of the errors of each stage; absolute beyond. */
export function huber(q: number): GradientLoss {
  let gamma: number | null = null;
  const limit = ({ y, raw, weights }: Scored): number =>
    quantileOf(
      each(y, (i) => Math.abs(y[i]! - raw[i]!)),
      weights,
      q,
    );
  return {
    outputs: 1,
    start: quantileStart(0.5),
    value: (data) => {
      const g = gamma ?? limit(data);
      return meanOf(data, (i) => {
        const error = Math.abs(data.y[i]! - data.raw[i]!);
        return error <= g ? 0.5 * error * error : g * (error - g / 2);
      });
    },
    residuals: (data) => {
      const g = limit(data);
      gamma = g;
      return each(data.y, (i) => {
        const rest = data.y[i]! - data.raw[i]!;
        return Math.abs(rest) <= g ? rest : g * Math.sign(rest);
      });
    },
    leaf: (rows, data) => {
      const median = restQuantile(rows, data, 0.5);
      const off = (i: number): number => {
        const rest = data.y[i]! - data.raw[i]! - median;
        return Math.sign(rest) * Math.min(Math.abs(rest), gamma!);
      };
      return median + sumOver(rows, off) / rows.length;
    },
  };
}

/** The share of class `c`: what classes weigh is counted one sample after the other. */
function prior(y: Float64Array, weights: Float64Array | null, c: number): number {
  const totals: number[] = [];
  y.forEach((code, i) => {
    totals[code] = (totals[code] ?? 0) + (weights === null ? 1 : weights[i]!);
  });
  const all = Float64Array.from({ length: totals.length }, (_, k) => totals[k] ?? 0);
  return clip((all[c] ?? 0) / numpySum(all));
}

/** Newton's step on the log loss of a leaf: `factor`·Σ w·r / Σ w·p(1 − p). */
function newton(
  rows: readonly number[],
  weights: Float64Array,
  r: Float64Array,
  target: (i: number) => number,
  factor = 1,
): number {
  const curvature = (i: number): number => weights[i]! * (target(i) - r[i]!) * (1 - target(i) + r[i]!);
  return quotient(sumOver(rows, (i) => weights[i]! * r[i]!) * factor, sumOver(rows, curvature));
}

/** Twice the log loss of two classes, coded 0 and 1. */
export const binomial = (): GradientLoss => ({
  outputs: 1,
  start: (y, weights) => {
    const p = prior(y, weights, 1);
    return Float64Array.of(Math.log(p / (1 - p)));
  },
  value: (data) => -2 * meanOf(data, (i) => data.y[i]! * data.raw[i]! - softplus(data.raw[i]!)),
  residuals: ({ y, raw }) => each(y, (i) => y[i]! - sigmoid(raw[i]!)),
  leaf: (rows, { y, weights }, r) => newton(rows, weights, r, (i) => y[i]!),
});

/** e^(−y·z) with y = ±1 for classes coded 0 and 1. */
export const exponential = (): GradientLoss => {
  const factor = ({ y, raw }: Scored, i: number): number => Math.exp(-(2 * y[i]! - 1) * raw[i]!);
  return {
    outputs: 1,
    start: (y, weights) => {
      const p = prior(y, weights, 1);
      return Float64Array.of(0.5 * Math.log(p / (1 - p)));
    },
    value: (data) => meanOf(data, (i) => factor(data, i)),
    residuals: (data) => each(data.y, (i) => (2 * data.y[i]! - 1) * factor(data, i)),
    leaf: (rows, data) =>
      quotient(
        sumOver(rows, (i) => (2 * data.y[i]! - 1) * data.weights[i]! * factor(data, i)),
        sumOver(rows, (i) => data.weights[i]! * factor(data, i)),
      ),
  };
};

/** The log loss of `k` classes, coded 0 … k − 1. */
export const multinomial = (k: number): GradientLoss => {
  const logTotal = (raw: Float64Array, i: number, n: number): number => {
    let top = raw[i]!;
    for (let c = 1; c < k; c++) top = Math.max(top, raw[c * n + i]!);
    let total = 0;
    for (let c = 0; c < k; c++) total += Math.exp(raw[c * n + i]! - top);
    return top + Math.log(total);
  };
  return {
    outputs: k,
    start: (y, weights) => Float64Array.from({ length: k }, (_, c) => Math.log(prior(y, weights, c))),
    value: (data) =>
      meanOf(data, (i) => logTotal(data.raw, i, data.y.length) - data.raw[data.y[i]! * data.y.length + i]!),
    residuals: ({ y, raw }, c) =>
      each(y, (i) => Number(y[i] === c) - Math.exp(raw[c * y.length + i]! - logTotal(raw, i, y.length))),
    leaf: (rows, { y, weights }, r, c) => newton(rows, weights, r, (i) => Number(y[i] === c), (k - 1) / k),
  };
};
