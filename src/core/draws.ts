import { allocateTyped } from './dtype';
import { ConfigError } from './errors';
import { checkSize } from './shape';

// The ways of drawing from distributions are those of NumPy's legacy RandomState: over its stream they give its very numbers,
// over any other stream the same distributions.

/** A source of uniform and normal numbers. */
export interface Stream {
  random(): number;
  gaussian(): number;
  integer(max: number): number;
}

export interface ChoiceOptions {
  /** How many to draw; without it, a single one. */
  readonly size?: number | undefined;
  /** Whether one may be drawn again; true by default. */
  readonly replace?: boolean | undefined;
  /** How probable each is, summing to 1; all alike by default. */
  readonly p?: ArrayLike<number> | undefined;
}

/** Two independent standard normal numbers, by Marsaglia's polar method. */
export function polarPair(stream: { random(): number }): [number, number] {
  for (;;) {
    const u = 2 * stream.random() - 1;
    const v = 2 * stream.random() - 1;
    const s = u * u + v * v;
    if (s > 0 && s < 1) {
      const f = Math.sqrt((-2 * Math.log(s)) / s);
      return [u * f, v * f];
    }
  }
}

/** Exponential with mean 1. */
export function drawExponential(stream: Stream): number {
  return -Math.log(1 - stream.random());
}

/** Gamma of scale 1: by Marsaglia and Tsang's method from shape 1 on, by rejection from two pieces below it. */
export function drawGamma(stream: Stream, shape: number): number {
  if (shape === 1) return drawExponential(stream);
  if (shape === 0) return 0;
  return shape < 1 ? smallGamma(stream, shape) : largeGamma(stream, shape);
}

function smallGamma(stream: Stream, shape: number): number {
  for (;;) {
    const u = stream.random();
    const v = drawExponential(stream);
    if (u <= 1 - shape) {
      const x = u ** (1 / shape);
      if (x <= v) return x;
    } else {
      const y = -Math.log((1 - u) / shape);
      const x = (1 - shape + shape * y) ** (1 / shape);
      if (x <= v + y) return x;
    }
  }
}

function largeGamma(stream: Stream, shape: number): number {
  const b = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * b);
  for (;;) {
    let x: number;
    let v: number;
    do {
      x = stream.gaussian();
      v = 1 + c * x;
    } while (v <= 0);
    v = v * v * v;
    const u = stream.random();
    if (u < 1 - 0.0331 * (x * x) * (x * x)) return b * v;
    if (Math.log(u) < 0.5 * x * x + b * (1 - v + Math.log(v))) return b * v;
  }
}

/** Beta: by Jöhnk's rejection for a, b ≤ 1, else from two gammas. */
export function drawBeta(stream: Stream, a: number, b: number): number {
  if (a > 1 || b > 1) {
    const x = drawGamma(stream, a);
    const y = drawGamma(stream, b);
    return x / (x + y);
  }
  for (;;) {
    const u = stream.random();
    const v = stream.random();
    const x = u ** (1 / a);
    const y = v ** (1 / b);
    if (x + y > 1) continue;
    if (x + y > 0) return x / (x + y);
    const [logX, logY] = [Math.log(u) / a, Math.log(v) / b];
    const top = Math.max(logX, logY);
    return Math.exp(logX - top - Math.log(Math.exp(logX - top) + Math.exp(logY - top)));
  }
}

/** How many of `n` trials succeed: by inversion where few do, else by the BTPE algorithm of Kachitvichyanukul and Schmeiser. */
export function drawBinomial(stream: Stream, n: number, p: number): number {
  if (p > 0.5) return n - drawBinomial(stream, n, 1 - p);
  return p * n <= 30 ? binomialByInversion(stream, n, p) : binomialByRejection(stream, n, p);
}

function binomialByInversion(stream: Stream, n: number, p: number): number {
  const q = 1 - p;
  const none = Math.exp(n * Math.log(q));
  const bound = Math.trunc(Math.min(n, n * p + 10 * Math.sqrt(n * p * q + 1)));
  for (;;) {
    let u = stream.random();
    let px = none;
    let x = 0;
    while (u > px && x < bound) {
      x++;
      u -= px;
      px = ((n - x + 1) * p * px) / (x * q);
    }
    if (u <= px) return x;
  }
}

function binomialByRejection(stream: Stream, n: number, r: number): number {
  const q = 1 - r;
  const fm = n * r + r;
  const m = Math.floor(fm);
  const p1 = Math.floor(2.195 * Math.sqrt(n * r * q) - 4.6 * q) + 0.5;
  const xm = m + 0.5;
  const [xl, xr] = [xm - p1, xm + p1];
  const c = 0.134 + 20.5 / (15.3 + m);
  const slope = (a: number): number => a * (1 + a / 2);
  const left = slope((fm - xl) / (fm - xl * r));
  const right = slope((xr - fm) / (xr * q));
  const p2 = p1 * (1 + 2 * c);
  const p3 = p2 + c / left;
  const p4 = p3 + c / right;
  for (;;) {
    const u = stream.random() * p4;
    let v = stream.random();
    if (u <= p1) return Math.floor(xm - p1 * v + u);
    let y: number;
    if (u <= p2) {
      const x = xl + (u - p1) / c;
      v = v * c + 1 - Math.abs(m - x + 0.5) / p1;
      if (v > 1) continue;
      y = Math.floor(x);
    } else if (u <= p3) {
      y = Math.floor(xl + Math.log(v) / left);
      if (y < 0 || v === 0) continue;
      v *= (u - p2) * left;
    } else {
      y = Math.floor(xr - Math.log(v) / right);
      if (y > n || v === 0) continue;
      v *= (u - p3) * right;
    }
    if (isUnderBinomial(v, y, { n, r, q, m, xm })) return y;
  }
}

interface Binomial {
  readonly n: number;
  readonly r: number;
  readonly q: number;
  readonly m: number;
  readonly xm: number;
}

/** Whether `v` is at most the probability of `y` as a share of that of the mode `m`. */
function isUnderBinomial(v: number, y: number, { n, r, q, m, xm }: Binomial): boolean {
  const k = Math.abs(y - m);
  const variance = n * r * q;
  if (k <= 20 || k >= variance / 2 - 1) {
    const s = r / q;
    const a = s * (n + 1);
    let f = 1;
    for (let i = m + 1; i <= y; i++) f *= a / i - s;
    for (let i = y + 1; i <= m; i++) f /= a / i - s;
    return v <= f;
  }
  const rho = (k / variance) * ((k * (k / 3 + 0.625) + 0.16666666666666666) / variance + 0.5);
  const t = (-k * k) / (2 * variance);
  const logV = Math.log(v);
  if (logV < t - rho) return true;
  if (logV > t + rho) return false;
  const [x1, f1, z, w] = [y + 1, m + 1, n + 1 - m, n - y + 1];
  const stirling = (x: number): number =>
    (13680 - (462 - (132 - (99 - 140 / (x * x)) / (x * x)) / (x * x)) / (x * x)) / x / 166320;
  const bound =
    xm * Math.log(f1 / x1) +
    (n - m + 0.5) * Math.log(z / w) +
    (y - m) * Math.log((w * r) / (x1 * q)) +
    stirling(f1) +
    stirling(z) +
    stirling(x1) +
    stirling(w);
  return logV <= bound;
}

/** How many of `n` trials come out as each of the outcomes, of probabilities `p`. */
export function drawMultinomial(stream: Stream, n: number, p: ArrayLike<number>): Int32Array {
  const out = new Int32Array(p.length);
  let [left, rest] = [n, 1];
  for (let j = 0; j + 1 < p.length && left > 0; j++) {
    out[j] = drawBinomial(stream, left, Math.min(1, p[j]! / rest));
    left -= out[j]!;
    rest -= p[j]!;
  }
  if (left > 0) out[p.length - 1] = left;
  return out;
}

/** `size` positions below `n`, as `choice` draws them. */
export function drawChoice(stream: Stream, n: number, size: number, { replace = true, p }: ChoiceOptions): Int32Array {
  if (p === undefined) {
    if (replace) return drawEach(size, () => stream.integer(n));
    checkSupply(size, n);
    return drawPermutation(stream, n).subarray(0, size);
  }
  checkProbabilities(p, n, 'choice');
  if (replace) {
    const steps = cumulative(p);
    return drawEach(size, () => locate(steps, stream.random()));
  }
  let positive = 0;
  for (let i = 0; i < n; i++) if (p[i]! > 0) positive++;
  checkSupply(size, positive);
  return drawDistinct(stream, Float64Array.from(p), size);
}

/** Draws as many as are missing at a time, drops repeats, and takes what was found out of the running. */
function drawDistinct(stream: Stream, p: Float64Array, size: number): Int32Array {
  const found = new Set<number>();
  while (found.size < size) {
    for (const i of found) p[i] = 0;
    const u = Float64Array.from({ length: size - found.size }, () => stream.random());
    const steps = cumulative(p);
    for (const x of u) found.add(locate(steps, x));
  }
  return Int32Array.from(found);
}

function checkSupply(size: number, supply: number): void {
  if (size > supply) {
    throw new ConfigError(
      `choice: can't draw ${size} of ${supply} without replacement. Draw fewer, or with replace: true.`,
    );
  }
}

export function checkProbabilities(p: ArrayLike<number>, n: number, what: string): void {
  if (p.length !== n)
    throw new ConfigError(`${what}: p has ${p.length} probabilities for ${n} outcomes. Give one each.`);
  let sum = 0;
  for (let i = 0; i < n; i++) {
    if (!(p[i]! >= 0)) throw new ConfigError(`${what}: p[${i}] is ${p[i]}. Probabilities must not be negative.`);
    sum += p[i]!;
  }
  if (!(Math.abs(sum - 1) < 1e-8))
    throw new ConfigError(`${what}: the probabilities sum to ${sum}, not 1. Divide them by their sum.`);
}

function cumulative(p: ArrayLike<number>): Float64Array {
  const steps = new Float64Array(p.length);
  let sum = 0;
  for (let i = 0; i < p.length; i++) {
    sum += p[i]!;
    steps[i] = sum;
  }
  for (let i = 0; i < p.length; i++) steps[i]! /= sum;
  return steps;
}

/** Position of the first step above `u`. */
function locate(steps: Float64Array, u: number): number {
  let [low, high] = [0, steps.length];
  while (low < high) {
    const mid = (low + high) >>> 1;
    if (u < steps[mid]!) high = mid;
    else low = mid + 1;
  }
  return Math.min(low, steps.length - 1);
}

/** `n` integers, one from each call of `draw`. */
export function drawEach(n: number, draw: (i: number) => number): Int32Array {
  checkSize([n], 'rng');
  const drawn = allocateTyped('int32', n) as Int32Array;
  for (let i = 0; i < n; i++) drawn[i] = draw(i);
  return drawn;
}

/** The numbers 0 … n − 1 in random order (Fisher–Yates). */
export function drawPermutation(stream: Stream, n: number): Int32Array {
  const p = drawEach(n, (i) => i);
  shuffleBy(stream, n, (i, j) => {
    const t = p[i]!;
    p[i] = p[j]!;
    p[j] = t;
  });
  return p;
}

/** Calls `swap` for the exchanges of a Fisher–Yates shuffle of `n`. */
export function shuffleBy(stream: Stream, n: number, swap: (i: number, j: number) => void): void {
  for (let i = n - 1; i > 0; i--) swap(i, stream.integer(i + 1));
}
